/* SPDX-License-Identifier: Apache-2.0 */
/* watch_report - how fresh each kind of report is, for those whose networks it covers. */
#include "watch_int.h"

enum { REPORTS_MAX = 400 };

enum bw_rc watch_report_came(struct db_tx *tx, const struct viewer *importer, struct bw_view report,
                             int64_t newest_us, struct bw_err *err)
{
    const struct grant everybody = {GRANT_EVERYBODY, 0};
    BW_AUTO(db_stmt) *st = NULL;
    int64_t audience_id;
    if (role_is_staff(importer->role))
        BW_TRY(audience_intern(tx, TLP_GREEN, &everybody, 1, &audience_id, err));
    else
        BW_TRY(watch_audience(tx, importer->organisation_id, &audience_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO report_seen (report, audience_id, imported_us, newest_us)"
                     " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (report, audience_id) DO UPDATE SET"
                     " imported_us = excluded.imported_us, newest_us ="
                     " CASE WHEN excluded.newest_us > report_seen.newest_us THEN excluded.newest_us"
                     " ELSE report_seen.newest_us END",
                     &st, err));
    db_bind_text(st, 1, report);
    db_bind_int(st, 2, audience_id);
    db_bind_int(st, 3, db_tx_now_us(tx));
    db_bind_int(st, 4, newest_us);
    return db_run(st, err);
}

enum bw_rc watch_report_list(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                             struct watch_report_seen **ret, size_t *ret_n, struct bw_err *err)
{
    struct watch_report_seen *list = BW_ARENA_ARRAY(arena, REPORTS_MAX, struct watch_report_seen);
    BW_AUTO(db_stmt) *st = NULL;
    size_t n = 0;
    enum bw_rc rc;
    if (!list)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT report, max(imported_us), max(newest_us) FROM v_report_seen"
                    " GROUP BY report ORDER BY 2 DESC, 1 LIMIT 400",
                    &st, err));
    while ((rc = db_row(st, err)) == BW_OK && n < REPORTS_MAX) {
        list[n].imported_us = db_int(st, 1);
        list[n].newest_us = db_int(st, 2);
        BW_TRY(WATCH_COPY(arena, st, 0, &list[n].report, err));
        n++;
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = list;
    *ret_n = n;
    return BW_OK;
}
