/* SPDX-License-Identifier: Apache-2.0 */
/* viewer - as whom rows are read and actions are asked for.
 *
 * A viewer is a person (through a session or an API key), the public, or the system. It is made
 * once per request inside the request's snapshot from the grants that the person and their
 * organisation hold at that moment, so a grant that ended is gone with the next request on every
 * channel. Holdings are dated rows: ending one sets its end, the row stays, and "who had access
 * from when to when" can be told.
 *
 * One kind of holding serves sectors, circles, roles and whatever later rooms invent. */
#ifndef VIEWER_H
#define VIEWER_H

#include "audience.h"

/* Values are stored: append only. */
enum role {
    ROLE_NOBODY = 0, /* not signed in */
    ROLE_REPRESENTATIVE = 1,
    ROLE_ADMIN = 2,    /* of the own organisation */
    ROLE_ANALYST = 3,  /* hub staff: moderates, enriches, imports */
    ROLE_OPERATOR = 4, /* hub staff, its owner: everything an analyst may, members, release */
    ROLE_SYSTEM = 5,
    ROLE_STAFF = 6,      /* as a grant only: those of role_is_staff() together */
    ROLE_MEMBERSHIP = 7, /* hub staff: applications, organisations, people, terms */
    ROLE_SYSADMIN = 8,   /* runs the machine: its codes reach no member's row */
    ROLE_AUDITOR = 9,    /* hub staff: reads decisions and the ledger, changes nothing */
    ROLE_SERVICE = 10,   /* of a member: API keys alone, never a page */
    ROLES_COUNT
};
const char *role_name(enum role role); /* "representative" */
bool role_is_persons(enum role role);  /* one that a person can have */
/* Sees what the hub's staff sees. */
bool role_is_staff(enum role role);
/* Works for the hub: staff, and who runs the machine. */
bool role_is_operator_body(enum role role);

/* What a person holds beside the role: GRANT_DUTY. Values are stored. */
enum duty { DUTY_SIGNATORY = 1 /* signs for the organisation */ };
/* What takes a right away for a time: GRANT_LIMIT, held by a person or an organisation. A limited
 * viewer has the permissions alone that permission_row.limited names. Values are stored. */
enum limit {
    LIMIT_TERMS = 1,   /* the terms in force are not accepted */
    LIMIT_EXPIRED = 2, /* the membership has run out */
};

struct viewer {
    enum role role;
    int64_t person_id, organisation_id; /* 0: none */
    int64_t session_id, api_key_id;     /* through what they came; 0: none */
    unsigned scopes;                    /* of the API key; SCOPE_ALL for a session */
    const int64_t *codes;               /* ascending grant codes */
    size_t n_codes;
    bool limited;       /* holds a GRANT_LIMIT */
    const char *reason; /* system viewers: why */
};

enum scope { SCOPE_READ = 1, SCOPE_WRITE = 2, SCOPE_TAXII = 4, SCOPE_IMPORT = 8, SCOPE_ALL = 15 };

/* Everybody in the world: sees what carries the grant public. Static. */
const struct viewer *viewer_public(void);
/* Sees every row. For sign-in, jobs and snapshots; tools/tidy lists the callers with their reasons.
 */
#define viewer_system(why)                                                                   \
    ({                                                                                       \
        static const struct viewer viewer_system_ = {.role = ROLE_SYSTEM, .reason = "" why}; \
        &viewer_system_;                                                                     \
    })

/* Reads what PERSON of ORGANISATION holds now. The viewer lives in ARENA. */
BW_MUST_CHECK enum bw_rc viewer_load(struct db *db, int64_t person_id, int64_t organisation_id,
                                     enum role role, struct bw_arena *arena, struct viewer **ret,
                                     struct bw_err *err);
bool viewer_holds(const struct viewer *v, struct grant g);
/* For db_options: true where a grant of the audience is held. */
bool viewer_reach(const struct viewer *v, struct db *db, int64_t audience_id);
const int64_t *viewer_reach_list(const struct viewer *v, struct db *db, size_t *ret_n);
/* The same as codes, for the table that VIEWER_GRANTS names. */
const int64_t *viewer_codes(const struct viewer *v, size_t *ret_n);
#define VIEWER_GRANTS "audience_grant"

/* -- holdings ---------------------------------------------------------------------------------- */
enum holder_kind { HOLDER_PERSON = 0, HOLDER_ORGANISATION = 1 };

/* Gives the grant from now on; already held: BW_OK, nothing changes. */
BW_MUST_CHECK enum bw_rc holding_give(struct db_tx *tx, enum holder_kind kind, int64_t holder_id,
                                      struct grant g, struct bw_err *err);
BW_MUST_CHECK enum bw_rc holding_end(struct db_tx *tx, enum holder_kind kind, int64_t holder_id,
                                     struct grant g, struct bw_err *err);
/* Ends everything that the holder holds. */
BW_MUST_CHECK enum bw_rc holding_end_all(struct db_tx *tx, enum holder_kind kind, int64_t holder_id,
                                         struct bw_err *err);

#endif
