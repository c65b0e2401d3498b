/* SPDX-License-Identifier: Apache-2.0 */
/* join_link - links by mail, the brake on who asks for them, and the mails that carry them.
 *
 * Found is a link by the hash of its token; the token itself is kept sealed only as long as the
 * link lives, because the mail is written after the transaction that made it. A link dies when it
 * is used, when another of its kind replaces it, when its time is over, and when what it stands for
 * is over. */
#include "join_int.h"

#include "bw_ip.h"

#define AAD BW_V("join_link/token")
enum { SEALED_MAX = CRYPTO_TOKEN_MAX + CRYPTO_SEAL_EXTRA };

enum bw_rc join_link_end(struct db_tx *tx, int64_t application_id, unsigned kinds,
                         struct bw_err *err)
{
    for (int64_t kind = 0; kind <= JOIN_LINK_SIGN; kind++) {
        BW_AUTO(db_stmt) *st = NULL;
        if (!(kinds >> kind & 1))
            continue;
        BW_TRY(db_change(tx,
                         "UPDATE join_link SET ended_us = ?3, sealed = ?4 WHERE application_id = ?1"
                         " AND kind = ?2 AND ended_us = 0",
                         &st, err));
        db_bind_int(st, 1, application_id);
        db_bind_int(st, 2, kind);
        db_bind_int(st, 3, db_tx_now_us(tx));
        db_bind_bytes(st, 4, BW_V(""));
        BW_TRY(db_run(st, err));
    }
    return BW_OK;
}

enum bw_rc join_link_new(struct db_tx *tx, const struct join_link_in *in, struct crypto_token *ret,
                         int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO_BUF sealed = BW_BUF_INIT(SEALED_MAX);
    struct crypto_token token = crypto_token_new("bwj_");
    struct crypto_digest hash = crypto_token_hash(bw_view_z(token.text));
    BW_TRY(join_link_end(tx, in->application_id, 1u << in->kind, err));
    BW_TRY(crypto_seal(in->hub->keyring, bw_view_z(token.text), AAD, &sealed, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO join_link (application_id, kind, email, hash, sealed, until_us,"
                     " ended_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) RETURNING id",
                     &st, err));
    db_bind_int(st, 1, in->application_id);
    db_bind_int(st, 2, (int64_t)in->kind);
    db_bind_text(st, 3, in->email);
    db_bind_bytes(st, 4, crypto_digest_view(&hash));
    db_bind_bytes(st, 5, bw_buf_text(&sealed));
    db_bind_int(st, 6, in->until_us);
    BW_TRY(db_row(st, err));
    *ret_id = db_int(st, 0);
    if (ret)
        *ret = token;
    crypto_wipe(&token, sizeof(token));
    return BW_OK;
}

enum bw_rc join_link_open(struct db *db, enum join_link_kind kind, struct bw_view token,
                          int64_t now_us, struct bw_arena *arena, struct join_link *ret,
                          struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct crypto_digest hash = crypto_token_hash(token);
    BW_TRY(db_plain(db,
                    "SELECT id, application_id, email FROM join_link WHERE hash = ?1 AND kind = ?2"
                    " AND ended_us = 0 AND until_us > ?3",
                    &st, err));
    db_bind_bytes(st, 1, crypto_digest_view(&hash));
    db_bind_int(st, 2, (int64_t)kind);
    db_bind_int(st, 3, now_us);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "this link was used, has expired, or the application has ended");
    BW_TRY(rc);
    ret->id = db_int(st, 0);
    ret->application_id = db_int(st, 1);
    ret->kind = kind;
    return bw_view_copy(arena, db_text(st, 2), &ret->email, err);
}

enum bw_rc join_link_token(struct db *db, const struct crypto_keyring *keyring, int64_t id,
                           struct bw_buf *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT sealed FROM join_link WHERE id = ?1 AND ended_us = 0", &st, err));
    db_bind_int(st, 1, id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "the link has ended");
    BW_TRY(rc);
    return crypto_open(keyring, db_bytes(st, 0), AAD, ret, err);
}

/* -- the brake --------------------------------------------------------------------------------- */

/* IPv4 /24, IPv6 /64, as a hash: the table tells no addresses. */
static struct crypto_digest network_of(const struct bw_ip *ip)
{
    struct bw_ip net = *ip;
    size_t keep = bw_ip_is_v4(ip) ? 15 : 8;
    memset(net.b + keep, 0, sizeof(net.b) - keep);
    const struct bw_view parts[] = {BW_VIEW_INIT("join"),
                                    bw_view_of((const char *)net.b, sizeof(net.b))};
    return crypto_sha256_views(parts, BW_COUNT(parts));
}

enum bw_rc join_throttle_take(struct db_tx *tx, const struct settings *settings,
                              const struct bw_ip *ip, struct bw_err *err)
{
    BW_AUTO(db_stmt) *old = NULL, *st = NULL;
    struct crypto_digest who = network_of(ip);
    int64_t now = db_tx_now_us(tx);
    BW_TRY(db_change(tx, "DELETE FROM join_throttle WHERE since_us <= ?1", &old, err));
    db_bind_int(old, 1, now - BW_HOUR_US);
    BW_TRY(db_run(old, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO join_throttle (who, since_us, n) VALUES (?1, ?2, 1)"
                     " ON CONFLICT (who) DO UPDATE SET n = join_throttle.n + 1 RETURNING n",
                     &st, err));
    db_bind_bytes(st, 1, crypto_digest_view(&who));
    db_bind_int(st, 2, now);
    BW_TRY(db_row(st, err));
    if (db_int(st, 0) > setting_int(settings, SETTING_JOIN_TRIES_NETWORK))
        return bw_fail(err, BW_BUSY,
                       "there were too many applications from your network: try again in an hour");
    return BW_OK;
}

/* -- mails ------------------------------------------------------------------------------------- */

enum bw_rc join_mail_count(struct db *db, int64_t application_id, enum join_mail_kind kind,
                           int64_t *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT count(*) FROM join_mail WHERE application_id = ?1 AND kind = ?2",
                    &st, err));
    db_bind_int(st, 1, application_id);
    db_bind_int(st, 2, (int64_t)kind);
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

enum bw_rc join_mail_ask(struct db_tx *tx, const struct join_mail_in *in, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id public_id = bw_id_new();
    BW_TRY(db_change(tx,
                     "INSERT INTO join_mail (public_id, application_id, kind, lang, name, email,"
                     " link_id, at_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(public_id.text));
    db_bind_int(st, 2, in->application_id);
    db_bind_int(st, 3, (int64_t)in->kind);
    db_bind_int(st, 4, (int64_t)in->lang);
    db_bind_text(st, 5, in->name);
    db_bind_text(st, 6, in->email);
    db_bind_int(st, 7, in->link_id);
    db_bind_int(st, 8, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_APPLICATION_MAILED,
                                                .object = bw_view_z(public_id.text)},
                         err);
}
