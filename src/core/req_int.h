/* SPDX-License-Identifier: Apache-2.0 */
/* req_int - what the request's files share. */
#ifndef REQ_INT_H
#define REQ_INT_H

#include "req.h"

/* In the request's slot (http_app); lives in its arena. */
struct req {
    struct hub *hub;
    struct db *db;
    const struct viewer *viewer;
    enum i18n_lang lang;
    struct bw_view display;
    struct bw_view
        browser; /* token of session or of the cookie before it: what forms are bound to */
    struct bw_view csrf;
};
struct req *req_of(struct http_req *rq);   /* asserts that it is there */
struct req *req_make(struct http_req *rq); /* makes it where it is not; NULL: out of memory */

/* session.c */
#define SESSION_COOKIE_SECURE "__Host-bw"
#define SESSION_COOKIE_PLAIN "bw"
const char *session_cookie(const struct hub *hub);
/* Finds who asks. Nobody is a good answer: viewer_public(). */
BW_MUST_CHECK enum bw_rc session_find(struct http_req *rq, struct req *r, struct bw_err *err);
/* apikey.c: Authorization: Bearer, or Basic with e-mail and key. BW_UNSIGNED: there is one and it
 * is wrong. */
BW_MUST_CHECK enum bw_rc api_key_find(struct http_req *rq, struct req *r, struct bw_err *err);
/* touch.c: remembers that it was used; cheap, never blocks on the database. */
enum touch { TOUCH_SESSION, TOUCH_KEY, TOUCH_KINDS };
void req_touch(enum touch kind, int64_t id, int64_t now_us, const struct bw_ip *from);

#endif
