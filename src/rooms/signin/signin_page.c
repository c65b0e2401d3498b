/* SPDX-License-Identifier: Apache-2.0 */
/* signin_page - the first step, and out; see signin_int.h. The POST hashes a password and runs on
 * the slow threads. Its answer is a page, not a redirect, because what the next step needs travels
 * in the page. */
#include "signin_form.h"

#include "signin_device.h"
#include "signin_passkey.h"
#include "signin_view.h"

#include "signin_html.h"

struct html_url signin_link(struct http_req *rq, const char *path)
{
    struct bw_view text =
        bw_arena_printf(http_arena(rq), "/%.*s/%s", BW_VF(i18n_path_name(req_lang(rq))), path);
    return html_url_or_hash(text);
}

enum bw_rc signin_send(struct http_req *rq, struct http_resp *rs, enum i18n_msg title, bool failed,
                       bool slim, struct html_slot body, struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(1024);
    struct page p = {.title_msg = title, .slim = slim, .narrow = !slim, .body = body};
    if (failed) {
        I18N_PUT(&text, req_lang(rq), MSG_signin_error_title,
                 I18N_TEXT("title", i18n(req_lang(rq), title)));
        p.title = bw_buf_text(&text);
    }
    return page_send(rq, rs, &p, err);
}

/* A challenge for who has a passkey: it costs a seal, and nothing is kept. */
static enum bw_rc offer_passkey(struct http_req *rq, struct signin_password_view *v,
                                struct bw_err *err)
{
    const struct signin_state s = {.kind = SIGNIN_ALONE,
                                   .expires_us = bw_now_us() + SIGNIN_STEP_US,
                                   .next = v->next};
    struct bw_view text;
    size_t none;
    BW_TRY(signin_state_seal(req_hub(rq)->keyring, req_csrf(rq), &s, http_arena(rq), &text, err));
    v->passkey_action = signin_link(rq, "sign-in/passkey");
    return signin_passkey_ask(rq, 0, text, true, &v->ask, &none, err);
}

static enum bw_rc password_page(struct http_req *rq, struct http_resp *rs,
                                struct signin_password_view *v, struct bw_err *err)
{
    BW_TRY(req_browser_bind(rq, rs, err));
    BW_TRY(offer_passkey(rq, v, err));
    v->action = signin_link(rq, "sign-in");
    v->forgot = signin_link(rq, "sign-in/forgot");
    v->demo = req_hub(rq)->demo;
    return signin_send(rq, rs, MSG_signin_title, v->failed, true, html_signin_password_slot(v),
                       err);
}

enum bw_rc signin_again(struct http_req *rq, struct http_resp *rs, int status, enum i18n_msg error,
                        struct bw_view email, struct bw_view next, struct bw_err *err)
{
    struct signin_password_view v = {.email = email,
                                     .next = signin_next(next),
                                     .failed = true,
                                     .error = error};
    http_status(rs, status);
    return password_page(rq, rs, &v, err);
}

void signin_go_on(struct http_req *rq, struct http_resp *rs, enum role role, struct bw_view next)
{
    next = signin_next(next);
    if (next.n)
        http_redirect(rs, 303, next);
    else
        page_to(rq, rs, "%s", role == ROLE_SYSADMIN ? "system" : "home");
}

enum bw_rc signin_password_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_view done = http_text(rq, "done");
    struct signin_password_view v = {.next = signin_next(http_text(rq, "next"))};
    if (req_viewer(rq)->role != ROLE_NOBODY) {
        signin_go_on(rq, rs, req_viewer(rq)->role, v.next);
        return BW_OK;
    }
    if (bw_view_is(done, "signed-out") || bw_view_is(done, "password")) {
        v.done = true;
        v.done_msg = bw_view_is(done, "password") ? MSG_signin_reset_done : MSG_signin_out_done;
    }
    return password_page(rq, rs, &v, err);
}

/* -- guesses ----------------------------------------------------------------------------------- */

enum bw_rc signin_throttle_of(struct http_req *rq, struct bw_view email,
                              struct signin_throttle *ret, struct bw_err *err)
{
    const struct bw_ip peer = http_peer(rq);
    struct signin_device device;
    struct db *db;
    bool known;
    signin_throttle_init(req_hub(rq)->settings, email, &peer, ret);
    BW_TRY(req_db(rq, &db, err));
    signin_device_read(rq, &device);
    signin_device_done(&device);
    BW_TRY(signin_device_known(db, email, &device, &known, err));
    if (known)
        signin_throttle_known(&device.old, ret);
    return BW_OK;
}

static enum bw_rc count_failure(struct db_tx *tx, void *throttle, struct bw_err *err)
{
    return signin_throttle_fail(tx, throttle, err);
}

static enum bw_rc take_try(struct db_tx *tx, void *throttle, struct bw_err *err)
{
    return signin_throttle_take(tx, throttle, err);
}

enum bw_rc signin_try(struct http_req *rq, struct signin_throttle *t, struct bw_err *err)
{
    return req_write(rq, take_try, t, err);
}

static enum bw_rc forgive(struct db_tx *tx, void *throttle, struct bw_err *err)
{
    return signin_throttle_forgive(tx, throttle, err);
}

enum bw_rc signin_forgive(struct http_req *rq, struct signin_throttle *t, struct bw_err *err)
{
    return req_write(rq, forgive, t, err);
}

enum bw_rc signin_password_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_view next = http_text(rq, "next"), password = http_text(rq, "password"), email;
    struct signin_person p = {.id = 0};
    struct signin_throttle throttle;
    bool right = false;
    struct db *db;

    BW_TRY(member_lower(http_arena(rq), http_text(rq, "email"), &email, err));
    if (email.n == 0 || password.n == 0)
        return signin_again(rq, rs, SIGNIN_REFUSED, MSG_signin_missing, email, next, err);
    BW_TRY(signin_throttle_of(rq, email, &throttle, err));
    BW_TRY(req_db(rq, &db, err));
    enum bw_rc rc = signin_throttle_check(db, &throttle, bw_now_us(), err);
    if (rc == BW_BUSY)
        return signin_again(rq, rs, SIGNIN_WAIT, MSG_signin_wait, email, next, err);
    BW_TRY(rc);
    rc = signin_by_email(db, email, http_arena(rq), &p, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    req_db_done(rq);
    BW_TRY(signin_password_right(rq, &p, password, &right, err));
    if (right)
        return signin_begin_second(rq, rs, &p, next, err);
    BW_TRY(req_write(rq, count_failure, &throttle, err));
    return signin_again(rq, rs, SIGNIN_REFUSED, MSG_signin_wrong, email, next, err);
}

/* -- out --------------------------------------------------------------------------------------- */

enum bw_rc signin_out_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    int64_t person_id = req_viewer(rq)->person_id;
    BW_TRY(req_session_end(rq, rs, signin_leave, &person_id, err));
    page_to(rq, rs, "sign-in?done=signed-out");
    return BW_OK;
}
