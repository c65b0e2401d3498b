/* SPDX-License-Identifier: Apache-2.0 */
/* crypto - start-up, wiping, comparing, HMAC. */
#include "crypto_int.h"

#include "bw_fault.h"
#include <sodium.h>

#include <liboath/oath.h>

enum bw_rc crypto_init(struct bw_err *err)
{
    if (sodium_init() < 0)
        return bw_fail_detail(err, BW_BROKEN, "Cryptography is not available.",
                              "sodium_init failed");
    int rc = oath_init();
    if (rc != OATH_OK)
        return bw_fail_detail(err, BW_BROKEN, "Cryptography is not available.", "oath_init: %s",
                              oath_strerror(rc));
    crypto_sha256_setup(true);
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
