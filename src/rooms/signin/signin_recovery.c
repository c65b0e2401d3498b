/* SPDX-License-Identifier: Apache-2.0 */
/* signin_recovery - codes for who has lost the phone; see signin_passkey.h. */
#include "signin_passkey.h"

#include "bw_random.h"
#include "crypto_text.h"

#include <stdio.h>

enum { CODE_BYTES = 10, FOURS = 4 };

void signin_recovery_new(struct signin_recovery_codes *ret)
{
    for (size_t i = 0; i < SIGNIN_RECOVERY_CODES; i++) {
        BW_AUTO_BUF text = BW_BUF_INIT(64);
        char bytes[CODE_BYTES], *out = ret->text[i];
        bw_random_bytes(BW_RANDOM_SECRET, bytes, sizeof(bytes));
        crypto_base32(bw_view_of(bytes, sizeof(bytes)), false, &text);
        BW_ASSERT(text.n == SIGNIN_RECOVERY_CHARS);
        for (size_t k = 0; k < SIGNIN_RECOVERY_CHARS; k++) {
            if (k && k % FOURS == 0)
                *out++ = '-';
            *out++ = text.p[k];
        }
        *out = '\0';
        crypto_wipe(bytes, sizeof(bytes));
        crypto_wipe(text.p, text.n);
    }
}

/* False: not the form of a code. Over person and code, so that two people's rows tell nothing about
 * each other. */
static bool hash_of(int64_t person_id, struct bw_view typed, struct crypto_digest *ret)
{
    char code[SIGNIN_RECOVERY_CHARS], place[48];
    size_t n = 0;
    for (size_t i = 0; i < typed.n; i++) {
        char c = typed.p[i];
        if (c == ' ' || c == '-')
            continue;
        if (n == sizeof(code))
            return false;
        code[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    if (n != sizeof(code))
        return false;
    int m = snprintf(place, sizeof(place), "recovery/%lld/", (long long)person_id);
    const struct bw_view parts[] = {bw_view_of(place, (size_t)m), bw_view_of(code, n)};
    *ret = crypto_sha256_views(parts, BW_COUNT(parts));
    crypto_wipe(code, sizeof(code));
    return true;
}

static enum bw_rc drop_all(struct db_tx *tx, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "DELETE FROM recovery_code WHERE person_id = ?1", &st, err));
    db_bind_int(st, 1, person_id);
    return db_run(st, err);
}

enum bw_rc signin_recovery_keep(struct db_tx *tx, const struct signin_person *p,
                                const struct signin_recovery_codes *codes, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(signin_still_active(tx, p, err));
    BW_TRY(drop_all(tx, p->id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO recovery_code (person_id, code_hash, made_us)"
                     " VALUES (?1, ?2, ?3)",
                     &st, err));
    for (size_t i = 0; i < SIGNIN_RECOVERY_CODES; i++) {
        struct crypto_digest hash;
        BW_ASSERT(hash_of(p->id, bw_view_z(codes->text[i]), &hash));
        db_bind_int(st, 1, p->id);
        db_bind_bytes(st, 2, crypto_digest_view(&hash));
        db_bind_int(st, 3, db_tx_now_us(tx));
        BW_TRY(db_run(st, err));
        db_again(st);
    }
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_RECOVERY_MADE,
                                                .object = p->public_id,
                                                .actor_id = p->id},
                         err);
}

enum bw_rc signin_recovery_take(struct db_tx *tx, const struct signin_person *p,
                                struct bw_view typed, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct crypto_digest hash;
    if (!hash_of(p->id, typed, &hash))
        return bw_fail(err, BW_CONFLICT, "that is not a recovery code");
    BW_TRY(db_change(tx,
                     "UPDATE recovery_code SET used_us = ?3 WHERE person_id = ?1"
                     " AND code_hash = ?2 AND used_us IS NULL",
                     &st, err));
    db_bind_int(st, 1, p->id);
    db_bind_bytes(st, 2, crypto_digest_view(&hash));
    db_bind_int(st, 3, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    if (!db_changes(st))
        return bw_fail(err, BW_CONFLICT, "that recovery code is wrong or was used before");
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_RECOVERY_USED,
                                                .object = p->public_id,
                                                .actor_id = p->id},
                         err);
}

enum bw_rc signin_recovery_left(struct db *db, int64_t person_id, int64_t *ret_left,
                                int64_t *ret_made_us, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT count(*) - count(used_us), coalesce(max(made_us), 0)"
                    " FROM recovery_code WHERE person_id = ?1",
                    &st, err));
    db_bind_int(st, 1, person_id);
    BW_TRY(db_row(st, err));
    *ret_left = db_int(st, 0);
    *ret_made_us = db_int(st, 1);
    return BW_OK;
}
