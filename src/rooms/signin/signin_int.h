/* SPDX-License-Identifier: Apache-2.0 */
/* signin_int - the two steps of signing in, below the pages.
 *
 * First e-mail and password, then a code, a passkey or a recovery code; or a passkey alone. Between
 * the steps the hub keeps nothing: what it must remember (who, until when, what for, where to) goes
 * to the browser as a sealed token that only this browser, five minutes long, can bring back. So a
 * half-finished sign-in costs no row, and restarts lose none.
 *
 * Who guesses learns nothing: an unknown account gets the same answer after the same work, is
 * counted in the same way and waits as long. Guesses are counted per account and per network; over
 * the limit the answer comes before any password is hashed. A browser that the account knows has a
 * counter of its own instead (signin_device.h). A code is taken once (RFC 6238 section 5.2). */
#ifndef SIGNIN_INT_H
#define SIGNIN_INT_H

#include "bw_ip.h"
#include "crypto.h"
#include "signin.h"

#define SIGNIN_STEP_US (5 * BW_MINUTE_US)    /* from the password to the code */
#define SIGNIN_ENROL_US (15 * BW_MINUTE_US)  /* the same where an app has to be installed first */
#define SIGNIN_WINDOW_US (15 * BW_MINUTE_US) /* in which failures are counted */
#define SIGNIN_NEXT_MAX 300                  /* bytes of a path to go on to */
#define SIGNIN_STATE_MAX 1024                /* bytes of the token */

/* -- who (signin_store.c) ---------------------------------------------------------------------- */

struct signin_person {
    int64_t id, organisation_id, totp_last_step;
    enum member_state organisation_state; /* active or suspended */
    struct member_names organisation;
    enum role role;
    struct bw_view public_id, name, email;
    struct bw_view password_hash; /* may be empty: cannot sign in yet */
    struct bw_view totp_sealed;   /* empty: has not enrolled */
};
/* Active people whose organisation has not left and who may open pages (not ROLE_SERVICE).
 * BW_NOT_FOUND. In ARENA. EMAIL: in lower case. */
BW_MUST_CHECK enum bw_rc signin_by_email(struct db *db, struct bw_view email,
                                         struct bw_arena *arena, struct signin_person *ret,
                                         struct bw_err *err);
BW_MUST_CHECK enum bw_rc signin_by_id(struct db *db, int64_t person_id, struct bw_arena *arena,
                                      struct signin_person *ret, struct bw_err *err);
BW_MUST_CHECK enum bw_rc signin_rehash(struct db_tx *tx, int64_t person_id, struct bw_view old_hash,
                                       struct bw_view new_hash, struct bw_err *err);
/* BW_DENIED: no longer as it was read: organisation, role, active. */
BW_MUST_CHECK enum bw_rc signin_still_active(struct db_tx *tx, const struct signin_person *p,
                                             struct bw_err *err);
BW_MUST_CHECK enum bw_rc signin_totp_open(const struct crypto_keyring *keyring,
                                          const struct signin_person *p, struct crypto_totp *ret,
                                          struct bw_err *err);

/* -- throttle (signin_throttle.c) -------------------------------------------------------------- */

struct signin_throttle {
    struct crypto_digest account, network; /* hashes: the table tells no addresses */
    struct crypto_digest device;           /* where known: counted instead of the other two */
    bool known;
    int64_t account_max, network_max;
};
/* NETWORK of an address: IPv4 /24, IPv6 /64. EMAIL: in lower case. */
void signin_throttle_init(const struct settings *settings, struct bw_view email,
                          const struct bw_ip *ip, struct signin_throttle *ret);
/* The browser was here before: TOKEN is the digest of its cookie. */
void signin_throttle_known(const struct crypto_digest *token, struct signin_throttle *t);
/* BW_BUSY: over a limit; the message says how long to wait. Reads only. */
BW_MUST_CHECK enum bw_rc signin_throttle_check(struct db *db, const struct signin_throttle *t,
                                               int64_t now_us, struct bw_err *err);
/* One failure more, for both. */
BW_MUST_CHECK enum bw_rc signin_throttle_fail(struct db_tx *tx, const struct signin_throttle *t,
                                              struct bw_err *err);
/* Check and count in one transaction, before the guess is looked at: however many come at once, no
 * more than the limit are. BW_BUSY. */
BW_MUST_CHECK enum bw_rc signin_throttle_take(struct db_tx *tx, const struct signin_throttle *t,
                                              struct bw_err *err);
