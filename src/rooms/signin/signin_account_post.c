/* SPDX-License-Identifier: Apache-2.0 */
/* signin_account_post - what the forms of the account page do. Each sensitive one asks first that
 * the person has shown within ten minutes who they are; the password's own form asks for the old
 * one instead. */
#include "signin_account.h"

#include "signin_form.h"

#include "signin_html.h"

enum bw_rc signin_recent(struct http_req *rq, bool *ret, struct bw_err *err)
{
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    return signin_session_recent(db, req_viewer(rq)->session_id, ret, err);
}

enum bw_rc signin_confirmed(struct http_req *rq, struct http_resp *rs, bool *ret,
                            struct bw_err *err)
{
    BW_TRY(signin_recent(rq, ret, err));
    if (!*ret)
        page_confirm(rq, rs, "account");
    return BW_OK;
}

static enum bw_rc refuse(struct http_req *rq, struct http_resp *rs, enum i18n_msg error,
                         const char *field, struct bw_err *err)
{
    return signin_account_show(rq, rs, &(struct signin_account_fault){error, field}, err);
}

/* -- password ---------------------------------------------------------------------------------- */

static enum bw_rc change_password(struct http_req *rq, struct http_resp *rs,
                                  const struct signin_person *p, struct bw_err *err)
{
    enum i18n_msg fault;
    if (signin_password_fault(rq, http_text(rq, "password"), &fault))
        return refuse(rq, rs, fault, "password", err);
    const struct signin_password_in in = {.person = p,
                                          .password = http_text(rq, "password"),
                                          .how = BW_V("{\"password\":\"changed\"}"),
                                          .keep_session = req_viewer(rq)->session_id};
    BW_TRY(signin_password_keep(rq, &in, err));
    page_to(rq, rs, "account?done=password");
    return BW_OK;
}

enum bw_rc signin_account_password(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_throttle throttle;
    struct signin_person p;
    bool right = false;
    BW_TRY(signin_self(rq, &p, err));
    if (http_text(rq, "current").n == 0)
        return refuse(rq, rs, MSG_signin_current_missing, "current", err);
    BW_TRY(signin_throttle_of(rq, p.email, &throttle, err));
    enum bw_rc rc = signin_try(rq, &throttle, err);
    if (rc == BW_BUSY)
        return refuse(rq, rs, MSG_signin_wait, "current", err);
    BW_TRY(rc);
    BW_TRY(signin_password_right(rq, &p, http_text(rq, "current"), &right, err));
    if (!right)
        return refuse(rq, rs, MSG_signin_current_wrong, "current", err);
    BW_TRY(signin_forgive(rq, &throttle, err));
    BW_TRY(signin_self(rq, &p, err)); /* the hash may have been made anew */
    return change_password(rq, rs, &p, err);
}

/* -- the app ----------------------------------------------------------------------------------- */

static enum bw_rc app_page(struct http_req *rq, struct http_resp *rs, const struct signin_person *p,
                           const struct crypto_totp *totp, struct signin_app_view *v,
                           struct bw_err *err)
{
    char code[7];
    BW_TRY(signin_enrolment(rq, p, totp, &v->enrolment, err));
    if (req_hub(rq)->demo) {
        crypto_totp_code(totp, bw_now_us() / CRYPTO_TOTP_STEP_US, code);
        BW_TRY(bw_view_copy(http_arena(rq), bw_view_z(code), &v->demo_code, err));
    }
    if (v->failed)
        http_status(rs, SIGNIN_REFUSED);
    return signin_send(rq, rs, MSG_signin_app_title, v->failed, true, html_signin_app_slot(v), err);
}

enum bw_rc signin_account_app(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_state s = {.kind = SIGNIN_APP, .expires_us = bw_now_us() + SIGNIN_ENROL_US};
    struct signin_app_view v = {.failed = false};
    struct signin_person p;
    bool go;
    BW_TRY(signin_confirmed(rq, rs, &go, err));
    if (!go)
        return BW_OK;
    BW_TRY(signin_self(rq, &p, err));
    s.person_id = p.id;
    crypto_totp_new(&s.totp);
    enum bw_rc rc =
        signin_state_seal(req_hub(rq)->keyring, req_csrf(rq), &s, http_arena(rq), &v.state, err);
    if (rc == BW_OK)
        rc = app_page(rq, rs, &p, &s.totp, &v, err);
    crypto_wipe(&s, sizeof(s));
    return rc;
}

struct app_write {
    const struct signin_person *person;
    const struct crypto_keyring *keyring;
    const struct crypto_totp *totp;
    struct bw_view state;
    int64_t step;
};

