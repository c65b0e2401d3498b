/* SPDX-License-Identifier: Apache-2.0 */
/* signin_throttle - counted failures per account, network and known browser; see signin_int.h. */
#include "signin_int.h"

enum { KIND_ACCOUNT = 0, KIND_NETWORK = 1, KIND_DEVICE = 2, SWEEP_ROWS = 32 };

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

/* Where the browser is known, its own counter is the only one: neither who guesses at the account
 * nor who shares its network locks its owner out. A known browser has to guess within its own. */
void signin_throttle_known(const struct crypto_digest *token, struct signin_throttle *t)
{
    t->device = *token;
    t->known = true;
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
    if (t->known)
        return check_one(db, KIND_DEVICE, &t->device, t->account_max, now_us, err);
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
    if (t->known) {
        BW_TRY(count_one(tx, KIND_DEVICE, &t->device, err));
    } else {
        BW_TRY(count_one(tx, KIND_ACCOUNT, &t->account, err));
        BW_TRY(count_one(tx, KIND_NETWORK, &t->network, err));
    }
    return sweep(tx, err);
}

enum bw_rc signin_throttle_take(struct db_tx *tx, const struct signin_throttle *t,
                                struct bw_err *err)
{
    BW_TRY(signin_throttle_check(db_tx_db(tx), t, db_tx_now_us(tx), err));
    return signin_throttle_fail(tx, t, err);
}

static enum bw_rc forget_one(struct db_tx *tx, int64_t kind, const struct crypto_digest *who,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "DELETE FROM signin_throttle WHERE kind = ?1 AND who = ?2", &st, err));
    db_bind_int(st, 1, kind);
    db_bind_bytes(st, 2, crypto_digest_view(who));
    return db_run(st, err);
}

enum bw_rc signin_throttle_forgive(struct db_tx *tx, const struct signin_throttle *t,
                                   struct bw_err *err)
{
    BW_AUTO(db_stmt) *network = NULL;
    if (t->known)
        return forget_one(tx, KIND_DEVICE, &t->device, err);
    BW_TRY(forget_one(tx, KIND_ACCOUNT, &t->account, err));
    BW_TRY(db_change(tx,
                     "UPDATE signin_throttle SET fails = fails - 1 WHERE kind = 1 AND who = ?1"
                     " AND fails > 0",
                     &network, err));
    db_bind_bytes(network, 1, crypto_digest_view(&t->network));
    return db_run(network, err);
}
