/* SPDX-License-Identifier: Apache-2.0 */
/* member_people - the people of an organisation: invited, changed, suspended, gone.
 *
 * Two do this: an organisation's administrator (PERM_OWN_PEOPLE) for the own organisation, and the
 * hub's desk (PERM_MEMBERS) for all of them. One set of functions serves both; each asks inside its
 * transaction whether the actor still is who they were and may change this person. To an
 * administrator somebody else's people do not exist (BW_NOT_FOUND). Who works for the hub is
 * changed by its owner alone (PERM_OWNER), and nobody decides about themselves.
 *
 * What the person wrote stays theirs when they leave; what ends is every way in. */
#ifndef MEMBER_PEOPLE_H
#define MEMBER_PEOPLE_H

#include "member_int.h"

#define MEMBER_REASON_MAX 400   /* bytes */
#define MEMBER_PEOPLE_MAX 500   /* of one organisation at a time */
#define MEMBER_INVITES_A_DAY 10 /* to one address */
#define MEMBER_OFFER_US (14 * BW_DAY_US)
#define MEMBER_MAIL_US (2 * BW_DAY_US) /* for a link that confirms an address */

/* -- who may (member_people_store.c) ----------------------------------------------------------- */

/* The person whom a change is about, read inside the transaction. */
struct member_target {
    int64_t id, organisation_id, audience_id, created_us;
    struct bw_id public_id;
    enum role role;
    enum member_state state;
    enum i18n_lang lang;
    bool came; /* has chosen a password, or is a service that needs none */
    char name[MEMBER_NAME_MAX + 1], email[MEMBER_NAME_MAX + 1];
};
/* BW_DENIED: the actor's own account has changed since the request began. */
BW_MUST_CHECK enum bw_rc member_actor_check(struct db_tx *tx, const struct viewer *viewer,
                                            struct bw_err *err);
/* Somebody who is there (active or suspended) and whom VIEWER may change. BW_NOT_FOUND; BW_DENIED:
 * works for the hub. */
BW_MUST_CHECK enum bw_rc member_target_find(struct db_tx *tx, const struct viewer *viewer,
                                            struct bw_view public_id, struct member_target *ret,
                                            struct bw_err *err);
/* The same by key, for the hub itself and for one's own account: nothing is asked. */
BW_MUST_CHECK enum bw_rc member_target_key(struct db_tx *tx, int64_t person_id,
                                           struct member_target *ret, struct bw_err *err);
/* BW_DENIED where VIEWER may not give ROLE in that organisation. */
BW_MUST_CHECK enum bw_rc member_role_check(const struct viewer *viewer, int64_t organisation_id,
                                           enum role role, struct bw_err *err);
/* Administrators of an organisation who can act: active, with a password; without EXCEPT_ID. */
BW_MUST_CHECK enum bw_rc member_admins(struct db *db, int64_t organisation_id, int64_t except_id,
                                       int64_t *ret_n, struct bw_err *err);
/* BW_CONFLICT where T is the last who can administer: their organisation (an exception for the
 * desk), or the hub. */
BW_MUST_CHECK enum bw_rc member_last_check(struct db_tx *tx, const struct viewer *viewer,
                                           const struct member_target *t, struct bw_err *err);
