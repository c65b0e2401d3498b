/* SPDX-License-Identifier: Apache-2.0 */
/* privacy_purge - what is not needed any more goes, by a table, in small transactions; who is under
 * a legal hold (themselves, or their organisation) is left alone. */
#include "approval.h"
#include "json_write.h"
#include "privacy.h"

enum { ARENA_BYTES = 8 << 20, PEOPLE_AT_ONCE = 20, ROUNDS_MAX = 10000 };

static enum bw_rc run(struct db_stmt *st, int64_t before_us, int64_t *ret_n, struct bw_err *err)
{
    db_bind_int(st, 1, before_us);
    BW_TRY(db_run(st, err));
    *ret_n = db_changes(st);
    return BW_OK;
}

/* The last session of a person stays: it says when they were here. */
static enum bw_rc purge_sessions(struct db_tx *tx, int64_t before_us, int64_t *ret_n,
                                 struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "DELETE FROM session WHERE id IN (SELECT s.id FROM session s WHERE"
                     " s.seen_us < ?1 AND EXISTS (SELECT 1 FROM session n WHERE"
                     " n.person_id = s.person_id AND n.id > s.id) AND NOT EXISTS"
                     " (SELECT 1 FROM legal_hold h WHERE h.until_us IS NULL AND"
                     " ((h.holder_kind = 0 AND h.holder_id = s.person_id) OR"
                     " (h.holder_kind = 1 AND h.holder_id = s.organisation_id)))"
                     " ORDER BY s.id LIMIT 500)",
                     &st, err));
    return run(st, before_us, ret_n, err);
}

static enum bw_rc purge_keys(struct db_tx *tx, int64_t before_us, int64_t *ret_n,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "DELETE FROM api_key WHERE id IN (SELECT k.id FROM api_key k WHERE"
                     " coalesce(k.ended_us, k.expires_us) < ?1 AND NOT EXISTS"
                     " (SELECT 1 FROM legal_hold h WHERE h.until_us IS NULL AND"
                     " ((h.holder_kind = 0 AND h.holder_id = k.person_id) OR"
                     " (h.holder_kind = 1 AND h.holder_id = k.organisation_id)))"
                     " ORDER BY k.id LIMIT 500)",
                     &st, err));
    return run(st, before_us, ret_n, err);
}

static enum bw_rc purge_requests(struct db_tx *tx, int64_t before_us, int64_t *ret_n,
                                 struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    db_tx_as(tx, viewer_system("answered requests are purged, whoever sees them"));
    BW_TRY(db_change(tx,
                     "DELETE FROM privacy_request WHERE id IN (SELECT r.id FROM v_privacy_request r"
                     " WHERE r.state <> 0 AND r.decided_us < ?1 AND NOT EXISTS"
                     " (SELECT 1 FROM legal_hold h WHERE h.until_us IS NULL AND h.holder_kind = 0"
                     " AND h.holder_id = r.person_id) ORDER BY r.id LIMIT 500)",
                     &st, err));
    return run(st, before_us, ret_n, err);
}

const struct privacy_retention privacy_retention_table[] = {
    {"sessions", MSG_desk_keep_sessions, MSG_desk_for_sessions, SETTING_RETENTION_SESSIONS,
     BW_DAY_US, 0, purge_sessions},
    {"keys", MSG_desk_keep_keys, MSG_desk_for_keys, SETTING_RETENTION_KEYS, BW_DAY_US, 0,
     purge_keys},
    {"failed sign-ins", MSG_desk_keep_fails, MSG_desk_for_fails, SETTING_COUNT, BW_DAY_US, 1,
     member_purge_throttle},
    {"requests", MSG_desk_keep_requests, MSG_desk_for_requests, SETTING_RETENTION_REQUESTS,
     30 * BW_DAY_US, 0, purge_requests},
    {"people", MSG_desk_keep_people, MSG_desk_for_people, SETTING_RETENTION_PEOPLE, 30 * BW_DAY_US,
     0, NULL}, /* erase_people() */
};
const size_t privacy_retention_n = BW_COUNT(privacy_retention_table);

int64_t privacy_keep_us(const struct privacy_retention *r, const struct settings *s)
{
    int64_t n = r->setting == SETTING_COUNT ? r->fixed : setting_int(s, r->setting);
    return n * r->unit_us;
}

/* -- by the table ------------------------------------------------------------------------------ */

struct round {
    const struct privacy_retention *row;
    int64_t keep_us, n;
};

static enum bw_rc tell_purge(struct db_tx *tx, const struct round *r, struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(512);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    json_w_kv_z(&w, "what", r->row->name);
    json_w_kv_int(&w, "count", r->n);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_DATA_PURGED,
                                                .object = bw_view_z(r->row->name),
                                                .payload = bw_buf_text(&payload)},
                         err);
}

static enum bw_rc write_round(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct round *r = arg;
    r->n = 0;
    BW_TRY(r->row->purge(tx, db_tx_now_us(tx) - r->keep_us, &r->n, err));
    return r->n ? tell_purge(tx, r, err) : BW_OK;
}

