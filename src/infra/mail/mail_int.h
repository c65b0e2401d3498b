/* SPDX-License-Identifier: Apache-2.0 */
/* mail_int - what the files of this folder share. */
#ifndef MAIL_INT_H
#define MAIL_INT_H

#include "mail.h"
#include <pthread.h>

/* ---- mail_header.c: values from outside as header lines ---- */

/* Valid UTF-8 without control bytes, at most MAIL_HEADER_MAX. WHAT names it in the message. */
BW_MUST_CHECK enum bw_rc mail_header_check(struct bw_view value, const char *what,
                                           struct bw_err *err);
/* "Subject: ..." with encoded words and folding (RFC 2047, RFC 5322 2.2.3). VALUE was checked. */
void mail_header_text(struct bw_buf *out, const char *name, struct bw_view value);
void mail_header_address(struct bw_buf *out, const char *name, const struct mail_address *a);
void mail_header_date(struct bw_buf *out, int64_t at_us);
/* filename= in a form that every reader takes (RFC 2231 for other than plain ASCII). */
void mail_header_filename(struct bw_buf *out, struct bw_view name);

/* ---- mail_body.c: texts and files as lines of at most 76 characters ---- */

/* The Content-Transfer-Encoding line, an empty line and TEXT, with CRLF line ends. */
void mail_body_text(struct bw_buf *out, struct bw_view text);
void mail_body_bytes(struct bw_buf *out, struct bw_view bytes);

/* ---- mail_spool.c ---- */

#define MAIL_SUFFIX ".eml"
#define MAIL_NAME_MAX (MAIL_KEY_MAX + sizeof MAIL_SUFFIX)

struct mail_spool {
    int dir, tmp, new, sent, failed; /* folders */
    pthread_mutex_t lock;            /* over batches of this process */
    uint64_t serial;                 /* of files in tmp/ */
};

bool mail_key_valid(struct bw_view key);
typedef enum bw_rc (*mail_each_fn)(int dir, const char *name, int64_t mtime_us, void *arg,
                                   struct bw_err *err);
/* Calls FN for each regular file of DIR, in no order, until it fails. */
BW_MUST_CHECK enum bw_rc mail_spool_each(int dir, mail_each_fn fn, void *arg, struct bw_err *err);

/* ---- mail_envelope.c ---- */

/* What the X-Breakwater-* lines say; MESSAGE is the rest. */
struct mail_envelope {
    char from[256], to[256];
    int64_t created_us;
    bool need_tls;
    struct bw_view message; /* within the file's bytes */
};
void mail_envelope_put(struct bw_buf *out, const struct mail_message *m, int64_t now_us);
BW_MUST_CHECK enum bw_rc mail_envelope_read(struct bw_view file, struct mail_envelope *ret,
                                            struct bw_err *err);

/* ---- mail_spool.c, for delivery ---- */

/* After sending: remembers NAME in sent/ and removes it from new/. */
BW_MUST_CHECK enum bw_rc mail_spool_sent(struct mail_spool *s, const char *name,
                                         struct bw_err *err);
/* Moves NAME to failed/ with REASON (one line) before it. */
BW_MUST_CHECK enum bw_rc mail_spool_failed(struct mail_spool *s, const char *name,
                                           struct bw_view file, const char *reason,
                                           struct bw_err *err);
BW_MUST_CHECK enum bw_rc mail_spool_later(struct mail_spool *s, const char *name, int64_t at_us,
                                          struct bw_err *err);
BW_MUST_CHECK enum bw_rc mail_spool_read(struct mail_spool *s, const char *name,
                                         struct bw_buf *ret_file, struct bw_err *err);

#endif
