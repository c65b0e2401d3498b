/* SPDX-License-Identifier: Apache-2.0 */
/* member_key - API keys: one's own, and those of a service that an administrator looks after. A key
 * may be bound to networks; one that is replaced lives on for some days, so that both work while
 * tools are changed over. The text of a key is given once and only its hash is kept. */
#ifndef MEMBER_KEY_H
#define MEMBER_KEY_H

#include "member_int.h"
#include "member_view.h"

#define MEMBER_KEY_NETWORKS 20       /* of one key */
#define MEMBER_KEY_NETWORKS_MAX 1100 /* bytes of their list */

/* One line or many, blanks or commas between; *ret in ARENA, one blank between. BW_INVALID says
 * which of them is wrong. */
BW_MUST_CHECK enum bw_rc member_key_networks(struct bw_view typed, struct bw_arena *arena,
                                             struct bw_view *ret, struct bw_err *err);
/* For the service with that public id: fills person, organisation and role of IN. */
BW_MUST_CHECK enum bw_rc member_key_service(struct db_tx *tx, const struct viewer *viewer,
                                            struct bw_view person, struct api_key_in *in,
                                            struct bw_err *err);
/* Ends a key that VIEWER may end: BW_NOT_FOUND. */
BW_MUST_CHECK enum bw_rc member_key_stop(struct db_tx *tx, const struct viewer *viewer,
                                         struct bw_view public_id, struct bw_err *err);
/* A second key with the same scopes, networks and length of life; the old one ends after so many
 * days at the latest. BW_CONFLICT: it was replaced already, or has expired. LABEL is in ARENA. */
BW_MUST_CHECK enum bw_rc member_key_rotate(struct db_tx *tx, const struct viewer *viewer,
                                           struct bw_view public_id, int64_t overlap_days,
                                           struct crypto_token *ret_key, struct bw_err *err);

/* -- pages (member_key_page.c) ----------------------------------------------------------------- */

/* What a form for a key held, and what was wrong with it. */
struct key_form {
    struct bw_view label, networks, person; /* person: public id of a service; empty: one's own */
    unsigned scopes;
    int64_t days;
    bool failed, bad_label, bad_scope, bad_networks;
    enum i18n_msg error;
    struct bw_view said; /* instead of error */
    struct bw_view made; /* the new key */
};
#define KEY_DAYS_DEFAULT 90
BW_MUST_CHECK enum bw_rc member_keys_fill(struct http_req *rq, struct db *db, int64_t person_id,
                                          const struct key_form *f, struct member_keys_view *v,
                                          struct bw_err *err);
/* The page that a form for keys belongs to: the organisation's or the service's. */
BW_MUST_CHECK enum bw_rc member_organisation_show(struct http_req *rq, struct http_resp *rs,
                                                  const struct key_form *f, struct bw_view done,
                                                  struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_person_show(struct http_req *rq, struct http_resp *rs,
                                            struct bw_view public_id, const struct key_form *f,
                                            struct bw_view problem, struct bw_err *err);

#endif
