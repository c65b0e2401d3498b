/* SPDX-License-Identifier: Apache-2.0 */
/* intel_api - items as JSON: write, list, read, withdraw.
 *
 * A member of the object that we do not know is refused by its name: a client that writes
 * "audiance" must not publish to another set of people than it meant. Recipients are named as a
 * client knows them (public id, name, domain, e-mail); who cannot be found is refused, too. */
#include "intel_view.h"

#include "json.h"
#include "json_write.h"

#define API_ROWS 50
#define API_INDICATORS 1000

/* -- reading the object ------------------------------------------------------------------------ */

struct api_in {
    struct http_req *rq;
    struct db *db;
    struct intel_item_in in;
    struct grant *grants;
    unsigned seen; /* bit per member of the object */
};

static enum bw_rc named(const char *name, enum bw_rc rc, struct bw_err *err)
{
    return rc == BW_INVALID ? bw_fail(err, rc, "%s: %s", name, err->message) : rc;
}

/* The value behind a key, which must be text. */
static enum bw_rc want_text(struct json_reader *r, const char *name, struct bw_arena *arena,
                            struct bw_view *ret, struct bw_err *err)
{
    if (json_next(r) != JSON_STRING)
        return r->value.type == JSON_ERROR ? json_finish(r, err)
                                           : bw_fail(err, BW_INVALID, "%s: must be text", name);
    if (r->value.has_nul)
        return bw_fail(err, BW_INVALID, "%s: holds a NUL character", name);
    return named(name, json_text(&r->value, arena, ret, err), err);
}

static enum bw_rc want_flag(struct json_reader *r, const char *name, bool *ret, struct bw_err *err)
{
    enum json_event e = json_next(r);
    if (e == JSON_ERROR)
        return json_finish(r, err);
    if (e != JSON_TRUE && e != JSON_FALSE)
        return bw_fail(err, BW_INVALID, "%s: must be true or false", name);
    *ret = e == JSON_TRUE;
    return BW_OK;
}

static enum bw_rc read_names(struct api_in *a, struct json_reader *r, const char *name,
                             enum grant_kind kind, struct bw_err *err)
{
    struct bw_arena *arena = http_arena(a->rq);
    enum json_event e = json_next(r);
    if (e != JSON_ARRAY)
        return e == JSON_ERROR ? json_finish(r, err)
                               : bw_fail(err, BW_INVALID, "audience.%s: must be an array", name);
    while ((e = json_next(r)) == JSON_STRING) {
        struct bw_view ref;
        int64_t id;
        if (a->in.audience.n == INTEL_CHOSEN_MAX)
            return bw_fail(err, BW_INVALID, "audience: more than %d recipients", INTEL_CHOSEN_MAX);
        BW_TRY(json_text(&r->value, arena, &ref, err));
        enum bw_rc rc = member_resolve(a->db, req_viewer(a->rq), kind, ref, &id, err);
        if (rc == BW_NOT_FOUND || rc == BW_INVALID)
            return bw_fail(err, BW_INVALID, "audience.%s: %s", name, err->message);
        if (rc != BW_OK)
            return rc;
        a->grants[a->in.audience.n++] = (struct grant){kind, id};
    }
    if (e == JSON_ARRAY_END)
        return BW_OK;
    return e == JSON_ERROR ? json_finish(r, err)
                           : bw_fail(err, BW_INVALID, "audience.%s: holds text only", name);
}

static enum bw_rc unknown(const char *where, const struct json_reader *r, struct bw_arena *arena,
                          struct bw_err *err)
{
    struct bw_view name;
    BW_TRY(json_text(&r->value, arena, &name, err));
    return bw_fail(err, BW_INVALID, "%s\"%.*s\" is no member that is known here", where,
                   BW_VF(bw_utf8_head(name, 80)));
}

