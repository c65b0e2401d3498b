/* SPDX-License-Identifier: Apache-2.0 */
/* ops_body - the organisations that run the programme together. */
#include "approval.h"
#include "json_write.h"
#include "ops.h"

static enum bw_rc tell(struct db_tx *tx, int64_t actor_id, int64_t organisation_id, bool runs,
                       struct bw_view reason, struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(8192);
    BW_AUTO(bw_arena) *arena = bw_arena_new(64 << 10);
    struct member_organisation o;
    struct json_writer w;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(member_organisation_get(db_tx_db(tx),
                                   viewer_system("operating bodies are named in the ledger"),
                                   organisation_id, arena, &o, err));
    json_w_open(&w, &payload);
    json_w_object(&w);
    json_w_kv_bool(&w, "operating_body", runs);
    json_w_kv(&w, "reason", reason);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_ORGANISATION_CHANGED,
                                                .object = o.public_id,
                                                .actor_id = actor_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

enum bw_rc ops_body_is(struct db *db, int64_t organisation_id, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT 1 FROM operating_body WHERE organisation_id = ?1 AND until_us IS NULL",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rc == BW_OK;
    return BW_OK;
}

enum bw_rc ops_body_count(struct db *db, int64_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT count(*) FROM operating_body WHERE until_us IS NULL", &st, err));
    BW_TRY(db_row(st, err));
    *ret_n = db_int(st, 0);
    return BW_OK;
}

enum bw_rc ops_body_list(struct db *db, struct bw_arena *arena, int64_t **ret, size_t *ret_n,
                         struct bw_err *err)
{
    enum { BODIES_MAX = 100 };
    BW_AUTO(db_stmt) *st = NULL;
    int64_t *list = BW_ARENA_ARRAY(arena, BODIES_MAX, int64_t);
    size_t n = 0;
    enum bw_rc rc = BW_NOT_FOUND;
    if (!list)
        return bw_fail_memory(err);
    BW_TRY(db_plain(db,
                    "SELECT organisation_id FROM operating_body WHERE until_us IS NULL"
                    " ORDER BY from_us, organisation_id LIMIT ?1",
                    &st, err));
    db_bind_int(st, 1, BODIES_MAX);
    while (n < BODIES_MAX && (rc = db_row(st, err)) == BW_OK)
        list[n++] = db_int(st, 0);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = list;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc ops_body_add(struct db_tx *tx, int64_t actor_id, int64_t organisation_id,
                        struct bw_view reason, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    bool is;
    BW_TRY(ops_body_is(db_tx_db(tx), organisation_id, &is, err));
    if (is)
        return bw_fail(err, BW_CONFLICT, "this organisation runs the programme already");
    BW_TRY(db_change(tx,
                     "INSERT INTO operating_body (organisation_id, from_us) VALUES (?1, ?2)"
                     " ON CONFLICT (organisation_id) DO UPDATE SET from_us = excluded.from_us,"
                     " until_us = NULL",
                     &st, err));
    db_bind_int(st, 1, organisation_id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return tell(tx, actor_id, organisation_id, true, reason, err);
}

/* Somebody of the organisation has a role of the hub. */
static enum bw_rc has_staff(struct db *db, int64_t organisation_id, bool *ret, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(4 << 20);
    struct member_staff *list;
    size_t n;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(member_staff_of(db, viewer_system("whether somebody of a body works for the hub"),
                           organisation_id, arena, &list, &n, err));
    *ret = false;
    for (size_t i = 0; i < n; i++)
        *ret = *ret || role_is_operator_body(list[i].role);
    return BW_OK;
}

enum bw_rc ops_body_end(struct db_tx *tx, int64_t actor_id, int64_t organisation_id,
                        struct bw_view reason, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t bodies;
    bool staff;
    BW_TRY(ops_body_count(db_tx_db(tx), &bodies, err));
    if (bodies < 2)
        return bw_fail(err, BW_CONFLICT, "this is the last organisation that runs the programme");
    BW_TRY(has_staff(db_tx_db(tx), organisation_id, &staff, err));
    if (staff)
        return bw_fail(err, BW_CONFLICT,
                       "people of this organisation work for the hub: end their roles first");
    BW_TRY(db_change(tx,
                     "UPDATE operating_body SET until_us = ?2 WHERE organisation_id = ?1"
                     " AND until_us IS NULL",
                     &st, err));
    db_bind_int(st, 1, organisation_id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    if (db_changes(st) == 0)
        return bw_fail(err, BW_NOT_FOUND, "this organisation does not run the programme");
    return tell(tx, actor_id, organisation_id, false, reason, err);
}
