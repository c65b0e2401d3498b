/* SPDX-License-Identifier: Apache-2.0 */
/* circle_export - the archive; see circle_export.h. Everything is read through the gate as the one
 * who takes it, page by page, and written to the file row by row: memory does not grow with it. */
#include "circle_export.h"

#include "bw_clock.h"
#include "circle_tar.h"
#include "json_write.h"
#include "watch.h"

enum { PAGE = 100, ARENA_MAX = 64 << 20, EVENTS = 500, JSON_MAX = 8 << 20 };

struct maker {
    struct db *db;
    const struct viewer *viewer;
    int64_t organisation_id;
    struct bw_arena *arena; /* of one page */
    struct circle_tar tar;
};

static struct bw_view at(struct maker *m, int64_t us)
{
    char text[BW_TIME_MAX];
    if (us <= 0)
        return BW_V("");
    return bw_arena_printf(m->arena, "%.*s", (int)bw_time_format(us, text), text);
}

static enum bw_rc row(struct maker *m, const struct bw_view *cells, size_t n, struct bw_err *err)
{
    for (size_t i = 0; i < n; i++)
        circle_csv_cell(&m->tar.pending, cells[i], i == 0);
    circle_csv_row_end(&m->tar.pending);
    return circle_tar_row(&m->tar, err);
}
#define ROW(m, err, ...)                            \
    row((m), (const struct bw_view[]){__VA_ARGS__}, \
        sizeof((const struct bw_view[]){__VA_ARGS__}) / sizeof(struct bw_view), (err))

/* -- members of the archive -------------------------------------------------------------------- */

static enum bw_rc put_organisation(struct maker *m, struct bw_err *err)
{
    struct member_organisation o;
    struct json_writer w;
    BW_TRY(member_organisation_get(m->db, m->viewer, m->organisation_id, m->arena, &o, err));
    json_w_open(&w, &m->tar.pending);
    json_w_object(&w);
    json_w_kv(&w, "id", o.public_id);
    json_w_kv(&w, "name_en", o.names.text[I18N_EN]);
    json_w_kv(&w, "name_zh_hant", o.names.text[I18N_HANT]);
    json_w_kv(&w, "name_zh_hans", o.names.text[I18N_HANS]);
    json_w_kv(&w, "domain", o.domain);
    json_w_object_end(&w);
    json_w_close(&w);
    return circle_tar_row(&m->tar, err);
}

