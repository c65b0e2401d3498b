/* SPDX-License-Identifier: Apache-2.0 */
/* signin - how the people of the community show who they are: e-mail and password, then a second
 * step; and how an invited one chooses a password. */
#ifndef SIGNIN_H
#define SIGNIN_H

#include "member.h"

extern const struct room room_signin;

#define SIGNIN_WELCOME_US MEMBER_INVITE_US
/* What stands behind /{lang}/welcome?t= in an invitation: works once, for seven days. BW_CONFLICT:
 * the person has a password; BW_NOT_FOUND. In ARENA. */
BW_MUST_CHECK enum bw_rc signin_welcome_token(struct db *db, const struct crypto_keyring *keyring,
                                              int64_t person_id, struct bw_arena *arena,
                                              struct bw_view *ret, struct bw_err *err);

#endif