/* Instead of the app that was there when the page was made. */
static enum bw_rc write_app(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct app_write *w = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO_BUF sealed = BW_BUF_INIT(256);
    BW_TRY(signin_still_active(tx, w->person, err));
    BW_TRY(signin_state_use(tx, w->state, err));
    BW_TRY(member_totp_seal(w->keyring, w->person->id, w->totp, &sealed, err));
    BW_TRY(db_change(tx,
                     "UPDATE credential SET totp_sealed = ?2, totp_last_step = ?3"
                     " WHERE person_id = ?1 AND totp_sealed = ?4",
                     &st, err));
    db_bind_int(st, 1, w->person->id);
    db_bind_bytes(st, 2, bw_buf_text(&sealed));
    db_bind_int(st, 3, w->step);
    db_bind_bytes(st, 4, w->person->totp_sealed);
    BW_TRY(db_run(st, err));
    if (!db_changes(st))
        return bw_fail(err, BW_CONFLICT, "an app was set up meanwhile: start again");
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_TOTP_CHANGED,
                                                .object = w->person->public_id,
                                                .actor_id = w->person->id},
                         err);
}

static enum bw_rc keep_app(struct http_req *rq, struct http_resp *rs, const struct signin_state *s,
                           struct bw_err *err)
{
    struct app_write w = {.keyring = req_hub(rq)->keyring,
                          .totp = &s->totp,
                          .state = http_text(rq, "state")};
    struct signin_person p;
    BW_TRY(signin_self(rq, &p, err));
    w.person = &p;
    if (!crypto_totp_verify(&s->totp, http_text(rq, "code"), bw_now_us(), &w.step)) {
        struct signin_app_view v = {.state = http_text(rq, "state"),
                                    .failed = true,
                                    .error = MSG_signin_code_wrong};
        return app_page(rq, rs, &p, &s->totp, &v, err);
    }
    BW_TRY(req_write(rq, write_app, &w, err));
    page_to(rq, rs, "account?done=app");
    return BW_OK;
}

/* A token of ours for this browser, this person and this purpose. */
static enum bw_rc open_own(struct http_req *rq, enum signin_kind kind, struct signin_state *ret,
                           struct bw_err *err)
{
    BW_TRY(signin_state_open(req_hub(rq)->keyring, req_csrf(rq), http_text(rq, "state"),
                             SIGNIN_KIND(kind), http_arena(rq), ret, err));
    return ret->person_id == req_viewer(rq)->person_id
               ? BW_OK
               : bw_fail(err, BW_INVALID, "that took too long: start again");
}

enum bw_rc signin_account_app_keep(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_state s = {.next = {NULL, 0}};
    bool go;
    BW_TRY(signin_confirmed(rq, rs, &go, err));
    if (!go)
        return BW_OK;
    enum bw_rc rc = open_own(rq, SIGNIN_APP, &s, err);
    if (rc == BW_INVALID)
        return refuse(rq, rs, MSG_signin_again, "app", err);
    if (rc == BW_OK)
        rc = keep_app(rq, rs, &s, err);
    crypto_wipe(&s.totp, sizeof(s.totp));
    return rc;
}

/* -- passkeys ---------------------------------------------------------------------------------- */

static enum bw_rc write_passkey(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return signin_passkey_add(tx, arg, err);
}

static enum bw_rc add_passkey(struct http_req *rq, struct bw_view name, struct bw_err *err)
{
    struct bw_view client_data, attestation;
    struct signin_place place;
    struct signin_state s;
    struct signin_person p;
    struct webauthn_new made;
    BW_TRY(open_own(rq, SIGNIN_REGISTER, &s, err));
    BW_TRY(signin_place_of(rq, &place, err));
    BW_TRY(signin_form_bytes(rq, "client_data", &client_data, err));
    BW_TRY(signin_form_bytes(rq, "attestation", &attestation, err));
    const struct webauthn_expect e = {.rp_id = place.rp,
                                      .origin = place.origin,
                                      .challenge = http_text(rq, "state")};
    BW_TRY(webauthn_register(&e, client_data, attestation, http_arena(rq), &made, err));
    BW_TRY(signin_self(rq, &p, err));
    struct signin_passkey_in in = {&p, &made, name, http_text(rq, "state")};
    return req_write(rq, write_passkey, &in, err);
}

