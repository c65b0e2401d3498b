/* SPDX-License-Identifier: Apache-2.0 */
/* circle - sectors and circles as the desk and their owners work on them, the organisation's state
 * (suspension, end, merging), and taking one's data along.
 *
 * Nothing that changes who sees what is done without its preview: who gains and who loses sight of
 * how many items (circle_change.h). A hidden circle does not exist for who is not in it: pages and
 * APIs answer as for an id that was never given. */
#ifndef CIRCLE_H
#define CIRCLE_H

#include "member.h"

extern const struct room room_circle;

/* The survivor that answers for an organisation; the organisation itself where it was not merged.
 * Follows merges of merges. */
BW_MUST_CHECK enum bw_rc circle_survivor(struct db *db, int64_t organisation_id, int64_t *ret_id,
                                         struct bw_err *err);

#endif
