/* SPDX-License-Identifier: Apache-2.0 */
/* permission - the table; see permission.h. */
#include "permission.h"

#define BIT(role) (1u << (role))
#define STAFF (BIT(ROLE_ANALYST) | BIT(ROLE_OPERATOR))
#define SIGNED_IN (BIT(ROLE_REPRESENTATIVE) | BIT(ROLE_ADMIN) | STAFF)
#define ANYBODY (BIT(ROLE_NOBODY) | SIGNED_IN)

const struct permission_row permission_table[PERM_COUNT] = {
    [PERM_OPEN] = {"open", ANYBODY, SCOPE_ALL, "the public zone and signing in"},
    [PERM_READ] = {"read", SIGNED_IN, SCOPE_READ, "read what one may see"},
    [PERM_SHARE] = {"share", SIGNED_IN, SCOPE_WRITE, "write, publish and withdraw items"},
    [PERM_IMPORT] = {"import", SIGNED_IN, SCOPE_IMPORT, "import files as one's organisation"},
    [PERM_NETWORK_CLAIM] = {"network-claim", SIGNED_IN, SCOPE_WRITE,
                            "enter networks of one's own organisation (pending)"},
    [PERM_FINDING_ACT] = {"finding-act", SIGNED_IN, SCOPE_WRITE,
                          "acknowledge findings on one's own networks"},
    [PERM_TAXII] = {"taxii", SIGNED_IN, SCOPE_TAXII, "poll TAXII collections"},
    [PERM_PEOPLE] = {"people", SIGNED_IN, SCOPE_READ, "see one's organisation and its people"},
    [PERM_KEY] = {"key", SIGNED_IN, 0, "make and end one's own API keys"},
    [PERM_QUEUE] = {"queue", STAFF, SCOPE_WRITE, "work on the operator queue"},
    [PERM_RELEASE] = {"release", BIT(ROLE_OPERATOR), SCOPE_WRITE,
                      "release to the public zone, verify networks"},
    [PERM_MEMBERS] = {"members", BIT(ROLE_OPERATOR), SCOPE_WRITE,
                      "organisations and people of the whole hub"},
};

bool permission_has(const struct viewer *v, enum permission p)
{
    const struct permission_row *row = &permission_table[p];
    BW_ASSERT(p < PERM_COUNT);
    if (!(row->roles & BIT(v->role)))
        return false;
    return p == PERM_OPEN || v->api_key_id == 0 || (row->scopes & v->scopes);
}

enum bw_rc permission_check(const struct viewer *v, enum permission p, struct bw_err *err)
{
    if (permission_has(v, p))
        return BW_OK;
    if (v->role == ROLE_NOBODY)
        return bw_fail(err, BW_UNSIGNED, "sign in, or give an API key");
    if (v->api_key_id && (permission_table[p].roles & BIT(v->role)))
        return bw_fail(err, BW_DENIED, "this API key has no scope for \"%s\"",
                       permission_table[p].name);
    return bw_fail(err, BW_DENIED, "your role does not include \"%s\"", permission_table[p].name);
}
