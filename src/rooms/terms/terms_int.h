/* SPDX-License-Identifier: Apache-2.0 */
/* terms_int - what the room's files share; pages have terms_page.h. */
#ifndef TERMS_INT_H
#define TERMS_INT_H

#include "crypto_text.h"
#include "terms.h"

#define TERMS_TEXT_MAX (128 * 1024) /* bytes of one language */
#define TERMS_REASON_MAX 500        /* bytes */
#define TERMS_HASH_HEX 64

/* What a reason has to be; BW_INVALID. */
BW_MUST_CHECK enum bw_rc terms_reason_check(struct bw_view reason, struct bw_err *err);

/* -- canonical form (terms_canon.c) ------------------------------------------------------------
 */

/* Appends what the hash is taken over: number, effective moment and every language with its length,
 * so that nothing can be moved from one to another. */
void terms_canonical(const struct terms_version *v, struct bw_buf *out);
BW_MUST_CHECK enum bw_rc terms_hash(const struct terms_version *v, struct crypto_digest *ret,
                                    struct bw_err *err);
struct terms_hex {
    char text[TERMS_HASH_HEX + 1];
};
struct terms_hex terms_hash_text(const struct crypto_digest *d);
/* "2027-03-01" in the hub's zone: its first moment. BW_INVALID. */
BW_MUST_CHECK enum bw_rc terms_date_parse(struct bw_view date, const struct settings *settings,
                                          int64_t *ret_us, struct bw_err *err);
void terms_date_text(int64_t at_us, const struct settings *settings, char out[BW_TIME_MAX]);

/* -- differences (terms_diff.c) ---------------------------------------------------------------- */

enum terms_change { TERMS_SAME, TERMS_ADDED, TERMS_REMOVED, TERMS_SKIPPED };
struct terms_line {
    enum terms_change change;
    struct bw_view text;
    int64_t skipped; /* TERMS_SKIPPED: lines that are the same */
};
/* Line by line; runs of equal lines are shortened. Views point into OLD and NEW. */
BW_MUST_CHECK enum bw_rc terms_diff(struct bw_view old, struct bw_view new, struct bw_arena *arena,
                                    struct terms_line **ret, size_t *ret_n, struct bw_err *err);

/* -- versions (terms_store.c) ------------------------------------------------------------------ */

#define TERMS_VERSION                                                                            \
    "v.id, v.public_id, v.number, v.state, v.effective_us, v.text_en, v.text_hant, v.text_hans," \
    " v.hash, v.proposed_by, v.announced_us"
BW_MUST_CHECK enum bw_rc terms_version_row(const struct db_stmt *st, struct bw_arena *arena,
                                           struct terms_version *ret, struct bw_err *err);
/* By number. */
BW_MUST_CHECK enum bw_rc terms_version_get(struct db *db, const struct viewer *viewer,
                                           int64_t number, struct bw_arena *arena,
                                           struct terms_version *ret, struct bw_err *err);
/* Newest first, at most MAX. */
BW_MUST_CHECK enum bw_rc terms_version_list(struct db *db, const struct viewer *viewer, size_t max,
                                            struct bw_arena *arena, struct terms_version **ret,
                                            size_t *ret_n, struct bw_err *err);

struct terms_draft {
    const struct viewer *viewer;
    struct bw_view text[I18N_LANGS];
    int64_t effective_us;
};
/* Writes the one draft; makes it where there is none. BW_CONFLICT: it is proposed. */
BW_MUST_CHECK enum bw_rc terms_draft_put(struct db_tx *tx, const struct terms_draft *d,
                                         struct bw_err *err);

enum terms_step { TERMS_PROPOSE, TERMS_ANNOUNCE, TERMS_RETURN };
struct terms_decision {
    const struct viewer *viewer;
    const struct settings *settings;
    enum terms_step step;
    struct bw_view hash; /* hex: of what the person saw */
    struct bw_view reason;
};
/* BW_CONFLICT: the state or the text moved. BW_DENIED: the same person confirms. BW_INVALID: the
 * date is too near. */
BW_MUST_CHECK enum bw_rc terms_decide(struct db_tx *tx, const struct terms_decision *d,
                                      struct bw_err *err);

/* As the viewer's row is now: BW_DENIED where role or organisation have changed. */
BW_MUST_CHECK enum bw_rc terms_actor_check(struct db_tx *tx, const struct viewer *viewer,
                                           struct bw_err *err);
/* {"K": "V", ..., } of one event; PAIRS ends with NULL. */
struct terms_fact {
    const char *key;
    struct bw_view text; /* where p is set */
    int64_t number;
};
BW_MUST_CHECK enum bw_rc terms_append(struct db_tx *tx, enum ledger_verb verb,
                                      struct bw_view object, int64_t actor_id, int64_t audience_id,
                                      const struct terms_fact *facts, size_t n, struct bw_err *err);
#define TERMS_APPEND(tx, verb, object, actor, audience, err, ...)                              \
    terms_append((tx), (verb), (object), (actor), (audience),                                  \
                 (const struct terms_fact[]){__VA_ARGS__},                                     \
                 sizeof((const struct terms_fact[]){__VA_ARGS__}) / sizeof(struct terms_fact), \
                 (err))

/* -- acceptances (terms_accept.c) -------------------------------------------------------------- */

