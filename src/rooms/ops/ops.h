/* SPDX-License-Identifier: Apache-2.0 */
/* ops - the operator's part: the queue (networks to verify, items to release), organisations and
 * people, and what a monitor asks (room_ops); and the desk (room_desk): who runs the hub, what
 * needs two people, self-check, figures, and what is owed to people whose data the hub keeps. */
#ifndef OPS_H
#define OPS_H

#include "room.h"

extern const struct room room_ops, room_desk;

/* An organisation runs the programme from now on: its people may have roles of the hub. The first
 * one comes with `init`. BW_CONFLICT: it does already. */
BW_MUST_CHECK enum bw_rc ops_body_add(struct db_tx *tx, int64_t actor_id, int64_t organisation_id,
                                      struct bw_view reason, struct bw_err *err);
/* Throws the figures of the statistics page away and counts them from the beginning. */
BW_MUST_CHECK enum bw_rc ops_statistics_rebuild(struct hub *hub, struct bw_err *err);

#endif
