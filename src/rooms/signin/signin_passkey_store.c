/* SPDX-License-Identifier: Apache-2.0 */
/* signin_passkey_store - rows of passkeys and of challenges that were answered; see
 * signin_passkey.h. */
#include "signin_passkey.h"

enum { SWEEP_ROWS = 32 };

#define PASSKEY                                                               \
    "SELECT id, person_id, sign_count, created_us, used_us, public_id, name," \
    " credential_id, algorithm, public_key FROM passkey WHERE "

static enum bw_rc read_row(const struct db_stmt *st, struct bw_arena *arena,
                           struct signin_passkey *ret, struct bw_err *err)
{
    struct signin_passkey k = {.id = db_int(st, 0),
                               .person_id = db_int(st, 1),
                               .sign_count = db_int(st, 2),
                               .created_us = db_int(st, 3),
                               .used_us = db_int(st, 4),
                               .key.algorithm = db_int(st, 8)};
    struct bw_view key = db_bytes(st, 9);
    BW_TRY(bw_view_copy(arena, db_text(st, 5), &k.public_id, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 6), &k.name, err));
    BW_TRY(bw_view_copy(arena, db_bytes(st, 7), &k.credential_id, err));
    if (key.n != crypto_cose_key_bytes(&k.key))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "passkey %lld", (long long)k.id);
    memcpy(k.key.b, key.p, key.n);
    *ret = k;
    return BW_OK;
}

enum bw_rc signin_passkeys_of(struct db *db, int64_t person_id, struct bw_arena *arena,
                              struct signin_passkey **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct signin_passkey *rows = BW_ARENA_ARRAY(arena, SIGNIN_PASSKEYS_MAX, struct signin_passkey);
    size_t n = 0;
    enum bw_rc rc;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_plain(db, PASSKEY "person_id = ?1 ORDER BY id LIMIT ?2", &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, SIGNIN_PASSKEYS_MAX);
    while ((rc = db_row(st, err)) == BW_OK)
        BW_TRY(read_row(st, arena, &rows[n++], err));
    *ret = rows;
    *ret_n = n;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc signin_passkey_find(struct db *db, struct bw_view credential_id, struct bw_arena *arena,
                               struct signin_passkey *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, PASSKEY "credential_id = ?1", &st, err));
    db_bind_bytes(st, 1, credential_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such passkey");
    BW_TRY(rc);
    return read_row(st, arena, ret, err);
}

/* -- challenges -------------------------------------------------------------------------------- */

static enum bw_rc sweep(struct db_tx *tx, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "DELETE FROM passkey_used WHERE state_hash IN (SELECT u.state_hash"
                     " FROM passkey_used u WHERE u.until_us <= ?1 ORDER BY u.until_us LIMIT ?2)",
                     &st, err));
    db_bind_int(st, 1, db_tx_now_us(tx));
    db_bind_int(st, 2, SWEEP_ROWS);
    return db_run(st, err);
}

enum bw_rc signin_state_use(struct db_tx *tx, struct bw_view state, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct crypto_digest hash = crypto_sha256(state);
    BW_TRY(sweep(tx, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO passkey_used (state_hash, until_us) VALUES (?1, ?2)"
                     " ON CONFLICT (state_hash) DO NOTHING",
                     &st, err));
    db_bind_bytes(st, 1, crypto_digest_view(&hash));
    db_bind_int(st, 2, db_tx_now_us(tx) + SIGNIN_ENROL_US);
    BW_TRY(db_run(st, err));
    return db_changes(st) ? BW_OK : bw_fail(err, BW_CONFLICT, "this was answered before");
}

/* -- making and ending ------------------------------------------------------------------------- */

static enum bw_rc room_for_one(struct db_tx *tx, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db_tx_db(tx), "SELECT count(*) FROM passkey WHERE person_id = ?1", &st, err));
    db_bind_int(st, 1, person_id);
    BW_TRY(db_row(st, err));
    return db_int(st, 0) < SIGNIN_PASSKEYS_MAX
               ? BW_OK
               : bw_fail(err, BW_LIMIT, "a person has at most %d passkeys", SIGNIN_PASSKEYS_MAX);
}

static enum bw_rc insert_row(struct db_tx *tx, const struct signin_passkey_in *in,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id public_id = bw_id_new();
    const struct crypto_cose_key *key = &in->made->key;
    BW_TRY(db_change(tx,
                     "INSERT INTO passkey (public_id, person_id, credential_id, algorithm,"
                     " public_key, sign_count, name, created_us)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                     " ON CONFLICT (credential_id) DO NOTHING",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(public_id.text));
    db_bind_int(st, 2, in->person->id);
    db_bind_bytes(st, 3, in->made->id);
    db_bind_int(st, 4, key->algorithm);
    db_bind_bytes(st, 5, bw_view_of((const char *)key->b, crypto_cose_key_bytes(key)));
    db_bind_int(st, 6, in->made->count);
    db_bind_text(st, 7, in->name);
    db_bind_int(st, 8, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return db_changes(st) ? BW_OK : bw_fail(err, BW_CONFLICT, "this passkey is known already");
}

static enum bw_rc append(struct db_tx *tx, enum ledger_verb verb, const struct signin_person *p,
                         struct bw_err *err)
{
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = verb,
                                                .object = p->public_id,
                                                .actor_id = p->id},
                         err);
}

enum bw_rc signin_passkey_add(struct db_tx *tx, const struct signin_passkey_in *in,
                              struct bw_err *err)
{
    BW_TRY(signin_still_active(tx, in->person, err));
    BW_TRY(signin_state_use(tx, in->state, err));
    BW_TRY(room_for_one(tx, in->person->id, err));
    BW_TRY(insert_row(tx, in, err));
    return append(tx, LEDGER_PASSKEY_ADDED, in->person, err);
}

enum bw_rc signin_passkey_end(struct db_tx *tx, const struct signin_person *p,
                              struct bw_view public_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "DELETE FROM passkey WHERE public_id = ?1 AND person_id = ?2", &st, err));
    db_bind_text(st, 1, public_id);
    db_bind_int(st, 2, p->id);
    BW_TRY(db_run(st, err));
    if (!db_changes(st))
        return bw_fail(err, BW_NOT_FOUND, "there is no such passkey");
    return append(tx, LEDGER_PASSKEY_ENDED, p, err);
}

bool signin_passkey_went_back(const struct signin_passkey *k, int64_t count)
{
    return (count || k->sign_count) && count <= k->sign_count;
}

enum bw_rc signin_passkey_take(struct db_tx *tx, int64_t person_id,
                               const struct signin_passkey_use *use, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(signin_state_use(tx, use->state, err));
    BW_TRY(db_change(tx,
                     "UPDATE passkey SET sign_count = ?3, used_us = ?4 WHERE id = ?1"
                     " AND person_id = ?2 AND (sign_count < ?3 OR (sign_count = 0 AND ?3 = 0))",
                     &st, err));
    db_bind_int(st, 1, use->passkey_id);
    db_bind_int(st, 2, person_id);
    db_bind_int(st, 3, use->count);
    db_bind_int(st, 4, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return db_changes(st) ? BW_OK : bw_fail(err, BW_CONFLICT, "this passkey was used meanwhile");
}