enum terms_kind { TERMS_FOR_ONESELF = 0, TERMS_FOR_ORGANISATION = 1 };
struct terms_acceptance {
    struct bw_view public_id, person_name, organisation_name;
    enum terms_kind kind;
    enum i18n_lang lang;
    int64_t number, at_us, person_id, organisation_id;
    struct crypto_digest hash;
};
/* By public id, as far as VIEWER may see it. */
BW_MUST_CHECK enum bw_rc terms_acceptance_get(struct db *db, const struct viewer *viewer,
                                              struct bw_view public_id, struct bw_arena *arena,
                                              struct terms_acceptance *ret, struct bw_err *err);
/* A person's own and their organisation's signatures, newest first, at most MAX. */
BW_MUST_CHECK enum bw_rc terms_acceptance_list(struct db *db, const struct viewer *viewer,
                                               int64_t person_id, int64_t organisation_id,
                                               size_t max, struct bw_arena *arena,
                                               struct terms_acceptance **ret, size_t *ret_n,
                                               struct bw_err *err);
/* Of one version. BW_NOT_FOUND. */
BW_MUST_CHECK enum bw_rc terms_acceptance_of(struct db *db, const struct viewer *viewer,
                                             int64_t number, enum terms_kind kind,
                                             int64_t subject_id, struct bw_arena *arena,
                                             struct terms_acceptance *ret, struct bw_err *err);
BW_MUST_CHECK enum bw_rc terms_holds_duty(struct db *db, int64_t person_id, bool *ret,
                                          struct bw_err *err);

/* -- limits and time (terms_limit.c, terms_member.c, terms_tick.c) ----------------------------- */

/* Brings every LIMIT_TERMS to what it has to be. */
struct terms_swept {
    int64_t people, organisations, freed;
};
BW_MUST_CHECK enum bw_rc terms_limit_all(struct db_tx *tx, struct terms_swept *ret,
                                         struct bw_err *err);
/* True: terms_limit_all() would change something. */
BW_MUST_CHECK enum bw_rc terms_limit_stale(struct db *db, bool *ret, struct bw_err *err);
/* Versions whose moment has come, and the limits that follow, in one transaction. */
BW_MUST_CHECK enum bw_rc terms_come_into_force(struct db_tx *tx, struct bw_err *err);
/* True: somebody of the organisation works for the hub. */
BW_MUST_CHECK enum bw_rc terms_is_operating(struct db *db, int64_t organisation_id, bool *ret,
                                            struct bw_err *err);
/* Ends the memberships whose time is over. */
BW_MUST_CHECK enum bw_rc terms_membership_end(struct db_tx *tx, struct bw_err *err);
struct terms_member_state {
    int64_t valid_until_us; /* 0: without end */
    bool ended;
    struct bw_view reason;
};
BW_MUST_CHECK enum bw_rc terms_membership_get(struct db *db, const struct viewer *viewer,
                                              int64_t organisation_id, struct bw_arena *arena,
                                              struct terms_member_state *ret, struct bw_err *err);
/* By hand, to all who have not accepted. BW_CONFLICT: was done within the hour. BW_NOT_FOUND: no
 * terms. */
BW_MUST_CHECK enum bw_rc terms_remind_now(struct db_tx *tx, const struct viewer *viewer,
                                          struct bw_err *err);

#define TERMS_JOBS 2
extern const struct job_kind terms_jobs[TERMS_JOBS];
extern const struct ledger_consumer terms_mail_consumer;
#define TERMS_JOB_MOMENT "terms.moment"

/* -- who has and who has not (terms_who.c) ----------------------------------------------------- */

struct terms_person {
    int64_t id, organisation_id;
    struct bw_view public_id, name, email, organisation; /* organisation: English name */
    enum i18n_lang lang;
    enum role role;
    bool signatory, active, signed_for; /* active, signed for: their organisation */
    int64_t accepted_us;                /* 0: has not */
    enum i18n_lang accepted_lang;
    struct bw_view acceptance; /* public id */
};
/* Active people who accept (no API-only ones), by key, behind AFTER, at most MAX; of one
 * organisation where it is not 0. */
struct terms_people {
    int64_t version_id, organisation_id, after;
    size_t max;
    bool missing_only;
};
BW_MUST_CHECK enum bw_rc terms_people(struct db *db, const struct viewer *viewer,
                                      const struct terms_people *q, struct bw_arena *arena,
                                      struct terms_person **ret, size_t *ret_n, struct bw_err *err);
struct terms_organisation {
    int64_t id;
    struct bw_view public_id;
    struct member_names names;
    int64_t people, accepted, signed_us, valid_until_us;
    bool ended;
    struct bw_view signed_by, signature; /* name; public id of the acceptance */
};
/* Active organisations by English name, at most PAGE_ROWS behind the one with public id AFTER. */
BW_MUST_CHECK enum bw_rc terms_organisations(struct db *db, const struct viewer *viewer,
                                             int64_t version_id, struct bw_view after,
                                             struct bw_arena *arena,
                                             struct terms_organisation **ret, size_t *ret_n,
                                             bool *ret_more, struct bw_err *err);
struct terms_totals {
    int64_t people, accepted, organisations, signed_;
};
BW_MUST_CHECK enum bw_rc terms_totals(struct db *db, const struct viewer *viewer,
                                      int64_t version_id, struct terms_totals *ret,
                                      struct bw_err *err);

#endif
