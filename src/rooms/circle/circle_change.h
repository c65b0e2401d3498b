/* SPDX-License-Identifier: Apache-2.0 */
/* circle_change - changes that widen or narrow what somebody sees, and their preview.
 *
 * Why one place: a preview that is a page of its own can be skipped. Here a change is planned (who
 * gains and loses which grants), its effect is counted, and a sealed token of exactly this effect
 * is given to the person who looked. Applying plans and counts again inside the transaction and
 * takes the token of the same effect alone: what has changed meanwhile is shown again.
 *
 * The effect is counted by audiences: for each holder all published items that the holder's grants
 * reach after the change and did not before, and the other way round. An organisation's grants are
 * what every one of its representatives has through it; what a person is given by name comes on
 * top. */
#ifndef CIRCLE_CHANGE_H
#define CIRCLE_CHANGE_H

#include "circle_int.h"

enum circle_act {
    CIRCLE_ACT_GIVE,   /* circle, who: by the circle's owner */
    CIRCLE_ACT_END,    /* circle, who */
    CIRCLE_ACT_LEAVE,  /* circle: the actor's own organisation */
    CIRCLE_ACT_TAKE,   /* request: let in, or the invitation taken */
    CIRCLE_ACT_MOVE,   /* sector, parent */
    CIRCLE_ACT_GROUPS, /* organisation: sectors, class */
    CIRCLE_ACT_MERGE,  /* organisation into survivor; circles that survive */
    CIRCLE_ACTS
};
struct circle_change {
    enum circle_act act;
    const struct viewer *actor;
    /* Public ids, names or addresses as they came. */
    struct bw_view circle, who, request, sector, parent, organisation, survivor, reason;
    const struct bw_view *chosen; /* sectors (GROUPS) or circles (MERGE) */
    size_t n_chosen;
    enum member_class class_;
};

struct circle_effect_line {
    enum holder_kind kind;
    int64_t holder_id, gains, losses;
    struct bw_view name, organisation;  /* of a person: theirs */
    struct bw_view gain_id, gain_title; /* newest one that the actor sees; may be empty */
    struct bw_view loss_id, loss_title;
    struct bw_view gain_lang, loss_lang;
};
struct circle_effect {
    struct circle_effect_line *lines;
    size_t n;
    int64_t gains, losses;                     /* holders with any */
    int64_t networks, findings, items, people; /* merging: what goes to the survivor */
    struct bw_view subject, object;            /* the names of what is changed, for the page */
    struct crypto_digest digest;
};
/* Asks whether the actor may, and counts. BW_NOT_FOUND, BW_DENIED, BW_INVALID, BW_CONFLICT. */
BW_MUST_CHECK enum bw_rc circle_change_look(struct db *db, const struct circle_change *c,
                                            enum i18n_lang lang, struct bw_arena *arena,
                                            struct circle_effect *ret, struct bw_err *err);
/* The token of what was shown: for this person, for an hour. In ARENA. */
BW_MUST_CHECK enum bw_rc circle_change_token(const struct crypto_keyring *keyring,
                                             const struct circle_effect *e, int64_t person_id,
                                             struct bw_arena *arena, struct bw_view *ret,
                                             struct bw_err *err);
/* Applies what the token was given for. BW_CONFLICT with *ret_stale: the facts are others now, or
 * the token is not one: show it again. */
BW_MUST_CHECK enum bw_rc circle_change_apply(struct db_tx *tx, const struct crypto_keyring *keyring,
                                             const struct circle_change *c, struct bw_view token,
                                             bool *ret_stale, struct bw_err *err);

/* -- between the files that make a change ------------------------------------------------------ */
struct circle_swing { /* one holder's grants, ascending codes */
    enum holder_kind kind;
    int64_t holder_id;
    const int64_t *gained, *lost;
    size_t n_gained, n_lost;
};
struct circle_plan {
    struct circle c;
    struct circle_request request;
    int64_t organisation_id, sector_id, parent_id, survivor_id;
    enum holder_kind kind;
    int64_t holder_id;
    int64_t *chosen;
    size_t n_chosen;
    struct circle_swing *swings;
    size_t n_swings;
    int64_t moved[4]; /* merging: people, items, networks, findings */
    struct bw_view subject, object;
};
BW_MUST_CHECK enum bw_rc circle_effect_count(struct db *db, const struct circle_change *c,
                                             const struct circle_plan *p, enum i18n_lang lang,
                                             struct bw_arena *arena, struct circle_effect *ret,
                                             struct bw_err *err);
/* Codes that an organisation (or a person of it) holds now, ascending. */
BW_MUST_CHECK enum bw_rc circle_codes(struct db *db, enum holder_kind kind, int64_t holder_id,
                                      struct bw_arena *arena, int64_t **ret, size_t *ret_n,
                                      struct bw_err *err);
BW_MUST_CHECK enum bw_rc circle_plan_merge(struct db *db, const struct circle_change *c,
                                           struct bw_arena *arena, struct circle_plan *p,
                                           struct bw_err *err);
BW_MUST_CHECK enum bw_rc circle_apply_merge(struct db_tx *tx, const struct circle_change *c,
                                            const struct circle_plan *p, struct bw_err *err);

#endif
