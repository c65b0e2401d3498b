/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_text - bytes as hex, base64 and base32 (RFC 4648).
 *
 * Encoders append to a bw_buf. Decoders are strict: no blanks, no bits left over, the alphabet
 * only; they append to OUT and return false (nothing appended) for anything else. Hex and base64
 * decode in constant time for one length, so that keys may go through them. Pure; any thread. */
#ifndef CRYPTO_TEXT_H
#define CRYPTO_TEXT_H

#include "bw_buf.h"
#include "bw_view.h"

enum crypto_base64_form {
    CRYPTO_BASE64,     /* + / with padding */
    CRYPTO_BASE64_URL, /* - _ without padding (tokens, WebAuthn, JWS) */
};

void crypto_hex(struct bw_view v, struct bw_buf *out); /* lower case */
/* Exactly N bytes from 2 N hex digits of either case. */
BW_MUST_CHECK bool crypto_hex_bytes(struct bw_view hex, void *out, size_t n);
BW_MUST_CHECK bool crypto_unhex(struct bw_view hex, struct bw_buf *out);
void crypto_base64(struct bw_view v, enum crypto_base64_form form, struct bw_buf *out);
BW_MUST_CHECK bool crypto_unbase64(struct bw_view v, enum crypto_base64_form form,
                                   struct bw_buf *out);
void crypto_base32(struct bw_view v, bool upper, struct bw_buf *out); /* without padding */
BW_MUST_CHECK bool crypto_unbase32(struct bw_view v,
                                   struct bw_buf *out); /* either case, no padding */

#endif
