/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_sign - Ed25519 with one key from a file; the highest number signs. */
#include "crypto_int.h"

#include <sodium.h>

struct crypto_signer {
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    struct crypto_public_key public;
};

struct crypto_signer *crypto_signer_from_seed(const uint8_t seed[32])
{
    struct crypto_signer *s = crypto_guarded_new(sizeof(*s));
    if (s)
        crypto_sign_seed_keypair(s->public.b, s->secret, seed);
    return s;
}

enum bw_rc crypto_signer_load(const char *path, struct crypto_signer **ret, struct bw_err *err)
{
    struct crypto_keys *keys = crypto_guarded_new(sizeof(*keys));
    if (!keys)
        return bw_fail_memory(err);
    enum bw_rc rc = crypto_keys_load(path, "sign", keys, err);
    if (rc == BW_OK) {
        size_t newest = 0;
        for (size_t i = 1; i < keys->n; i++)
            if (keys->key[i].number > keys->key[newest].number)
                newest = i;
        struct crypto_signer *s = crypto_signer_from_seed(keys->key[newest].b);
        if (s)
            *ret = s;
        else
            rc = bw_fail_memory(err);
    }
    crypto_guarded_free(keys);
    return rc;
}

void crypto_signer_free(struct crypto_signer *s)
{
    crypto_guarded_free(s);
}

struct crypto_public_key crypto_signer_public(const struct crypto_signer *s)
{
    return s->public;
}

static const unsigned char *bytes(struct bw_view v)
{
    return (const unsigned char *)(v.p ? v.p : "");
}

struct crypto_signature crypto_signer_sign(const struct crypto_signer *s, struct bw_view message)
{
    struct crypto_signature sig;
    crypto_sign_detached(sig.b, NULL, bytes(message), message.n, s->secret);
    return sig;
}

bool crypto_verify(const struct crypto_public_key *key, struct bw_view message,
                   const struct crypto_signature *sig)
{
    return crypto_sign_verify_detached(sig->b, bytes(message), message.n, key->b) == 0;
}