static enum bw_rc read_audience(struct api_in *a, struct json_reader *r, struct bw_err *err)
{
    static const struct {
        const char *name;
        enum grant_kind kind;
    } LISTS[] = {{"organisations", GRANT_ORGANISATION},
                 {"circles", GRANT_CIRCLE},
                 {"sectors", GRANT_SECTOR},
                 {"people", GRANT_PERSON}};
    enum json_event e = json_next(r);
    if (e != JSON_OBJECT)
        return e == JSON_ERROR ? json_finish(r, err)
                               : bw_fail(err, BW_INVALID, "audience: must be an object");
    a->grants = BW_ARENA_ARRAY(http_arena(a->rq), INTEL_CHOSEN_MAX, struct grant);
    if (!a->grants)
        return bw_fail_memory(err);
    a->in.audience.grants = a->grants;
    while ((e = json_next(r)) == JSON_KEY) {
        size_t i = 0;
        while (i < BW_COUNT(LISTS) && !json_is(&r->value, LISTS[i].name))
            i++;
        if (i < BW_COUNT(LISTS))
            BW_TRY(read_names(a, r, LISTS[i].name, LISTS[i].kind, err));
        else if (json_is(&r->value, "everybody"))
            BW_TRY(want_flag(r, "audience.everybody", &a->in.audience.everybody, err));
        else
            return unknown("audience: ", r, http_arena(a->rq), err);
    }
    return e == JSON_OBJECT_END ? BW_OK : json_finish(r, err);
}

enum member { M_KIND, M_TITLE, M_BODY, M_LANG, M_TLP, M_SEVERITY, M_AUDIENCE, M_PUBLISH, MEMBERS };
static const char *const MEMBER_NAMES[MEMBERS] = {
    [M_KIND] = "kind",         [M_TITLE] = "title",     [M_BODY] = "body",
    [M_LANG] = "lang",         [M_TLP] = "tlp",         [M_SEVERITY] = "severity",
    [M_AUDIENCE] = "audience", [M_PUBLISH] = "publish",
};
static const unsigned REQUIRED =
    1u << M_KIND | 1u << M_TITLE | 1u << M_BODY | 1u << M_TLP | 1u << M_SEVERITY | 1u << M_AUDIENCE;

static bool lang_parse(struct bw_view v, enum i18n_lang *ret)
{
    for (int i = 0; i < I18N_LANGS; i++) {
        enum i18n_lang lang = (enum i18n_lang)i;
        if (bw_view_eq_nocase(v, i18n_path_name(lang)) ||
            bw_view_eq_nocase(v, i18n_html_name(lang))) {
            *ret = lang;
            return true;
        }
    }
    return false;
}

static enum bw_rc read_word(struct api_in *a, enum member m, struct bw_view text,
                            struct bw_err *err)
{
    bool known = true;
    if (m == M_KIND)
        known = intel_kind_parse(text, &a->in.kind);
    else if (m == M_LANG)
        known = lang_parse(text, &a->in.lang);
    else if (m == M_TLP)
        known = tlp_parse(text, &a->in.tlp);
    else if (m == M_SEVERITY)
        known = intel_severity_parse(text, &a->in.severity);
    else if (m == M_TITLE)
        a->in.title = text;
    else
        a->in.body = text;
    return known ? BW_OK
                 : bw_fail(err, BW_INVALID, "%s: there is no \"%.*s\"", MEMBER_NAMES[m],
                           BW_VF(bw_utf8_head(text, 40)));
}

static enum bw_rc read_member(struct api_in *a, struct json_reader *r, struct bw_err *err)
{
    struct bw_arena *arena = http_arena(a->rq);
    struct bw_view text;
    enum member m = 0;
    while (m < MEMBERS && !json_is(&r->value, MEMBER_NAMES[m]))
        m++;
    if (m == MEMBERS)
        return unknown("", r, arena, err);
    a->seen |= 1u << m;
    if (m == M_AUDIENCE)
        return read_audience(a, r, err);
    if (m == M_PUBLISH)
        return want_flag(r, "publish", &a->in.publish, err);
    BW_TRY(want_text(r, MEMBER_NAMES[m], arena, &text, err));
    return read_word(a, m, text, err);
}

