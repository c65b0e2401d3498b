/* SPDX-License-Identifier: Apache-2.0 */
/* signin_mail - mails about the safety of one's account; see signin_mail.c. */
#ifndef SIGNIN_MAIL_H
#define SIGNIN_MAIL_H

#include "room.h"

extern const struct ledger_consumer signin_mail_consumer;
/* Args: the address that was typed, in lower case. */
enum bw_rc signin_reset_job(struct job *job, struct bw_err *err);

#endif
