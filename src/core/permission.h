/* SPDX-License-Identifier: Apache-2.0 */
/* permission - what a role and an API key's scope may ask for. One table, from which the gate of
 * every route, the documentation and the authorisation tests are made. Seeing a row is the
 * audience's matter; a permission only says that the verb exists for this viewer. */
#ifndef PERMISSION_H
#define PERMISSION_H

#include "viewer.h"

enum permission {
    PERM_OPEN,          /* anybody, also without signing in */
    PERM_READ,          /* read what one may see */
    PERM_SHARE,         /* write and publish items */
    PERM_IMPORT,        /* import files for one's organisation */
    PERM_NETWORK_CLAIM, /* enter networks of one's own organisation: pending */
    PERM_FINDING_ACT,   /* acknowledge one's own findings */
    PERM_TAXII,         /* poll TAXII */
    PERM_PEOPLE,        /* see the people of one's own organisation */
    PERM_KEY,           /* make and end one's own API keys */
    PERM_QUEUE,         /* staff: the operator queue */
    PERM_RELEASE,       /* operator: release to the public zone, verify networks */
    PERM_MEMBERS,       /* owner, membership: organisations and people of others */
    PERM_OWN_PEOPLE,    /* organisation admin: the people of one's own organisation */
    PERM_ACCOUNT,       /* one's own account */
    PERM_DECIDE,        /* owner, membership: applications, suspension, circles, terms */
    PERM_AUDIT,         /* owner, membership, auditor: decisions and statistics */
    PERM_SYSTEM,        /* owner, system administrator, auditor: the state of the machine */
    PERM_OWNER,         /* owner: the programme, and who works for the hub */
    PERM_STAFFING,      /* organisation admin: the own people; desk: anybody's */
    PERM_COUNT
};

struct permission_row {
    const char *name; /* "share" */
    unsigned roles;   /* bit per enum role */
    bool limited;     /* also for who holds a GRANT_LIMIT: locked out never means blind */
    unsigned scopes;  /* an API key needs one of these; 0: not by API key */
    const char *text; /* for the manual */
};
extern const struct permission_row permission_table[PERM_COUNT];

bool permission_has(const struct viewer *v, enum permission p);
/* BW_OK; BW_UNSIGNED where signing in could help; BW_DENIED. */
BW_MUST_CHECK enum bw_rc permission_check(const struct viewer *v, enum permission p,
                                          struct bw_err *err);

#endif
