/* SPDX-License-Identifier: Apache-2.0 */
/* signin_session - what is told of a person's sessions, and when they last showed who they are; see
 * signin_device.h. */
#include "signin_device.h"

enum { ROWS_MAX = 50 };

enum bw_rc signin_session_add(struct db_tx *tx, int64_t session_id, int64_t device_id,
                              enum signin_way way, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id public_id = bw_id_new();
    BW_TRY(db_change(tx,
                     "INSERT INTO session_proof (session_id, public_id, device_id, way, proved_us)"
                     " VALUES (?1, ?2, ?3, ?4, ?5)",
                     &st, err));
    db_bind_int(st, 1, session_id);
    db_bind_text(st, 2, bw_view_z(public_id.text));
    db_bind_int(st, 3, device_id);
    db_bind_int(st, 4, (int64_t)way);
    db_bind_int(st, 5, db_tx_now_us(tx));
    return db_run(st, err);
}

enum bw_rc signin_session_prove(struct db_tx *tx, int64_t session_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(
        db_change(tx, "UPDATE session_proof SET proved_us = ?2 WHERE session_id = ?1", &st, err));
    db_bind_int(st, 1, session_id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return db_changes(st) ? BW_OK
                          : bw_fail(err, BW_NOT_FOUND, "sign out, sign in again, then go on");
}

enum bw_rc signin_session_recent(struct db *db, int64_t session_id, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT proved_us FROM session_proof WHERE session_id = ?1", &st, err));
    db_bind_int(st, 1, session_id);
    enum bw_rc rc = db_row(st, err);
    *ret = rc == BW_OK && bw_now_us() - db_int(st, 0) < SIGNIN_RECENT_US;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc signin_sessions_of(struct db *db, const struct settings *settings,
                              const struct viewer *viewer, struct bw_arena *arena,
                              struct signin_session_row **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct signin_session_row *rows = BW_ARENA_ARRAY(arena, ROWS_MAX, struct signin_session_row);
    int64_t now_us = bw_now_us();
    size_t n = 0;
    enum bw_rc rc;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_plain(db,
                    "SELECT p.public_id, s.device, s.created_us, s.seen_us, p.way, s.id"
                    " FROM session s JOIN session_proof p ON p.session_id = s.id"
                    " WHERE s.person_id = ?1 AND s.ended_us IS NULL AND s.created_us > ?2"
                    " AND (s.seen_us > ?3 OR s.id = ?4) ORDER BY s.seen_us DESC, s.id DESC"
                    " LIMIT ?5",
                    &st, err));
    db_bind_int(st, 1, viewer->person_id);
    db_bind_int(st, 2, now_us - setting_int(settings, SETTING_SESSION_MAX) * BW_HOUR_US);
    db_bind_int(st, 3, now_us - setting_int(settings, SETTING_SESSION_IDLE) * BW_MINUTE_US);
    db_bind_int(st, 4, viewer->session_id);
    db_bind_int(st, 5, ROWS_MAX);
    while ((rc = db_row(st, err)) == BW_OK) {
        struct signin_session_row *r = &rows[n++];
        *r = (struct signin_session_row){.created_us = db_int(st, 2),
                                         .seen_us = db_int(st, 3),
                                         .way = (enum signin_way)db_int(st, 4),
                                         .here = db_int(st, 5) == viewer->session_id};
        BW_TRY(bw_view_copy(arena, db_text(st, 0), &r->public_id, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &r->agent, err));
    }
    *ret = rows;
    *ret_n = n;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc signin_session_end(struct db_tx *tx, int64_t person_id, struct bw_view public_id,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE session SET ended_us = ?3 WHERE person_id = ?2 AND ended_us IS NULL"
                     " AND id IN (SELECT p.session_id FROM session_proof p WHERE p.public_id = ?1)",
                     &st, err));
    db_bind_text(st, 1, public_id);
    db_bind_int(st, 2, person_id);
    db_bind_int(st, 3, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return db_changes(st) ? BW_OK : bw_fail(err, BW_NOT_FOUND, "there is no such session");
}
