/* SPDX-License-Identifier: Apache-2.0 */
/* signin_device - the browsers from which a person has signed in, and their sessions.
 *
 * Why: whoever guesses at an account must not be able to lock its owner out, so a browser that was
 * here before has a throttle of its own and is not stopped by the account's; and who signs in from
 * a browser that was not is told by mail. A browser is known by a cookie of 256 random bits whose
 * hash is kept for 90 days. The cookie is changed at every sign-in: one that somebody planted, or
 * copied, is worth nothing afterwards. It never signs anybody in. */
#ifndef SIGNIN_DEVICE_H
#define SIGNIN_DEVICE_H

#include "signin_int.h"

#define SIGNIN_DEVICE_US (90 * BW_DAY_US)
#define SIGNIN_AGENT_MAX 200 /* bytes of a User-Agent that are kept */

struct signin_device {
    bool has_old;
    struct crypto_digest old;  /* of the cookie that the browser sent */
    struct crypto_token fresh; /* the one that it gets */
    struct bw_view agent;
    bool first; /* the person has just set the account up: no news for them */
};
/* From the request; makes the fresh token. Wipe with signin_device_done(). */
void signin_device_read(struct http_req *rq, struct signin_device *ret);
void signin_device_done(struct signin_device *d);
void signin_device_cookie(struct http_req *rq, struct http_resp *rs, const struct signin_device *d);
/* Whether the account of that address (lower case) was signed in to from that browser. */
BW_MUST_CHECK enum bw_rc signin_device_known(struct db *db, struct bw_view email,
                                             const struct signin_device *d, bool *ret,
                                             struct bw_err *err);
/* Remembers the browser for PERSON; appends LEDGER_DEVICE_NEW where it was not known. */
BW_MUST_CHECK enum bw_rc signin_device_arrive(struct db_tx *tx, const struct signin_person *p,
                                              const struct signin_device *d, int64_t *ret_id,
                                              struct bw_err *err);

struct signin_device_row {
    struct bw_view public_id, agent;
    int64_t created_us, seen_us;
    bool here; /* the browser that asks */
};
/* Those that are remembered now, last seen first. HERE: digest of the cookie; may be NULL. */
BW_MUST_CHECK enum bw_rc signin_devices_of(struct db *db, int64_t person_id,
                                           const struct crypto_digest *here, struct bw_arena *arena,
                                           struct signin_device_row **ret, size_t *ret_n,
                                           struct bw_err *err);
/* BW_NOT_FOUND: none of that person. Its sessions end, too. */
BW_MUST_CHECK enum bw_rc signin_device_end(struct db_tx *tx, int64_t person_id,
                                           struct bw_view public_id, struct bw_err *err);
BW_MUST_CHECK enum bw_rc signin_devices_end(struct db_tx *tx, int64_t person_id,
                                            struct bw_err *err);

/* -- sessions (signin_session.c) --------------------------------------------------------------- */

#define SIGNIN_RECENT_US (10 * BW_MINUTE_US) /* how long "I am still me" is believed */

BW_MUST_CHECK enum bw_rc signin_session_add(struct db_tx *tx, int64_t session_id, int64_t device_id,
                                            enum signin_way way, struct bw_err *err);
/* The person has shown again who they are. BW_NOT_FOUND: the session is older than this table. */
BW_MUST_CHECK enum bw_rc signin_session_prove(struct db_tx *tx, int64_t session_id,
                                              struct bw_err *err);
BW_MUST_CHECK enum bw_rc signin_session_recent(struct db *db, int64_t session_id, bool *ret,
                                               struct bw_err *err);
struct signin_session_row {
    struct bw_view public_id, agent;
    int64_t created_us, seen_us;
    enum signin_way way;
    bool here;
};
BW_MUST_CHECK enum bw_rc signin_sessions_of(struct db *db, const struct settings *settings,
                                            const struct viewer *viewer, struct bw_arena *arena,
                                            struct signin_session_row **ret, size_t *ret_n,
                                            struct bw_err *err);
/* BW_NOT_FOUND: no living one of that person. */
BW_MUST_CHECK enum bw_rc signin_session_end(struct db_tx *tx, int64_t person_id,
                                            struct bw_view public_id, struct bw_err *err);

#endif
