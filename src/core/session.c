/* SPDX-License-Identifier: Apache-2.0 */
/* session - who is behind a browser's cookie. The token is 256 random bits; only its hash is
 * stored. The cookie is there before sign-in too (value without a session), so that the sign-in
 * form is bound to the browser that asked for it; signing in always makes a new token. */
#include "req_int.h"

#include "bw_clock.h"

enum { TOUCH_AFTER_US = 60 * 1000000 };

const char *session_cookie(const struct hub *hub)
{
    return hub->secure_cookies ? SESSION_COOKIE_SECURE : SESSION_COOKIE_PLAIN;
}

static void set_cookie(struct http_req *rq, struct http_resp *rs, struct bw_view token,
                       int64_t age_s)
{
    const struct hub *hub = req_hub(rq);
    http_cookie_set(rs, &(struct http_cookie_spec){.name = session_cookie(hub),
                                                   .value = token,
                                                   .max_age_s = age_s,
                                                   .same_site = HTTP_SAME_SITE_LAX,
                                                   .insecure = !hub->secure_cookies});
}

struct row {
    int64_t id, person_id, organisation_id, seen_us, created_us;
    enum role role;
};

static bool alive(const struct hub *hub, const struct row *s, int64_t now_us)
{
    return now_us - s->seen_us < setting_int(hub->settings, SETTING_SESSION_IDLE) * BW_MINUTE_US &&
           now_us - s->created_us < setting_int(hub->settings, SETTING_SESSION_MAX) * BW_HOUR_US;
}

static void read_row(const struct db_stmt *st, struct row *ret)
{
    *ret = (struct row){.id = db_int(st, 0),
                        .person_id = db_int(st, 1),
                        .organisation_id = db_int(st, 2),
                        .role = (enum role)db_int(st, 3),
                        .created_us = db_int(st, 4),
                        .seen_us = db_int(st, 5)};
}

enum bw_rc session_find(struct http_req *rq, struct req *r, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_view token = http_cookie(rq, session_cookie(r->hub));
    struct viewer *viewer = NULL;
    struct row row;
    struct db *db;
    if (token.n < 32 || token.n >= CRYPTO_TOKEN_MAX)
        return BW_OK;
    r->browser = token;
    BW_TRY(req_db(rq, &db, err));
    struct crypto_digest hash = crypto_token_hash(token);
    BW_TRY(db_plain(db,
                    "SELECT id, person_id, organisation_id, role, created_us, seen_us, display"
                    " FROM session WHERE token_hash = ?1 AND ended_us IS NULL",
                    &st, err));
    db_bind_bytes(st, 1, crypto_digest_view(&hash));
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_OK : rc;
    read_row(st, &row);
    int64_t now_us = bw_now_us();
    if (!alive(r->hub, &row, now_us))
        return BW_OK;
    BW_TRY(bw_view_copy(http_arena(rq), db_text(st, 6), &r->display, err));
    BW_TRY(viewer_load(db, row.person_id, row.organisation_id, row.role, http_arena(rq), &viewer,
                       err));
    viewer->session_id = row.id;
    r->viewer = viewer;
    if (now_us - row.seen_us > TOUCH_AFTER_US)
        req_touch(TOUCH_SESSION, row.id, now_us, NULL);
    return BW_OK;
}

enum bw_rc session_viewer(struct hub *hub, struct db *db, int64_t session_id,
                          struct bw_arena *arena, struct viewer **ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct row row;
    BW_TRY(db_plain(db,
                    "SELECT id, person_id, organisation_id, role, created_us, seen_us FROM session"
                    " WHERE id = ?1 AND ended_us IS NULL",
                    &st, err));
    db_bind_int(st, 1, session_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_UNSIGNED, "the session has ended");
    BW_TRY(rc);
    read_row(st, &row);
    /* A page that is open and listens is in use: the idle limit does not end it, the absolute one
     * does. */
    row.seen_us = bw_now_us();
    if (!alive(hub, &row, row.seen_us))
        return bw_fail(err, BW_UNSIGNED, "the session has ended");
    BW_TRY(viewer_load(db, row.person_id, row.organisation_id, row.role, arena, ret, err));
    (*ret)->session_id = row.id;
    return BW_OK;
}

