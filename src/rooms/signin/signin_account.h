/* SPDX-License-Identifier: Apache-2.0 */
/* signin_account - one's own account: password, second step, passkeys, recovery codes, browsers and
 * sessions; and the pieces of it that signing in needs too. */
#ifndef SIGNIN_ACCOUNT_H
#define SIGNIN_ACCOUNT_H

#include "html.h"
#include "i18n.h"
#include "signin_device.h"
#include "signin_int.h"
#include "signin_passkey.h"

/* -- pieces ------------------------------------------------------------------------------------ */

struct signin_qr {
    struct bw_view box, path; /* viewBox and path of an SVG */
};
/* BW_LIMIT: TEXT is too long. In ARENA. */
BW_MUST_CHECK enum bw_rc signin_qr(struct bw_view text, struct bw_arena *arena,
                                   struct signin_qr *ret, struct bw_err *err);

/* What is shown once of a new secret. */
struct signin_enrolment {
    struct bw_view secret, uri, account;
    struct signin_qr qr;
};
BW_MUST_CHECK enum bw_rc signin_enrolment(struct http_req *rq, const struct signin_person *p,
                                          const struct crypto_totp *totp,
                                          struct signin_enrolment *ret, struct bw_err *err);

/* Setting password_list; see signin_breach.c. PATH empty: no list. At start, before any request. */
BW_MUST_CHECK enum bw_rc signin_breach_load(const char *path, struct bw_err *err);
void signin_breach_free(void);
bool signin_breach_has(struct bw_view password);

struct signin_password_in {
    const struct signin_person *person; /* as read: its hash is replaced and no other */
    struct bw_view password;
    struct bw_view how;   /* payload of the event */
    int64_t keep_session; /* all others end; 0: all */
    bool devices_too;     /* no browser is known any more */
};
/* Hashes (slow) and writes. BW_CONFLICT, BW_DENIED: changed meanwhile. */
BW_MUST_CHECK enum bw_rc
signin_password_keep(struct http_req *rq, const struct signin_password_in *in, struct bw_err *err);

/* "Firefox on Linux": enough to know one's own again. In ARENA; what is not known is as it came. */
struct bw_view signin_agent_words(struct bw_arena *arena, struct bw_view agent);

/* -- the page ---------------------------------------------------------------------------------- */

struct signin_account_passkey {
    struct bw_view public_id, name;
    int64_t created_us, used_us;
};
struct signin_account_session {
    struct bw_view public_id, agent;
    enum i18n_msg way_msg;
    int64_t created_us, seen_us;
    bool here;
};
struct signin_account_view {
    struct bw_view name, email;
    bool done, failed;
    enum i18n_msg done_msg, error;
    const char *error_field;
    bool bad_current, bad_password, bad_passkey;
    int64_t shortest;
    const struct signin_account_passkey *passkeys;
    size_t passkeys_n;
    struct signin_passkey_ask ask;
    int64_t recovery_left, recovery_made_us;
    const struct signin_account_session *sessions;
    size_t sessions_n;
    bool other_sessions;
    const struct signin_device_row *devices;
    size_t devices_n;
};
struct signin_recovery_view {
    const struct bw_view *codes;
    size_t codes_n;
};
struct signin_app_view {
    struct bw_view state, demo_code;
    bool failed;
    enum i18n_msg error;
    struct signin_enrolment enrolment;
};
struct signin_confirm_view {
    struct bw_view next, email, state;
    bool failed;
    enum i18n_msg error;
    bool has_passkey;
    struct signin_passkey_ask ask;
};

/* What was wrong, for the account page. */
struct signin_account_fault {
    enum i18n_msg error;
    const char *field;
};
BW_MUST_CHECK enum bw_rc signin_account_show(struct http_req *rq, struct http_resp *rs,
                                             const struct signin_account_fault *fault,
                                             struct bw_err *err);
/* False: the browser was sent to confirm first, and comes back to the account page. */
BW_MUST_CHECK enum bw_rc signin_confirmed(struct http_req *rq, struct http_resp *rs, bool *ret,
                                          struct bw_err *err);
/* hub.recent */
enum bw_rc signin_recent(struct http_req *rq, bool *ret, struct bw_err *err);

enum bw_rc signin_account_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_account_password(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_account_app(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_account_app_keep(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_account_passkey_add(struct http_req *rq, struct http_resp *rs,
                                      struct bw_err *err);
enum bw_rc signin_account_passkey_end(struct http_req *rq, struct http_resp *rs,
                                      struct bw_err *err);
enum bw_rc signin_account_recovery(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_account_session_end(struct http_req *rq, struct http_resp *rs,
                                      struct bw_err *err);
enum bw_rc signin_account_sessions_end(struct http_req *rq, struct http_resp *rs,
                                       struct bw_err *err);
enum bw_rc signin_account_device_end(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_confirm_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_confirm_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_confirm_passkey(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
