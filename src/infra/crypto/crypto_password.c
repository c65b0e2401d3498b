/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_password - argon2id by libsodium.
 *
 * An account that is not there costs what one costs that is: the hash is made for nothing. A lack
 * of memory is told apart from a wrong password, because the one must not lock an account. */
#include "crypto.h"

#include "bw_fault.h"
#include <errno.h>
#include <sodium.h>

_Static_assert(CRYPTO_PASSWORD_TEXT_MAX == crypto_pwhash_STRBYTES, "libsodium's size");

static int hash(struct bw_view password, struct crypto_password_cost cost,
                char out[CRYPTO_PASSWORD_TEXT_MAX])
{
    if (bw_fault("alloc"))
        return -1;
    return crypto_pwhash_str_alg(out, password.n ? password.p : "", password.n, cost.passes,
                                 cost.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13);
}

enum bw_rc crypto_password_hash(struct bw_view password, struct crypto_password_cost cost,
                                char out[CRYPTO_PASSWORD_TEXT_MAX], struct bw_err *err)
{
    char text[CRYPTO_PASSWORD_TEXT_MAX];
    if (password.n > CRYPTO_PASSWORD_BYTES_MAX)
        return bw_fail(err, BW_LIMIT, "The password is longer than %d bytes.",
                       CRYPTO_PASSWORD_BYTES_MAX);
    BW_ASSERT(cost.memory_kib >= 8 && cost.passes >= 1);
    if (hash(password, cost, text) != 0)
        return bw_fail_memory(err);
    memcpy(out, text, sizeof(text));
    return BW_OK;
}

static enum bw_rc denied(struct bw_err *err)
{
    return bw_fail(err, BW_DENIED, "The name or the password is wrong.");
}

enum bw_rc crypto_password_verify(struct bw_view password, struct bw_view stored,
                                  struct crypto_password_cost cost, bool *ret_rehash,
                                  struct bw_err *err)
{
    char text[CRYPTO_PASSWORD_TEXT_MAX] = "";
    password = bw_view_head(password, CRYPTO_PASSWORD_BYTES_MAX + 1);
    if (stored.n == 0 || stored.n >= sizeof(text) || memchr(stored.p, '\0', stored.n))
        return hash(password, cost, text) == 0 ? denied(err) : bw_fail_memory(err);
    memcpy(text, stored.p, stored.n);
    if (bw_fault("alloc"))
        return bw_fail_memory(err);
    errno = 0;
    int rc = crypto_pwhash_str_verify(text, password.n ? password.p : "", password.n);
    if (rc != 0 && errno == ENOMEM)
        return bw_fail_memory(err);
    if (rc != 0 || password.n > CRYPTO_PASSWORD_BYTES_MAX)
        return denied(err);
    if (ret_rehash)
        *ret_rehash =
            crypto_pwhash_str_needs_rehash(text, cost.passes, cost.memory_kib * 1024) != 0;
    return BW_OK;
}
