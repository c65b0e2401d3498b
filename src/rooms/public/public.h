/* SPDX-License-Identifier: Apache-2.0 */
/* public - the zone that anybody reads without signing in: what the operator has released.
 *
 * It reads as viewer_public() whoever asks, so that a page is the same for everybody and nothing of
 * a member's rights can slip in. */
#ifndef PUBLIC_H
#define PUBLIC_H

#include "intel.h"

extern const struct room room_public;

#endif
