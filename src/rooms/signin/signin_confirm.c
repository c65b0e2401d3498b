/* SPDX-License-Identifier: Apache-2.0 */
/* signin_confirm - "it is still me": the password or a passkey once more before a sensitive step,
 * then back to the page from which the person came. */
#include "signin_account.h"
#include "signin_form.h"

#include "signin_html.h"

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, const struct signin_person *p,
                       struct signin_confirm_view *v, struct bw_err *err)
{
    const struct signin_state s = {.kind = SIGNIN_CONFIRM,
                                   .person_id = p->id,
                                   .expires_us = bw_now_us() + SIGNIN_STEP_US};
    size_t keys;
    BW_TRY(
        signin_state_seal(req_hub(rq)->keyring, req_csrf(rq), &s, http_arena(rq), &v->state, err));
    BW_TRY(signin_passkey_ask(rq, p->id, v->state, true, &v->ask, &keys, err));
    v->has_passkey = keys > 0;
    v->email = p->email;
    v->next = signin_next(http_text(rq, "next"));
    return signin_send(rq, rs, MSG_signin_confirm_title, v->failed, true,
                       html_signin_confirm_slot(v), err);
}

static enum bw_rc again(struct http_req *rq, struct http_resp *rs, const struct signin_person *p,
                        int status, enum i18n_msg error, struct bw_err *err)
{
    struct signin_confirm_view v = {.failed = true, .error = error};
    http_status(rs, status);
    return show(rq, rs, p, &v, err);
}

static void go_back(struct http_req *rq, struct http_resp *rs)
{
    struct bw_view next = signin_next(http_text(rq, "next"));
    if (next.n)
        http_redirect(rs, 303, next);
    else
        page_to(rq, rs, "account");
}

enum bw_rc signin_confirm_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_confirm_view v = {.failed = false};
    struct signin_person p;
    BW_TRY(signin_self(rq, &p, err));
    return show(rq, rs, &p, &v, err);
}

struct proof {
    int64_t person_id, session_id;
    const struct signin_passkey_use *use; /* NULL: the password was right */
    const struct signin_throttle *throttle;
};

static enum bw_rc write_proof(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct proof *p = arg;
    if (p->use)
        BW_TRY(signin_passkey_take(tx, p->person_id, p->use, err));
    if (p->throttle)
        BW_TRY(signin_throttle_forgive(tx, p->throttle, err));
    return signin_session_prove(tx, p->session_id, err);
}

enum bw_rc signin_confirm_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_throttle throttle;
    struct signin_person p;
    bool right = false;
    BW_TRY(signin_self(rq, &p, err));
    BW_TRY(signin_throttle_of(rq, p.email, &throttle, err));
    enum bw_rc rc = signin_try(rq, &throttle, err);
    if (rc == BW_BUSY)
        return again(rq, rs, &p, SIGNIN_WAIT, MSG_signin_wait, err);
    BW_TRY(rc);
    BW_TRY(signin_password_right(rq, &p, http_text(rq, "password"), &right, err));
    if (!right)
        return again(rq, rs, &p, SIGNIN_REFUSED, MSG_signin_current_wrong, err);
    struct proof proof = {p.id, req_viewer(rq)->session_id, NULL, &throttle};
    BW_TRY(req_write(rq, write_proof, &proof, err));
    go_back(rq, rs);
    return BW_OK;
}

static enum bw_rc prove_by_passkey(struct http_req *rq, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct signin_passkey_said said;
    struct signin_state s;
    BW_TRY(signin_state_open(req_hub(rq)->keyring, req_csrf(rq), http_text(rq, "state"),
                             SIGNIN_KIND(SIGNIN_CONFIRM), http_arena(rq), &s, err));
    if (s.person_id != viewer->person_id)
        return bw_fail(err, BW_INVALID, "start again");
    BW_TRY(signin_passkey_check(rq, viewer->person_id, true, &said, err));
    const struct signin_passkey_use use = {said.passkey.id, said.count, http_text(rq, "state")};
    struct proof proof = {viewer->person_id, viewer->session_id, &use, NULL};
    return req_write(rq, write_proof, &proof, err);
}

enum bw_rc signin_confirm_passkey(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_person p;
    BW_TRY(signin_self(rq, &p, err));
    enum bw_rc rc = prove_by_passkey(rq, err);
    if (rc == BW_DENIED)
        return again(rq, rs, &p, SIGNIN_REFUSED, MSG_signin_passkey_copied, err);
    if (rc == BW_INVALID || rc == BW_NOT_FOUND || rc == BW_CONFLICT)
        return again(rq, rs, &p, SIGNIN_REFUSED, MSG_signin_passkey_failed, err);
    BW_TRY(rc);
    go_back(rq, rs);
    return BW_OK;
}
