/* SPDX-License-Identifier: Apache-2.0 */
/* approval - four eyes: what one person asks for, another one decides, and only then it is done.
 *
 * One mechanism for every act that needs it. An act is a row of a table: its name, who may ask and
 * decide (a permission), what it is about now (look), and how it is done (run). Asking keeps the
 * arguments and a digest over act, arguments and what they are about; deciding computes it anew, so
 * that what was changed since is not done by mistake or on purpose. The act runs in the transaction
 * of the decision, which checks again, from the rows and not from a session, that
 *
 *   - asker and decider may both ask for it, and are active,
 *   - they are two people, of two operating bodies where the setting four_eyes_bodies says so,
 *   - the decider is not the one whom it concerns,
 *   - it waits, its time has not run out, and the digest is the one that the decider was shown.
 *
 * Where the asker is the only one in the hub who could decide, the setting four_eyes_alone says
 * after how many hours the asker may do so; 0: never. Asking, doing, refusing, taking back and
 * running out are events of the ledger. Threads: the write lane. */
#ifndef APPROVAL_H
#define APPROVAL_H

#include "i18n.h"
#include "member_desk.h"

#define APPROVAL_US (7 * BW_DAY_US) /* so long it waits */
#define APPROVAL_ARGS_MAX 4096      /* bytes */
#define APPROVAL_REASON_MAX 1000    /* bytes, and at least APPROVAL_REASON_MIN */
#define APPROVAL_REASON_MIN 3

/* What an act is about at this moment. In ARENA. */
struct approval_look {
    struct bw_view what;  /* for people: "Olive Operator, olive@cert.example" */
    struct bw_view state; /* goes into the digest: all that makes it the act that was asked for */
    int64_t concerns_id;  /* person who must not decide; 0: nobody */
};
struct approval_by {
    int64_t asked_by, decided_by;
    struct bw_view reason; /* of who asked */
};
struct approval_act {
    const char *name; /* stored: never renamed */
    enum permission permission;
    enum i18n_msg title;
    /* BW_NOT_FOUND, BW_CONFLICT, BW_INVALID: it makes no sense (any more). */
    enum bw_rc (*look)(struct db *db, struct bw_view args, struct bw_arena *arena,
                       struct approval_look *ret, struct bw_err *err);
    enum bw_rc (*run)(struct db_tx *tx, const struct approval_by *by, struct bw_view args,
                      struct bw_arena *arena, struct bw_err *err);
};
/* The table; more rows come with more acts (unmask, restore). */
extern const struct approval_act *const approval_acts[];
extern const size_t approval_acts_n;
const struct approval_act *approval_act_of(struct bw_view name); /* NULL: none */

struct approval_ask {
    const struct approval_act *act;
    struct bw_view args, reason;
    int64_t person_id; /* who asks */
};
/* BW_DENIED: may not; BW_CONFLICT: waits already; BW_INVALID: no reason. */
BW_MUST_CHECK enum bw_rc approval_ask(struct db_tx *tx, const struct approval_ask *a,
                                      struct bw_id *ret_id, struct bw_err *err);

enum approval_decision { APPROVAL_APPROVE, APPROVAL_REFUSE };
struct approval_decide {
    const struct settings *settings;
    const struct viewer *viewer;
    struct bw_view public_id, reason;
    struct bw_view digest; /* in hex: what the decider was shown */
    enum approval_decision decision;
};
/* BW_NOT_FOUND; BW_DENIED; BW_CONFLICT: decided, run out, or not the same any more. The asker's
 * refusal takes it back. */
BW_MUST_CHECK enum bw_rc approval_decide(struct db_tx *tx, const struct approval_decide *d,
                                         struct bw_err *err);
/* Closes what has run out; for the daily job. */
BW_MUST_CHECK enum bw_rc approval_expire(struct db_tx *tx, int64_t *ret_n, struct bw_err *err);

enum approval_state {
    APPROVAL_WAITING,
    APPROVAL_DONE,
    APPROVAL_REFUSED,
    APPROVAL_TAKEN_BACK,
    APPROVAL_RUN_OUT,
    APPROVAL_STATES
};
struct approval {
    int64_t asked_by, asked_body, concerns_id, asked_us, expires_us, decided_by, decided_us;
    struct bw_view public_id, act, what, reason, decision, digest; /* digest: hex */
    enum approval_state state;
};
/* Those that VIEWER sees, newest first, waiting ones before others; at most MAX. */
BW_MUST_CHECK enum bw_rc approval_list(struct db *db, const struct viewer *viewer, bool waiting,
                                       size_t max, struct bw_arena *arena, struct approval **ret,
                                       size_t *ret_n, struct bw_err *err);

/* Why somebody may not decide now; APPROVAL_MAY: may. Pure enough to be asked for a page. */
enum approval_bar {
    APPROVAL_MAY,
    APPROVAL_BAR_RIGHT,    /* has not the permission */
    APPROVAL_BAR_OWN,      /* asked for it, and there are others */
    APPROVAL_BAR_ALONE,    /* asked for it, is alone, and it is too early or never */
    APPROVAL_BAR_CONCERNS, /* it is about them */
    APPROVAL_BAR_BODY,     /* of the asker's own body */
};
BW_MUST_CHECK enum bw_rc approval_bar_of(struct db *db, const struct settings *settings,
                                         const struct approval *a, int64_t person_id,
                                         int64_t now_us, enum approval_bar *ret,
                                         struct bw_err *err);

/* -- operating bodies (ops_body.c) ------------------------------------------------------------- */
BW_MUST_CHECK enum bw_rc ops_body_is(struct db *db, int64_t organisation_id, bool *ret,
                                     struct bw_err *err);
BW_MUST_CHECK enum bw_rc ops_body_count(struct db *db, int64_t *ret_n, struct bw_err *err);
/* BW_CONFLICT: the last one, or people of it work for the hub still. */
BW_MUST_CHECK enum bw_rc ops_body_end(struct db_tx *tx, int64_t actor_id, int64_t organisation_id,
                                      struct bw_view reason, struct bw_err *err);
/* Keys of the bodies, oldest first. */
BW_MUST_CHECK enum bw_rc ops_body_list(struct db *db, struct bw_arena *arena, int64_t **ret,
                                       size_t *ret_n, struct bw_err *err);

#endif