enum bw_rc signin_account_passkey_add(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_view name = bw_view_trim(http_text(rq, "name"));
    bool go;
    BW_TRY(signin_confirmed(rq, rs, &go, err));
    if (!go)
        return BW_OK;
    if (name.n == 0)
        return refuse(rq, rs, MSG_signin_passkey_no_name, "name", err);
    enum bw_rc rc = add_passkey(rq, name, err);
    if (rc == BW_INVALID)
        return refuse(rq, rs, MSG_signin_passkey_not_added, "name", err);
    if (rc == BW_CONFLICT)
        return refuse(rq, rs, MSG_signin_passkey_twice, "name", err);
    if (rc == BW_LIMIT)
        return refuse(rq, rs, MSG_signin_passkey_too_many, "name", err);
    BW_TRY(rc);
    page_to(rq, rs, "account?done=passkey#passkeys");
    return BW_OK;
}

struct own_row {
    const struct signin_person *person;
    struct bw_view public_id;
    int64_t session_id;
};

static enum bw_rc end_passkey(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct own_row *o = arg;
    return signin_passkey_end(tx, o->person, o->public_id, err);
}

enum bw_rc signin_account_passkey_end(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct signin_person p;
    bool go;
    BW_TRY(signin_confirmed(rq, rs, &go, err));
    if (!go)
        return BW_OK;
    BW_TRY(signin_self(rq, &p, err));
    struct own_row o = {&p, http_text(rq, "id"), 0};
    BW_TRY(req_write(rq, end_passkey, &o, err));
    page_to(rq, rs, "account?done=passkey-ended#passkeys");
    return BW_OK;
}

/* -- recovery codes ---------------------------------------------------------------------------- */

struct recovery_write {
    struct signin_person person;
    struct signin_recovery_codes codes;
};

static enum bw_rc write_codes(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct recovery_write *w = arg;
    return signin_recovery_keep(tx, &w->person, &w->codes, err);
}

/* They are on the page that answers and nowhere else. */
enum bw_rc signin_account_recovery(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_view codes[SIGNIN_RECOVERY_CODES];
    const struct signin_recovery_view v = {codes, SIGNIN_RECOVERY_CODES};
    struct recovery_write w;
    bool go;
    BW_TRY(signin_confirmed(rq, rs, &go, err));
    if (!go)
        return BW_OK;
    BW_TRY(signin_self(rq, &w.person, err));
    signin_recovery_new(&w.codes);
    for (size_t i = 0; i < SIGNIN_RECOVERY_CODES; i++)
        codes[i] = bw_view_z(w.codes.text[i]);
    enum bw_rc rc = req_write(rq, write_codes, &w, err);
    if (rc == BW_OK)
        rc = signin_send(rq, rs, MSG_signin_recovery_title, false, true,
                         html_signin_recovery_slot(&v), err);
    crypto_wipe(&w.codes, sizeof(w.codes));
    return rc;
}

/* -- sessions and browsers --------------------------------------------------------------------- */

static enum bw_rc append_ended(struct db_tx *tx, const struct own_row *o, struct bw_err *err)
{
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_SESSION_ENDED,
                                                .object = o->person->public_id,
                                                .actor_id = o->person->id},
                         err);
}

static enum bw_rc end_session(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct own_row *o = arg;
    BW_TRY(signin_session_end(tx, o->person->id, o->public_id, err));
    return append_ended(tx, o, err);
}

static enum bw_rc end_others(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct own_row *o = arg;
    BW_TRY(session_end_others(tx, o->person->id, o->session_id, err));
    return append_ended(tx, o, err);
}

static enum bw_rc end_device(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct own_row *o = arg;
    BW_TRY(signin_device_end(tx, o->person->id, o->public_id, err));
    return append_ended(tx, o, err);
}

static enum bw_rc end_own(struct http_req *rq, struct http_resp *rs, struct bw_view public_id,
                          db_write_fn fn, const char *done, struct bw_err *err)
{
    struct signin_person p;
    BW_TRY(signin_self(rq, &p, err));
    struct own_row o = {&p, public_id, req_viewer(rq)->session_id};
    BW_TRY(req_write(rq, fn, &o, err));
    page_to(rq, rs, "account?done=%s", done);
    return BW_OK;
}

enum bw_rc signin_account_session_end(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return end_own(rq, rs, http_text(rq, "id"), end_session, "session#sessions", err);
}

enum bw_rc signin_account_sessions_end(struct http_req *rq, struct http_resp *rs,
                                       struct bw_err *err)
{
    return end_own(rq, rs, (struct bw_view){NULL, 0}, end_others, "session#sessions", err);
}

enum bw_rc signin_account_device_end(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return end_own(rq, rs, http_text(rq, "id"), end_device, "device#devices", err);
}
