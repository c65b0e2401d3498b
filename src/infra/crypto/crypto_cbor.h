/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_cbor - as much of CBOR (RFC 8949) as authenticators write (CTAP 2.1 section 8): integers,
 * byte and text strings, arrays, maps, false, true, null; definite lengths alone.
 *
 * Why our own: it is read before anybody is signed in, so it has to be small enough to be read by
 * people too. No heap, no recursion beyond CRYPTO_CBOR_DEPTH, views into the input. What does not
 * fit in all that (floats, tags, indefinite lengths, an integer beyond int64) is refused. Pure; any
 * thread. Fuzzed by fuzz_crypto_cbor. */
#ifndef CRYPTO_CBOR_H
#define CRYPTO_CBOR_H

#include "bw_view.h"

#define CRYPTO_CBOR_DEPTH 4 /* open containers while skipping */

enum crypto_cbor_kind {
    CRYPTO_CBOR_INT,
    CRYPTO_CBOR_BYTES,
    CRYPTO_CBOR_TEXT,
    CRYPTO_CBOR_ARRAY, /* n elements follow */
    CRYPTO_CBOR_MAP,   /* n pairs follow */
    CRYPTO_CBOR_SIMPLE /* n: 20 false, 21 true, 22 null */
};
struct crypto_cbor_item {
    enum crypto_cbor_kind kind;
    int64_t n;
    struct bw_view v; /* of BYTES and TEXT */
};
struct crypto_cbor {
    struct bw_view in;
    size_t at; /* the next byte */
};
/* False: not CBOR of ours, or the end. Containers: only their head is read. */
bool crypto_cbor_next(struct crypto_cbor *r, struct crypto_cbor_item *ret);
/* Reads one whole value. */
bool crypto_cbor_skip(struct crypto_cbor *r);

#endif
