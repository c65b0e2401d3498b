/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_text - RFC 4648 codes, and tokens, which are made of them. */
#include "crypto_text.h"

#include "crypto.h"

#include "bw_random.h"
#include <sodium.h>

#define TOKEN_BYTES 32
#define TOKEN_PREFIX_MAX 16

static const char BASE32_UPPER[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char BASE32_LOWER[] = "abcdefghijklmnopqrstuvwxyz234567";

static const unsigned char *bytes(struct bw_view v)
{
    return (const unsigned char *)v.p;
}

void crypto_hex(struct bw_view v, struct bw_buf *out)
{
    static const char HEX[] = "0123456789abcdef";
    for (size_t i = 0; i < v.n; i++)
        bw_buf_add(out, (char[2]){HEX[bytes(v)[i] >> 4], HEX[bytes(v)[i] & 15]}, 2);
}

bool crypto_hex_bytes(struct bw_view hex, void *out, size_t n)
{
    size_t got;
    if (hex.n != 2 * n)
        return false;
    if (n == 0)
        return true;
    const char *end;
    return sodium_hex2bin(out, n, hex.p, hex.n, NULL, &got, &end) == 0 && got == n &&
           end == hex.p + hex.n;
}

bool crypto_unhex(struct bw_view hex, struct bw_buf *out)
{
    if (hex.n % 2)
        return false;
    if (!hex.n)
        return true;
    if (!bw_buf_reserve(out, hex.n / 2) || !crypto_hex_bytes(hex, out->p + out->n, hex.n / 2))
        return false;
    out->n += hex.n / 2;
    return true;
}

static int variant(enum crypto_base64_form form)
{
    return form == CRYPTO_BASE64 ? sodium_base64_VARIANT_ORIGINAL
                                 : sodium_base64_VARIANT_URLSAFE_NO_PADDING;
}

void crypto_base64(struct bw_view v, enum crypto_base64_form form, struct bw_buf *out)
{
    if (!v.n)
        return;
    size_t room = v.n > SIZE_MAX / 2 ? SIZE_MAX : sodium_base64_encoded_len(v.n, variant(form));
    if (!bw_buf_reserve(out, room))
        return;
    sodium_bin2base64(out->p + out->n, room, bytes(v), v.n, variant(form));
    out->n += room - 1; /* its NUL is not text */
}

bool crypto_unbase64(struct bw_view v, enum crypto_base64_form form, struct bw_buf *out)
{
    size_t got;
    unsigned high = 0;
    if (!v.n)
        return true;
    for (size_t i = 0; i < v.n; i++) /* libsodium 1.0.18 takes some bytes above 0x7F for letters */
        high |= bytes(v)[i] & 0x80U;
    if (high)
        return false;
    if (!bw_buf_reserve(out, v.n))
        return false;
    if (sodium_base642bin((unsigned char *)out->p + out->n, v.n, v.p, v.n, NULL, &got, NULL,
                          variant(form)) != 0)
        return false;
    out->n += got;
    return true;
}

void crypto_base32(struct bw_view v, bool upper, struct bw_buf *out)
{
    const char *alphabet = upper ? BASE32_UPPER : BASE32_LOWER;
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < v.n; i++) {
        bits = bits << 8 | bytes(v)[i];
        for (have += 8; have >= 5; have -= 5)
            bw_buf_byte(out, alphabet[bits >> (have - 5) & 31]);
    }
    if (have)
        bw_buf_byte(out, alphabet[bits << (5 - have) & 31]);
    crypto_wipe(&bits, sizeof(bits));
}

static int base32_value(char c)
{
    if (c >= '2' && c <= '7')
        return c - '2' + 26;
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

bool crypto_unbase32(struct bw_view v, struct bw_buf *out)
{
    size_t before = out->n;
    uint32_t bits = 0;
    unsigned have = 0;
    bool ok = v.n % 8 != 1 && v.n % 8 != 3 && v.n % 8 != 6; /* lengths that no bytes give */
    for (size_t i = 0; ok && i < v.n; i++) {
        int value = base32_value(v.p[i]);
        ok = value >= 0;
        bits = bits << 5 | (uint32_t)(value & 31);
        have += 5;
        if (have >= 8) {
            have -= 8;
            bw_buf_byte(out, (char)(bits >> have & 0xFF));
        }
    }
    if (ok && !(bits & ((1U << have) - 1)) && out->rc == BW_OK)
        return true;
    out->n = before;
    return false;
}

struct crypto_token crypto_token_new(const char *prefix)
{
    struct crypto_token t;
    uint8_t secret[TOKEN_BYTES];
    size_t n = strlen(prefix), bit = 0;
    BW_ASSERT(n <= TOKEN_PREFIX_MAX);
    memcpy(t.text, prefix, n);
    bw_random_bytes(BW_RANDOM_SECRET, secret, sizeof(secret));
    for (; bit < 8 * TOKEN_BYTES; bit += 5) {
        size_t byte = bit / 8;
        unsigned pair = (unsigned)secret[byte] << 8;
        pair |= byte + 1 < TOKEN_BYTES ? secret[byte + 1] : 0U;
        t.text[n++] = BASE32_LOWER[pair >> (11 - bit % 8) & 31];
    }
    t.text[n] = '\0';
    crypto_wipe(secret, sizeof(secret));
    return t;
}

struct crypto_digest crypto_token_hash(struct bw_view token)
{
    return crypto_sha256(token);
}
