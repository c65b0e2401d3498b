/* SPDX-License-Identifier: Apache-2.0 */
/* req - one request as a room sees it: who asks, in which language, in which snapshot.
 *
 * req_begin() (the server's hook, before every handler) finds the viewer from session cookie or API
 * key, checks the route's permission and, for pages that change something, that the form is ours.
 * So a handler starts with a viewer that may use its route; which rows exist for that viewer is the
 * gate's matter. Paths of pages begin with /{lang}/: declare REQ_LANG among the parameters. */
#ifndef REQ_H
#define REQ_H

#include "html.h"
#include "http.h"
#include "hub.h"
#include "permission.h"

/* First parameter of every page route. */
#define REQ_LANG                                              \
    {                                                         \
        "lang", HTTP_WORD, HTTP_IN_PATH | HTTP_REQUIRED, 2, 7 \
    }
/* The hidden form token; every form has it by {{csrf}}. */
#define REQ_CSRF                                              \
    {                                                         \
        "csrf", HTTP_TEXT, HTTP_IN_FORM | HTTP_SECRET, 0, 128 \
    }

struct hub *req_hub(struct http_req *rq);
/* The request's snapshot; opened on first use. NULL only where the database is away: then *err. */
BW_MUST_CHECK enum bw_rc req_db(struct http_req *rq, struct db **ret, struct bw_err *err);
/* Ends the snapshot before something slow; the next req_db() opens another. */
void req_db_done(struct http_req *rq);
const struct viewer *req_viewer(struct http_req *rq); /* never NULL */
enum i18n_lang req_lang(struct http_req *rq);
struct bw_view req_display_name(struct http_req *rq); /* of the signed-in person; may be empty */

/* Ends the snapshot, runs the write and returns when it is durable; the next req_db() sees it. Only
 * in HTTP_WORKER and HTTP_SLOW routes. */
BW_MUST_CHECK enum bw_rc req_write(struct http_req *rq, db_write_fn fn, void *arg,
                                   struct bw_err *err);

/* The form token of this browser; empty without a cookie. */
struct bw_view req_csrf(struct http_req *rq);
/* Gives the browser a cookie to bind forms to; for pages with a form that nobody has to sign in
 * for. */
BW_MUST_CHECK enum bw_rc req_browser_bind(struct http_req *rq, struct http_resp *rs,
                                          struct bw_err *err);
/* Fills what every template can reach; OUT is the response's body unless given. */
void req_html_init(struct http_req *rq, struct bw_buf *out, struct html *ret);

/* Session made by sign-in: sets the cookie and ends the session that the browser had. DISPLAY is
 * what the page header shows. ALSO runs before and THEN behind, in the same transaction: where one
 * of them fails there is no session. */
struct req_sign_in {
    int64_t person_id, organisation_id;
    enum role role;
    struct bw_view display, device;
    db_write_fn also; /* may be NULL */
    enum bw_rc (*then)(struct db_tx *tx, void *also_arg, int64_t session_id, struct bw_err *err);
    void *also_arg; /* of both; THEN may be NULL */
};
BW_MUST_CHECK enum bw_rc req_session_start(struct http_req *rq, struct http_resp *rs,
                                           const struct req_sign_in *in, struct bw_err *err);
/* Ends the browser's session and deletes its cookie. ALSO (may be NULL) runs in the same
 * transaction; not where there was no session. */
BW_MUST_CHECK enum bw_rc req_session_end(struct http_req *rq, struct http_resp *rs,
                                         db_write_fn also, void *also_arg, struct bw_err *err);
/* Ends all sessions and API keys of a person, in the transaction that takes the right away. */
BW_MUST_CHECK enum bw_rc session_end_all(struct db_tx *tx, int64_t person_id, struct bw_err *err);
/* Ends the sessions of a person but KEEP_ID (0: all, of who has another role or must not sign in
 * for now); API keys stay. */
BW_MUST_CHECK enum bw_rc session_end_others(struct db_tx *tx, int64_t person_id, int64_t keep_id,
                                            struct bw_err *err);
/* True: the person has shown within the last minutes who they are. Ask it before a sensitive step
 * and send the browser to page_confirm() where it is false. */
BW_MUST_CHECK enum bw_rc req_recent(struct http_req *rq, bool *ret, struct bw_err *err);
/* For streams: the viewer of a session as it is now. BW_UNSIGNED: it has ended. */
BW_MUST_CHECK enum bw_rc session_viewer(struct hub *hub, struct db *db, int64_t session_id,
                                        struct bw_arena *arena, struct viewer **ret,
                                        struct bw_err *err);

struct api_key_in {
    int64_t person_id, organisation_id, expires_us;
    enum role role;
    unsigned scopes;
    struct bw_view label;
    struct bw_view networks; /* prefixes with blanks between them; empty: from anywhere */
};
/* The key's text is given once, here; only its hash is kept. */
BW_MUST_CHECK enum bw_rc api_key_add(struct db_tx *tx, const struct api_key_in *in,
                                     struct crypto_token *ret_key, struct bw_id *ret_id,
                                     struct bw_err *err);
BW_MUST_CHECK enum bw_rc api_key_end(struct db_tx *tx, int64_t person_id, struct bw_view public_id,
                                     struct bw_err *err);

/* -- hooks of the server, set by app/ ---------------------------------------------------------- */
enum bw_rc req_begin(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc req_admit(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
void req_end(struct http_req *rq, int status);
void req_on_error(struct http_req *rq, struct http_resp *rs, enum bw_rc rc,
                  const struct bw_err *err);
/* Writes last-seen times of sessions and keys in batches. */
BW_MUST_CHECK enum bw_rc req_touch_start(struct hub *hub, struct bw_err *err);
/* The same without a thread: they are written by req_touch_write() alone. */
void req_touch_by_hand(struct hub *hub);
BW_MUST_CHECK enum bw_rc req_touch_write(struct bw_err *err);
void req_touch_stop(void);

#endif
