/* SPDX-License-Identifier: Apache-2.0 */
/* signin_form - what the pages of signing in share, and their handlers. */
#ifndef SIGNIN_FORM_H
#define SIGNIN_FORM_H

#include "page.h"
#include "signin_int.h"

enum { SIGNIN_REFUSED = 422, SIGNIN_WAIT = 429, SIGNIN_DENIED = 403 };

struct html_url signin_link(struct http_req *rq, const char *path);
/* "Error: Sign in" where something has to be put right. SLIM: the narrow column of signing in. */
BW_MUST_CHECK enum bw_rc signin_send(struct http_req *rq, struct http_resp *rs, enum i18n_msg title,
                                     bool failed, bool slim, struct html_slot body,
                                     struct bw_err *err);
/* 303 to NEXT where it is a path of ours, else home. */
/* To NEXT, or to the first page of somebody of ROLE. */
void signin_go_on(struct http_req *rq, struct http_resp *rs, enum role role, struct bw_view next);
/* The first step once more, with what was wrong. */
BW_MUST_CHECK enum bw_rc signin_again(struct http_req *rq, struct http_resp *rs, int status,
                                      enum i18n_msg error, struct bw_view email,
                                      struct bw_view next, struct bw_err *err);
/* The second step for somebody whose password was right (signin_second.c). */
BW_MUST_CHECK enum bw_rc signin_begin_second(struct http_req *rq, struct http_resp *rs,
                                             const struct signin_person *p, struct bw_view next,
                                             struct bw_err *err);
/* The throttle for a guess at EMAIL from this request. */
BW_MUST_CHECK enum bw_rc signin_throttle_of(struct http_req *rq, struct bw_view email,
                                            struct signin_throttle *ret, struct bw_err *err);
/* signin_throttle_take() in a transaction of its own. */
BW_MUST_CHECK enum bw_rc signin_try(struct http_req *rq, struct signin_throttle *t,
                                    struct bw_err *err);
BW_MUST_CHECK enum bw_rc signin_forgive(struct http_req *rq, struct signin_throttle *t,
                                        struct bw_err *err);
/* Argon2: only on slow threads. What is not there costs as much as what is. */
BW_MUST_CHECK enum bw_rc signin_password_right(struct http_req *rq, const struct signin_person *p,
                                               struct bw_view password, bool *ret,
                                               struct bw_err *err);
struct crypto_password_cost signin_cost(const struct hub *hub);
/* False: it can be kept. Else *ret says what is wrong with it. */
bool signin_password_fault(struct http_req *rq, struct bw_view password, enum i18n_msg *ret);
/* Ends in a session, or in the page for a suspended organisation (signin_finish.c). */
BW_MUST_CHECK enum bw_rc signin_finish(struct http_req *rq, struct http_resp *rs,
                                       struct signin_accept *a, struct bw_view next,
                                       struct bw_err *err);
/* Who is signed in. BW_UNSIGNED: not any more. */
BW_MUST_CHECK enum bw_rc signin_self(struct http_req *rq, struct signin_person *ret,
                                     struct bw_err *err);
/* Base64url of a form. BW_INVALID. In the request's arena. */
BW_MUST_CHECK enum bw_rc signin_form_bytes(struct http_req *rq, const char *name,
                                           struct bw_view *ret, struct bw_err *err);

/* -- routes ------------------------------------------------------------------------------------ */

enum bw_rc signin_password_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_password_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_code_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_code_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_passkey_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_recovery_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_out_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_forgot_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_forgot_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_reset_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc signin_reset_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc welcome_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc welcome_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
