/* SPDX-License-Identifier: Apache-2.0 */
/* member_desk - what the operator's side asks of this room: who works for the hub, how accounts
 * stand (as counts), and what has to go when a person's data is erased. For room ops. */
#ifndef MEMBER_DESK_H
#define MEMBER_DESK_H

#include "member.h"

/* -- who works for the hub --------------------------------------------------------------------- */
struct member_staff {
    int64_t id, organisation_id, seen_us; /* seen_us 0: never signed in */
    struct bw_view public_id, name, email;
    enum role role;
    bool active; /* the person, and the organisation */
    bool second_step;
};
/* Active people of an organisation whom VIEWER sees, by name. */
BW_MUST_CHECK enum bw_rc member_staff_of(struct db *db, const struct viewer *viewer,
                                         int64_t organisation_id, struct bw_arena *arena,
                                         struct member_staff **ret, size_t *ret_n,
                                         struct bw_err *err);
/* One person by public id. BW_NOT_FOUND: none, or VIEWER does not see them. */
BW_MUST_CHECK enum bw_rc member_staff_find(struct db *db, const struct viewer *viewer,
                                           struct bw_view public_id, struct bw_arena *arena,
                                           struct member_staff *ret, struct bw_err *err);
/* What the person is at this moment, whatever a session or a form remembers. BW_NOT_FOUND. */
struct member_office {
    enum role role;
    int64_t organisation_id;
    bool active;
};
BW_MUST_CHECK enum bw_rc member_office(struct db *db, int64_t person_id, struct member_office *ret,
                                       struct bw_err *err);
/* Active people who have one of ROLES (bits), without the one person and the one organisation (0:
 * nobody is left out). */
BW_MUST_CHECK enum bw_rc member_count_roles(struct db *db, unsigned roles, int64_t but_person,
                                            int64_t but_organisation, int64_t *ret_n,
                                            struct bw_err *err);
/* Ends sessions and keys, which hold the role that was. BW_CONFLICT: the role is not FROM. */
struct member_role_change {
    int64_t actor_id, person_id;
    enum role from, to;
    struct bw_view reason;
};
BW_MUST_CHECK enum bw_rc member_role_change(struct db_tx *tx, const struct member_role_change *c,
                                            struct bw_err *err);

/* -- how accounts stand ------------------------------------------------------------------------ */
#define MEMBER_UNUSED_US (30 * BW_DAY_US)
#define MEMBER_KEY_OLD_US (365 * BW_DAY_US)
struct member_health {
    int64_t staff, staff_one_step; /* who works for the hub; of these without a second step */
    int64_t operators;
    int64_t never;                 /* invited MEMBER_UNUSED_US ago or more, and never there since */
    int64_t sole, without;         /* organisations with one administrator; with none */
    int64_t keys_far;              /* keys that end in more than MEMBER_KEY_OLD_US */
    int64_t keys_unused;           /* living keys, not used for so long */
    int64_t fails, fails_networks; /* of the running quarter of an hour */
};
BW_MUST_CHECK enum bw_rc member_health_read(struct db *db, int64_t now_us,
                                            struct member_health *ret, struct bw_err *err);

/* -- what is kept of people -------------------------------------------------------------------- */
/* One line of what the hub holds on a person; a page and a file are made of the same lines. */
struct member_datum {
    const char *part, *name; /* words of the file: "session", "device" */
    enum i18n_msg part_msg, name_msg;
    int number; /* of the session, key ...: from 1 */
    struct bw_view text;
    int64_t at_us; /* instead of text; 0: none */
};
enum { MEMBER_DATA_MAX = 2000 };
/* For the person. In ARENA. */
BW_MUST_CHECK enum bw_rc member_data_of(struct db *db, int64_t person_id, enum i18n_lang lang,
                                        struct bw_arena *arena, struct member_datum **ret,
                                        size_t *ret_n, struct bw_err *err);
/* Failed sign-ins that nothing depends on any more. */
BW_MUST_CHECK enum bw_rc member_purge_throttle(struct db_tx *tx, int64_t before_us, int64_t *ret_n,
                                               struct bw_err *err);
/* Name, address, second step, sessions and keys of somebody who has left. EVENTS: of the ledger,
 * about them and by them. BW_CONFLICT: they are here. */
struct member_erase {
    int64_t actor_id, person_id;
    const int64_t *events;
    size_t events_n;
};
BW_MUST_CHECK enum bw_rc member_erase(struct db_tx *tx, const struct member_erase *e,
                                      struct bw_err *err);

/* -- figures of today -------------------------------------------------------------------------- */
/* NAME "organisations" (KEY: state), "class", "sector" (KEY: public id), "role", "active" (KEY:
 * days). People and organisations that are active, but for "organisations". */
typedef enum bw_rc (*member_figure_fn)(void *arg, const char *name, struct bw_view key, int64_t n,
                                       struct bw_err *err);
const char *member_class_name(enum member_class class_); /* "industry": KEY of "class" */
BW_MUST_CHECK enum bw_rc member_figures(struct db *db, int64_t now_us, member_figure_fn fn,
                                        void *arg, struct bw_err *err);

/* -- the directory as a list ------------------------------------------------------------------- */
#define MEMBER_EXPORT_MAX 20000
struct member_line {
    struct bw_view public_id, domain;
    struct member_names names;
    enum member_class class_;
    enum member_state state;
    struct bw_view sectors;     /* English names with "; " between them */
    int64_t created_us, people; /* people: only where ALL was asked for */
};
/* As far as VIEWER sees them, by English name. ALL: also those that are not active, and how many
 * people each has; for PERM_MEMBERS. */
BW_MUST_CHECK enum bw_rc member_export(struct db *db, const struct viewer *viewer, bool all,
                                       struct bw_arena *arena, struct member_line **ret,
                                       size_t *ret_n, struct bw_err *err);
const char *member_state_name(enum member_state state); /* "active" */

#endif
