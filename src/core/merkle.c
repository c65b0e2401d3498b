/* SPDX-License-Identifier: Apache-2.0 */
/* merkle - the tree of RFC 6962 section 2.1, kept as the roots of its perfect subtrees.
 *
 * Adding the leaf number n merges as many peaks as n has trailing one bits, like a carry in binary
 * addition: constant work on average, and the whole state is at most 64 hashes. */
#include "ledger.h"

static struct crypto_digest node_hash(const struct crypto_digest *left,
                                      const struct crypto_digest *right)
{
    const struct bw_view parts[] = {BW_V("\x01"), crypto_digest_view(left),
                                    crypto_digest_view(right)};
    return crypto_sha256_views(parts, BW_COUNT(parts));
}

struct crypto_digest merkle_leaf_hash(struct bw_view leaf)
{
    const struct bw_view parts[] = {bw_view_of("\0", 1), leaf};
    return crypto_sha256_views(parts, BW_COUNT(parts));
}

void merkle_add(struct merkle *m, const struct crypto_digest *leaf_hash)
{
    struct crypto_digest carry = *leaf_hash;
    unsigned level = 0;
    for (uint64_t bits = m->n; bits & 1; bits >>= 1, level++)
        carry = node_hash(&m->peak[level], &carry);
    BW_ASSERT(level < 64);
    m->peak[level] = carry;
    m->n++;
}

struct crypto_digest merkle_root(const struct merkle *m)
{
    struct crypto_digest root;
    bool have = false;
    if (m->n == 0)
        return crypto_sha256((struct bw_view){NULL, 0});
    for (unsigned level = 0; level < 64; level++) {
        if (!(m->n >> level & 1))
            continue;
        root = have ? node_hash(&m->peak[level], &root) : m->peak[level];
        have = true;
    }
    return root;
}