/* After success: the account's failures are forgotten, the network's last count is taken back. */
BW_MUST_CHECK enum bw_rc signin_throttle_forgive(struct db_tx *tx, const struct signin_throttle *t,
                                                 struct bw_err *err);

/* -- the last word (signin_store.c) ------------------------------------------------------------ */

/* Values are stored (session_proof.way). */
enum signin_way {
    SIGNIN_BY_CODE = 1,
    SIGNIN_BY_PASSKEY = 2,       /* after the password */
    SIGNIN_BY_PASSKEY_ALONE = 3, /* instead of it */
    SIGNIN_BY_RECOVERY = 4,
};
struct signin_device;
struct signin_passkey_use;

struct signin_accept {
    const struct signin_person *person;
    const struct signin_throttle *throttle; /* NULL: no guess was counted */
    const struct crypto_keyring *keyring;
    enum signin_way way;                      /* 0 counts as SIGNIN_BY_CODE */
    int64_t step;                             /* BY_CODE: the code's time step */
    const struct crypto_totp *enrol;          /* the secret to keep from now on; NULL: has one */
    const struct signin_passkey_use *passkey; /* BY_PASSKEY, BY_PASSKEY_ALONE */
    struct bw_view recovery;                  /* BY_RECOVERY: as typed */
    const struct signin_device *device;       /* for signin_arrived() */
    bool suspended;                           /* the code is used up, but nobody is signed in */
};
/* For req_sign_in.also. BW_CONFLICT: what was shown was taken before. BW_DENIED: the account has
 * changed since it was read. */
BW_MUST_CHECK enum bw_rc signin_accept(struct db_tx *tx, void *signin_accept, struct bw_err *err);
/* For req_sign_in.then: the browser is remembered, the session is listed. */
BW_MUST_CHECK enum bw_rc signin_arrived(struct db_tx *tx, void *signin_accept, int64_t session_id,
                                        struct bw_err *err);
/* For req_session_end.also: ARG is the person's key (int64_t). */
BW_MUST_CHECK enum bw_rc signin_leave(struct db_tx *tx, void *person_id, struct bw_err *err);
/* For member_watch(): keys, codes and browsers of who is erased (signin_erase.c). */
BW_MUST_CHECK enum bw_rc signin_erase(struct db_tx *tx, int64_t person_id, struct bw_err *err);

/* -- between the steps (signin_state.c) -------------------------------------------------------- */

/* What a token is for; it opens for nothing else. */
enum signin_kind {
    SIGNIN_SECOND = 1,   /* the password was right */
    SIGNIN_ENROL = 2,    /* the same, and a secret was shown */
    SIGNIN_ALONE = 3,    /* the challenge of a passkey without a password: nobody yet */
    SIGNIN_REGISTER = 4, /* the challenge of a new passkey */
    SIGNIN_CONFIRM = 5,  /* the challenge for who is signed in already */
    SIGNIN_APP = 6,      /* a new secret was shown to who is signed in */
};
#define SIGNIN_KIND(kind) (1u << (kind))

struct signin_state {
    enum signin_kind kind;
    int64_t person_id, expires_us;
    struct crypto_totp totp; /* ENROL, APP: the secret that was shown */
    struct bw_view next;     /* checked path; may be empty */
};
/* BROWSER binds the token to one browser: its form token. TEXT is base64url, in ARENA. */
BW_MUST_CHECK enum bw_rc signin_state_seal(const struct crypto_keyring *keyring,
                                           struct bw_view browser, const struct signin_state *s,
                                           struct bw_arena *arena, struct bw_view *ret_text,
                                           struct bw_err *err);
/* KINDS: SIGNIN_KIND()s. BW_INVALID: not a token of ours for this browser and purpose, or over
 * time. ret->next is in ARENA. */
BW_MUST_CHECK enum bw_rc signin_state_open(const struct crypto_keyring *keyring,
                                           struct bw_view browser, struct bw_view text,
                                           unsigned kinds, struct bw_arena *arena,
                                           struct signin_state *ret, struct bw_err *err);
/* What may be answered once: the token is used up, in this transaction. BW_CONFLICT: it was. */
BW_MUST_CHECK enum bw_rc signin_state_use(struct db_tx *tx, struct bw_view text,
                                          struct bw_err *err);
/* NEXT where it is a path within the site, else the empty view: never another site. */
struct bw_view signin_next(struct bw_view next);

#endif
