/* SPDX-License-Identifier: Apache-2.0 */
/* signin_second - the second step: a code of the app, a passkey, or a recovery code; and the
 * passkey that needs no password before. All of them end in signin_finish(). */
#include "signin_account.h"
#include "signin_form.h"
#include "signin_passkey.h"
#include "signin_view.h"

#include "signin_html.h"

struct second {
    struct signin_person person;
    struct signin_state state;
    struct bw_view text; /* the state as it was sent */
    struct crypto_totp totp;
};

static bool enrols(const struct second *s)
{
    return s->state.kind == SIGNIN_ENROL;
}

/* A demonstration has no phones: the page shows what the app would. A code that was taken is
 * followed by the next one, which is right already. */
static enum bw_rc show_demo_code(struct http_req *rq, const struct second *s,
                                 struct signin_code_view *v, struct bw_err *err)
{
    int64_t step = bw_now_us() / CRYPTO_TOTP_STEP_US;
    char code[7];
    if (s->person.totp_last_step >= step)
        step++;
    crypto_totp_code(&s->totp, step, code);
    return bw_view_copy(http_arena(rq), bw_view_z(code), &v->demo_code, err);
}

/* What else there is for somebody who has enrolled. */
static enum bw_rc show_others(struct http_req *rq, const struct second *s,
                              struct signin_code_view *v, struct bw_err *err)
{
    size_t keys;
    int64_t made_us;
    struct db *db;
    BW_TRY(signin_passkey_ask(rq, s->person.id, s->text, false, &v->ask, &keys, err));
    v->has_passkey = keys > 0;
    v->passkey_action = signin_link(rq, "sign-in/passkey");
    v->recovery_action = signin_link(rq, "sign-in/recovery");
    BW_TRY(req_db(rq, &db, err));
    return signin_recovery_left(db, s->person.id, &v->recovery_left, &made_us, err);
}

static enum bw_rc code_page(struct http_req *rq, struct http_resp *rs, const struct second *s,
                            struct signin_code_view *v, struct bw_err *err)
{
    v->action = signin_link(rq, "sign-in/code");
    v->again = signin_link(rq, "sign-in");
    v->state = s->text;
    if (enrols(s))
        BW_TRY(signin_enrolment(rq, &s->person, &s->totp, &v->enrolment, err));
    else
        BW_TRY(show_others(rq, s, v, err));
    v->enrol = enrols(s);
    if (req_hub(rq)->demo)
        BW_TRY(show_demo_code(rq, s, v, err));
    return signin_send(rq, rs, v->enrol ? MSG_signin_enrol_title : MSG_signin_code_title, v->failed,
                       true, html_signin_code_slot(v), err);
}

static enum bw_rc code_again(struct http_req *rq, struct http_resp *rs, int status,
                             enum i18n_msg error, const struct second *s, struct bw_err *err)
{
    struct signin_code_view v = {.failed = true,
                                 .error = error,
                                 .error_field = "code",
                                 .bad_code = true};
    if (error == MSG_signin_recovery_wrong) {
        v.error_field = "recovery";
        v.bad_code = false;
        v.bad_recovery = true;
    }
    http_status(rs, status);
    return code_page(rq, rs, s, &v, err);
}

enum bw_rc signin_begin_second(struct http_req *rq, struct http_resp *rs,
                               const struct signin_person *p, struct bw_view next,
                               struct bw_err *err)
{
    const struct hub *hub = req_hub(rq);
    struct signin_code_view v = {.failed = false};
    struct second s = {.person = *p};
    bool enrol = p->totp_sealed.n == 0;
    s.state = (struct signin_state){.kind = enrol ? SIGNIN_ENROL : SIGNIN_SECOND,
                                    .person_id = p->id,
                                    .next = next};
    s.state.expires_us = bw_now_us() + (enrol ? SIGNIN_ENROL_US : SIGNIN_STEP_US);
    if (enrol)
        crypto_totp_new(&s.totp);
    else
        BW_TRY(signin_totp_open(hub->keyring, p, &s.totp, err));
    s.state.totp = s.totp;
    enum bw_rc rc =
        signin_state_seal(hub->keyring, req_csrf(rq), &s.state, http_arena(rq), &s.text, err);
    if (rc == BW_OK)
        rc = code_page(rq, rs, &s, &v, err);
    crypto_wipe(&s, sizeof(s));
    return rc;
}

/* Who comes here by a link or a reload has nothing in hand. */
enum bw_rc signin_code_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    (void)err;
    page_to(rq, rs, "sign-in");
    return BW_OK;
}

/* -- the answers ------------------------------------------------------------------------------- */

/* From the token to the person and the secret. BW_INVALID, BW_NOT_FOUND: start again. */
static enum bw_rc open_second(struct http_req *rq, unsigned kinds, struct second *s,
                              struct bw_err *err)
{
    const struct hub *hub = req_hub(rq);
    struct db *db;
    s->text = http_text(rq, "state");
    BW_TRY(signin_state_open(hub->keyring, req_csrf(rq), s->text, kinds, http_arena(rq), &s->state,
                             err));
    if (s->state.kind == SIGNIN_ALONE)
        return BW_OK;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(signin_by_id(db, s->state.person_id, http_arena(rq), &s->person, err));
    s->totp = s->state.totp;
    if (!enrols(s))
        return signin_totp_open(hub->keyring, &s->person, &s->totp, err);
    return s->person.totp_sealed.n == 0 ? BW_OK : bw_fail(err, BW_INVALID, "start again");
}

