/* SPDX-License-Identifier: Apache-2.0 */
/* crypto - hashes, signatures, sealing, passwords, one-time codes and tokens.
 *
 * Why one folder: whoever reviews how secrets are handled reads this and nothing else. The
 * primitives are libsodium's, liboath's and nettle's; here are the formats, the checks and the
 * wiping. No other code includes <sodium.h> or <liboath/oath.h>. Randomness comes from bw_random's
 * BW_RANDOM_SECRET, which is never fixed. Any thread, after crypto_init(). Text and hex codes:
 * crypto_text.h. */
#ifndef CRYPTO_H
#define CRYPTO_H

#include "bw_arena.h"
#include "bw_buf.h"
#include "bw_err.h"
#include "bw_view.h"

/* Once per process, before anything else here; again is harmless. */
BW_MUST_CHECK enum bw_rc crypto_init(struct bw_err *err);
void crypto_wipe(void *p, size_t n);                   /* not optimised away */
bool crypto_equal(struct bw_view a, struct bw_view b); /* time depends on the lengths only */

/* SHA-256 (FIPS 180-4). */
struct crypto_digest {
    uint8_t b[32];
};
struct crypto_sha256 { /* private; wiped by the end function */
    uint64_t state[13];
};
struct crypto_digest crypto_sha256(struct bw_view v);
/* Of the concatenation of N views. */
struct crypto_digest crypto_sha256_views(const struct bw_view *v, size_t n);
void crypto_sha256_begin(struct crypto_sha256 *s);
void crypto_sha256_add(struct crypto_sha256 *s, struct bw_view v);
struct crypto_digest crypto_sha256_end(struct crypto_sha256 *s);
static inline struct bw_view crypto_digest_view(const struct crypto_digest *d)
{
    return bw_view_of((const char *)d->b, sizeof(d->b));
}

/* HMAC-SHA-256 (RFC 2104): webhooks. KEY of any length. */
struct crypto_digest crypto_hmac_sha256(struct bw_view key, struct bw_view v);

/* Ed25519 (RFC 8032): the ledger's checkpoints. */
struct crypto_public_key {
    uint8_t b[32];
};
struct crypto_signature {
    uint8_t b[64];
};
struct crypto_signer; /* secret key; wiped when freed */
/* From a file as crypto_keyring_load() treats it. */
BW_MUST_CHECK enum bw_rc crypto_signer_load(const char *path, struct crypto_signer **ret,
                                            struct bw_err *err);
struct crypto_signer *crypto_signer_from_seed(const uint8_t seed[32]); /* NULL: out of memory */
void crypto_signer_free(struct crypto_signer *s);
struct crypto_public_key crypto_signer_public(const struct crypto_signer *s);
struct crypto_signature crypto_signer_sign(const struct crypto_signer *s, struct bw_view message);
bool crypto_verify(const struct crypto_public_key *key, struct bw_view message,
                   const struct crypto_signature *sig);

/* Sealing at rest: XChaCha20-Poly1305 (IETF), random 192-bit nonce. The keys are outside the
 * database, in a file of mode 0600 that is made when it is missing and refused (BW_DENIED) when
 * others may read it, when it is not ours, or when it is no regular file. Each line is "seal
 * <number> <64 hex>"; the highest number seals, all open: add a line to rotate. */
struct crypto_keyring;
BW_MUST_CHECK enum bw_rc crypto_keyring_load(const char *path, struct crypto_keyring **ret,
                                             struct bw_err *err);
void crypto_keyring_free(struct crypto_keyring *k);
size_t crypto_keyring_count(const struct crypto_keyring *k);

#define CRYPTO_SEAL_EXTRA 45 /* bytes that sealing adds: version, key number, nonce, tag */
/* AAD binds the text to its place, by convention "table/row/column". */
BW_MUST_CHECK enum bw_rc crypto_seal(const struct crypto_keyring *k, struct bw_view plain,
                                     struct bw_view aad, struct bw_buf *out, struct bw_err *err);
/* BW_BROKEN: changed, of another place, or sealed with a key that is not in the ring. The plain
 * text is appended to OUT; wipe it with crypto_wipe() when done. */
BW_MUST_CHECK enum bw_rc crypto_open(const struct crypto_keyring *k, struct bw_view sealed,
                                     struct bw_view aad, struct bw_buf *out, struct bw_err *err);

/* Passwords: argon2id (RFC 9106) as PHC string. Slow on purpose: only on a worker. */
#define CRYPTO_PASSWORD_TEXT_MAX 128
#define CRYPTO_PASSWORD_BYTES_MAX 1024
struct crypto_password_cost {
    size_t memory_kib;
    unsigned passes;
};
#define CRYPTO_PASSWORD_COST ((struct crypto_password_cost){65536, 2})
#define CRYPTO_PASSWORD_COST_TEST ((struct crypto_password_cost){8, 1}) /* tests only */
BW_MUST_CHECK enum bw_rc crypto_password_hash(struct bw_view password,
                                              struct crypto_password_cost cost,
                                              char out[CRYPTO_PASSWORD_TEXT_MAX],
                                              struct bw_err *err);
/* BW_OK: right. BW_DENIED: wrong. BW_MEMORY: could not be tried, which must not count as a wrong
 * guess. HASH is as stored, or the empty view for an account that is not there: the same work is
 * done with COST and the answer is BW_DENIED, so that the time tells nothing. *ret_rehash (may be
 * NULL): right, but hashed at another cost: hash anew. */
BW_MUST_CHECK enum bw_rc crypto_password_verify(struct bw_view password, struct bw_view hash,
                                                struct crypto_password_cost cost, bool *ret_rehash,
                                                struct bw_err *err);

/* TOTP (RFC 6238): SHA-1, 30 s, six digits, as every authenticator app does it. */
#define CRYPTO_TOTP_SECRET_BYTES 20
#define CRYPTO_TOTP_STEP_US (30 * INT64_C(1000000))
struct crypto_totp {
    uint8_t secret[CRYPTO_TOTP_SECRET_BYTES];
};
void crypto_totp_new(struct crypto_totp *ret);
/* CODE may hold blanks. True: right at NOW or one step beside it; *ret_step is the matched step:
 * the caller refuses one that is not larger than the last it accepted (reuse). */
bool crypto_totp_verify(const struct crypto_totp *t, struct bw_view code, int64_t now_us,
                        int64_t *ret_step);
/* The code of STEP, for tests and the demo. */
void crypto_totp_code(const struct crypto_totp *t, int64_t step, char out[7]);
/* Base32 for typing, and the otpauth:// URI for the QR code (ISSUER, ACCOUNT percent-encoded). */
void crypto_totp_text(const struct crypto_totp *t, struct bw_buf *out);
void crypto_totp_uri(const struct crypto_totp *t, struct bw_view issuer, struct bw_view account,
                     struct bw_buf *out);

/* Tokens: 256 random bits as base32 in lower case, behind a PREFIX that tells what it is ("bwk_"),
 * so that leaked ones can be searched for. Stored is only the hash. */
#define CRYPTO_TOKEN_MAX 80
struct crypto_token {
    char text[CRYPTO_TOKEN_MAX];
};
struct crypto_token crypto_token_new(const char *prefix); /* prefix: at most 16 bytes */
struct crypto_digest crypto_token_hash(struct bw_view token);

#endif
