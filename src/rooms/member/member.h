/* SPDX-License-Identifier: Apache-2.0 */
/* member - who is in the community: organisations, their people, sectors and circles. Signing in is
 * the room signin.
 *
 * What a person may see follows from holdings (core/viewer.h) that this room gives and ends; the
 * row of an organisation or person itself is readable by every member (directory) unless said
 * otherwise. Later rooms speak of organisations by key inside and by public id outside. */
#ifndef MEMBER_H
#define MEMBER_H

#include "bw_clock.h"
#include "i18n.h"
#include "room.h"

extern const struct room room_member;

/* A name in three languages; a language that is missing falls back to English. Borrowed. */
struct member_names {
    struct bw_view text[I18N_LANGS];
};
struct bw_view member_name(const struct member_names *names, enum i18n_lang lang);

/* Values are stored: append only. */
enum member_class {
    MEMBER_INDUSTRY,
    MEMBER_VENDOR,
    MEMBER_REGULATOR,
    MEMBER_LAW_ENFORCEMENT,
    MEMBER_ACADEMIA,
    MEMBER_CERT,
    MEMBER_FOREIGN,
    MEMBER_CLASSES
};
enum i18n_msg member_class_msg(enum member_class class_);
enum i18n_msg member_role_msg(enum role role); /* of a person */
/* Copies the trimmed text in lower case (ASCII letters only), which is how e-mail addresses and
 * domains are stored and looked for. */
BW_MUST_CHECK enum bw_rc member_lower(struct bw_arena *arena, struct bw_view v, struct bw_view *ret,
                                      struct bw_err *err);
/* Three names from column AT on. */
BW_MUST_CHECK enum bw_rc member_names_row(const struct db_stmt *st, int at, struct bw_arena *arena,
                                          struct member_names *ret, struct bw_err *err);
#define MEMBER_NAME_MAX 200 /* bytes of a name of an organisation, group or person */
enum member_state { MEMBER_ACTIVE = 0, MEMBER_SUSPENDED = 1, MEMBER_LEFT = 2 };

const char *member_class_word(enum member_class class_); /* "industry": in APIs and lists */

