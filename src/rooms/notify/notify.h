/* SPDX-License-Identifier: Apache-2.0 */
/* notify - tells people that something is there for them: on their open page at once, and by mail.
 *
 * Both follow the ledger; nothing else in the house sends anything. The live page says only that
 * there is something new; what it is, is read through the gate. A mail holds what its label allows
 * (product.md, Mail). Each recipient's rights are asked when it is sent, never when it was queued.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "intel.h"
#include "watch.h"

extern const struct room room_notify;

#define NOTIFY_MAIL_CONSUMER "notify.mail" /* for ledger_skip() */

#endif