static enum bw_rc read_item(struct api_in *a, struct bw_err *err)
{
    struct json_reader *r = BW_ARENA_NEW(http_arena(a->rq), struct json_reader);
    enum json_event e;
    if (!r)
        return bw_fail_memory(err);
    json_open(r, http_body(a->rq), http_arena(a->rq), &(struct json_limits){.depth = 8});
    BW_TRY(json_want(r, JSON_OBJECT, err));
    while ((e = json_next(r)) == JSON_KEY)
        BW_TRY(read_member(a, r, err));
    BW_TRY(json_finish(r, err));
    for (enum member m = 0; m < MEMBERS; m++)
        if ((REQUIRED & 1u << m) && !(a->seen & 1u << m))
            return bw_fail(err, BW_INVALID, "%s: is missing", MEMBER_NAMES[m]);
    return BW_OK;
}

/* -- answers ----------------------------------------------------------------------------------- */

static struct bw_view url_of(struct http_req *rq, enum i18n_lang lang, struct bw_view id)
{
    return bw_arena_printf(http_arena(rq), "%.*s/%.*s/items/%.*s", BW_VF(req_hub(rq)->url),
                           BW_VF(i18n_path_name(lang)), BW_VF(id));
}

static void put_time(struct json_writer *w, const char *key, int64_t at_us)
{
    char text[BW_TIME_MAX];
    if (at_us)
        json_w_kv(w, key, bw_view_of(text, bw_time_format(at_us, text)));
}

static void put_item(struct json_writer *w, struct http_req *rq, const struct intel_item *item,
                     const struct intel_row_view *row)
{
    static const char *const states[] = {"draft", "published", "withdrawn"};
    json_w_kv(w, "id", item->public_id);
    json_w_kv(w, "url", url_of(rq, item->lang, item->public_id));
    if (item->number.n)
        json_w_kv(w, "number", item->number);
    json_w_kv_z(w, "kind", intel_kind_word(item->kind));
    json_w_kv(w, "title", item->title);
    json_w_kv(w, "lang", i18n_path_name(item->lang));
    json_w_kv_z(w, "tlp", tlp_name(item->tlp));
    json_w_kv_z(w, "severity", intel_severity_word(item->severity));
    json_w_kv_z(w, "state", states[item->state]);
    json_w_kv(w, "organisation", row->by);
    put_time(w, "created", item->created_us);
    put_time(w, "published", item->published_us);
    json_w_kv_int(w, "indicator_count", item->indicators);
    json_w_kv_bool(w, "public", item->is_public);
}

static enum bw_rc put_indicators(struct json_writer *w, struct http_req *rq, struct db *db,
                                 const struct intel_item *item, struct bw_err *err)
{
    struct intel_indicator *list;
    size_t n;
    BW_TRY(intel_item_indicators(db, req_viewer(rq), item->id, API_INDICATORS, http_arena(rq),
                                 &list, &n, err));
    json_w_key(w, "indicators");
    json_w_array(w);
    for (size_t i = 0; i < n; i++) {
        json_w_object(w);
        json_w_kv_z(w, "kind", intel_ioc_word(list[i].ioc));
        json_w_kv(w, "value", list[i].value);
        json_w_object_end(w);
    }
    json_w_array_end(w);
    return BW_OK;
}

static enum bw_rc answer_made(struct http_req *rq, struct http_resp *rs, enum i18n_lang lang,
                              struct bw_view id, struct bw_err *err)
{
    struct bw_view url = url_of(rq, lang, id);
    struct json_writer w;
    if (!url.p)
        return bw_fail_memory(err);
    http_status(rs, 201);
    http_set(rs, "Location", url);
    page_json_type(rs);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_kv(&w, "id", id);
    json_w_kv(&w, "url", url);
    json_w_object_end(&w);
    json_w_close(&w);
    return bw_buf_rc(http_out(rs), "answer", err);
}

/* -- handlers ---------------------------------------------------------------------------------- */

struct put {
    const struct intel_prepared *prepared;
    struct bw_id id;
};

