/* SPDX-License-Identifier: Apache-2.0 */
/* join_int - what the room's files share: an application, its steps, its links and its mails. */
#ifndef JOIN_INT_H
#define JOIN_INT_H

#include "crypto.h"
#include "hub.h"
#include "join.h"
#include "join_alike.h"
#include "join_word.h"

/* -- rows (join_store.c) ----------------------------------------------------------------------- */

enum {
    JOIN_TEXT_MAX = 4000, /* bytes of a text of several lines */
    JOIN_REASON_MAX = 2000,
    JOIN_PEOPLE_MAX = 8, /* one applicant, two for emergencies, five representatives */
    JOIN_EMERGENCIES = 2,
    JOIN_REPRESENTATIVES = 5,
    JOIN_SECTORS_MAX = 20,
};
struct join_person {
    enum join_person_kind kind;
    struct bw_view name, email, phone;
    enum role role;
    bool signatory;
};
struct join_application {
    int64_t id;
    struct bw_view public_id;
    enum join_route route;
    enum join_state state;
    int64_t since_us, created_us;
    enum i18n_lang lang;
    struct member_names names;
    struct bw_view registration, domain, domains, networks, sectors, company_group, why;
    enum member_class class_;
    enum join_size size;
    int64_t sponsor_id;
    bool alike;
    int64_t claimed_by, claimed_us;
    enum join_proof proof;
    int64_t proof_us, registered_us, objections_until_us, signed_us, organisation_id;
    struct bw_view proof_what, dns_value, registered_what, signed_name, signed_title, reason;
    int64_t audience_id;
    /* Of the desk and of the applicant; join_people_read() fills them. */
    struct join_person people[JOIN_PEOPLE_MAX];
    size_t people_n;
};
#define JOIN_APPLICATION                                                                     \
    "a.id, a.public_id, a.route, a.state, a.since_us, a.created_us, a.lang, a.name_en,"      \
    " a.name_hant, a.name_hans, a.registration, a.class, a.size, a.domain, a.domains,"       \
    " a.networks, a.sectors, a.company_group, a.why, a.sponsor_id, a.alike, a.claimed_by,"   \
    " a.claimed_us, a.proof, a.proof_us, a.proof_what, a.dns_value, a.registered_us,"        \
    " a.registered_what, a.objections_until_us, a.signed_us, a.signed_name, a.signed_title," \
    " a.organisation_id, a.reason, a.audience_id"
BW_MUST_CHECK enum bw_rc join_row(const struct db_stmt *st, struct bw_arena *arena,
                                  struct join_application *ret, struct bw_err *err);
