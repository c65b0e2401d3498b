/* SPDX-License-Identifier: Apache-2.0 */
/* permission - the table; see permission.h. */
#include "permission.h"

#define BIT(role) (1u << (role))
#define STAFF (BIT(ROLE_ANALYST) | BIT(ROLE_OPERATOR))
#define MEMBER (BIT(ROLE_REPRESENTATIVE) | BIT(ROLE_ADMIN))
#define DESK (BIT(ROLE_OPERATOR) | BIT(ROLE_MEMBERSHIP)) /* decides on members */
#define READER (MEMBER | STAFF | BIT(ROLE_MEMBERSHIP) | BIT(ROLE_AUDITOR))
#define SERVICE BIT(ROLE_SERVICE)
#define ANYBODY (BIT(ROLE_NOBODY) | READER | BIT(ROLE_SYSADMIN) | SERVICE)
#define MAY_LIMITED true

/* An API key's person may be of ROLE_SERVICE, which has no session and so no page. */
const struct permission_row permission_table[PERM_COUNT] = {
    [PERM_OPEN] = {"open", ANYBODY, MAY_LIMITED, SCOPE_ALL, "the public zone and signing in"},
    [PERM_READ] = {"read", READER | SERVICE, MAY_LIMITED, SCOPE_READ, "read what one may see"},
    [PERM_SHARE] = {"share", MEMBER | STAFF | SERVICE, false, SCOPE_WRITE,
                    "write, publish and withdraw items"},
    [PERM_IMPORT] = {"import", MEMBER | STAFF | SERVICE, false, SCOPE_IMPORT,
                     "import files as one's organisation"},
    [PERM_NETWORK_CLAIM] = {"network-claim", MEMBER | STAFF | SERVICE, false, SCOPE_WRITE,
                            "enter networks of one's own organisation (pending)"},
    [PERM_FINDING_ACT] = {"finding-act", MEMBER | STAFF | SERVICE, MAY_LIMITED, SCOPE_WRITE,
                          "acknowledge findings on one's own networks"},
    [PERM_TAXII] = {"taxii", MEMBER | STAFF | SERVICE, false, SCOPE_TAXII,
                    "poll TAXII collections"},
    [PERM_PEOPLE] = {"people", READER, MAY_LIMITED, SCOPE_READ,
                     "see one's organisation and its people"},
    [PERM_KEY] = {"key", MEMBER | STAFF | BIT(ROLE_MEMBERSHIP), MAY_LIMITED, 0,
                  "make and end one's own API keys"},
    [PERM_QUEUE] = {"queue", STAFF | BIT(ROLE_MEMBERSHIP), MAY_LIMITED, SCOPE_WRITE,
                    "work on the operator queue"},
    [PERM_RELEASE] = {"release", BIT(ROLE_OPERATOR), MAY_LIMITED, SCOPE_WRITE,
                      "release to the public zone, verify networks"},
    [PERM_MEMBERS] = {"members", DESK, MAY_LIMITED, SCOPE_WRITE,
                      "organisations and people of the whole hub"},
    [PERM_OWN_PEOPLE] = {"own-people", BIT(ROLE_ADMIN), MAY_LIMITED, 0,
                         "invite, change and remove the people of one's own organisation"},
    [PERM_ACCOUNT] = {"account", READER | BIT(ROLE_SYSADMIN), MAY_LIMITED, 0,
                      "one's own account: password, second step, sessions"},
    [PERM_DECIDE] = {"decide", DESK, MAY_LIMITED, 0,
                     "decide on applications, suspension, circles and terms"},
    [PERM_AUDIT] = {"audit", BIT(ROLE_OPERATOR) | BIT(ROLE_MEMBERSHIP) | BIT(ROLE_AUDITOR),
                    MAY_LIMITED, 0, "read decisions and statistics of the whole hub"},
    [PERM_SYSTEM] = {"system", BIT(ROLE_OPERATOR) | BIT(ROLE_SYSADMIN) | BIT(ROLE_AUDITOR),
                     MAY_LIMITED, 0, "see the state of the machine and what weakens it"},
    [PERM_OWNER] = {"owner", BIT(ROLE_OPERATOR), MAY_LIMITED, 0,
                    "the programme itself, and who works for the hub"},
    [PERM_STAFFING] = {"staffing", BIT(ROLE_ADMIN) | DESK, MAY_LIMITED, 0,
                       "look after people: an administrator the own ones, the desk anybody's"},
};

bool permission_has(const struct viewer *v, enum permission p)
{
    const struct permission_row *row = &permission_table[p];
    BW_ASSERT(p < PERM_COUNT);
    if (!(row->roles & BIT(v->role)) || (v->limited && !row->limited))
        return false;
    return p == PERM_OPEN || v->api_key_id == 0 || (row->scopes & v->scopes);
}

enum bw_rc permission_check(const struct viewer *v, enum permission p, struct bw_err *err)
{
    if (permission_has(v, p))
        return BW_OK;
    if (v->role == ROLE_NOBODY)
        return bw_fail(err, BW_UNSIGNED, "sign in, or give an API key");
    if (v->limited && !permission_table[p].limited && (permission_table[p].roles & BIT(v->role)))
        return bw_fail(
            err, BW_DENIED,
            "%s: until then you can read, act on your own findings"
            " and ask for help",
            viewer_holds(v, (struct grant){GRANT_LIMIT, LIMIT_TERMS})
                ? "accept the terms first"
                : "the membership of your organisation has run out and has to be renewed");
    if (v->api_key_id && (permission_table[p].roles & BIT(v->role)))
        return bw_fail(err, BW_DENIED, "this API key has no scope for \"%s\"",
                       permission_table[p].name);
    return bw_fail(err, BW_DENIED, "your role does not include \"%s\"", permission_table[p].name);
}
