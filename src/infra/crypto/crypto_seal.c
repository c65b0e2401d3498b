/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_seal - XChaCha20-Poly1305 under a ring of keys.
 *
 * Form: version (1 byte, 1), key number (4, big endian), nonce (24), cipher text, tag (16). What
 * stands before the cipher text is authenticated with the AAD: nothing of it can be exchanged. The
 * nonce is random: at 192 bits, repetition is no concern at any volume. */
#include "crypto_int.h"

#include "bw_random.h"
#include <sodium.h>

#define SEAL_VERSION 1
#define HEAD_BYTES 5
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define AAD_MAX 512

_Static_assert(HEAD_BYTES + NONCE_BYTES + TAG_BYTES == CRYPTO_SEAL_EXTRA, "as promised");
_Static_assert(CRYPTO_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");

struct crypto_keyring {
    struct crypto_keys keys;
    size_t newest;
};

enum bw_rc crypto_keyring_load(const char *path, struct crypto_keyring **ret, struct bw_err *err)
{
    struct crypto_keyring *k = crypto_guarded_new(sizeof(*k));
    if (!k)
        return bw_fail_memory(err);
    enum bw_rc rc = crypto_keys_load(path, "seal", &k->keys, err);
    if (rc != BW_OK) {
        crypto_guarded_free(k);
        return rc;
    }
    for (size_t i = 1; i < k->keys.n; i++)
        if (k->keys.key[i].number > k->keys.key[k->newest].number)
            k->newest = i;
    *ret = k;
    return BW_OK;
}

void crypto_keyring_free(struct crypto_keyring *k)
{
    crypto_guarded_free(k);
}

size_t crypto_keyring_count(const struct crypto_keyring *k)
{
    return k->keys.n;
}

/* Head and AAD in one piece; 0: the AAD is too long. */
static size_t bind(const uint8_t head[HEAD_BYTES], struct bw_view aad,
                   uint8_t out[HEAD_BYTES + AAD_MAX])
{
    if (aad.n > AAD_MAX)
        return 0;
    memcpy(out, head, HEAD_BYTES);
    if (aad.n)
        memcpy(out + HEAD_BYTES, aad.p, aad.n);
    return HEAD_BYTES + aad.n;
}

static void put32(uint8_t *out, uint32_t v)
{
    for (size_t i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

enum bw_rc crypto_seal(const struct crypto_keyring *k, struct bw_view plain, struct bw_view aad,
                       struct bw_buf *out, struct bw_err *err)
{
    uint8_t bound[HEAD_BYTES + AAD_MAX], head[HEAD_BYTES] = {SEAL_VERSION};
    put32(head + 1, k->keys.key[k->newest].number);
    size_t bound_n = bind(head, aad, bound);
    if (!bound_n || plain.n > SIZE_MAX - CRYPTO_SEAL_EXTRA)
        return bw_fail(err, BW_LIMIT, "This is too long to be sealed.");
    if (!bw_buf_reserve(out, plain.n + CRYPTO_SEAL_EXTRA))
        return bw_buf_rc(out, "sealed value", err);
    uint8_t *to = (uint8_t *)out->p + out->n, *nonce = to + HEAD_BYTES;
    memcpy(to, head, HEAD_BYTES);
    bw_random_bytes(BW_RANDOM_SECRET, nonce, NONCE_BYTES);
    unsigned long long n = 0;
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, &n,
                                               (const unsigned char *)plain.p, plain.n, bound,
                                               bound_n, NULL, nonce, k->keys.key[k->newest].b);
    BW_ASSERT(n == plain.n + TAG_BYTES);
    out->n += plain.n + CRYPTO_SEAL_EXTRA;
    return BW_OK;
}

static const uint8_t *find_key(const struct crypto_keyring *k, uint32_t number)
{
    for (size_t i = 0; i < k->keys.n; i++)
        if (k->keys.key[i].number == number)
            return k->keys.key[i].b;
    return NULL;
}

enum bw_rc crypto_open(const struct crypto_keyring *k, struct bw_view sealed, struct bw_view aad,
                       struct bw_buf *out, struct bw_err *err)
{
    static const char BROKEN[] = "A sealed value cannot be opened.";
    const uint8_t *from = (const uint8_t *)sealed.p;
    uint8_t bound[HEAD_BYTES + AAD_MAX];
    if (sealed.n < CRYPTO_SEAL_EXTRA || from[0] != SEAL_VERSION)
        return bw_fail_detail(err, BW_BROKEN, BROKEN, "not in the form of sealed values");
    const uint8_t *key = find_key(k, get32(from + 1));
    if (!key)
        return bw_fail_detail(err, BW_BROKEN, BROKEN, "key %u is not in the ring", get32(from + 1));
    size_t bound_n = bind(from, aad, bound), plain_n = sealed.n - CRYPTO_SEAL_EXTRA;
    if (!bound_n)
        return bw_fail_detail(err, BW_BROKEN, BROKEN, "AAD too long");
    if (!bw_buf_reserve(out, plain_n ? plain_n : 1))
        return bw_buf_rc(out, "opened value", err);
    const uint8_t *nonce = from + HEAD_BYTES, *text = nonce + NONCE_BYTES;
    unsigned long long n = 0;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)out->p + out->n, &n, NULL, text,
                                                   plain_n + TAG_BYTES, bound, bound_n, nonce,
                                                   key) != 0)
        return bw_fail_detail(err, BW_BROKEN, BROKEN, "changed, or of another place");
    out->n += plain_n;
    return BW_OK;
}
