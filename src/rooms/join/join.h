/* SPDX-License-Identifier: Apache-2.0 */
/* join - from the public form to an active organisation.
 *
 * Four routes lead in (founding, open, sponsored, trusted). Each is a walk through the same states
 * along one table of steps (join_step.c); a step that is not in the table, or whose conditions do
 * not hold inside the transaction, does not happen, whoever calls. Applicants have no account: they
 * come by links that were mailed to them. */
#ifndef JOIN_H
#define JOIN_H

#include "member.h"

extern const struct room room_join;

/* Asked before an organisation becomes active: has its signatory signed what there is to sign?
 * Until somebody takes it over, the name and title that the signatory confirmed by a mailed link
 * are the signature. APPLICATION is the public id. */
typedef enum bw_rc (*join_signed_fn)(struct db_tx *tx, struct bw_view application, bool *ret,
                                     struct bw_err *err);
/* For another room's start(), before the server listens; NULL: the room's own again. */
void join_signed_set(join_signed_fn fn);
BW_MUST_CHECK enum bw_rc join_signed(struct db_tx *tx, struct bw_view application, bool *ret,
                                     struct bw_err *err);

#endif
