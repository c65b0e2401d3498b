/* SPDX-License-Identifier: Apache-2.0 */
/* approval_int - what the files of approval share. */
#ifndef APPROVAL_INT_H
#define APPROVAL_INT_H

#include "approval.h"

#include <stdio.h>

struct approval_row {
    struct approval is;
    int64_t id, audience_id;
    struct bw_view args, digest; /* digest: bytes */
};
/* BW_NOT_FOUND: none, or VIEWER does not see it. */
BW_MUST_CHECK enum bw_rc approval_row_get(struct db *db, const struct viewer *viewer,
                                          struct bw_view public_id, struct bw_arena *arena,
                                          struct approval_row *ret, struct bw_err *err);
bool approval_has_right(const struct member_office *s, enum permission p);

#endif
