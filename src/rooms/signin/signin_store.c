/* SPDX-License-Identifier: Apache-2.0 */
/* signin_store - rows of signing in: credentials, what was accepted; see signin_int.h. */
#include "signin_device.h"
#include "signin_passkey.h"

_Static_assert(ROLE_SERVICE == 10, "signs in to no page; see SIGNIN_PERSON");

/* -- who --------------------------------------------------------------------------------------- */

#define SIGNIN_PERSON                                                                        \
    "SELECT p.id, p.organisation_id, p.public_id, p.name, p.email, p.role, o.state,"         \
    " c.password_hash, c.totp_sealed, c.totp_last_step, o.name_en, o.name_hant, o.name_hans" \
    " FROM v_person p JOIN v_organisation o ON o.id = p.organisation_id"                     \
    " JOIN credential c ON c.person_id = p.id WHERE p.state = 0 AND p.role <> 10"            \
    " AND o.state < 2 AND "

static enum bw_rc read_person(struct db_stmt *st, struct bw_arena *arena, struct signin_person *ret,
                              struct bw_err *err)
{
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such account");
    BW_TRY(rc);
    struct signin_person p = {.id = db_int(st, 0),
                              .organisation_id = db_int(st, 1),
                              .role = (enum role)db_int(st, 5),
                              .organisation_state = (enum member_state)db_int(st, 6),
                              .totp_last_step = db_int(st, 9)};
    BW_TRY(bw_view_copy(arena, db_text(st, 2), &p.public_id, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 3), &p.name, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 4), &p.email, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 7), &p.password_hash, err));
    BW_TRY(bw_view_copy(arena, db_bytes(st, 8), &p.totp_sealed, err));
    BW_TRY(member_names_row(st, 10, arena, &p.organisation, err));
    *ret = p;
    return BW_OK;
}

enum bw_rc signin_by_email(struct db *db, struct bw_view email, struct bw_arena *arena,
                           struct signin_person *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("sign-in: nobody is signed in yet"),
                    SIGNIN_PERSON "p.email = ?1", &st, err));
    db_bind_text(st, 1, email);
    return read_person(st, arena, ret, err);
}

enum bw_rc signin_by_id(struct db *db, int64_t person_id, struct bw_arena *arena,
                        struct signin_person *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("sign-in: the password was right, the code is due"),
                    SIGNIN_PERSON "p.id = ?1", &st, err));
    db_bind_int(st, 1, person_id);
    return read_person(st, arena, ret, err);
}

enum bw_rc signin_rehash(struct db_tx *tx, int64_t person_id, struct bw_view old_hash,
                         struct bw_view new_hash, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE credential SET password_hash = ?3 WHERE person_id = ?1"
                     " AND password_hash = ?2",
                     &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_text(st, 2, old_hash);
    db_bind_text(st, 3, new_hash);
    return db_run(st, err);
}

enum bw_rc signin_totp_open(const struct crypto_keyring *keyring, const struct signin_person *p,
                            struct crypto_totp *ret, struct bw_err *err)
{
    return member_totp_open(keyring, p->id, p->totp_sealed, ret, err);
}

/* -- the last word ----------------------------------------------------------------------------- */

static enum bw_rc take_step(struct db_tx *tx, const struct signin_accept *a, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE credential SET totp_last_step = ?2 WHERE person_id = ?1"
                     " AND totp_last_step < ?2 AND totp_sealed IS NOT NULL",
                     &st, err));
    db_bind_int(st, 1, a->person->id);
    db_bind_int(st, 2, a->step);
    BW_TRY(db_run(st, err));
    return db_changes(st)
               ? BW_OK
               : bw_fail(err, BW_CONFLICT, "this code was used already: wait for the next");
}

static enum bw_rc enrol(struct db_tx *tx, const struct signin_accept *a, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO_BUF sealed = BW_BUF_INIT(256);
    BW_TRY(member_totp_seal(a->keyring, a->person->id, a->enrol, &sealed, err));
    BW_TRY(db_change(tx,
                     "UPDATE credential SET totp_sealed = ?2, totp_last_step = ?3"
                     " WHERE person_id = ?1 AND totp_sealed IS NULL",
                     &st, err));
    db_bind_int(st, 1, a->person->id);
    db_bind_bytes(st, 2, bw_buf_text(&sealed));
    db_bind_int(st, 3, a->step);
    BW_TRY(db_run(st, err));
    if (!db_changes(st))
        return bw_fail(err, BW_DENIED, "an app was set up meanwhile: start again");
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_PERSON_CHANGED,
                                                .object = a->person->public_id,
                                                .actor_id = a->person->id,
                                                .payload = BW_V("{\"second_step\":\"totp\"}")},
                         err);
}

/* What was true when the code was looked at may have changed on the way to the lane. */
enum bw_rc signin_still_active(struct db_tx *tx, const struct signin_person *p, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("sign-in: nobody is signed in yet"),
                    "SELECT 1 FROM v_person p JOIN v_organisation o ON o.id = p.organisation_id"
                    " WHERE p.id = ?1 AND p.organisation_id = ?2 AND p.role = ?3 AND p.state = 0"
                    " AND o.state = 0",
                    &st, err));
    db_bind_int(st, 1, p->id);
    db_bind_int(st, 2, p->organisation_id);
    db_bind_int(st, 3, (int64_t)p->role);
    enum bw_rc rc = db_row(st, err);
    return rc == BW_NOT_FOUND ? bw_fail(err, BW_DENIED, "the account has changed: start again")
                              : rc;
}

/* What was shown is used up: nobody shows it again. */
static enum bw_rc take(struct db_tx *tx, const struct signin_accept *a, struct bw_err *err)
{
    switch (a->way) {
    case SIGNIN_BY_PASSKEY:
    case SIGNIN_BY_PASSKEY_ALONE:
        return signin_passkey_take(tx, a->person->id, a->passkey, err);
    case SIGNIN_BY_RECOVERY:
        return signin_recovery_take(tx, a->person, a->recovery, err);
    case SIGNIN_BY_CODE:
        break;
    }
    return a->enrol ? enrol(tx, a, err) : take_step(tx, a, err);
}

enum bw_rc signin_accept(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct signin_accept *a = arg;
    BW_TRY(take(tx, a, err));
    if (a->throttle)
        BW_TRY(signin_throttle_forgive(tx, a->throttle, err));
    if (a->suspended)
        return BW_OK;
    BW_TRY(signin_still_active(tx, a->person, err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_SIGNED_IN,
                                                .object = a->person->public_id,
                                                .actor_id = a->person->id},
                         err);
}

enum bw_rc signin_arrived(struct db_tx *tx, void *arg, int64_t session_id, struct bw_err *err)
{
    const struct signin_accept *a = arg;
    int64_t device_id;
    BW_TRY(signin_device_arrive(tx, a->person, a->device, &device_id, err));
    return signin_session_add(tx, session_id, device_id, a->way, err);
}

enum bw_rc signin_leave(struct db_tx *tx, void *person_id, struct bw_err *err)
{
    const int64_t *id = person_id;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("sign-out is written down under the person's id"),
                    "SELECT public_id FROM v_person WHERE id = ?1", &st, err));
    db_bind_int(st, 1, *id);
    BW_TRY(db_row(st, err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_SIGNED_OUT,
                                                .object = db_text(st, 0),
                                                .actor_id = *id},
                         err);
}
