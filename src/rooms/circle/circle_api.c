/* SPDX-License-Identifier: Apache-2.0 */
/* circle_api - circles for programs: the same rows, the same rights and the same preview as the
 * pages. A change without `preview`, or with one of other facts, is answered with its effect and a
 * new `preview`; sent again with it, it is done. */
#include "circle_page.h"

#include "json.h"
#include "json_write.h"

static void put_circle(struct json_writer *w, const struct circle *c)
{
    json_w_kv(w, "id", c->public_id);
    json_w_kv(w, "name", c->names.text[I18N_EN]);
    json_w_kv(w, "purpose", c->purpose[I18N_EN]);
    json_w_kv_z(w, "ceiling", tlp_name(c->tlp_max));
    json_w_kv_bool(w, "hidden", c->hidden);
    json_w_kv_bool(w, "by_request", c->by_request);
    json_w_kv_bool(w, "member", c->inside);
}

CIRCLE_HANDLER(circle_list_api)
{
    struct json_writer w;
    struct circle *list;
    struct db *db;
    size_t n;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(circle_list(db, req_viewer(rq), http_arena(rq), &list, &n, err));
    page_json_type(rs);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_key(&w, "items");
    json_w_array(&w);
    for (size_t i = 0; i < n; i++) {
        json_w_object(&w);
        put_circle(&w, &list[i]);
        json_w_object_end(&w);
    }
    json_w_array_end(&w);
    json_w_kv_z(&w, "next", NULL);
    json_w_object_end(&w);
    json_w_close(&w);
    return BW_OK;
}

static void put_time(struct json_writer *w, const char *key, int64_t us)
{
    char text[BW_TIME_MAX];
    if (us)
        json_w_kv(w, key, bw_view_of(text, bw_time_format(us, text)));
}

static void put_members(struct json_writer *w, const struct circle_member *list, size_t n)
{
    json_w_key(w, "members");
    json_w_array(w);
    for (size_t i = 0; i < n; i++) {
        json_w_object(w);
        json_w_kv(w, "id", list[i].public_id);
        json_w_kv_z(w, "kind", list[i].kind == HOLDER_PERSON ? "person" : "organisation");
        json_w_kv(w, "name", list[i].names.text[I18N_EN]);
        put_time(w, "from", list[i].from_us);
        put_time(w, "until", list[i].until_us);
        json_w_object_end(w);
    }
    json_w_array_end(w);
}

CIRCLE_HANDLER(circle_one_api)
{
    const struct viewer *viewer = req_viewer(rq);
    struct circle_member *members = NULL;
    struct json_writer w;
    struct circle c;
    struct db *db;
    size_t n = 0;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(circle_get(db, viewer, http_text(rq, "id"), http_arena(rq), &c, err));
    bool told = c.inside || c.may_own || role_is_staff(viewer->role);
    if (told)
        BW_TRY(circle_members(db, &c, http_arena(rq), &members, &n, err));
    page_json_type(rs);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    put_circle(&w, &c);
    if (told)
        put_members(&w, members, n);
    json_w_object_end(&w);
    json_w_close(&w);
    return BW_OK;
}

/* -- changing ---------------------------------------------------------------------------------- */

enum field { F_WHO, F_ACTION, F_REASON, F_PREVIEW, FIELDS };

static enum bw_rc read_body(struct http_req *rq, struct bw_view out[FIELDS], struct bw_err *err)
{
    static const char *const NAMES[FIELDS] = {"who", "action", "reason", "preview"};
    struct json_reader *r = BW_ARENA_NEW(http_arena(rq), struct json_reader);
    enum json_event e;
    if (!r)
        return bw_fail_memory(err);
    json_open(r, http_body(rq), http_arena(rq), &(struct json_limits){.depth = 4});
    BW_TRY(json_want(r, JSON_OBJECT, err));
    while ((e = json_next(r)) == JSON_KEY) {
        size_t i = 0;
        while (i < FIELDS && !json_is(&r->value, NAMES[i]))
            i++;
        if (i == FIELDS)
            return bw_fail(err, BW_INVALID, "there are who, action, reason and preview");
        BW_TRY(json_want(r, JSON_STRING, err));
        BW_TRY(json_text(&r->value, http_arena(rq), &out[i], err));
    }
    BW_TRY(json_finish(r, err));
    if (!bw_view_is(out[F_ACTION], "give") && !bw_view_is(out[F_ACTION], "end"))
        return bw_fail(err, BW_INVALID, "action: give or end");
    return BW_OK;
}

struct apply {
    const struct crypto_keyring *keyring;
    struct circle_change change;
    struct bw_view token;
    bool stale;
};
static enum bw_rc run_apply(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct apply *a = arg;
    return circle_change_apply(tx, a->keyring, &a->change, a->token, &a->stale, err);
}

static void put_effect(struct json_writer *w, const struct circle_effect *e)
{
    json_w_key(w, "effect");
    json_w_array(w);
    for (size_t i = 0; i < e->n; i++) {
        json_w_object(w);
        json_w_kv(w, "name", e->lines[i].name);
        json_w_kv_int(w, "gains", e->lines[i].gains);
        json_w_kv_int(w, "loses", e->lines[i].losses);
        json_w_object_end(w);
    }
    json_w_array_end(w);
}

static enum bw_rc answer(struct http_req *rq, struct http_resp *rs, const struct apply *a,
                         bool done, struct bw_err *err)
{
    struct circle_effect e;
    struct json_writer w;
    struct bw_view token;
    struct db *db;
    if (!done) {
        BW_TRY(req_db(rq, &db, err));
        BW_TRY(circle_change_look(db, &a->change, I18N_EN, http_arena(rq), &e, err));
        BW_TRY(circle_change_token(a->keyring, &e, a->change.actor->person_id, http_arena(rq),
                                   &token, err));
        http_status(rs, a->stale ? 409 : 200);
    }
    page_json_type(rs);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_kv_bool(&w, "done", done);
    if (!done) {
        put_effect(&w, &e);
        json_w_kv(&w, "preview", token);
    }
    json_w_object_end(&w);
    json_w_close(&w);
    return BW_OK;
}

CIRCLE_HANDLER(circle_member_api)
{
    struct bw_view body[FIELDS] = {{NULL, 0}};
    BW_TRY(read_body(rq, body, err));
    struct apply a = {.keyring = req_hub(rq)->keyring,
                      .change = {.act = bw_view_is(body[F_ACTION], "give") ? CIRCLE_ACT_GIVE
                                                                           : CIRCLE_ACT_END,
                                 .actor = req_viewer(rq),
                                 .circle = http_text(rq, "id"),
                                 .who = body[F_WHO],
                                 .reason = body[F_REASON]},
                      .token = body[F_PREVIEW]};
    if (a.token.n == 0)
        return answer(rq, rs, &a, false, err);
    enum bw_rc rc = req_write(rq, run_apply, &a, err);
    if (rc == BW_CONFLICT && a.stale)
        return answer(rq, rs, &a, false, err);
    BW_TRY(rc);
    return answer(rq, rs, &a, true, err);
}
