/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_cose - public keys as authenticators give them (COSE_Key, RFC 9052 section 7, RFC 9053),
 * and signatures made with them: ES256 (ECDSA on P-256 with SHA-256, as DER) and EdDSA (Ed25519).
 *
 * P-256 is nettle's, Ed25519 libsodium's. Pure; any thread, after crypto_init(). */
#ifndef CRYPTO_COSE_H
#define CRYPTO_COSE_H

#include "crypto.h"
#include "crypto_cbor.h"

/* Numbers of the IANA registry "COSE Algorithms"; stored. */
#define CRYPTO_COSE_ES256 (-7)
#define CRYPTO_COSE_EDDSA (-8)

struct crypto_cose_key {
    int64_t algorithm;
    uint8_t b[64]; /* ES256: x and y; EdDSA: 32 bytes */
};
/* Bytes of B that count. */
size_t crypto_cose_key_bytes(const struct crypto_cose_key *key);
/* Reads one map. BW_INVALID: not a key, of another kind, or no point of its curve. */
BW_MUST_CHECK enum bw_rc crypto_cose_read(struct crypto_cbor *r, struct crypto_cose_key *ret,
                                          struct bw_err *err);
/* The same checks for a key that was stored. */
bool crypto_cose_key_valid(const struct crypto_cose_key *key);
bool crypto_cose_verify(const struct crypto_cose_key *key, struct bw_view message,
                        struct bw_view signature);

/* SHA-1 (FIPS 180-4), for the published lists of passwords that became known, and nothing else. */
void crypto_sha1_leaked(struct bw_view v, uint8_t out[20]);

#endif
