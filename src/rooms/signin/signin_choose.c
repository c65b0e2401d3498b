/* SPDX-License-Identifier: Apache-2.0 */
/* signin_choose - who follows a link by mail chooses a password: invited (welcome), or because it
 * was forgotten (reset). Two-step verification is set up, or asked for, at the sign-in after. A
 * password that was reset ends every session and forgets every browser of the person. */
#include "signin_account.h"
#include "signin_form.h"
#include "signin_link.h"
#include "signin_view.h"

#include "signin_html.h"

static enum bw_rc open_token(struct http_req *rq, enum signin_link_kind kind,
                             struct signin_person *ret, struct bw_err *err)
{
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    return signin_link_open(db, req_hub(rq)->keyring, kind, http_text(rq, "t"), http_arena(rq), ret,
                            err);
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, enum signin_link_kind kind,
                       const struct signin_person *p, const enum i18n_msg *fault,
                       struct bw_err *err)
{
    bool reset = kind == SIGNIN_LINK_RESET;
    BW_TRY(req_browser_bind(rq, rs, err));
    const struct welcome_view v = {
        .action = signin_link(rq, reset ? "sign-in/reset" : "welcome"),
        .token = http_text(rq, "t"),
        .name = p->name,
        .email = p->email,
        .shortest = setting_int(req_hub(rq)->settings, SETTING_PASSWORD_LENGTH),
        .reset = reset,
        .failed = fault != NULL,
        .known = fault && *fault == MSG_signin_password_known,
    };
    if (fault)
        http_status(rs, SIGNIN_REFUSED);
    return signin_send(rq, rs, MSG_signin_welcome_title, v.failed, true, html_welcome_slot(&v),
                       err);
}

static enum bw_rc choose(struct http_req *rq, struct http_resp *rs, enum signin_link_kind kind,
                         struct bw_err *err)
{
    bool reset = kind == SIGNIN_LINK_RESET;
    struct signin_person p;
    enum i18n_msg fault;
    BW_TRY(open_token(rq, kind, &p, err));
    if (signin_password_fault(rq, http_text(rq, "password"), &fault))
        return show(rq, rs, kind, &p, &fault, err);
    const struct signin_password_in in = {.person = &p,
                                          .password = http_text(rq, "password"),
                                          .how = reset ? BW_V("{\"password\":\"reset\"}")
                                                       : BW_V("{\"password\":\"chosen\"}"),
                                          .devices_too = reset};
    enum bw_rc rc = signin_password_keep(rq, &in, err);
    if (rc == BW_CONFLICT) /* of two at once, one is too late: to them the link was used */
        return bw_fail(err, BW_NOT_FOUND, "this link was used: ask for a new one");
    BW_TRY(rc);
    page_to(rq, rs, reset ? "sign-in?done=password" : "sign-in");
    return BW_OK;
}

enum bw_rc welcome_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_person p;
    BW_TRY(open_token(rq, SIGNIN_LINK_WELCOME, &p, err));
    return show(rq, rs, SIGNIN_LINK_WELCOME, &p, NULL, err);
}

enum bw_rc welcome_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return choose(rq, rs, SIGNIN_LINK_WELCOME, err);
}

enum bw_rc signin_reset_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_person p;
    BW_TRY(open_token(rq, SIGNIN_LINK_RESET, &p, err));
    return show(rq, rs, SIGNIN_LINK_RESET, &p, NULL, err);
}

enum bw_rc signin_reset_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return choose(rq, rs, SIGNIN_LINK_RESET, err);
}

/* -- asking for a link ------------------------------------------------------------------------- */

static enum bw_rc forgot_page(struct http_req *rq, struct http_resp *rs,
                              struct signin_forgot_view *v, struct bw_err *err)
{
    BW_TRY(req_browser_bind(rq, rs, err));
    v->action = signin_link(rq, "sign-in/forgot");
    v->back = signin_link(rq, "sign-in");
    return signin_send(rq, rs, MSG_signin_forgot_title, v->failed, true, html_signin_forgot_slot(v),
                       err);
}

enum bw_rc signin_forgot_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_forgot_view v = {.failed = false};
    return forgot_page(rq, rs, &v, err);
}

struct ask {
    struct signin_throttle throttle;
    struct bw_view email;
};

static enum bw_rc write_ask(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct ask *a = arg;
    BW_TRY(signin_throttle_take(tx, &a->throttle, err));
    return job_add(tx, SIGNIN_RESET_JOB, (struct bw_view){NULL, 0}, a->email, 0, NULL, err);
}

/* Nobody is looked for here: what is written and said is the same whether or not there is such an
 * account, and the mail is a job's work. */
enum bw_rc signin_forgot_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_forgot_view v = {.failed = true, .error = MSG_signin_forgot_missing};
    struct bw_view counted;
    struct ask ask;
    const struct bw_ip peer = http_peer(rq);
    BW_TRY(member_lower(http_arena(rq), http_text(rq, "email"), &ask.email, err));
    v.email = ask.email;
    http_status(rs, SIGNIN_REFUSED);
    if (!mail_address_valid(ask.email))
        return forgot_page(rq, rs, &v, err);
    counted = bw_arena_printf(http_arena(rq), "forgot/%.*s", BW_VF(ask.email));
    signin_throttle_init(req_hub(rq)->settings, counted, &peer, &ask.throttle);
    ask.throttle.account_max = SIGNIN_RESETS_MAX;
    enum bw_rc rc = req_write(rq, write_ask, &ask, err);
    if (rc == BW_BUSY) {
        http_status(rs, SIGNIN_WAIT);
        v.error = MSG_signin_wait;
        return forgot_page(rq, rs, &v, err);
    }
    BW_TRY(rc);
    job_wake(req_hub(rq)->jobs);
    http_status(rs, 200);
    v = (struct signin_forgot_view){.sent = true, .email = ask.email};
    return forgot_page(rq, rs, &v, err);
}
