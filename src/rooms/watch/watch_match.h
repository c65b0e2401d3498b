/* SPDX-License-Identifier: Apache-2.0 */
/* watch_match - from an address to everybody who claims it, and to the one who is told.
 *
 * A snapshot is made from all claims (pending and verified) and never changes. Blocks nest or are
 * apart, so the claims on an address are a chain from the most specific block to the widest: a node
 * per distinct block, with its claims and its parent. The address space is cut into elementary
 * intervals, each with its node: a lookup is one binary search (IPv4: within one of 65,536 parts,
 * so it touches a few cache lines at any size) and yields all claimants, not only the longest
 * prefix. Who of them is told is worked out once per node (product.md, Findings).
 *
 * The present snapshot of a database is kept with the version number it was made at.
 * watch_match_hold() reads the number and makes a new one where it is behind: nobody is told of a
 * change, nobody can miss it. Swapping is a pointer under a lock that is taken once per batch;
 * whoever holds an old one goes on with it until they let go. Any thread. */
#ifndef WATCH_MATCH_H
#define WATCH_MATCH_H

#include "bw_ip.h"
#include "db.h"

struct watch_claim {
    struct bw_prefix prefix;
    int64_t network_id, organisation_id;
    bool verified;
};

enum watch_told {
    WATCH_TOLD_NOBODY,       /* no claim, or none that is verified */
    WATCH_TOLD_ORGANISATION, /* the most specific verified claimant */
    WATCH_TOLD_STAFF, /* two organisations hold that block verified: the operator's to sort out */
};
struct watch_disclosure {
    enum watch_told told;
    int64_t organisation_id, network_id; /* STAFF: organisation 0, the first of the networks */
};

struct watch_match;
#define WATCH_NO_NODE UINT32_MAX

/* CLAIMS is copied, in any order. A prefix must have its host bits zero. */
BW_MUST_CHECK enum bw_rc watch_match_new(const struct watch_claim *claims, size_t n,
                                         int64_t version, struct watch_match **ret,
                                         struct bw_err *err);
struct watch_match *watch_match_ref(struct watch_match *m);
void watch_match_unref(struct watch_match *m); /* NULL is fine */
BW_AUTO_TYPE(watch_match, watch_match_unref);
int64_t watch_match_version(const struct watch_match *m);

/* The most specific claimed block around IP, or WATCH_NO_NODE. */
uint32_t watch_match_find(const struct watch_match *m, const struct bw_ip *ip);
/* The claims on exactly this block, by organisation; returns how many. *ret_parent: the next wider
 * claimed block. */
size_t watch_match_node(const struct watch_match *m, uint32_t node,
                        const struct watch_claim **ret_claims, uint32_t *ret_parent);
/* NODE may be WATCH_NO_NODE. */
struct watch_disclosure watch_match_disclose(const struct watch_match *m, uint32_t node);
/* True: another organisation than this claims a block that overlaps. */
bool watch_match_rival(const struct watch_match *m, const struct bw_prefix *prefix,
                       int64_t organisation_id);

/* The present snapshot as DB's own snapshot sees it; give it back with watch_match_unref(). */
BW_MUST_CHECK enum bw_rc watch_match_hold(struct db *db, struct watch_match **ret,
                                          struct bw_err *err);
/* The version that a transaction sees: another than the snapshot's says that claims have changed.
 */
BW_MUST_CHECK enum bw_rc watch_match_version_read(struct db *db, int64_t *ret, struct bw_err *err);
/* Drops the kept snapshot: when the database is closed. */
void watch_match_forget(void);

#endif
