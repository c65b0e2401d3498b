/* SPDX-License-Identifier: Apache-2.0 */
/* signin_page - the pages of the two steps; see signin_int.h. The first POST hashes a password and
 * runs on the slow threads, everything else on workers. Answers of both POSTs are pages, not
 * redirects, because what the next step needs travels in the page. */
#include "signin_int.h"

#include "bw_clock.h"
#include "page.h"
#include "signin_view.h"

#include "signin_html.h"

enum { STATUS_REFUSED = 422, STATUS_WAIT = 429, STATUS_DENIED = 403 };

static struct html_url link_to(struct http_req *rq, const char *path)
{
    struct bw_view text =
        bw_arena_printf(http_arena(rq), "/%.*s/%s", BW_VF(i18n_path_name(req_lang(rq))), path);
    return html_url_or_hash(text);
}

/* "Error: Sign in" where something has to be put right. */
static enum bw_rc send(struct http_req *rq, struct http_resp *rs, enum i18n_msg title, bool failed,
                       struct html_slot body, struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(1024);
    struct page p = {.title_msg = title, .slim = true, .body = body};
    if (failed) {
        I18N_PUT(&text, req_lang(rq), MSG_signin_error_title,
                 I18N_TEXT("title", i18n(req_lang(rq), title)));
        p.title = bw_buf_text(&text);
    }
    return page_send(rq, rs, &p, err);
}

/* -- first step -------------------------------------------------------------------------------- */

static enum bw_rc password_page(struct http_req *rq, struct http_resp *rs,
                                struct signin_password_view *v, struct bw_err *err)
{
    BW_TRY(req_browser_bind(rq, rs, err));
    v->action = link_to(rq, "sign-in");
    v->demo = req_hub(rq)->demo;
    return send(rq, rs, MSG_signin_title, v->failed, html_signin_password_slot(v), err);
}

static enum bw_rc password_again(struct http_req *rq, struct http_resp *rs, int status,
                                 enum i18n_msg error, struct bw_view email, struct bw_view next,
                                 struct bw_err *err)
{
    struct signin_password_view v = {.email = email,
                                     .next = signin_next(next),
                                     .failed = true,
                                     .error = error};
    http_status(rs, status);
    return password_page(rq, rs, &v, err);
}

static void go_on(struct http_req *rq, struct http_resp *rs, struct bw_view next)
{
    next = signin_next(next);
    if (next.n)
        http_redirect(rs, 303, next);
    else
        page_to(rq, rs, "home");
}

enum bw_rc signin_password_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_password_view v = {
        .next = signin_next(http_text(rq, "next")),
        .signed_out = bw_view_is(http_text(rq, "done"), "signed-out"),
    };
    if (req_viewer(rq)->role != ROLE_NOBODY) {
        go_on(rq, rs, v.next);
        return BW_OK;
    }
    return password_page(rq, rs, &v, err);
}

static enum bw_rc count_failure(struct db_tx *tx, void *throttle, struct bw_err *err)
{
    return signin_throttle_fail(tx, throttle, err);
}

static enum bw_rc take_try(struct db_tx *tx, void *throttle, struct bw_err *err)
{
    return signin_throttle_take(tx, throttle, err);
}

static struct crypto_password_cost cost_of(const struct hub *hub)
{
    return (struct crypto_password_cost){
        .memory_kib = (size_t)setting_int(hub->settings, SETTING_PASSWORD_MEMORY),
        .passes = (unsigned)setting_int(hub->settings, SETTING_PASSWORD_PASSES),
    };
}

struct rehash {
    int64_t person_id;
    struct bw_view old_hash;
    char new_hash[CRYPTO_PASSWORD_TEXT_MAX];
};

static enum bw_rc write_rehash(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct rehash *r = arg;
    return signin_rehash(tx, r->person_id, r->old_hash, bw_view_z(r->new_hash), err);
}

/* True: the password is right. What is not there costs as much as what is. */
static enum bw_rc password_right(struct http_req *rq, const struct signin_person *p,
                                 struct bw_view password, bool *ret, struct bw_err *err)
{
    struct crypto_password_cost cost = cost_of(req_hub(rq));
    bool stale = false;
    enum bw_rc rc = crypto_password_verify(password, p->password_hash, cost, &stale, err);
    *ret = rc == BW_OK;
    if (rc == BW_DENIED)
        return BW_OK;
    if (rc != BW_OK || !stale)
        return rc;
    struct rehash r = {.person_id = p->id, .old_hash = p->password_hash};
    BW_TRY(crypto_password_hash(password, cost, r.new_hash, err));
    return req_write(rq, write_rehash, &r, err);
}

