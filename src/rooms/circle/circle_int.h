/* SPDX-License-Identifier: Apache-2.0 */
/* circle_int - what the room's files share: rows of circles, and who may do what with them. */
#ifndef CIRCLE_INT_H
#define CIRCLE_INT_H

#include "circle.h"

#include "intel.h"
#include "member_group.h"
#include "page.h"

#define CIRCLE_TEXT_MAX 2000 /* bytes of a purpose or a reason */
#define CIRCLE_LIST_MAX 500  /* circles, members, requests told at once */

struct circle {
    int64_t id, audience_id; /* audience_id: of its events: its people and the hub's staff */
    struct bw_view public_id, purpose[I18N_LANGS];
    struct member_names names;
    enum tlp tlp_max;
    bool hidden, by_request;
    bool inside;   /* the viewer belongs to it */
    bool may_own;  /* the viewer decides for it: owner, or the desk */
    bool is_owner; /* the viewer is one of its owners */
};
/* Not visible and not there: BW_NOT_FOUND with the same words. */
BW_MUST_CHECK enum bw_rc circle_get(struct db *db, const struct viewer *viewer,
                                    struct bw_view public_id, struct bw_arena *arena,
                                    struct circle *ret, struct bw_err *err);
BW_MUST_CHECK enum bw_rc circle_by_key(struct db *db, const struct viewer *viewer, int64_t id,
                                       struct bw_arena *arena, struct circle *ret,
                                       struct bw_err *err);
/* All that the viewer is told of, by English name. */
BW_MUST_CHECK enum bw_rc circle_list(struct db *db, const struct viewer *viewer,
                                     struct bw_arena *arena, struct circle **ret, size_t *ret_n,
                                     struct bw_err *err);
/* BW_DENIED, with who may. */
BW_MUST_CHECK enum bw_rc circle_want_owner(const struct circle *c, struct bw_err *err);
/* The desk: who may decide, and is not held back by a limit. */
bool circle_is_desk(const struct viewer *viewer);

struct circle_member {
    enum holder_kind kind;
    int64_t holder_id, from_us, until_us; /* until_us 0: now */
    struct bw_view public_id;
    struct member_names names; /* of a person: English alone */
    struct bw_view organisation;
};
/* Who is and was in it, present ones first. For who is inside, and the hub's staff. */
BW_MUST_CHECK enum bw_rc circle_members(struct db *db, const struct circle *c,
                                        struct bw_arena *arena, struct circle_member **ret,
                                        size_t *ret_n, struct bw_err *err);
BW_MUST_CHECK enum bw_rc circle_owners(struct db *db, const struct circle *c,
                                       struct bw_arena *arena, struct circle_member **ret,
                                       size_t *ret_n, struct bw_err *err);

enum circle_request_kind { CIRCLE_ASKED = 0, CIRCLE_INVITED = 1 };
enum circle_request_state { CIRCLE_OPEN = 0, CIRCLE_TAKEN = 1, CIRCLE_REFUSED = 2 };
struct circle_request {
    int64_t id, circle_id, organisation_id, asked_us, asked_by;
    struct bw_view public_id, reason;
    struct member_names circle, organisation;
    enum circle_request_kind kind;
};
/* Open ones: of a circle, or (circle_id 0) invitations to the viewer's organisation. */
BW_MUST_CHECK enum bw_rc circle_requests(struct db *db, const struct viewer *viewer,
                                         int64_t circle_id, struct bw_arena *arena,
                                         struct circle_request **ret, size_t *ret_n,
                                         struct bw_err *err);
BW_MUST_CHECK enum bw_rc circle_request_get(struct db *db, const struct viewer *viewer,
                                            struct bw_view public_id, struct bw_arena *arena,
                                            struct circle_request *ret, struct bw_err *err);

/* -- writing (circle_write.c) ------------------------------------------------------------------ */
struct circle_in {
    struct member_names names;
    struct bw_view purpose[I18N_LANGS];
    enum tlp tlp_max;
    bool hidden, by_request;
    struct bw_view owner; /* organisation: public id or name; may be empty when editing */
};
/* The desk alone. */
BW_MUST_CHECK enum bw_rc circle_add(struct db_tx *tx, const struct viewer *viewer,
                                    const struct circle_in *in, struct bw_id *ret_public,
                                    struct bw_err *err);
/* By its owner: purpose, ceiling (downward at once; upward too: it binds what is written from now
 * on), asking, hidden. The name is the desk's: an owner who could try names would learn of hidden
 * ones. */
BW_MUST_CHECK enum bw_rc circle_edit(struct db_tx *tx, const struct viewer *viewer,
                                     struct bw_view public_id, const struct circle_in *in,
                                     struct bw_err *err);
/* WHO: public id or name of an organisation, or a person's e-mail address; the desk alone. */
BW_MUST_CHECK enum bw_rc circle_owner_set(struct db_tx *tx, const struct viewer *viewer,
                                          struct bw_view public_id, struct bw_view who, bool give,
                                          struct bw_err *err);
/* An administrator asks for their organisation. */
BW_MUST_CHECK enum bw_rc circle_ask(struct db_tx *tx, const struct viewer *viewer,
                                    struct bw_view public_id, struct bw_view reason,
                                    struct bw_err *err);
BW_MUST_CHECK enum bw_rc circle_invite(struct db_tx *tx, const struct viewer *viewer,
                                       struct bw_view public_id, struct bw_view organisation,
                                       struct bw_view reason, struct bw_err *err);
/* May the organisation be let in? It is active and no limit holds it back. What else is asked of
 * who enters a circle above TLP:GREEN is asked here. */
BW_MUST_CHECK enum bw_rc circle_standing(struct db *db, const struct circle *c,
                                         int64_t organisation_id, struct bw_err *err);
/* Ends a request or an invitation with its decision; letting in is circle_change.h's. */
BW_MUST_CHECK enum bw_rc circle_request_close(struct db_tx *tx, const struct viewer *viewer,
                                              const struct circle *c,
                                              const struct circle_request *r,
                                              enum circle_request_state state,
                                              struct bw_view decision, struct bw_err *err);
/* Who may decide on R: the circle's owner on what was asked, the invited one's administrator on an
 * invitation. */
bool circle_may_decide(const struct viewer *viewer, const struct circle *c,
                       const struct circle_request *r);
/* One event with up to three facts; NULL ends the list: "circle", view, "reason", view, NULL. */
struct circle_fact {
    const char *key;
    struct bw_view value;
};
BW_MUST_CHECK enum bw_rc circle_append(struct db_tx *tx, enum ledger_verb verb, int64_t actor_id,
                                       struct bw_view object, int64_t audience_id,
                                       const struct circle_fact *facts, size_t n,
                                       struct bw_err *err);
BW_MUST_CHECK enum bw_rc circle_reason_check(struct bw_view reason, struct bw_err *err);

#endif
