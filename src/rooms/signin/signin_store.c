/* SPDX-License-Identifier: Apache-2.0 */
/* signin_store - rows of signing in: credentials, counted failures, accepted codes; see
 * signin_int.h. */
#include "signin_int.h"

#include "bw_clock.h"

enum { KIND_ACCOUNT = 0, KIND_NETWORK = 1, SWEEP_ROWS = 32 };

/* -- who --------------------------------------------------------------------------------------- */

#define SIGNIN_PERSON                                                                        \
    "SELECT p.id, p.organisation_id, p.public_id, p.name, p.email, p.role, o.state,"         \
    " c.password_hash, c.totp_sealed, c.totp_last_step, o.name_en, o.name_hant, o.name_hans" \
    " FROM v_person p JOIN v_organisation o ON o.id = p.organisation_id"                     \
    " JOIN credential c ON c.person_id = p.id WHERE p.state = 0 AND o.state < 2 AND "

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

/* -- throttle ---------------------------------------------------------------------------------- */

void signin_throttle_init(const struct settings *settings, struct bw_view email,
                          const struct bw_ip *ip, struct signin_throttle *ret)
{
    char network[sizeof(ip->b)] = {0};
    memcpy(network, ip->b, bw_ip_is_v4(ip) ? 15 : 8);
    *ret = (struct signin_throttle){
        .account = crypto_sha256(email),
        .network = crypto_sha256(bw_view_of(network, sizeof(network))),
        .account_max = setting_int(settings, SETTING_SIGNIN_TRIES),
        .network_max = setting_int(settings, SETTING_SIGNIN_TRIES_NETWORK),
    };
}

/* BW_BUSY where this one is over. */
static enum bw_rc check_one(struct db *db, int64_t kind, const struct crypto_digest *who,
                            int64_t max, int64_t now_us, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT since_us, fails FROM signin_throttle WHERE kind = ?1 AND who = ?2",
                    &st, err));
    db_bind_int(st, 1, kind);
    db_bind_bytes(st, 2, crypto_digest_view(who));
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_OK : rc;
    int64_t left_us = db_int(st, 0) + SIGNIN_WINDOW_US - now_us;
    if (left_us <= 0 || db_int(st, 1) < max)
        return BW_OK;
    return bw_fail(err, BW_BUSY, "too many attempts: try again in %lld minutes",
                   (long long)((left_us + BW_MINUTE_US - 1) / BW_MINUTE_US));
}

enum bw_rc signin_throttle_check(struct db *db, const struct signin_throttle *t, int64_t now_us,
                                 struct bw_err *err)
{
    BW_TRY(check_one(db, KIND_ACCOUNT, &t->account, t->account_max, now_us, err));
    return check_one(db, KIND_NETWORK, &t->network, t->network_max, now_us, err);
}

static enum bw_rc count_one(struct db_tx *tx, int64_t kind, const struct crypto_digest *who,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t now_us = db_tx_now_us(tx);
    BW_TRY(db_change(tx,
                     "INSERT INTO signin_throttle (kind, who, since_us, fails)"
                     " VALUES (?1, ?2, ?3, 1) ON CONFLICT (kind, who) DO UPDATE SET"
                     " fails = CASE WHEN signin_throttle.since_us <= ?4 THEN 1"
                     " ELSE signin_throttle.fails + 1 END,"
                     " since_us = CASE WHEN signin_throttle.since_us <= ?4 THEN ?3"
                     " ELSE signin_throttle.since_us END",
                     &st, err));
    db_bind_int(st, 1, kind);
    db_bind_bytes(st, 2, crypto_digest_view(who));
    db_bind_int(st, 3, now_us);
    db_bind_int(st, 4, now_us - SIGNIN_WINDOW_US);
    return db_run(st, err);
}

/* Each failure clears away a few windows that are over: the table stays as small as the last
 * quarter of an hour, and no turn of the lane is long. */
static enum bw_rc sweep(struct db_tx *tx, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "DELETE FROM signin_throttle WHERE (kind, who) IN (SELECT s.kind, s.who"
                     " FROM signin_throttle s WHERE s.since_us <= ?1 ORDER BY s.since_us LIMIT ?2)",
                     &st, err));
    db_bind_int(st, 1, db_tx_now_us(tx) - SIGNIN_WINDOW_US);
    db_bind_int(st, 2, SWEEP_ROWS);
    return db_run(st, err);
}

enum bw_rc signin_throttle_fail(struct db_tx *tx, const struct signin_throttle *t,
                                struct bw_err *err)
{
    BW_TRY(count_one(tx, KIND_ACCOUNT, &t->account, err));
    BW_TRY(count_one(tx, KIND_NETWORK, &t->network, err));
    return sweep(tx, err);
}

enum bw_rc signin_throttle_take(struct db_tx *tx, const struct signin_throttle *t,
                                struct bw_err *err)
{
    BW_TRY(signin_throttle_check(db_tx_db(tx), t, db_tx_now_us(tx), err));
    return signin_throttle_fail(tx, t, err);
}

enum bw_rc signin_throttle_forgive(struct db_tx *tx, const struct signin_throttle *t,
                                   struct bw_err *err)
{
    BW_AUTO(db_stmt) *account = NULL;
    BW_AUTO(db_stmt) *network = NULL;
    BW_TRY(db_change(tx, "DELETE FROM signin_throttle WHERE kind = 0 AND who = ?1", &account, err));
    db_bind_bytes(account, 1, crypto_digest_view(&t->account));
    BW_TRY(db_run(account, err));
    BW_TRY(db_change(tx,
                     "UPDATE signin_throttle SET fails = fails - 1 WHERE kind = 1 AND who = ?1"
                     " AND fails > 0",
                     &network, err));
    db_bind_bytes(network, 1, crypto_digest_view(&t->network));
    return db_run(network, err);
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
static enum bw_rc still_active(struct db_tx *tx, const struct signin_person *p, struct bw_err *err)
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

enum bw_rc signin_accept(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct signin_accept *a = arg;
    if (a->enrol)
        BW_TRY(enrol(tx, a, err));
    else
        BW_TRY(take_step(tx, a, err));
    BW_TRY(signin_throttle_forgive(tx, a->throttle, err));
    if (a->suspended)
        return BW_OK;
    BW_TRY(still_active(tx, a->person, err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_SIGNED_IN,
                                                .object = a->person->public_id,
                                                .actor_id = a->person->id},
                         err);
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