/* Text in fours, as people type it. */
static struct bw_view in_fours(struct bw_arena *arena, struct bw_view text)
{
    char *out = bw_arena_get(arena, text.n + text.n / 4 + 1);
    size_t n = 0;
    if (!out)
        return text;
    for (size_t i = 0; i < text.n; i++) {
        if (i && i % 4 == 0)
            out[n++] = ' ';
        out[n++] = text.p[i];
    }
    return bw_view_of(out, n);
}

static enum bw_rc show_enrolment(struct http_req *rq, const struct signin_person *p,
                                 const struct crypto_totp *totp, struct signin_code_view *v,
                                 struct bw_err *err)
{
    struct bw_arena *arena = http_arena(rq);
    BW_AUTO_BUF secret = BW_BUF_INIT(128);
    BW_AUTO_BUF uri = BW_BUF_INIT(2048);
    struct bw_view text;
    crypto_totp_text(totp, &secret);
    crypto_totp_uri(totp, setting_text(req_hub(rq)->settings, SETTING_NAME), p->email, &uri);
    BW_TRY(bw_buf_rc(&secret, "secret", err));
    BW_TRY(bw_buf_rc(&uri, "address", err));
    BW_TRY(bw_view_copy(arena, bw_buf_text(&secret), &text, err));
    BW_TRY(bw_view_copy(arena, bw_buf_text(&uri), &v->uri, err));
    crypto_wipe(secret.p, secret.n);
    crypto_wipe(uri.p, uri.n);
    v->enrol = true;
    v->account = p->email;
    v->secret = in_fours(arena, text);
    return BW_OK;
}

/* A demonstration has no phones: the page shows what the app would. A code that was taken is
 * followed by the next one, which is right already. */
static enum bw_rc show_demo_code(struct http_req *rq, const struct signin_person *p,
                                 const struct crypto_totp *totp, struct signin_code_view *v,
                                 struct bw_err *err)
{
    int64_t step = bw_now_us() / CRYPTO_TOTP_STEP_US;
    char code[7];
    if (p->totp_last_step >= step)
        step++;
    crypto_totp_code(totp, step, code);
    return bw_view_copy(http_arena(rq), bw_view_z(code), &v->demo_code, err);
}

/* -- second step ------------------------------------------------------------------------------- */

struct second {
    struct signin_person person;
    struct signin_state state;
    struct bw_view text; /* the state as it was sent */
    struct crypto_totp totp;
};

static enum bw_rc code_page(struct http_req *rq, struct http_resp *rs, const struct second *s,
                            struct signin_code_view *v, struct bw_err *err)
{
    v->action = link_to(rq, "sign-in/code");
    v->again = link_to(rq, "sign-in");
    v->state = s->text;
    if (s->state.enrol)
        BW_TRY(show_enrolment(rq, &s->person, &s->totp, v, err));
    if (req_hub(rq)->demo)
        BW_TRY(show_demo_code(rq, &s->person, &s->totp, v, err));
    return send(rq, rs, s->state.enrol ? MSG_signin_enrol_title : MSG_signin_code_title, v->failed,
                html_signin_code_slot(v), err);
}

static enum bw_rc code_again(struct http_req *rq, struct http_resp *rs, int status,
                             enum i18n_msg error, const struct second *s, struct bw_err *err)
{
    struct signin_code_view v = {.failed = true, .error = error};
    http_status(rs, status);
    return code_page(rq, rs, s, &v, err);
}

static enum bw_rc begin_second(struct http_req *rq, struct http_resp *rs,
                               const struct signin_person *p, struct bw_view next,
                               struct bw_err *err)
{
    const struct hub *hub = req_hub(rq);
    struct signin_code_view v = {.failed = false};
    struct second s = {.person = *p};
    s.state =
        (struct signin_state){.person_id = p->id, .enrol = p->totp_sealed.n == 0, .next = next};
    s.state.expires_us = bw_now_us() + (s.state.enrol ? SIGNIN_ENROL_US : SIGNIN_STEP_US);
    if (s.state.enrol)
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

enum bw_rc signin_password_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct hub *hub = req_hub(rq);
    struct bw_view next = http_text(rq, "next"), password = http_text(rq, "password"), email;
    struct signin_person p = {.id = 0};
    struct signin_throttle throttle;
    const struct bw_ip peer = http_peer(rq);
    bool right = false;
    struct db *db;

    BW_TRY(member_lower(http_arena(rq), http_text(rq, "email"), &email, err));
    if (email.n == 0 || password.n == 0)
        return password_again(rq, rs, STATUS_REFUSED, MSG_signin_missing, email, next, err);
    signin_throttle_init(hub->settings, email, &peer, &throttle);
    BW_TRY(req_db(rq, &db, err));
    enum bw_rc rc = signin_throttle_check(db, &throttle, bw_now_us(), err);
    if (rc == BW_BUSY)
        return password_again(rq, rs, STATUS_WAIT, MSG_signin_wait, email, next, err);
    BW_TRY(rc);
    rc = signin_by_email(db, email, http_arena(rq), &p, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    req_db_done(rq);
    BW_TRY(password_right(rq, &p, password, &right, err));
    if (right)
        return begin_second(rq, rs, &p, next, err);
    BW_TRY(req_write(rq, count_failure, &throttle, err));
    return password_again(rq, rs, STATUS_REFUSED, MSG_signin_wrong, email, next, err);
}

/* Who comes here by a link or a reload has nothing in hand. */
enum bw_rc signin_code_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    (void)err;
    page_to(rq, rs, "sign-in");
    return BW_OK;
}