static enum bw_rc run_put(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct put *p = arg;
    return intel_item_put(tx, p->prepared, &p->id, err);
}

enum bw_rc intel_api_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct api_in a = {.rq = rq, .in = {.lang = I18N_EN}};
    struct intel_prepared *prepared;
    struct put p;
    BW_TRY(req_db(rq, &a.db, err));
    BW_TRY(read_item(&a, err));
    BW_TRY(intel_item_prepare(req_viewer(rq), &a.in, http_arena(rq), &prepared, err));
    p.prepared = prepared;
    BW_TRY(req_write(rq, run_put, &p, err));
    return answer_made(rq, rs, a.in.lang, bw_view_z(p.id.text), err);
}

enum bw_rc intel_api_list(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct bw_arena *arena = http_arena(rq);
    struct intel_row_view *rows;
    struct intel_item *items;
    struct intel_query q;
    struct json_writer w;
    struct db *db;
    size_t n;
    bool more;

    BW_TRY(intel_query_parse(http_text(rq, "q"), arena, &q, err));
    if (q.n_problems)
        return bw_fail(err, BW_INVALID, "q: \"%.*s\" is no operator or value that is known here",
                       BW_VF(bw_utf8_head(q.problems[0].what, 80)));
    const struct intel_filter f = {.query = q.words,
                                   .kind = q.kind,
                                   .severity = q.severity,
                                   .tlp = q.tlp,
                                   .state = INTEL_PUBLISHED,
                                   .after = http_text(rq, "after"),
                                   .limit = (size_t)http_int(rq, "limit", API_ROWS)};
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(intel_item_list(db, viewer, &f, arena, &items, &n, &more, err));
    BW_TRY(intel_rows_of(db, viewer, items, n, I18N_EN, arena, &rows, err));
    page_json_type(rs);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_key(&w, "items");
    json_w_array(&w);
    for (size_t i = 0; i < n; i++) {
        json_w_object(&w);
        put_item(&w, rq, &items[i], &rows[i]);
        json_w_object_end(&w);
    }
    json_w_array_end(&w);
    if (more)
        json_w_kv(&w, "next", items[n - 1].public_id);
    else
        json_w_kv_raw(&w, "next", BW_V("null"));
    json_w_object_end(&w);
    json_w_close(&w);
    return bw_buf_rc(http_out(rs), "answer", err);
}

enum bw_rc intel_api_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct bw_arena *arena = http_arena(rq);
    struct intel_row_view row;
    struct intel_item item;
    struct member_who who;
    struct json_writer w;
    struct db *db;

    BW_TRY(req_db(rq, &db, err));
    BW_TRY(intel_item_get(db, viewer, http_text(rq, "id"), arena, &item, err));
    BW_TRY(intel_row_of(db, viewer, &item, I18N_EN, arena, &row, err));
    BW_TRY(member_who(db, req_viewer(rq), item.audience_id, I18N_EN, arena, &who, err));
    page_json_type(rs);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    put_item(&w, rq, &item, &row);
    json_w_kv(&w, "audience", who.summary);
    json_w_kv(&w, "body", item.body);
    BW_TRY(put_indicators(&w, rq, db, &item, err));
    json_w_object_end(&w);
    json_w_close(&w);
    return bw_buf_rc(http_out(rs), "answer", err);
}

struct withdraw {
    const struct viewer *viewer;
    struct bw_view id;
};

static enum bw_rc run_withdraw(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct withdraw *x = arg;
    return intel_item_withdraw(tx, x->viewer, x->id, err);
}

enum bw_rc intel_api_withdraw(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct withdraw x = {req_viewer(rq), http_text(rq, "id")};
    struct json_writer w;
    BW_TRY(req_write(rq, run_withdraw, &x, err));
    page_json_type(rs);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_kv(&w, "id", x.id);
    json_w_kv_z(&w, "state", "withdrawn");
    json_w_object_end(&w);
    json_w_close(&w);
    return bw_buf_rc(http_out(rs), "answer", err);
}