static enum bw_rc end_session(struct db_tx *tx, int64_t id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE session SET ended_us = ?2 WHERE id = ?1 AND ended_us IS NULL", &st,
                     err));
    db_bind_int(st, 1, id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    return db_run(st, err);
}

struct start {
    const struct req_sign_in *in;
    int64_t before_id; /* the browser's session until now; 0: none */
    struct crypto_digest hash;
};

static enum bw_rc insert_row(struct db_tx *tx, const struct start *s, int64_t *ret_id,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO session (token_hash, person_id, organisation_id, role, display,"
                     " device, created_us, seen_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)"
                     " RETURNING id",
                     &st, err));
    db_bind_bytes(st, 1, crypto_digest_view(&s->hash));
    db_bind_int(st, 2, s->in->person_id);
    db_bind_int(st, 3, s->in->organisation_id);
    db_bind_int(st, 4, (int64_t)s->in->role);
    db_bind_text(st, 5, s->in->display);
    db_bind_text(st, 6, bw_utf8_head(s->in->device, 200));
    db_bind_int(st, 7, db_tx_now_us(tx));
    BW_TRY(db_row(st, err));
    *ret_id = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc insert_session(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct start *s = arg;
    int64_t id;
    if (s->in->also)
        BW_TRY(s->in->also(tx, s->in->also_arg, err));
    if (s->before_id)
        BW_TRY(end_session(tx, s->before_id, err));
    BW_TRY(insert_row(tx, s, &id, err));
    return s->in->then ? s->in->then(tx, s->in->also_arg, id, err) : BW_OK;
}

enum bw_rc req_session_start(struct http_req *rq, struct http_resp *rs,
                             const struct req_sign_in *in, struct bw_err *err)
{
    struct crypto_token token = crypto_token_new("");
    struct start s = {in, req_viewer(rq)->session_id, crypto_token_hash(bw_view_z(token.text))};
    BW_TRY(req_write(rq, insert_session, &s, err));
    set_cookie(rq, rs, bw_view_z(token.text), 0);
    crypto_wipe(&token, sizeof(token));
    return BW_OK;
}

struct stop {
    int64_t id;
    db_write_fn also;
    void *also_arg;
};

static enum bw_rc stop_session(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct stop *s = arg;
    if (s->also)
        BW_TRY(s->also(tx, s->also_arg, err));
    return end_session(tx, s->id, err);
}

enum bw_rc req_session_end(struct http_req *rq, struct http_resp *rs, db_write_fn also,
                           void *also_arg, struct bw_err *err)
{
    struct stop s = {req_viewer(rq)->session_id, also, also_arg};
    if (s.id)
        BW_TRY(req_write(rq, stop_session, &s, err));
    set_cookie(rq, rs, BW_V(""), -1);
    return BW_OK;
}

enum bw_rc session_end_others(struct db_tx *tx, int64_t person_id, int64_t keep_id,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE session SET ended_us = ?3 WHERE person_id = ?1 AND id <> ?2"
                     " AND ended_us IS NULL",
                     &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, keep_id);
    db_bind_int(st, 3, db_tx_now_us(tx));
    return db_run(st, err);
}

enum bw_rc session_end_all(struct db_tx *tx, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *keys = NULL;
    BW_TRY(session_end_others(tx, person_id, 0, err));
    BW_TRY(db_change(tx,
                     "UPDATE api_key SET ended_us = ?2 WHERE person_id = ?1 AND ended_us IS NULL",
                     &keys, err));
    db_bind_int(keys, 1, person_id);
    db_bind_int(keys, 2, db_tx_now_us(tx));
    return db_run(keys, err);
}
