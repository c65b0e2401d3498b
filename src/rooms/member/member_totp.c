/* SPDX-License-Identifier: Apache-2.0 */
/* member_totp - the secret of the second step, sealed to the row that it is kept in: moved into
 * another person's row it does not open. */
#include "member_int.h"

#include <stdio.h>

static struct bw_view place_of(int64_t person_id, char text[64])
{
    int n = snprintf(text, 64, "credential/%lld/totp_sealed", (long long)person_id);
    BW_ASSERT(n > 0 && n < 64);
    return bw_view_of(text, (size_t)n);
}

enum bw_rc member_totp_seal(const struct crypto_keyring *keyring, int64_t person_id,
                            const struct crypto_totp *totp, struct bw_buf *out, struct bw_err *err)
{
    char place[64];
    return crypto_seal(keyring, bw_view_of((const char *)totp->secret, sizeof(totp->secret)),
                       place_of(person_id, place), out, err);
}

enum bw_rc member_totp_open(const struct crypto_keyring *keyring, int64_t person_id,
                            struct bw_view sealed, struct crypto_totp *ret, struct bw_err *err)
{
    BW_AUTO_BUF plain = BW_BUF_INIT(256);
    char place[64];
    BW_TRY(crypto_open(keyring, sealed, place_of(person_id, place), &plain, err));
    if (plain.n != sizeof(ret->secret))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "totp secret of person %lld",
                              (long long)person_id);
    memcpy(ret->secret, plain.p, sizeof(ret->secret));
    crypto_wipe(plain.p, plain.n);
    return BW_OK;
}

enum bw_rc member_sealed_with(struct db *db, const struct crypto_keyring *keyring, bool *ret,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct crypto_totp totp;
    struct bw_err ignored;
    BW_TRY(db_plain(db,
                    "SELECT person_id, totp_sealed FROM credential WHERE totp_sealed IS NOT NULL"
                    " ORDER BY person_id DESC LIMIT 1",
                    &st, err));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK) {
        *ret = member_totp_open(keyring, db_int(st, 0), db_bytes(st, 1), &totp, &ignored) == BW_OK;
        crypto_wipe(&totp, sizeof(totp));
    } else if (rc == BW_NOT_FOUND) {
        *ret = true;
        rc = BW_OK;
    }
    return rc;
}
