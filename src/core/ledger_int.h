/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_int - what the ledger's own files share: the leaf's bytes and the state row. */
#ifndef LEDGER_INT_H
#define LEDGER_INT_H

#include "ledger.h"

/* What a leaf commits to. Encoded as length-prefixed fields, so that no two facts have the same
 * bytes. */
struct ledger_leaf {
    int64_t position, added_us, at_us;
    struct bw_view verb, object;
    struct bw_view commit_actor, commit_audience, commit_payload; /* 32 bytes each */
};
struct crypto_digest ledger_leaf_hash(const struct ledger_leaf *leaf);

enum { LEDGER_SALT_BYTES = 32 };
/* SHA-256 over salt, a byte that names the field, and the value. */
struct crypto_digest ledger_commit_int(struct bw_view salt, char field, int64_t value);
struct crypto_digest ledger_commit_bytes(struct bw_view salt, char field, struct bw_view value);

void ledger_hooks(struct db_engine *e, void (*after_commit)(void *), void *arg);
BW_MUST_CHECK enum bw_rc ledger_state_read(struct db *db, struct merkle *ret, int64_t *ret_added_us,
                                           struct bw_err *err);

#endif