static enum bw_rc put_people(struct maker *m, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(ROW(m, err, BW_V("name"), BW_V("email"), BW_V("role"), BW_V("since")));
    BW_TRY(db_query(m->db, m->viewer,
                    "SELECT name, email, role, created_us FROM v_person WHERE organisation_id = ?1"
                    " ORDER BY id LIMIT 100000",
                    &st, err));
    db_bind_int(st, 1, m->organisation_id);
    while ((rc = db_row(st, err)) == BW_OK) {
        int64_t role = db_int(st, 2);
        const char *word = role > 0 && role < ROLES_COUNT ? role_name((enum role)role) : "";
        BW_TRY(ROW(m, err, db_text(st, 0), db_text(st, 1), bw_view_z(word), at(m, db_int(st, 3))));
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* The keys' labels and times; the hub itself knows no more of a key than its hash. */
static enum bw_rc put_keys(struct maker *m, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(ROW(m, err, BW_V("email"), BW_V("label"), BW_V("made"), BW_V("expires"),
               BW_V("last used"), BW_V("ended")));
    BW_TRY(db_query(m->db, m->viewer,
                    "SELECT p.email, k.label, k.created_us, k.expires_us, coalesce(k.used_us, 0),"
                    " coalesce(k.ended_us, 0) FROM v_person p JOIN api_key k ON k.person_id = p.id"
                    " WHERE p.organisation_id = ?1 ORDER BY k.id LIMIT 100000",
                    &st, err));
    db_bind_int(st, 1, m->organisation_id);
    while ((rc = db_row(st, err)) == BW_OK)
        BW_TRY(ROW(m, err, db_text(st, 0), db_text(st, 1), at(m, db_int(st, 2)),
                   at(m, db_int(st, 3)), at(m, db_int(st, 4)), at(m, db_int(st, 5))));
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc put_networks(struct maker *m, struct bw_err *err)
{
    static const char *const STATES[] = {"pending", "verified", "refused"};
    struct watch_network *list;
    size_t n;
    BW_TRY(ROW(m, err, BW_V("network"), BW_V("label"), BW_V("state"), BW_V("entered")));
    BW_TRY(watch_network_list(m->db, m->viewer, m->organisation_id, m->arena, &list, &n, err));
    for (size_t i = 0; i < n; i++)
        BW_TRY(ROW(m, err, list[i].cidr, list[i].label, bw_view_z(STATES[list[i].state]),
                   at(m, list[i].added_us)));
    return BW_OK;
}

static enum bw_rc put_findings(struct maker *m, struct bw_err *err)
{
    struct watch_finding_filter f = {.state = -1, .own_only = true, .limit = PAGE};
    char after[BW_ID_LEN];
    bool more = true;
    BW_TRY(ROW(m, err, BW_V("id"), BW_V("ip"), BW_V("network"), BW_V("type"), BW_V("report"),
               BW_V("family"), BW_V("first"), BW_V("last"), BW_V("reports")));
    while (more) {
        struct watch_finding *list;
        size_t n;
        bw_arena_reset(m->arena);
        BW_TRY(watch_finding_list(m->db, m->viewer, &f, m->arena, &list, &n, &more, err));
        for (size_t i = 0; i < n; i++)
            BW_TRY(ROW(m, err, list[i].public_id, list[i].ip, list[i].network, list[i].rsit_type,
                       list[i].report, list[i].family, at(m, list[i].first_us),
                       at(m, list[i].last_us),
                       bw_arena_printf(m->arena, "%lld", (long long)list[i].count)));
        more = more && n > 0;
        if (more) {
            memcpy(after, list[n - 1].public_id.p, BW_ID_LEN);
            f.after = bw_view_of(after, BW_ID_LEN);
        }
    }
    return BW_OK;
}

static enum bw_rc put_item(struct maker *m, struct bw_view id, struct bw_err *err)
{
    BW_AUTO_BUF line = BW_BUF_INIT(JSON_MAX);
    struct intel_item item;
    struct json_writer w;
    BW_TRY(intel_item_get(m->db, m->viewer, id, m->arena, &item, err));
    json_w_open(&w, &line);
    json_w_object(&w);
    json_w_kv(&w, "id", item.public_id);
    json_w_kv_z(&w, "kind", intel_kind_word(item.kind));
    json_w_kv_z(&w, "severity", intel_severity_word(item.severity));
    json_w_kv_z(&w, "tlp", tlp_name(item.tlp));
    json_w_kv(&w, "lang", i18n_path_name(item.lang));
    json_w_kv(&w, "published", at(m, item.published_us));
    json_w_kv(&w, "title", item.title);
    json_w_kv(&w, "body", item.body);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&line, "export", err));
    for (struct bw_view rest = bw_buf_text(&line); rest.n;) {
        struct bw_view part = bw_view_head(rest, CIRCLE_TAR_PENDING / 4);
        bw_buf_view(&m->tar.pending, part);
        rest = bw_view_from(rest, part.n);
        BW_TRY(circle_tar_row(&m->tar, err));
    }
    bw_buf_byte(&m->tar.pending, '\n');
    return circle_tar_row(&m->tar, err);
}

static enum bw_rc put_items(struct maker *m, struct bw_err *err)
{
    char last[BW_ID_LEN];
    struct bw_view after = BW_V(""), *ids;
    size_t n;
    do {
        bw_arena_reset(m->arena);
        BW_TRY(intel_organisation_items(m->db, m->viewer, m->organisation_id, after, PAGE, m->arena,
                                        &ids, &n, err));
        for (size_t i = 0; i < n; i++)
            BW_TRY(put_item(m, ids[i], err));
        if (n) {
            memcpy(last, ids[n - 1].p, BW_ID_LEN);
            after = bw_view_of(last, BW_ID_LEN);
        }
    } while (n == PAGE);
    return BW_OK;
}

/* -- what its people did ----------------------------------------------------------------------- */

struct people {
    int64_t *ids; /* ascending */
    size_t n;
};

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static enum bw_rc read_people(struct maker *m, struct bw_arena *arena, struct people *ret,
                              struct bw_err *err)
{
    enum { PEOPLE_MAX = 100000 };
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc = BW_OK;
    ret->n = 0;
    ret->ids = BW_ARENA_ARRAY(arena, PEOPLE_MAX, int64_t);
    if (!ret->ids)
        return bw_fail_memory(err);
    BW_TRY(db_query(m->db, m->viewer,
                    "SELECT id FROM v_person WHERE organisation_id = ?1 ORDER BY id LIMIT ?2", &st,
                    err));
    db_bind_int(st, 1, m->organisation_id);
    db_bind_int(st, 2, PEOPLE_MAX);
    while (ret->n < PEOPLE_MAX && (rc = db_row(st, err)) == BW_OK)
        ret->ids[ret->n++] = db_int(st, 0);
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* Positions never leave the hub: what is told is the verb, the object and the time. */
static enum bw_rc put_events(struct maker *m, struct bw_err *err)
{
    BW_AUTO(bw_arena) *kept = bw_arena_new(4 << 20);
    struct ledger_event *events;
    struct people people;
    int64_t position = 0;
    size_t n;
    if (!kept)
        return bw_fail_memory(err);
    BW_TRY(read_people(m, kept, &people, err));
    do {
        bw_arena_reset(m->arena);
        BW_TRY(ledger_read(m->db, position, EVENTS, m->arena, &events, &n, err));
        for (size_t i = 0; i < n; i++) {
            struct json_writer w;
            if (!people.n ||
                !bsearch(&events[i].actor_id, people.ids, people.n, sizeof(*people.ids), by_number))
                continue;
            json_w_open(&w, &m->tar.pending);
            json_w_object(&w);
            json_w_kv_z(&w, "verb", ledger_verb_name(events[i].verb));
            json_w_kv(&w, "object", events[i].object);
            json_w_kv(&w, "time", at(m, events[i].added_us));
            json_w_object_end(&w);
            json_w_close(&w);
            bw_buf_byte(&m->tar.pending, '\n');
            BW_TRY(circle_tar_row(&m->tar, err));
        }
        position += (int64_t)n;
    } while (n == EVENTS);
    return BW_OK;
}

/* -- the archive ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum bw_rc (*put)(struct maker *m, struct bw_err *err);
} MEMBERS[] = {
    {"organisation.json", put_organisation},
    {"people.csv", put_people},
    {"keys.csv", put_keys},
    {"networks.csv", put_networks},
    {"findings.csv", put_findings},
    {"items.jsonl", put_items},
    {"ledger.jsonl", put_events},
};

static enum bw_rc fill(struct maker *m, struct bw_view *ret, struct bw_err *err)
{
    for (size_t i = 0; i < BW_COUNT(MEMBERS); i++) {
        bw_arena_reset(m->arena);
        BW_TRY(circle_tar_member(&m->tar, MEMBERS[i].name, err));
        BW_TRY(MEMBERS[i].put(m, err));
        BW_TRY(circle_tar_member_end(&m->tar, err));
    }
    return circle_tar_end(&m->tar, ret, err);
}

enum bw_rc circle_export_make(struct db *db, const struct viewer *viewer, int64_t organisation_id,
                              const char *folder, struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    struct maker m = {.db = db,
                      .viewer = viewer,
                      .organisation_id = organisation_id,
                      .arena = arena};
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(circle_tar_open(folder, bw_now_us(), &m.tar, err));
    enum bw_rc rc = fill(&m, ret, err);
    circle_tar_done(&m.tar);
    return rc;
}
