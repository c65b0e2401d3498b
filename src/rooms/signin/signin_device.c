/* SPDX-License-Identifier: Apache-2.0 */
/* signin_device - rows and cookie of remembered browsers; see signin_device.h. */
#include "signin_device.h"

#include "json_write.h"

enum { TOKEN_BYTES_MIN = 32, ROWS_MAX = 50 };

static const char *cookie_name(const struct hub *hub)
{
    return hub->secure_cookies ? "__Host-bwd" : "bwd";
}

void signin_device_read(struct http_req *rq, struct signin_device *ret)
{
    struct bw_view token = http_cookie(rq, cookie_name(req_hub(rq)));
    *ret = (struct signin_device){.agent =
                                      bw_utf8_head(http_header(rq, "User-Agent"), SIGNIN_AGENT_MAX),
                                  .fresh = crypto_token_new("")};
    if (!bw_utf8_valid(ret->agent))
        ret->agent = (struct bw_view){NULL, 0};
    if (token.n < TOKEN_BYTES_MIN || token.n >= CRYPTO_TOKEN_MAX)
        return;
    ret->has_old = true;
    ret->old = crypto_token_hash(token);
}

void signin_device_done(struct signin_device *d)
{
    crypto_wipe(&d->fresh, sizeof(d->fresh));
}

void signin_device_cookie(struct http_req *rq, struct http_resp *rs, const struct signin_device *d)
{
    const struct hub *hub = req_hub(rq);
    http_cookie_set(rs, &(struct http_cookie_spec){.name = cookie_name(hub),
                                                   .value = bw_view_z(d->fresh.text),
                                                   .max_age_s = SIGNIN_DEVICE_US / BW_SECOND_US,
                                                   .same_site = HTTP_SAME_SITE_LAX,
                                                   .insecure = !hub->secure_cookies});
}

enum bw_rc signin_device_known(struct db *db, struct bw_view email, const struct signin_device *d,
                               bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret = false;
    if (!d->has_old)
        return BW_OK;
    BW_TRY(db_query(db, viewer_system("sign-in: nobody is signed in yet"),
                    "SELECT 1 FROM device d JOIN v_person p ON p.id = d.person_id"
                    " WHERE d.token_hash = ?1 AND p.email = ?2 AND d.ended_us IS NULL"
                    " AND d.seen_us > ?3",
                    &st, err));
    db_bind_bytes(st, 1, crypto_digest_view(&d->old));
    db_bind_text(st, 2, email);
    db_bind_int(st, 3, bw_now_us() - SIGNIN_DEVICE_US);
    enum bw_rc rc = db_row(st, err);
    *ret = rc == BW_OK;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* -- arriving ---------------------------------------------------------------------------------- */

static enum bw_rc find_row(struct db_tx *tx, int64_t person_id, const struct signin_device *d,
                           int64_t *ret_id, bool *ret_known, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret_id = 0;
    *ret_known = false;
    if (!d->has_old)
        return BW_OK;
    BW_TRY(db_plain(db_tx_db(tx),
                    "SELECT id, seen_us FROM device WHERE token_hash = ?1 AND person_id = ?2"
                    " AND ended_us IS NULL",
                    &st, err));
    db_bind_bytes(st, 1, crypto_digest_view(&d->old));
    db_bind_int(st, 2, person_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return BW_OK;
    BW_TRY(rc);
    *ret_id = db_int(st, 0);
    *ret_known = db_int(st, 1) > db_tx_now_us(tx) - SIGNIN_DEVICE_US;
    return BW_OK;
}

/* For everybody whom this browser knows: the old cookie is gone. */
static enum bw_rc change_token(struct db_tx *tx, const struct signin_device *d,
                               const struct crypto_digest *fresh, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE device SET token_hash = ?2 WHERE token_hash = ?1"
                     " AND ended_us IS NULL",
                     &st, err));
    db_bind_bytes(st, 1, crypto_digest_view(&d->old));
    db_bind_bytes(st, 2, crypto_digest_view(fresh));
    return db_run(st, err);
}

static enum bw_rc see_again(struct db_tx *tx, int64_t id, struct bw_view agent, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE device SET seen_us = ?2, agent = ?3 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    db_bind_text(st, 3, agent);
    return db_run(st, err);
}

