/* SPDX-License-Identifier: Apache-2.0 */
/* home - a member's start page: what needs me now. It owns no data; it asks the other rooms. */
#ifndef HOME_H
#define HOME_H

#include "room.h"

extern const struct room room_home;

#endif
