/* SPDX-License-Identifier: Apache-2.0 */
/* terms - under which terms members share, who accepted them, and until when a membership lasts.
 *
 * A version goes from draft to announced (by a second person, some weeks ahead), in force and
 * superseded; what was announced never changes. The authorised signatory signs for the
 * organisation, each representative accepts for themselves. Who has not when a version comes into
 * force holds LIMIT_TERMS (core/viewer.h), as does an organisation without a signature and
 * LIMIT_EXPIRED one whose membership has run out: sharing stops, reading and one's own findings
 * stay. The hub's staff accept too and are never limited, nor is the organisation that they belong
 * to.
 *
 * The limit is given and ended in the transaction of the change that it follows from: by a job at
 * the effective moment, by accepting, and, through member_watch(), when somebody is added. */
#ifndef TERMS_H
#define TERMS_H

#include "member.h"

extern const struct room room_terms;

/* Before anything is added to the community: whoever is added from then on is limited at once where
 * terms are in force. SETTINGS outlives the hub. */
void terms_attach(const struct settings *settings);

/* Values are stored: append only. */
enum terms_state {
    TERMS_DRAFT,
    TERMS_PROPOSED,
    TERMS_ANNOUNCED,
    TERMS_IN_FORCE,
    TERMS_SUPERSEDED,
    TERMS_STATES
};
struct terms_version {
    int64_t id, number, effective_us, announced_us, proposed_by;
    struct bw_view public_id;
    enum terms_state state;
    struct bw_view text[I18N_LANGS]; /* empty: not translated; English never is */
    struct crypto_digest hash;
};
/* The text for a reader of LANG; *ret_lang: the language that it is in. */
struct bw_view terms_text(const struct terms_version *v, enum i18n_lang lang,
                          enum i18n_lang *ret_lang);

/* What has to be signed now: the version in force, else the one that is announced first. In ARENA.
 * BW_NOT_FOUND: there are no terms. */
BW_MUST_CHECK enum bw_rc terms_current(struct db *db, const struct viewer *viewer,
                                       struct bw_arena *arena, struct terms_version *ret,
                                       struct bw_err *err);
/* True: the organisation has signed what terms_current() gives, or there are no terms. */
BW_MUST_CHECK enum bw_rc terms_signed(struct db *db, int64_t organisation_id, bool *ret,
                                      struct bw_err *err);

/* Names PERSON as one who signs for their organisation, or ends that. The caller has checked that
 * ACTOR may; REASON is needed. BW_NOT_FOUND: no active person of that organisation. */
struct terms_signatory {
    int64_t actor_id, organisation_id;
    struct bw_view person; /* public id */
    bool give;
    struct bw_view reason;
};
BW_MUST_CHECK enum bw_rc terms_signatory_set(struct db_tx *tx, const struct terms_signatory *s,
                                             struct bw_err *err);

/* VIEWER accepts for themselves, or signs for their organisation. What is known of the viewer is
 * checked again in TX. BW_CONFLICT: the text is not what is to be accepted any more, or the
 * organisation was signed for already; BW_DENIED: no signatory. Accepting twice is BW_OK and gives
 * the first. The limit ends in TX. */
struct terms_accept {
    const struct viewer *viewer;
    int64_t number;
    struct bw_view hash; /* hex, as it was shown */
    enum i18n_lang lang; /* of the page that showed it */
    bool sign;
};
BW_MUST_CHECK enum bw_rc terms_accept(struct db_tx *tx, const struct terms_accept *a,
                                      struct bw_id *ret_public, struct bw_err *err);

/* Gives or ends LIMIT_TERMS after something about them has changed (role, organisation, state). */
BW_MUST_CHECK enum bw_rc terms_person_settle(struct db_tx *tx, int64_t person_id,
                                             struct bw_err *err);
BW_MUST_CHECK enum bw_rc terms_organisation_settle(struct db_tx *tx, int64_t organisation_id,
                                                   struct bw_err *err);

/* Sets until when ORGANISATION is a member (0: without end) and ends or keeps LIMIT_EXPIRED
 * accordingly. BW_INVALID: not in the future, no reason, or the organisation that runs the hub. */
struct terms_membership {
    int64_t actor_id, organisation_id, valid_until_us;
    struct bw_view reason;
};
BW_MUST_CHECK enum bw_rc terms_membership_set(struct db_tx *tx, const struct terms_membership *m,
                                              struct bw_err *err);

/* What time has made due: versions come into force, memberships end, reminders are written to the
 * ledger. Runs as a job and before the hub listens. */
BW_MUST_CHECK enum bw_rc terms_tick(struct db_engine *e, struct bw_err *err);

#define TERMS_MAIL_CONSUMER "terms.mail" /* for ledger_skip() */

#endif
