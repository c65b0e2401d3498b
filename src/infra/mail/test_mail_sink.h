/* SPDX-License-Identifier: Apache-2.0 */
/* test_mail_sink - an SMTP server in a thread, which the recipient's name tells how to behave.
 *
 * grey@: 451 the first time. gone@: 550. spam@: 554 after the text. busy@: 421. drop@: closes after
 * the text. Others are taken. With a password set, MAIL without AUTH is answered 530 and a wrong
 * one 535. */
#ifndef TEST_MAIL_SINK_H
#define TEST_MAIL_SINK_H

#include "bw_buf.h"

#define SINK_MAILS_MAX 512

struct sink;
struct sink *sink_new(const char *password); /* NULL: no AUTH offered */
void sink_free(struct sink *s);
BW_AUTO_TYPE(sink, sink_free);
const char *sink_url(struct sink *s); /* "smtp://127.0.0.1:port" */
size_t sink_mails(struct sink *s);
size_t sink_connections(struct sink *s);
struct bw_view sink_mail(struct sink *s, size_t i); /* envelope lines, then the text as sent */

#endif
