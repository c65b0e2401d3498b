/* SPDX-License-Identifier: Apache-2.0 */
/* signin_link - links by mail with which somebody chooses a password; see signin_link.c. */
#ifndef SIGNIN_LINK_H
#define SIGNIN_LINK_H

#include "signin_int.h"

#define SIGNIN_LINK_MAX 400 /* bytes of a token */
#define SIGNIN_RESET_US BW_HOUR_US
#define SIGNIN_RESETS_MAX 3 /* mails to one address in a quarter of an hour */
#define SIGNIN_RESET_JOB "signin.reset"

enum signin_link_kind { SIGNIN_LINK_WELCOME, SIGNIN_LINK_RESET };

BW_MUST_CHECK enum bw_rc signin_link_make(const struct crypto_keyring *keyring,
                                          enum signin_link_kind kind, const struct signin_person *p,
                                          int64_t expires_us, struct bw_arena *arena,
                                          struct bw_view *ret, struct bw_err *err);
/* BW_NOT_FOUND: forged, used, over time, or of somebody who is gone; all the same. */
BW_MUST_CHECK enum bw_rc signin_link_open(struct db *db, const struct crypto_keyring *keyring,
                                          enum signin_link_kind kind, struct bw_view token,
                                          struct bw_arena *arena, struct signin_person *ret,
                                          struct bw_err *err);

#endif
