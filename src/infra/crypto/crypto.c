/* SPDX-License-Identifier: Apache-2.0 */
/* crypto - start-up, wiping, comparing, hashing. */
#include "crypto_int.h"

#include "bw_fault.h"
#include <sodium.h>

#include <liboath/oath.h>

_Static_assert(sizeof(struct crypto_sha256) == sizeof(crypto_hash_sha256_state), "state fits");
_Static_assert(_Alignof(struct crypto_sha256) >= _Alignof(crypto_hash_sha256_state), "aligned");

enum bw_rc crypto_init(struct bw_err *err)
{
    if (sodium_init() < 0)
        return bw_fail_detail(err, BW_BROKEN, "Cryptography is not available.",
                              "sodium_init failed");
    int rc = oath_init();
    if (rc != OATH_OK)
        return bw_fail_detail(err, BW_BROKEN, "Cryptography is not available.", "oath_init: %s",
                              oath_strerror(rc));
    return BW_OK;
}

void crypto_wipe(void *p, size_t n)
{
    if (n)
        sodium_memzero(p, n);
}

bool crypto_equal(struct bw_view a, struct bw_view b)
{
    return a.n == b.n && (a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0);
}

void *crypto_guarded_new(size_t size)
{
    void *p = bw_fault("alloc") ? NULL : sodium_malloc(size);
    if (p)
        memset(p, 0, size);
    return p;
}

void crypto_guarded_free(void *p)
{
    sodium_free(p);
}

static crypto_hash_sha256_state *state_of(struct crypto_sha256 *s)
{
    return (crypto_hash_sha256_state *)(void *)s;
}

void crypto_sha256_begin(struct crypto_sha256 *s)
{
    crypto_hash_sha256_init(state_of(s));
}

void crypto_sha256_add(struct crypto_sha256 *s, struct bw_view v)
{
    if (v.n)
        crypto_hash_sha256_update(state_of(s), (const unsigned char *)v.p, v.n);
}

struct crypto_digest crypto_sha256_end(struct crypto_sha256 *s)
{
    struct crypto_digest d;
    crypto_hash_sha256_final(state_of(s), d.b);
    crypto_wipe(s, sizeof(*s));
    return d;
}

struct crypto_digest crypto_sha256_views(const struct bw_view *v, size_t n)
{
    struct crypto_sha256 s;
    crypto_sha256_begin(&s);
    for (size_t i = 0; i < n; i++)
        crypto_sha256_add(&s, v[i]);
    return crypto_sha256_end(&s);
}

struct crypto_digest crypto_sha256(struct bw_view v)
{
    return crypto_sha256_views(&v, 1);
}

struct crypto_digest crypto_hmac_sha256(struct bw_view key, struct bw_view v)
{
    static const unsigned char NONE[1];
    crypto_auth_hmacsha256_state s;
    struct crypto_digest d;
    crypto_auth_hmacsha256_init(&s, key.n ? (const unsigned char *)key.p : NONE, key.n);
    if (v.n)
        crypto_auth_hmacsha256_update(&s, (const unsigned char *)v.p, v.n);
    crypto_auth_hmacsha256_final(&s, d.b);
    crypto_wipe(&s, sizeof(s));
    return d;
}