/* From the token to the person and the secret. BW_INVALID, BW_NOT_FOUND: start again. */
static enum bw_rc open_second(struct http_req *rq, struct second *s, struct bw_err *err)
{
    const struct hub *hub = req_hub(rq);
    struct db *db;
    s->text = http_text(rq, "state");
    BW_TRY(signin_state_open(hub->keyring, req_csrf(rq), s->text, http_arena(rq), &s->state, err));
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(signin_by_id(db, s->state.person_id, http_arena(rq), &s->person, err));
    s->totp = s->state.totp;
    if (!s->state.enrol)
        return signin_totp_open(hub->keyring, &s->person, &s->totp, err);
    return s->person.totp_sealed.n == 0 ? BW_OK : bw_fail(err, BW_INVALID, "start again");
}

static enum bw_rc suspended_page(struct http_req *rq, struct http_resp *rs,
                                 struct signin_accept *accept, struct bw_err *err)
{
    const struct member_names *names = &accept->person->organisation;
    BW_TRY(req_write(rq, signin_accept, accept, err));
    const struct signin_suspended_view v = {.organisation = member_name(names, req_lang(rq)),
                                            .home = link_to(rq, "")};
    http_status(rs, STATUS_DENIED);
    return send(rq, rs, MSG_signin_suspended_title, false, html_signin_suspended_slot(&v), err);
}

static enum bw_rc sign_in(struct http_req *rq, struct http_resp *rs, struct second *s, int64_t step,
                          const struct signin_throttle *throttle, struct bw_err *err)
{
    struct signin_accept accept = {
        .person = &s->person,
        .throttle = throttle,
        .keyring = req_hub(rq)->keyring,
        .step = step,
        .enrol = s->state.enrol ? &s->totp : NULL,
        .suspended = s->person.organisation_state != MEMBER_ACTIVE,
    };
    if (accept.suspended)
        return suspended_page(rq, rs, &accept, err);
    const struct req_sign_in in = {
        .person_id = s->person.id,
        .organisation_id = s->person.organisation_id,
        .role = s->person.role,
        .display = s->person.name,
        .device = http_header(rq, "User-Agent"),
        .also = signin_accept,
        .also_arg = &accept,
    };
    BW_TRY(req_session_start(rq, rs, &in, err));
    go_on(rq, rs, s->state.next);
    return BW_OK;
}

static enum bw_rc second_step(struct http_req *rq, struct http_resp *rs, struct second *s,
                              struct bw_err *err)
{
    struct signin_throttle throttle;
    const struct bw_ip peer = http_peer(rq);
    int64_t step;
    signin_throttle_init(req_hub(rq)->settings, s->person.email, &peer, &throttle);
    enum bw_rc rc = req_write(rq, take_try, &throttle, err);
    if (rc == BW_BUSY)
        return code_again(rq, rs, STATUS_WAIT, MSG_signin_wait, s, err);
    BW_TRY(rc);
    if (!crypto_totp_verify(&s->totp, http_text(rq, "code"), bw_now_us(), &step))
        return code_again(rq, rs, STATUS_REFUSED, MSG_signin_code_wrong, s, err);
    rc = sign_in(rq, rs, s, step, &throttle, err);
    if (rc == BW_CONFLICT)
        return code_again(rq, rs, STATUS_REFUSED, MSG_signin_code_used, s, err);
    return rc;
}

enum bw_rc signin_code_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct second s = {.text = {NULL, 0}};
    enum bw_rc rc = open_second(rq, &s, err);
    if (rc == BW_OK)
        rc = second_step(rq, rs, &s, err);
    crypto_wipe(&s.totp, sizeof(s.totp));
    crypto_wipe(&s.state.totp, sizeof(s.state.totp));
    if (rc == BW_INVALID || rc == BW_NOT_FOUND || rc == BW_DENIED)
        return password_again(rq, rs, STATUS_REFUSED, MSG_signin_again, (struct bw_view){NULL, 0},
                              s.state.next, err);
    return rc;
}

/* -- out --------------------------------------------------------------------------------------- */

enum bw_rc signin_out_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    int64_t person_id = req_viewer(rq)->person_id;
    BW_TRY(req_session_end(rq, rs, signin_leave, &person_id, err));
    page_to(rq, rs, "sign-in?done=signed-out");
    return BW_OK;
}