/* Whatever went wrong on the way: from the start. */
static enum bw_rc close_second(struct http_req *rq, struct http_resp *rs, struct second *s,
                               enum bw_rc rc, struct bw_err *err)
{
    struct bw_view next = s->state.next, nobody = {NULL, 0};
    crypto_wipe(&s->totp, sizeof(s->totp));
    crypto_wipe(&s->state.totp, sizeof(s->state.totp));
    if (rc == BW_INVALID || rc == BW_NOT_FOUND || rc == BW_DENIED)
        return signin_again(rq, rs, SIGNIN_REFUSED, MSG_signin_again, nobody, next, err);
    return rc;
}

static enum bw_rc try_code(struct http_req *rq, struct http_resp *rs, struct second *s,
                           struct bw_err *err)
{
    struct signin_throttle throttle;
    int64_t step;
    BW_TRY(signin_throttle_of(rq, s->person.email, &throttle, err));
    enum bw_rc rc = signin_try(rq, &throttle, err);
    if (rc == BW_BUSY)
        return code_again(rq, rs, SIGNIN_WAIT, MSG_signin_wait, s, err);
    BW_TRY(rc);
    if (!crypto_totp_verify(&s->totp, http_text(rq, "code"), bw_now_us(), &step))
        return code_again(rq, rs, SIGNIN_REFUSED, MSG_signin_code_wrong, s, err);
    struct signin_accept a = {.person = &s->person,
                              .throttle = &throttle,
                              .way = SIGNIN_BY_CODE,
                              .step = step,
                              .enrol = enrols(s) ? &s->totp : NULL};
    rc = signin_finish(rq, rs, &a, s->state.next, err);
    if (rc == BW_CONFLICT)
        return code_again(rq, rs, SIGNIN_REFUSED, MSG_signin_code_used, s, err);
    return rc;
}

enum bw_rc signin_code_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct second s = {.text = {NULL, 0}};
    enum bw_rc rc =
        open_second(rq, SIGNIN_KIND(SIGNIN_SECOND) | SIGNIN_KIND(SIGNIN_ENROL), &s, err);
    if (rc == BW_OK)
        rc = try_code(rq, rs, &s, err);
    return close_second(rq, rs, &s, rc, err);
}

static enum bw_rc try_recovery(struct http_req *rq, struct http_resp *rs, struct second *s,
                               struct bw_err *err)
{
    struct signin_throttle throttle;
    BW_TRY(signin_throttle_of(rq, s->person.email, &throttle, err));
    enum bw_rc rc = signin_try(rq, &throttle, err);
    if (rc == BW_BUSY)
        return code_again(rq, rs, SIGNIN_WAIT, MSG_signin_wait, s, err);
    BW_TRY(rc);
    struct signin_accept a = {.person = &s->person,
                              .throttle = &throttle,
                              .way = SIGNIN_BY_RECOVERY,
                              .recovery = http_text(rq, "recovery")};
    rc = signin_finish(rq, rs, &a, s->state.next, err);
    if (rc == BW_CONFLICT)
        return code_again(rq, rs, SIGNIN_REFUSED, MSG_signin_recovery_wrong, s, err);
    return rc;
}

enum bw_rc signin_recovery_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct second s = {.text = {NULL, 0}};
    enum bw_rc rc = open_second(rq, SIGNIN_KIND(SIGNIN_SECOND), &s, err);
    if (rc == BW_OK)
        rc = try_recovery(rq, rs, &s, err);
    return close_second(rq, rs, &s, rc, err);
}

/* -- passkeys ---------------------------------------------------------------------------------- */

static enum bw_rc passkey_refused(struct http_req *rq, struct http_resp *rs, struct second *s,
                                  enum bw_rc why, struct bw_err *err)
{
    struct bw_view nobody = {NULL, 0};
    enum i18n_msg msg = why == BW_DENIED ? MSG_signin_passkey_copied : MSG_signin_passkey_failed;
    if (s->state.kind == SIGNIN_ALONE)
        return signin_again(rq, rs, SIGNIN_REFUSED, msg, nobody, s->state.next, err);
    return code_again(rq, rs, SIGNIN_REFUSED, msg, s, err);
}

/* A signature cannot be guessed, so no guess is counted. */
static enum bw_rc try_passkey(struct http_req *rq, struct http_resp *rs, struct second *s,
                              struct bw_err *err)
{
    bool alone = s->state.kind == SIGNIN_ALONE;
    struct signin_passkey_said said;
    struct db *db;
    enum bw_rc rc = signin_passkey_check(rq, s->state.person_id, alone, &said, err);
    if (rc == BW_INVALID || rc == BW_NOT_FOUND || rc == BW_DENIED)
        return passkey_refused(rq, rs, s, rc, err);
    BW_TRY(rc);
    if (alone) {
        BW_TRY(req_db(rq, &db, err));
        BW_TRY(signin_by_id(db, said.passkey.person_id, http_arena(rq), &s->person, err));
    }
    const struct signin_passkey_use use = {said.passkey.id, said.count, s->text};
    struct signin_accept a = {.person = &s->person,
                              .way = alone ? SIGNIN_BY_PASSKEY_ALONE : SIGNIN_BY_PASSKEY,
                              .passkey = &use};
    rc = signin_finish(rq, rs, &a, s->state.next, err);
    return rc == BW_CONFLICT ? passkey_refused(rq, rs, s, rc, err) : rc;
}

enum bw_rc signin_passkey_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct second s = {.text = {NULL, 0}};
    enum bw_rc rc =
        open_second(rq, SIGNIN_KIND(SIGNIN_SECOND) | SIGNIN_KIND(SIGNIN_ALONE), &s, err);
    if (rc == BW_OK)
        rc = try_passkey(rq, rs, &s, err);
    return close_second(rq, rs, &s, rc, err);
}
