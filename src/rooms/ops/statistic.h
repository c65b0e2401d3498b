/* SPDX-License-Identifier: Apache-2.0 */
/* statistic - figures that are counted before somebody asks for them.
 *
 * The page of a hub with 3,000 organisations and 20,000 people has to be as cheap as any other, so
 * it reads a small table. A job keeps it: what happened in a month is counted from the ledger,
 * each event once (the place is moved in the same transaction); what there is today is counted
 * anew. Every figure with a month can be traced to the events that made it. DERIVED: `breakwater
 * statistics rebuild` throws the table away and counts from the beginning. */
#ifndef STATISTIC_H
#define STATISTIC_H

#include "member_desk.h"

/* Counts what the ledger has new and what there is today. ZONE_MIN: minutes east of UTC, in which
 * months begin. */
BW_MUST_CHECK enum bw_rc statistic_count(struct db_engine *e, int zone_min, struct bw_err *err);
BW_MUST_CHECK enum bw_rc statistic_rebuild(struct db_engine *e, int zone_min, struct bw_err *err);
enum bw_rc statistic_job(struct job *job, struct bw_err *err);

/* What the ledger tells by month; also the names in the table. */
enum statistic_series {
    STATISTIC_ORGANISATIONS, /* new ones */
    STATISTIC_PEOPLE,
    STATISTIC_SIGN_INS,
    STATISTIC_ITEMS,
    STATISTIC_ACKNOWLEDGED,
    STATISTIC_SERIES
};
const char *statistic_name(enum statistic_series s); /* "new-organisations" */

struct statistic {
    struct bw_view name, key;
    int64_t month; /* 202611; 0: today */
    int64_t n;
};
/* All of today and of the months from SINCE on, by name, key and month; when it was counted. */
BW_MUST_CHECK enum bw_rc statistic_read(struct db *db, int64_t since, struct bw_arena *arena,
                                        struct statistic **ret, size_t *ret_n,
                                        int64_t *ret_counted_us, struct bw_err *err);
int64_t statistic_month_of(int64_t at_us, int zone_min); /* 202611 */
int64_t statistic_month_add(int64_t month, int by);

#endif
