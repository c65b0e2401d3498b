/* SPDX-License-Identifier: Apache-2.0 */
/* privacy - what the hub owes to people whose data it keeps: requests with a clock, holds, a record
 * of disclosures, and a purge by table. Hong Kong's Cap. 486 is the first setting: 40 days. */
#ifndef PRIVACY_H
#define PRIVACY_H

#include "i18n.h"
#include "member_desk.h"

#define PRIVACY_DUE_US (40 * BW_DAY_US)
#define PRIVACY_TEXT_MAX 2000
#define PRIVACY_OPEN_MAX 5 /* open requests of one person */

/* -- requests ---------------------------------------------------------------------------------- */
enum privacy_kind { PRIVACY_ACCESS = 0, PRIVACY_CORRECTION = 1 };
enum privacy_state { PRIVACY_OPEN = 0, PRIVACY_DONE = 1, PRIVACY_REFUSED = 2 };
struct privacy_request {
    struct bw_view public_id, text, answer;
    int64_t person_id, asked_us, due_us, decided_us, decided_by;
    enum privacy_kind kind;
    enum privacy_state state;
};
/* BW_LIMIT: PRIVACY_OPEN_MAX are open. BW_INVALID: nothing said. */
BW_MUST_CHECK enum bw_rc privacy_ask(struct db_tx *tx, int64_t person_id, enum privacy_kind kind,
                                     struct bw_view text, struct bw_err *err);
struct privacy_answer {
    const struct viewer *viewer;
    struct bw_view public_id, answer;
    enum privacy_state state; /* DONE or REFUSED */
};
/* BW_DENIED: one's own; BW_CONFLICT: answered already. */
BW_MUST_CHECK enum bw_rc privacy_answer(struct db_tx *tx, const struct privacy_answer *a,
                                        struct bw_err *err);
/* PERSON_ID 0: all that VIEWER sees, open ones first, the next due first. */
BW_MUST_CHECK enum bw_rc privacy_requests(struct db *db, const struct viewer *viewer,
                                          int64_t person_id, size_t max, struct bw_arena *arena,
                                          struct privacy_request **ret, size_t *ret_n,
                                          struct bw_err *err);

/* -- disclosures ------------------------------------------------------------------------------- */
struct privacy_disclosure {
    struct bw_view public_id, to_whom, what, why;
    int64_t person_id, made_by, made_us;
};
BW_MUST_CHECK enum bw_rc privacy_disclose(struct db_tx *tx, const struct privacy_disclosure *d,
                                          bool tell_person, struct bw_err *err);
BW_MUST_CHECK enum bw_rc privacy_disclosures(struct db *db, const struct viewer *viewer,
                                             int64_t person_id, size_t max, struct bw_arena *arena,
                                             struct privacy_disclosure **ret, size_t *ret_n,
                                             struct bw_err *err);

/* -- legal hold -------------------------------------------------------------------------------- */
struct privacy_hold {
    enum holder_kind kind;
    int64_t holder_id, placed_by, from_us;
    struct bw_view public_id, reason;
};
/* BW_CONFLICT: is held already. OBJECT: public id of the holder, for the ledger. */
BW_MUST_CHECK enum bw_rc privacy_hold_place(struct db_tx *tx, const struct privacy_hold *h,
                                            struct bw_view object, struct bw_err *err);
BW_MUST_CHECK enum bw_rc privacy_hold_lift(struct db_tx *tx, int64_t actor_id,
                                           struct bw_view public_id, struct bw_view reason,
                                           struct bw_err *err);
BW_MUST_CHECK enum bw_rc privacy_holds(struct db *db, size_t max, struct bw_arena *arena,
                                       struct privacy_hold **ret, size_t *ret_n,
                                       struct bw_err *err);

/* -- retention --------------------------------------------------------------------------------- */
/* What is kept for which purpose and how long: what the page shows and the job does. */
struct privacy_retention {
    const char *name; /* "sessions" */
    enum i18n_msg what, purpose;
    enum setting setting;   /* SETTING_COUNT: fixed */
    int64_t unit_us, fixed; /* how many units, where it is no setting */
    /* At most so many rows; *ret_n: how many went. */
    enum bw_rc (*purge)(struct db_tx *tx, int64_t before_us, int64_t *ret_n, struct bw_err *err);
};
extern const struct privacy_retention privacy_retention_table[];
extern const size_t privacy_retention_n;
int64_t privacy_keep_us(const struct privacy_retention *r, const struct settings *s);
/* All rows of the table, and those who have left; what the daily job does. */
BW_MUST_CHECK enum bw_rc privacy_purge(struct db_engine *e, const struct settings *s,
                                       struct bw_err *err);
enum bw_rc privacy_job(struct job *job, struct bw_err *err);

#endif
