/* SPDX-License-Identifier: Apache-2.0 */
/* signin_webauthn - what a browser and an authenticator say, looked at (Web Authentication level 2,
 * sections 6.1, 6.5, 7.1 and 7.2).
 *
 * Why it stands alone: it is the part that strangers feed. No database, no clock, no request: bytes
 * and expectations in, a key or a counter out. Which challenge was given to whom, whether it was
 * used before and whether the counter went on is asked by signin_passkey.c. The statement that an
 * authenticator makes about itself (attestation) is not asked for and not looked at: it would say
 * which product somebody carries. Fuzzed by fuzz_signin_webauthn. */
#ifndef SIGNIN_WEBAUTHN_H
#define SIGNIN_WEBAUTHN_H

#include "bw_arena.h"
#include "crypto_cose.h"

#define WEBAUTHN_ID_MAX 1023          /* bytes of a credential's id (level 2, section 4) */
#define WEBAUTHN_CLIENT_DATA_MAX 4096 /* bytes of what the browser says */
#define WEBAUTHN_DATA_MAX 8192        /* bytes of what the authenticator says */
#define WEBAUTHN_SIGNATURE_MAX 256

struct webauthn_expect {
    struct bw_view rp_id;     /* "hub.example" */
    struct bw_view origin;    /* "https://hub.example" */
    struct bw_view challenge; /* base64url, as it stands in the client data */
    bool verified;            /* the person has shown who they are to the authenticator */
};
struct webauthn_new {
    struct bw_view id; /* points into the attestation object */
    struct crypto_cose_key key;
    int64_t count;
};
/* All views are bytes, decoded. BW_INVALID says what did not fit, without quoting any of it. */
BW_MUST_CHECK enum bw_rc webauthn_register(const struct webauthn_expect *e,
                                           struct bw_view client_data, struct bw_view attestation,
                                           struct bw_arena *arena, struct webauthn_new *ret,
                                           struct bw_err *err);

struct webauthn_answer {
    struct bw_view client_data, authenticator_data, signature;
};
BW_MUST_CHECK enum bw_rc webauthn_assert(const struct webauthn_expect *e,
                                         const struct crypto_cose_key *key,
                                         const struct webauthn_answer *a, struct bw_arena *arena,
                                         int64_t *ret_count, struct bw_err *err);

#endif
