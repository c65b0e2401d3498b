/* SPDX-License-Identifier: Apache-2.0 */
/* apikey - who is behind an Authorization header: `Bearer KEY` (RFC 6750), or `Basic` with e-mail
 * and key (RFC 7617) for tools that know nothing else. The key alone decides; what stands before
 * the colon is not looked at. Sessions are not accepted by APIs and keys not by pages: no form of
 * one can be made to act through the other. */
#include "req_int.h"

#include "bw_clock.h"
#include "crypto_text.h"

enum { TOUCH_AFTER_US = 60 * 1000000 };

static enum bw_rc wrong(struct bw_err *err)
{
    return bw_fail(err, BW_UNSIGNED, "the API key is unknown, expired or ended");
}

/* False: no Authorization header of a form we take. */
static bool key_of(struct bw_view header, struct bw_buf *decoded, struct bw_view *ret)
{
    struct bw_view rest = header;
    struct bw_view scheme = bw_view_split(&rest, ' ');
    if (bw_view_eq_nocase(scheme, BW_V("Bearer"))) {
        *ret = bw_view_trim(rest);
        return true;
    }
    if (!bw_view_eq_nocase(scheme, BW_V("Basic")) ||
        !crypto_unbase64(bw_view_trim(rest), CRYPTO_BASE64, decoded))
        return false;
    struct bw_view pair = bw_buf_text(decoded);
    bw_view_split(&pair, ':');
    *ret = pair;
    return pair.p != NULL;
}

/* The columns beside 0003 come with the room of the people (0014): networks, rests, used_from. */
static bool network_allowed(struct bw_view networks, const struct bw_ip *ip)
{
    struct bw_view rest = networks;
    struct bw_prefix prefix;
    struct bw_err ignored;
    if (networks.n == 0)
        return true;
    while (rest.p && rest.n) {
        struct bw_view one = bw_view_split(&rest, ' ');
        if (bw_prefix_parse(one, &prefix, &ignored) == BW_OK && bw_prefix_has(&prefix, ip))
            return true;
    }
    return false;
}

enum bw_rc api_key_find(struct http_req *rq, struct req *r, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO_BUF decoded = BW_BUF_INIT(1024);
    struct bw_view header = http_header(rq, "Authorization"), key;
    struct viewer *viewer;
    struct db *db;
    if (header.n == 0)
        return BW_OK;
    if (!key_of(header, &decoded, &key) || key.n == 0 || key.n >= CRYPTO_TOKEN_MAX)
        return wrong(err);
    struct crypto_digest hash = crypto_token_hash(key);
    crypto_wipe(decoded.p, decoded.n);
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(db_plain(db,
                    "SELECT id, person_id, organisation_id, role, scopes, expires_us, used_us,"
                    " networks FROM api_key WHERE key_hash = ?1 AND ended_us IS NULL"
                    " AND rests = 0",
                    &st, err));
    db_bind_bytes(st, 1, crypto_digest_view(&hash));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return wrong(err);
    BW_TRY(rc);
    int64_t now_us = bw_now_us(), id = db_int(st, 0);
    if (db_int(st, 5) <= now_us)
        return wrong(err);
    unsigned scopes = (unsigned)db_int(st, 4);
    struct bw_ip peer = http_peer(rq);
    if (!network_allowed(db_text(st, 7), &peer)) {
        char text[BW_IP_TEXT_MAX];
        return bw_fail(err, BW_DENIED,
                       "this API key may not be used from %.*s: its owner named"
                       " the networks that it comes from",
                       (int)bw_ip_format(&peer, text), text);
    }
    bool touch = now_us - db_int(st, 6) > TOUCH_AFTER_US;
    BW_TRY(viewer_load(db, db_int(st, 1), db_int(st, 2), (enum role)db_int(st, 3), http_arena(rq),
                       &viewer, err));
    viewer->api_key_id = id;
    viewer->scopes = scopes;
    r->viewer = viewer;
    if (touch)
        req_touch(TOUCH_KEY, id, now_us, &peer);
    return BW_OK;
}

enum bw_rc api_key_add(struct db_tx *tx, const struct api_key_in *in, struct crypto_token *ret_key,
                       struct bw_id *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct crypto_token key = crypto_token_new("bwk_");
    struct crypto_digest hash = crypto_token_hash(bw_view_z(key.text));
    struct bw_id id = bw_id_new();
    BW_TRY(db_change(tx,
                     "INSERT INTO api_key (public_id, key_hash, person_id, organisation_id, role,"
                     " scopes, label, created_us, expires_us, networks)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(id.text));
    db_bind_bytes(st, 2, crypto_digest_view(&hash));
    db_bind_int(st, 3, in->person_id);
    db_bind_int(st, 4, in->organisation_id);
    db_bind_int(st, 5, (int64_t)in->role);
    db_bind_int(st, 6, in->scopes);
    db_bind_text(st, 7, in->label);
    db_bind_int(st, 8, db_tx_now_us(tx));
    db_bind_int(st, 9, in->expires_us);
    db_bind_text(st, 10, in->networks);
    BW_TRY(db_run(st, err));
    *ret_key = key;
    *ret_id = id;
    return BW_OK;
}

enum bw_rc api_key_end(struct db_tx *tx, int64_t person_id, struct bw_view public_id,
                       struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE api_key SET ended_us = ?3 WHERE public_id = ?1 AND person_id = ?2"
                     " AND ended_us IS NULL",
                     &st, err));
    db_bind_text(st, 1, public_id);
    db_bind_int(st, 2, person_id);
    db_bind_int(st, 3, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return db_changes(st) ? BW_OK : bw_fail(err, BW_NOT_FOUND, "no such key");
}