/* -- those who have left ----------------------------------------------------------------------- */

static enum bw_rc note_gone(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *back = NULL;
    BW_AUTO(db_stmt) *gone = NULL;
    db_tx_as(tx, viewer_system("since when people are gone is noted, whoever sees them"));
    BW_TRY(db_change(tx,
                     "DELETE FROM person_gone WHERE erased_us IS NULL AND person_id IN"
                     " (SELECT p.id FROM v_person p JOIN v_organisation o"
                     " ON o.id = p.organisation_id WHERE p.state <> 2 AND o.state <> 2)",
                     &back, err));
    BW_TRY(db_run(back, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO person_gone (person_id, since_us) SELECT p.id, ?1 FROM v_person p"
                     " JOIN v_organisation o ON o.id = p.organisation_id"
                     " WHERE (p.state = 2 OR o.state = 2) AND NOT EXISTS"
                     " (SELECT 1 FROM person_gone g WHERE g.person_id = p.id)",
                     &gone, err));
    db_bind_int(gone, 1, db_tx_now_us(tx));
    return db_run(gone, err);
}

struct erase {
    struct member_erase in;
};

static enum bw_rc write_erase(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct erase *e = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(member_erase(tx, &e->in, err));
    BW_TRY(db_change(tx, "UPDATE person_gone SET erased_us = ?2 WHERE person_id = ?1", &st, err));
    db_bind_int(st, 1, e->in.person_id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    return db_run(st, err);
}

static enum bw_rc due_people(struct db *db, int64_t before_us, int64_t people[PEOPLE_AT_ONCE],
                             size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    size_t n = 0;
    enum bw_rc rc = BW_NOT_FOUND;
    BW_TRY(db_query(db, viewer_system("who is gone long enough to be erased"),
                    "SELECT g.person_id FROM person_gone g JOIN v_person p ON p.id = g.person_id"
                    " WHERE g.erased_us IS NULL AND g.since_us < ?1 AND NOT EXISTS"
                    " (SELECT 1 FROM legal_hold h WHERE h.until_us IS NULL AND"
                    " ((h.holder_kind = 0 AND h.holder_id = p.id) OR"
                    " (h.holder_kind = 1 AND h.holder_id = p.organisation_id)))"
                    " ORDER BY g.person_id LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, before_us);
    db_bind_int(st, 2, PEOPLE_AT_ONCE);
    while (n < PEOPLE_AT_ONCE && (rc = db_row(st, err)) == BW_OK)
        people[n++] = db_int(st, 0);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret_n = n;
    return BW_OK;
}

static enum bw_rc erase_one(struct db_engine *e, int64_t person_id, struct bw_arena *arena,
                            struct bw_err *err)
{
    struct erase erase = {.in = {.person_id = person_id}};
    {
        BW_AUTO(db) *db = NULL;
        struct member_recipient p;
        int64_t *events;
        BW_TRY(db_open(e, &db, err));
        BW_TRY(member_person_get(db, person_id, arena, &p, err));
        BW_TRY(ledger_openings_of(db, p.public_id, person_id, arena, &events, &erase.in.events_n,
                                  err));
        erase.in.events = events;
    }
    return db_write(e, write_erase, &erase, err);
}

static enum bw_rc erase_people(struct db_engine *e, int64_t keep_us, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_BYTES);
    int64_t people[PEOPLE_AT_ONCE];
    size_t n;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(db_write(e, note_gone, NULL, err));
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(e, &db, err));
        BW_TRY(due_people(db, bw_now_us() - keep_us, people, &n, err));
    }
    for (size_t i = 0; i < n; i++) {
        BW_TRY(erase_one(e, people[i], arena, err));
        bw_arena_reset(arena);
    }
    return BW_OK;
}

/* -- all --------------------------------------------------------------------------------------- */

static enum bw_rc write_expire(struct db_tx *tx, void *arg, struct bw_err *err)
{
    int64_t n;
    return approval_expire(tx, &n, err);
}

enum bw_rc privacy_purge(struct db_engine *e, const struct settings *s, struct bw_err *err)
{
    BW_TRY(db_write(e, write_expire, NULL, err));
    for (size_t i = 0; i < privacy_retention_n; i++) {
        struct round r = {.row = &privacy_retention_table[i]};
        r.keep_us = privacy_keep_us(r.row, s);
        if (!r.row->purge) {
            BW_TRY(erase_people(e, r.keep_us, err));
            continue;
        }
        for (int rounds = 0; rounds < ROUNDS_MAX; rounds++) {
            BW_TRY(db_write(e, write_round, &r, err));
            if (r.n == 0)
                break;
        }
    }
    return BW_OK;
}

enum bw_rc privacy_job(struct job *job, struct bw_err *err)
{
    const struct hub *hub = job_arg(job);
    return privacy_purge(hub->db, hub->settings, err);
}
