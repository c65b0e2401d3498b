/* SPDX-License-Identifier: Apache-2.0 */
/* member_delegate - a member lets another act for it: its provider.
 *
 * What the provider's people may see follows from one holding of their organisation: GRANT_DELEGATE
 * of the customer, which the customer's findings and networks carry and nothing else does
 * (docs/decisions/0009). What they may do is asked of the delegation itself each time, inside the
 * transaction that does it. Both sides see it and both can end it; it ends by itself after a year
 * at most. */
#ifndef MEMBER_DELEGATE_H
#define MEMBER_DELEGATE_H

#include "member_int.h"

#define MEMBER_DELEGATE_DAYS_MAX 365
#define MEMBER_DELEGATES_MAX 20 /* providers of one organisation */

struct member_delegation {
    struct bw_view public_id;
    struct member_names other;
    struct bw_view other_id;
    unsigned scopes;
    int64_t from_us, until_us;
    bool ours; /* we let the other act; else it lets us */
};
/* In force, by the time of their end; of VIEWER's organisation. */
BW_MUST_CHECK enum bw_rc member_delegations(struct db *db, const struct viewer *viewer,
                                            struct bw_arena *arena, struct member_delegation **ret,
                                            size_t *ret_n, struct bw_err *err);
struct member_delegation_in {
    struct bw_view provider; /* as typed */
    unsigned scopes;
    int64_t days;
};
/* VIEWER's organisation is the customer. Again for the same provider: replaces scopes and end.
 * BW_NOT_FOUND: no such provider; BW_INVALID; BW_LIMIT. */
BW_MUST_CHECK enum bw_rc member_delegation_give(struct db_tx *tx, const struct viewer *viewer,
                                                const struct member_delegation_in *in,
                                                struct bw_err *err);
/* By an administrator of either side, or the desk. BW_NOT_FOUND. */
BW_MUST_CHECK enum bw_rc member_delegation_end(struct db_tx *tx, const struct viewer *viewer,
                                               struct bw_view public_id, struct bw_err *err);
/* All of an organisation on either side, when it is suspended or leaves. */
BW_MUST_CHECK enum bw_rc member_delegation_end_all(struct db_tx *tx, int64_t actor_id,
                                                   int64_t organisation_id, struct bw_err *err);
/* Ends what has run out. */
BW_MUST_CHECK enum bw_rc member_delegation_expire(struct hub *hub, struct bw_err *err);

enum bw_rc member_delegations_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_delegation_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_delegation_end_post(struct http_req *rq, struct http_resp *rs,
                                      struct bw_err *err);

#endif
