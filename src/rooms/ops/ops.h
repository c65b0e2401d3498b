/* SPDX-License-Identifier: Apache-2.0 */
/* ops - the operator's part: the queue (networks to verify, items to release), organisations and
 * people, and what a monitor asks. It owns no data; it asks and tells the other rooms. */
#ifndef OPS_H
#define OPS_H

#include "room.h"

extern const struct room room_ops;

#endif