/* How far an organisation is trusted. Values are stored. */
enum member_standing {
    MEMBER_OPEN = 0,    /* what is for everybody */
    MEMBER_TRUSTED = 1, /* was vouched for, or was there at the beginning: may share AMBER */
};
struct member_trust {
    enum member_standing standing;
    struct bw_view company_group, domain; /* domain: as read, is not set by member_trust_set */
    int64_t sponsor_id;                   /* the association that enlisted it; 0: none */
    bool association;                     /* may enlist its own members */
    enum member_state state;              /* as read */
};
/* Read as the hub: for deciding, never for showing. BW_NOT_FOUND. */
BW_MUST_CHECK enum bw_rc member_standing(struct db *db, int64_t organisation_id,
                                         enum member_standing *ret, struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_trust_get(struct db *db, int64_t organisation_id,
                                          struct bw_arena *arena, struct member_trust *ret,
                                          struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_trust_set(struct db_tx *tx, int64_t actor_id,
                                          int64_t organisation_id, const struct member_trust *b,
                                          struct bw_err *err);

/* -- making them (operator, demo, init) -------------------------------------------------------- */
struct member_organisation_in {
    struct member_names names;
    enum member_class class_;
    struct bw_view domain;  /* may be empty */
    const int64_t *sectors; /* keys */
    size_t n_sectors;
};
BW_MUST_CHECK enum bw_rc member_organisation_add(struct db_tx *tx, int64_t actor_id,
                                                 const struct member_organisation_in *in,
                                                 int64_t *ret_id, struct bw_id *ret_public,
                                                 struct bw_err *err);
/* Suspended: every session, key and live page of its people ends in this transaction; who signs in
 * is told so; its holdings are kept for when it comes back, but viewers of it are not made. */
BW_MUST_CHECK enum bw_rc member_organisation_state(struct db_tx *tx, int64_t actor_id, int64_t id,
                                                   enum member_state state, struct bw_err *err);
/* Groups: a sector or a circle (kind GRANT_SECTOR or GRANT_CIRCLE); key and public id. */
BW_MUST_CHECK enum bw_rc member_group_add(struct db_tx *tx, int64_t actor_id, enum grant_kind kind,
                                          const struct member_names *names, int64_t *ret_id,
                                          struct bw_id *ret_public, struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_circle_join(struct db_tx *tx, int64_t actor_id, int64_t circle_id,
                                            int64_t organisation_id, struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_circle_leave(struct db_tx *tx, int64_t actor_id, int64_t circle_id,
                                             int64_t organisation_id, struct bw_err *err);

struct member_person_in {
    int64_t organisation_id;
    struct bw_view name, email; /* email: stored in lower case, unique */
    enum i18n_lang lang;
    enum role role;
    struct bw_view password_hash;   /* PHC string; empty: cannot sign in yet */
    const struct crypto_totp *totp; /* NULL: enrols at first sign-in; sealed by the room */
};
BW_MUST_CHECK enum bw_rc member_person_add(struct db_tx *tx, const struct crypto_keyring *keyring,
                                           int64_t actor_id, const struct member_person_in *in,
                                           int64_t *ret_id, struct bw_id *ret_public,
                                           struct bw_err *err);

/* What a room above has to do in the very transaction that adds or erases somebody (terms: who
 * comes later is bound at once; signing in: passkeys and browsers go). Each may be NULL. Set before
 * anything is added, once each; they outlive the hub. NULL takes all away (tests). */
struct member_watcher {
    enum bw_rc (*person_added)(struct db_tx *tx, int64_t person_id, int64_t organisation_id,
                               struct bw_err *err);
    enum bw_rc (*organisation_added)(struct db_tx *tx, int64_t organisation_id, int64_t actor_id,
                                     struct bw_err *err);
    enum bw_rc (*person_erased)(struct db_tx *tx, int64_t person_id, struct bw_err *err);
};
void member_watch(const struct member_watcher *watcher);

/* The second step's secret as it is kept (credential.totp_sealed): sealed to its row. */
BW_MUST_CHECK enum bw_rc member_totp_seal(const struct crypto_keyring *keyring, int64_t person_id,
                                          const struct crypto_totp *totp, struct bw_buf *out,
                                          struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_totp_open(const struct crypto_keyring *keyring, int64_t person_id,
                                          struct bw_view sealed, struct crypto_totp *ret,
                                          struct bw_err *err);
/* The key of a person, for who follows the ledger. */
BW_MUST_CHECK enum bw_rc member_person_key(struct db *db, struct bw_view public_id, int64_t *ret_id,
                                           struct bw_err *err);

#define MEMBER_INVITE_US (7 * BW_DAY_US) /* the link in an invitation works for so long */

/* What a person holds beside the role; each change is in the ledger. Held or not held already:
 * BW_OK, nothing changes. BW_NOT_FOUND: no such person, or they have left. */
BW_MUST_CHECK enum bw_rc member_duty_give(struct db_tx *tx, int64_t actor_id, int64_t person_id,
                                          enum duty duty, struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_duty_end(struct db_tx *tx, int64_t actor_id, int64_t person_id,
                                         enum duty duty, struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_duty_held(struct db *db, int64_t person_id, enum duty duty,
                                          bool *ret, struct bw_err *err);

/* -- reading ----------------------------------------------------------------------------------- */
struct member_organisation {
    int64_t id;
    struct bw_view public_id, domain;
    struct member_names names;
    enum member_class class_;
    enum member_state state;
};
/* By key. The directory of organisations is open to members; visitors get BW_NOT_FOUND. In ARENA.
 */
BW_MUST_CHECK enum bw_rc member_organisation_get(struct db *db, const struct viewer *viewer,
                                                 int64_t id, struct bw_arena *arena,
                                                 struct member_organisation *ret,
                                                 struct bw_err *err);
/* -- acting for another ------------------------------------------------------------------------ */

/* What a member lets its provider do. READ is always given. Values are stored. */
enum delegate {
    DELEGATE_READ = 1,        /* see its networks and findings */
    DELEGATE_ACKNOWLEDGE = 2, /* acknowledge findings */
    DELEGATE_CLAIM = 4,       /* enter networks: pending, as its own would be */
    DELEGATE_ALL = 7
};
/* Whether VIEWER's organisation may do that for the customer at that time. */
BW_MUST_CHECK enum bw_rc member_delegate_may(struct db *db, const struct viewer *viewer,
                                             int64_t customer_id, enum delegate scope,
                                             int64_t now_us, bool *ret, struct bw_err *err);
/* An organisation for which VIEWER's acts now, by public id. BW_NOT_FOUND. In ARENA. */
BW_MUST_CHECK enum bw_rc member_delegate_customer(struct db *db, const struct viewer *viewer,
                                                  struct bw_view public_id, struct bw_arena *arena,
                                                  struct member_organisation *ret,
                                                  unsigned *ret_scopes, struct bw_err *err);

/* What API clients and CSV write: public id, or name in any of the three languages (exact), or
 * domain; for people public id or e-mail. BW_NOT_FOUND quotes what was asked for. */
BW_MUST_CHECK enum bw_rc member_resolve(struct db *db, const struct viewer *viewer,
                                        enum grant_kind kind, struct bw_view ref, int64_t *ret_id,
                                        struct bw_err *err);
/* For pickers: id, public id, name in LANG, sorted by name; kind: ORGANISATION, CIRCLE (own ones;
 * staff: all), SECTOR or PERSON. */
struct member_choice {
    int64_t id;
    struct bw_view public_id, name, hint; /* hint: a person's organisation */
};
BW_MUST_CHECK enum bw_rc member_choices(struct db *db, const struct viewer *viewer,
                                        enum grant_kind kind, enum i18n_lang lang,
                                        struct bw_arena *arena, struct member_choice **ret,
                                        size_t *ret_n, struct bw_err *err);

/* "Who can see this", in words of LANG: a line per grant ("Circle Healthcare, 23 organisations"),
 * and how many organisations that makes. For VIEWER, who sees the row: circles that are hidden from
 * them are neither named nor counted. */
struct member_who {
    struct bw_view summary; /* one sentence */
    struct bw_view *lines;
    size_t n;
    int64_t organisations; /* without doubles; -1: everybody in the world */
};
BW_MUST_CHECK enum bw_rc member_who(struct db *db, const struct viewer *viewer, int64_t audience_id,
                                    enum i18n_lang lang, struct bw_arena *arena,
                                    struct member_who *ret, struct bw_err *err);

/* Active people of active organisations whom the audience reaches, for mails; ascending by key. */
struct member_recipient {
    int64_t person_id, organisation_id;
    struct bw_view name, email;
    enum i18n_lang lang;
    enum role role;
    struct bw_view public_id;
};
BW_MUST_CHECK enum bw_rc member_recipients(struct db *db, int64_t audience_id,
                                           struct bw_arena *arena, struct member_recipient **ret,
                                           size_t *ret_n, struct bw_err *err);
/* One person, by key, for audit and "written by". */
BW_MUST_CHECK enum bw_rc member_person_get(struct db *db, int64_t person_id, struct bw_arena *arena,
                                           struct member_recipient *ret, struct bw_err *err);
/* Command line: acts as this person (by e-mail). BW_NOT_FOUND. */
BW_MUST_CHECK enum bw_rc member_viewer_by_email(struct db *db, struct bw_view email,
                                                struct bw_arena *arena, struct viewer **ret,
                                                struct bw_err *err);
/* Command line without a name: acts as the operator who was entered first. BW_NOT_FOUND. */
BW_MUST_CHECK enum bw_rc member_viewer_operator(struct db *db, struct bw_arena *arena,
                                                struct viewer **ret, struct bw_err *err);
/* Does KEYRING open what the credentials hold sealed? True where none of them does yet. */
BW_MUST_CHECK enum bw_rc member_sealed_with(struct db *db, const struct crypto_keyring *keyring,
                                            bool *ret, struct bw_err *err);

#endif
