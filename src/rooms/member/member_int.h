/* SPDX-License-Identifier: Apache-2.0 */
/* member_int - what the room's files share. */
#ifndef MEMBER_INT_H
#define MEMBER_INT_H

#include "member.h"

/* -- words (member_word.c) --------------------------------------------------------------------- */

const char *member_state_word(enum member_state state);
/* An English name is there, none is too long. */
BW_MUST_CHECK enum bw_rc member_names_check(const struct member_names *names, struct bw_err *err);

/* -- telling rooms above (member_watch.c) ------------------------------------------------------ */

BW_MUST_CHECK enum bw_rc member_tell_person_added(struct db_tx *tx, int64_t person_id,
                                                  int64_t organisation_id, struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_tell_organisation_added(struct db_tx *tx, int64_t organisation_id,
                                                        int64_t actor_id, struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_tell_person_erased(struct db_tx *tx, int64_t person_id,
                                                   struct bw_err *err);

/* -- rows (member_read.c) ---------------------------------------------------------------------- */

/* Columns of an organisation in the order that member_organisation_row() reads. */
#define MEMBER_ORGANISATION                                                     \
    "o.id, o.public_id, o.name_en, o.name_hant, o.name_hans, o.class, o.state," \
    " o.domain"
/* Reads the row that ST stands on into ARENA. */
BW_MUST_CHECK enum bw_rc member_organisation_row(const struct db_stmt *st, struct bw_arena *arena,
                                                 struct member_organisation *ret,
                                                 struct bw_err *err);
/* A person: columns in the order of MEMBER_RECIPIENT. */
#define MEMBER_RECIPIENT "r.id, r.organisation_id, r.name, r.email, r.lang, r.role, r.public_id"
BW_MUST_CHECK enum bw_rc member_recipient_row(const struct db_stmt *st, struct bw_arena *arena,
                                              struct member_recipient *ret, struct bw_err *err);
/* Room for one more element behind N in an array of ARENA. */
BW_MUST_CHECK enum bw_rc member_more(struct bw_arena *arena, void **array, size_t n, size_t *room,
                                     size_t size, struct bw_err *err);
#define MEMBER_MORE(arena, array, n, room, err) \
    member_more((arena), (void **)&(array), (n), &(room), sizeof(*(array)), (err))

struct member_group {
    int64_t id;
    enum grant_kind kind;
    struct bw_view public_id;
    struct member_names names;
};
/* Sectors and circles that an organisation belongs to now, as far as VIEWER sees them; sectors
 * first, then by English name. */
BW_MUST_CHECK enum bw_rc member_groups_of(struct db *db, const struct viewer *viewer,
                                          int64_t organisation_id, struct bw_arena *arena,
                                          struct member_group **ret, size_t *ret_n,
                                          struct bw_err *err);

/* Whom the directory shows: of a sector (0: any; who is below it, too), of a class (-1: any). */
struct member_directory_filter {
    int64_t sector_id;
    int class_;
};
/* Active organisations by English name: at most PAGE_ROWS behind the one with the public id AFTER
 * (empty: from the start). BW_INVALID: AFTER is no such id. */
BW_MUST_CHECK enum bw_rc member_directory_read(struct db *db, const struct viewer *viewer,
                                               const struct member_directory_filter *f,
                                               struct bw_view after, struct bw_arena *arena,
                                               struct member_organisation **ret, size_t *ret_n,
                                               bool *ret_more, struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_directory_count(struct db *db, const struct viewer *viewer,
                                                const struct member_directory_filter *f,
                                                int64_t *ret_n, struct bw_err *err);

struct member_colleague {
    struct bw_view name, email;
    enum role role;
    int64_t seen_us; /* last request of any session; 0: never signed in */
};
/* Active people of an organisation by name. */
BW_MUST_CHECK enum bw_rc member_people_of(struct db *db, const struct viewer *viewer,
                                          int64_t organisation_id, struct bw_arena *arena,
                                          struct member_colleague **ret, size_t *ret_n,
                                          struct bw_err *err);

/* -- API keys ---------------------------------------------------------------------------------- */

#define MEMBER_KEYS_MAX 20      /* living keys of a person */
#define MEMBER_KEY_LABEL_MAX 80 /* bytes */
#define MEMBER_KEY_DAYS_MAX 366

/* What a key may be for: its word in forms and APIs, and in people's words. */
#define MEMBER_SCOPES 4
struct member_scope {
    enum scope scope;
    const char *word;
    enum i18n_msg msg, hint;
};
extern const struct member_scope member_scopes[MEMBER_SCOPES];

struct member_key {
    struct bw_view public_id, label;
    struct bw_view networks, used_from; /* where it may come from; where it came from last */
    unsigned scopes;
    int64_t created_us, expires_us, used_us;
    bool expired, replaced;
};
/* A person's own keys that were not ended, newest first. */
BW_MUST_CHECK enum bw_rc member_keys_of(struct db *db, int64_t person_id, struct bw_arena *arena,
                                        struct member_key **ret, size_t *ret_n, struct bw_err *err);
/* BW_LIMIT: MEMBER_KEYS_MAX. Appends to the ledger. */
BW_MUST_CHECK enum bw_rc member_key_add(struct db_tx *tx, const struct api_key_in *in,
                                        struct crypto_token *ret_key, struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_key_end(struct db_tx *tx, int64_t person_id,
                                        struct bw_view public_id, struct bw_err *err);

/* -- routes ------------------------------------------------------------------------------------ */

enum bw_rc member_organisation_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_directory_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_key_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_key_end_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_key_rotate_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_me_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