/* Appends an event with up to two facts; a NULL key ends them. */
BW_MUST_CHECK enum bw_rc member_tell(struct db_tx *tx, enum ledger_verb verb, struct bw_view object,
                                     int64_t actor_id, int64_t audience_id, const char *key1,
                                     struct bw_view value1, const char *key2, struct bw_view value2,
                                     struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_reason_check(struct bw_view reason, struct bw_err *err);

/* -- changes (member_people_store.c) ----------------------------------------------------------- */

/* The invitation goes out when the ledger has the new person. IN->email is not looked at for a
 * service. BW_CONFLICT: the address belongs to somebody. */
BW_MUST_CHECK enum bw_rc member_people_invite(struct db_tx *tx,
                                              const struct crypto_keyring *keyring,
                                              const struct viewer *viewer,
                                              const struct member_person_in *in,
                                              struct bw_id *ret_public, struct bw_err *err);
/* A new invitation for who has not followed theirs. The row it was for is given up and another
 * takes its place, so that nothing that was sent before opens anything. BW_CONFLICT: has come. */
BW_MUST_CHECK enum bw_rc member_people_again(struct db_tx *tx, const struct crypto_keyring *keyring,
                                             const struct viewer *viewer, struct bw_view public_id,
                                             struct bw_id *ret_public, struct bw_err *err);
struct member_edit {
    struct bw_view name;
    enum i18n_lang lang;
    enum role role;
    bool signatory;
};
/* A new role ends the person's sessions; their keys have the new role from then on. */
BW_MUST_CHECK enum bw_rc member_people_edit(struct db_tx *tx, const struct viewer *viewer,
                                            struct bw_view public_id, const struct member_edit *in,
                                            struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_people_suspend(struct db_tx *tx, const struct viewer *viewer,
                                               struct bw_view public_id, struct bw_view reason,
                                               struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_people_resume(struct db_tx *tx, const struct viewer *viewer,
                                              struct bw_view public_id, struct bw_view reason,
                                              struct bw_err *err);
/* Sessions end and keys rest; nothing is asked. ACTOR_ID 0: the hub. */
BW_MUST_CHECK enum bw_rc member_suspend(struct db_tx *tx, int64_t actor_id, bool by_desk,
                                        const struct member_target *t, struct bw_view reason,
                                        struct bw_err *err);

/* -- leaving (member_people_leave.c) ----------------------------------------------------------- */

BW_MUST_CHECK enum bw_rc member_people_leave(struct db_tx *tx, const struct viewer *viewer,
                                             struct bw_view public_id, struct bw_view reason,
                                             struct bw_err *err);
/* One's own account. BW_CONFLICT: the last administrator. */
BW_MUST_CHECK enum bw_rc member_self_leave(struct db_tx *tx, const struct viewer *viewer,
                                           struct bw_view reason, struct bw_err *err);
/* Everything at once; nothing is asked. */
BW_MUST_CHECK enum bw_rc member_leave(struct db_tx *tx, int64_t actor_id,
                                      const struct member_target *t, struct bw_view reason,
                                      struct bw_err *err);

/* -- the administrator's role (member_people_admin.c) ------------------------------------------ */

BW_MUST_CHECK enum bw_rc member_admin_offer(struct db_tx *tx, const struct viewer *viewer,
                                            struct bw_view public_id, struct bw_err *err);
/* By the one to whom it was offered. Accepted: the two exchange roles, both sign in anew.
 * BW_NOT_FOUND: no offer (any more). */
BW_MUST_CHECK enum bw_rc member_admin_answer(struct db_tx *tx, const struct viewer *viewer,
                                             bool accept, struct bw_err *err);
/* Writes a role: sessions end, keys follow. */
BW_MUST_CHECK enum bw_rc member_role_set(struct db_tx *tx, int64_t actor_id,
                                         const struct member_target *t, enum role role,
                                         struct bw_err *err);

/* -- links (member_people_link.c) -------------------------------------------------------------- */

#define MEMBER_LINK_MAX 300 /* bytes of a token */
/* EMAIL as typed. BW_CONFLICT: it is somebody's; BW_INVALID. */
BW_MUST_CHECK enum bw_rc member_mail_ask(struct db_tx *tx, const struct viewer *viewer,
                                         struct bw_view public_id, struct bw_view email,
                                         struct bw_err *err);
enum member_link { MEMBER_LINK_MAIL, MEMBER_LINK_HERE };
/* What stands behind ?t= in the mail. BW_NOT_FOUND: nothing waits for this person's word. */
BW_MUST_CHECK enum bw_rc member_link_token(struct db *db, const struct crypto_keyring *keyring,
                                           enum member_link kind, int64_t person_id,
                                           struct bw_arena *arena, struct bw_view *ret,
                                           struct bw_err *err);
enum bw_rc member_mail_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_mail_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_here_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_here_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

/* -- reading (member_people_read.c) ------------------------------------------------------------ */

struct member_person {
    int64_t id, organisation_id, created_us, seen_us, suspended_us;
    struct bw_view public_id, name, email, new_email, reason;
    enum i18n_lang lang;
    enum role role;
    enum member_state state;
    bool came, signatory, by_desk;
};
/* Who is there of an organisation, suspended people and open invitations too, by name. */
BW_MUST_CHECK enum bw_rc member_person_list(struct db *db, const struct viewer *viewer,
                                            int64_t organisation_id, struct bw_arena *arena,
                                            struct member_person **ret, size_t *ret_n,
                                            struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_person_find(struct db *db, const struct viewer *viewer,
                                            struct bw_view public_id, struct bw_arena *arena,
                                            struct member_person *ret, struct bw_err *err);
/* By public id; of an administrator only the own. */
BW_MUST_CHECK enum bw_rc member_organisation_of(struct db *db, const struct viewer *viewer,
                                                struct bw_view public_id, struct bw_arena *arena,
                                                struct member_organisation *ret,
                                                struct bw_err *err);
/* Name of who offers VIEWER the administrator's role; empty: nobody does. */
BW_MUST_CHECK enum bw_rc member_offer_to(struct db *db, const struct viewer *viewer,
                                         struct bw_arena *arena, struct bw_view *ret_from,
                                         struct bw_err *err);

/* -- the yearly review (member_review.c) ------------------------------------------------------- */

#define MEMBER_REVIEW_US (30 * BW_DAY_US)
enum member_answer {
    MEMBER_UNANSWERED = 0,
    MEMBER_HERE = 1,
    MEMBER_GONE = 2,
    MEMBER_CLOSED_OUT = 3
};
struct member_review_line {
    struct bw_view public_id, name, email;
    struct member_names organisation;
    enum role role;
    int64_t seen_us;
};
/* Lines that VIEWER has to answer in the round that is open, at most PAGE_ROWS; how many there are.
 * *ret_due_us 0: no round is open. */
BW_MUST_CHECK enum bw_rc member_review_read(struct db *db, const struct viewer *viewer,
                                            struct bw_arena *arena, struct member_review_line **ret,
                                            size_t *ret_n, int64_t *ret_left, int64_t *ret_due_us,
                                            struct bw_err *err);
/* BW_NOT_FOUND: no line that VIEWER has to answer. HERE false: the person leaves. */
BW_MUST_CHECK enum bw_rc member_review_answer(struct db_tx *tx, const struct viewer *viewer,
                                              struct bw_view public_id, bool here,
                                              struct bw_err *err);
/* Opens, reminds and closes what is due at the clock's time. */
BW_MUST_CHECK enum bw_rc member_review_run(struct hub *hub, struct bw_err *err);
enum bw_rc member_review_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_review_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

/* -- jobs (member_people_job.c) ---------------------------------------------------------------- */

/* When the hub began to watch; the first call begins. */
BW_MUST_CHECK enum bw_rc member_clock(struct db_tx *tx, int64_t *ret_since_us, struct bw_err *err);
static inline int64_t member_months_us(int64_t months)
{
    return months * 365 * BW_DAY_US / 12;
}
#define MEMBER_NOTICE_US (30 * BW_DAY_US) /* from the notice to the end */
#define MEMBER_KEY_WARN_US (14 * BW_DAY_US)
BW_MUST_CHECK enum bw_rc member_dormant_run(struct hub *hub, struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_key_warn_run(struct hub *hub, struct bw_err *err);
enum bw_rc member_job_day(struct job *job, struct bw_err *err);
enum bw_rc member_job_minute(struct job *job, struct bw_err *err);

/* Mails of this room, following the ledger (member_letter.c). */
extern const struct ledger_consumer member_letter_consumer;

/* -- pages (member_people_page.c, member_person_page.c) ---------------------------------------- */

enum bw_rc member_people_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_people_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_person_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_person_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_person_again_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_person_state_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_person_mail_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_person_offer_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_offer_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc member_leave_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