static enum bw_rc insert_row(struct db_tx *tx, int64_t person_id, const struct crypto_digest *fresh,
                             struct bw_view agent, int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id public_id = bw_id_new();
    BW_TRY(db_change(tx,
                     "INSERT INTO device (public_id, person_id, token_hash, agent, created_us,"
                     " seen_us) VALUES (?1, ?2, ?3, ?4, ?5, ?5) RETURNING id",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(public_id.text));
    db_bind_int(st, 2, person_id);
    db_bind_bytes(st, 3, crypto_digest_view(fresh));
    db_bind_text(st, 4, agent);
    db_bind_int(st, 5, db_tx_now_us(tx));
    BW_TRY(db_row(st, err));
    *ret_id = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc tell(struct db_tx *tx, const struct signin_person *p, struct bw_view agent,
                       struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(4096);
    struct json_writer w;
    json_w_open(&w, &text);
    json_w_object(&w);
    json_w_kv(&w, "agent", agent);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&text, "event", err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_DEVICE_NEW,
                                                .object = p->public_id,
                                                .actor_id = p->id,
                                                .payload = bw_buf_text(&text)},
                         err);
}

enum bw_rc signin_device_arrive(struct db_tx *tx, const struct signin_person *p,
                                const struct signin_device *d, int64_t *ret_id, struct bw_err *err)
{
    struct crypto_digest fresh = crypto_token_hash(bw_view_z(d->fresh.text));
    bool known;
    BW_TRY(find_row(tx, p->id, d, ret_id, &known, err));
    if (d->has_old)
        BW_TRY(change_token(tx, d, &fresh, err));
    if (*ret_id)
        BW_TRY(see_again(tx, *ret_id, d->agent, err));
    else
        BW_TRY(insert_row(tx, p->id, &fresh, d->agent, ret_id, err));
    return known || d->first ? BW_OK : tell(tx, p, d->agent, err);
}

/* -- looking and ending ------------------------------------------------------------------------ */

enum bw_rc signin_devices_of(struct db *db, int64_t person_id, const struct crypto_digest *here,
                             struct bw_arena *arena, struct signin_device_row **ret, size_t *ret_n,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct signin_device_row *rows = BW_ARENA_ARRAY(arena, ROWS_MAX, struct signin_device_row);
    size_t n = 0;
    enum bw_rc rc;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_plain(db,
                    "SELECT public_id, agent, created_us, seen_us, token_hash FROM device"
                    " WHERE person_id = ?1 AND ended_us IS NULL AND seen_us > ?2"
                    " ORDER BY seen_us DESC, id DESC LIMIT ?3",
                    &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, bw_now_us() - SIGNIN_DEVICE_US);
    db_bind_int(st, 3, ROWS_MAX);
    while ((rc = db_row(st, err)) == BW_OK) {
        struct signin_device_row *r = &rows[n++];
        *r = (struct signin_device_row){.created_us = db_int(st, 2), .seen_us = db_int(st, 3)};
        BW_TRY(bw_view_copy(arena, db_text(st, 0), &r->public_id, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &r->agent, err));
        r->here = here && bw_view_eq(db_bytes(st, 4), crypto_digest_view(here));
    }
    *ret = rows;
    *ret_n = n;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc signin_device_end(struct db_tx *tx, int64_t person_id, struct bw_view public_id,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *device = NULL;
    BW_AUTO(db_stmt) *sessions = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE device SET ended_us = ?3 WHERE public_id = ?1 AND person_id = ?2"
                     " AND ended_us IS NULL RETURNING id",
                     &device, err));
    db_bind_text(device, 1, public_id);
    db_bind_int(device, 2, person_id);
    db_bind_int(device, 3, db_tx_now_us(tx));
    enum bw_rc rc = db_row(device, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such browser");
    BW_TRY(rc);
    BW_TRY(db_change(tx,
                     "UPDATE session SET ended_us = ?3 WHERE person_id = ?1 AND ended_us IS NULL"
                     " AND id IN (SELECT s.session_id FROM session_proof s WHERE s.device_id = ?2)",
                     &sessions, err));
    db_bind_int(sessions, 1, person_id);
    db_bind_int(sessions, 2, db_int(device, 0));
    db_bind_int(sessions, 3, db_tx_now_us(tx));
    return db_run(sessions, err);
}

enum bw_rc signin_devices_end(struct db_tx *tx, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE device SET ended_us = ?2 WHERE person_id = ?1 AND ended_us IS NULL",
                     &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    return db_run(st, err);
}
