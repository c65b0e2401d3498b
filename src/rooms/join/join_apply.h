/* SPDX-License-Identifier: Apache-2.0 */
/* join_apply - what people without an account do, and the links and mails by which they do it. */
#ifndef JOIN_APPLY_H
#define JOIN_APPLY_H

#include "join_int.h"

/* -- links (join_link.c) ----------------------------------------------------------------------- */

#define JOIN_TOKEN_MAX CRYPTO_TOKEN_MAX
/* A new link of that kind; earlier ones of the same kind end. */
struct join_link_in {
    const struct hub *hub;
    int64_t application_id, until_us;
    enum join_link_kind kind;
    struct bw_view email;
};
BW_MUST_CHECK enum bw_rc join_link_new(struct db_tx *tx, const struct join_link_in *in,
                                       struct crypto_token *ret, int64_t *ret_id,
                                       struct bw_err *err);
/* Ends links of the kinds in KINDS (bits). */
BW_MUST_CHECK enum bw_rc join_link_end(struct db_tx *tx, int64_t application_id, unsigned kinds,
                                       struct bw_err *err);
struct join_link {
    int64_t id, application_id;
    enum join_link_kind kind;
    struct bw_view email;
};
/* Living only. BW_NOT_FOUND: every way in which a link may be wrong has the same answer. */
BW_MUST_CHECK enum bw_rc join_link_open(struct db *db, enum join_link_kind kind,
                                        struct bw_view token, int64_t now_us,
                                        struct bw_arena *arena, struct join_link *ret,
                                        struct bw_err *err);
/* The token again, for the mail that carries it. BW_NOT_FOUND: it has ended. */
BW_MUST_CHECK enum bw_rc join_link_token(struct db *db, const struct crypto_keyring *keyring,
                                         int64_t id, struct bw_buf *ret, struct bw_err *err);

/* -- throttle, mails --------------------------------------------------------------------------- */

struct bw_ip;
/* One more from that network. BW_BUSY: over the setting. */
BW_MUST_CHECK enum bw_rc join_throttle_take(struct db_tx *tx, const struct settings *settings,
                                            const struct bw_ip *ip, struct bw_err *err);
#define JOIN_MAILS_MAX 5 /* of one kind, for one application, that somebody may ask for */
struct join_mail_in {
    int64_t application_id, link_id;
    enum join_mail_kind kind;
    enum i18n_lang lang;
    struct bw_view name, email;
};
BW_MUST_CHECK enum bw_rc join_mail_ask(struct db_tx *tx, const struct join_mail_in *in,
                                       struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_mail_count(struct db *db, int64_t application_id,
                                         enum join_mail_kind kind, int64_t *ret,
                                         struct bw_err *err);
extern const struct ledger_consumer join_mail_consumer;

/* -- what applicants do (join_apply.c); write functions ---------------------------------------- */

struct join_apply {
    const struct hub *hub;
    struct join_application *in; /* as the form has it */
    struct bw_ip *peer;          /* NULL: not throttled (associations) */
    int64_t actor_id;
    struct crypto_token token; /* out: the private link of a new draft */
    struct bw_id public_id;    /* out */
    bool send;                 /* and mail the confirmation */
};
BW_MUST_CHECK enum bw_rc join_draft_new(struct db_tx *tx, void *join_apply, struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_draft_save(struct db_tx *tx, void *join_apply, struct bw_err *err);
/* By a link; each opens it again inside the transaction and uses it up. */
struct join_follow {
    const struct hub *hub;
    struct bw_view token;
    struct bw_view name, title; /* of a signature */
    struct bw_view address;     /* of a proof that is asked for: "postmaster" */
    const struct bw_ip *peer;
    bool alike;                /* found before, outside the lane */
    struct bw_id organisation; /* out, of a signature */
};
BW_MUST_CHECK enum bw_rc join_confirm(struct db_tx *tx, void *join_follow, struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_prove(struct db_tx *tx, void *join_follow, struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_prove_ask(struct db_tx *tx, void *join_follow, struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_sign(struct db_tx *tx, void *join_follow, struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_withdraw(struct db_tx *tx, void *join_follow, struct bw_err *err);

#endif