/* BW_NOT_FOUND also where VIEWER may not see it. Without people. */
BW_MUST_CHECK enum bw_rc join_get(struct db *db, const struct viewer *viewer,
                                  struct bw_view public_id, struct bw_arena *arena,
                                  struct join_application *ret, struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_get_key(struct db *db, const struct viewer *viewer, int64_t id,
                                      struct bw_arena *arena, struct join_application *ret,
                                      struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_people_read(struct db *db, const struct viewer *viewer,
                                          struct bw_arena *arena, struct join_application *a,
                                          struct bw_err *err);
/* Who applies; NULL: nobody is entered. */
const struct join_person *join_applicant(const struct join_application *a);
const struct join_person *join_signatory(const struct join_application *a);

/* A new draft with what IN says (public_id, state and times are made here). */
BW_MUST_CHECK enum bw_rc join_insert(struct db_tx *tx, const struct join_application *in,
                                     int64_t actor_id, int64_t *ret_id, struct bw_id *ret_public,
                                     struct bw_err *err);
/* Replaces what the form holds. BW_CONFLICT: it is no draft any more. */
BW_MUST_CHECK enum bw_rc join_update(struct db_tx *tx, const struct join_application *in,
                                     struct bw_err *err);
/* What is missing or wrong before a draft may be sent; the field's name and a message. */
struct join_problem {
    const char *field;
    enum i18n_msg msg;
};
#define JOIN_PROBLEMS_MAX 24
size_t join_check(const struct settings *settings, const struct join_application *a,
                  struct join_problem ret[JOIN_PROBLEMS_MAX]);

struct join_list_row {
    struct bw_view public_id;
    struct member_names names;
    struct bw_view domain, claimed_name;
    enum join_route route;
    enum join_state state;
    int64_t since_us, claimed_by, objections_until_us;
    bool alike;
};
/* Living applications that VIEWER sees, oldest first; ASKED: only those that ask members. */
BW_MUST_CHECK enum bw_rc join_list(struct db *db, const struct viewer *viewer, bool asked,
                                   struct bw_arena *arena, struct join_list_row **ret,
                                   size_t *ret_n, struct bw_err *err);

/* -- what people said (join_say.c) ------------------------------------------------------------- */

struct join_word {
    enum join_word_kind kind;
    enum join_state state;
    int64_t person_id, organisation_id, at_us;
    bool aye;
    struct bw_view reason, person;
    struct member_names organisation;
};
BW_MUST_CHECK enum bw_rc join_words(struct db *db, const struct viewer *viewer,
                                    int64_t application_id, struct bw_arena *arena,
                                    struct join_word **ret, size_t *ret_n, struct bw_err *err);
/* BW_DENIED: of the applicant's group, or (for a committee) of a voucher's organisation. */
BW_MUST_CHECK enum bw_rc join_outsider(struct db_tx *tx, const struct viewer *viewer,
                                       const struct join_application *a, bool committee,
                                       struct bw_err *err);
/* Each reads the application anew inside the transaction. BW_NOT_FOUND, BW_DENIED (own group, no
 * trusted member, no desk), BW_CONFLICT (not in that state, said before), BW_INVALID (no reason).
 */
struct join_say {
    const struct hub *hub;
    const struct viewer *viewer;
    struct bw_view application, reason; /* public id */
    bool aye;                           /* of a decision */
};
BW_MUST_CHECK enum bw_rc join_vouch(struct db_tx *tx, void *join_say, struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_object(struct db_tx *tx, void *join_say, struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_decide(struct db_tx *tx, void *join_say, struct bw_err *err);
/* Desk: takes it up for the checks or the vouching. */
BW_MUST_CHECK enum bw_rc join_take_up(struct db_tx *tx, void *join_say, struct bw_err *err);
/* Desk: the window is over. */
BW_MUST_CHECK enum bw_rc join_window_over(struct db_tx *tx, void *join_say, struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_claim(struct db_tx *tx, void *join_say, struct bw_err *err);
BW_MUST_CHECK enum bw_rc join_release(struct db_tx *tx, void *join_say, struct bw_err *err);
/* Desk: the register was looked up; REASON says what was found. */
BW_MUST_CHECK enum bw_rc join_registered_seen(struct db_tx *tx, void *join_say, struct bw_err *err);
/* Desk: the TXT value was found; REASON is what stood there. AYE: by the hub's resolver. */
BW_MUST_CHECK enum bw_rc join_dns_seen(struct db_tx *tx, void *join_say, struct bw_err *err);
/* Desk: the signatory's link once more; the old one ends. */
BW_MUST_CHECK enum bw_rc join_sign_again(struct db_tx *tx, void *join_say, struct bw_err *err);

/* -- steps (join_step.c) ----------------------------------------------------------------------- */

enum join_by {
    JOIN_BY_APPLICANT = 1, /* by a mailed link */
    JOIN_BY_DESK = 2,
    JOIN_BY_VOUCHERS = 4,
    JOIN_BY_CLOCK = 8,
    JOIN_BY_DECISION = 16, /* as many as the state asks for have said the same */
    JOIN_BY_SIGNATORY = 32,
};
/* Moves A on. BW_CONFLICT: there is no such step on this route for BY, its conditions do not hold,
 * or the state has moved meanwhile. Appends to the ledger, ends the links that have lost their
 * meaning, asks for the mails. */
struct join_step_in {
    const struct hub *hub;
    enum join_state to;
    enum join_by by;
    int64_t actor_id;
    struct bw_view reason;
};
BW_MUST_CHECK enum bw_rc join_step(struct db_tx *tx, struct join_application *a,
                                   const struct join_step_in *in, struct bw_err *err);
/* True: the table has it. For tests and for what a page offers. */
bool join_step_exists(enum join_route route, enum join_state from, enum join_state to, unsigned by);
/* How many must say the same. */
int64_t join_eyes(const struct settings *settings, enum join_state state);
BW_MUST_CHECK enum bw_rc join_count_words(struct db *db, const struct join_application *a,
                                          enum join_word_kind kind, int aye, int64_t *ret,
                                          struct bw_err *err);
/* {"KEY":"VALUE", ...}: pairs, then NULL. For the audit trail alone. */
BW_MUST_CHECK enum bw_rc join_note(struct db_tx *tx, enum ledger_verb verb, struct bw_view object,
                                   int64_t actor_id, const char *const *keys,
                                   const struct bw_view *values, struct bw_err *err);
/* SUBMITTED -> organisation, people, standing (join_make.c). */
BW_MUST_CHECK enum bw_rc join_make(struct db_tx *tx, const struct hub *hub,
                                   struct join_application *a, int64_t actor_id,
                                   struct bw_err *err);
/* BW_CONFLICT: a name or an address is taken; the message says which. */
BW_MUST_CHECK enum bw_rc join_free(struct db *db, const struct join_application *a,
                                   struct bw_err *err);

/* Moves on what time moves: windows that are over, drafts that nobody sent (join_room.c). */
BW_MUST_CHECK enum bw_rc join_clock(const struct hub *hub, struct bw_err *err);

/* -- resembles (join_look.c) ------------------------------------------------------------------- */

struct join_resemblance {
    enum join_alike alike;
    bool of_name;
    struct bw_view organisation, organisation_id, what; /* what: its domain or name */
};
#define JOIN_LOOK_MAX 10
/* Members that A resembles, the strongest first. */
BW_MUST_CHECK enum bw_rc join_look(struct db *db, const struct join_application *a,
                                   struct bw_arena *arena, struct join_resemblance *ret,
                                   size_t *ret_n, struct bw_err *err);

/* -- DNS (join_dns.c) -------------------------------------------------------------------------- */

/* Blocks for at most some seconds: a worker's work, outside any snapshot. RESOLVER: "" or
 * "127.0.0.1:5353". BW_NOT_FOUND: there is no such value (the message quotes what there is);
 * BW_IO: the resolver did not answer. */
BW_MUST_CHECK enum bw_rc join_dns_look(struct bw_view resolver, struct bw_view domain,
                                       struct bw_view value, struct bw_buf *ret_found,
                                       struct bw_err *err);
#define JOIN_DNS_PREFIX "breakwater-verification="

#include "join_apply.h"

#endif
