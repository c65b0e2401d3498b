/* SPDX-License-Identifier: Apache-2.0 */
/* mail - messages (RFC 5322), a spool directory, and delivery by SMTP.
 *
 * Why a spool: whoever decides that a mail is due (a ledger consumer) must not wait for a mail
 * server, and may run twice after a crash. So it writes files, named by a key of its own choice:
 * the same key again is no second mail. A mail that the hub has accepted to send is on disk before
 * the caller moves its cursor. The files are plain messages: where no SMTP server is set they stay
 * readable in new/.
 *
 *     DATA/mail/tmp/     being written; leftovers of a crash are removed at open
 *     DATA/mail/new/     to send; a file's mtime is when to try (again)
 *     DATA/mail/sent/    empty files: the names, so that a key is not sent twice
 *     DATA/mail/failed/  refused for good (5xx, or MAIL_GIVE_UP_US old), reason in its first line
 *
 * The envelope stands in X-Breakwater-* lines at the top of the file, which are not sent.
 * Threads: batches from any thread; one delivery at a time per spool, over all processes (flock).
 */
#ifndef MAIL_H
#define MAIL_H

#include "bw_buf.h"
#include "bw_clock.h"

#define MAIL_KEY_MAX 120                 /* bytes of a key */
#define MAIL_HEADER_MAX 900              /* bytes of one header value as given */
#define MAIL_SIZE_MAX (25 * 1024 * 1024) /* bytes of a whole message */
#define MAIL_GIVE_UP_US (5 * BW_DAY_US)  /* RFC 5321 4.5.4.1 */

struct mail_address {
    struct bw_view name;    /* may be empty; UTF-8 */
    struct bw_view address; /* local@domain, ASCII */
};
struct mail_file {
    struct bw_view name; /* UTF-8, no path */
    struct bw_view type; /* "text/calendar; charset=utf-8" */
    struct bw_view bytes;
};
struct mail_message {
    struct bw_view
        key; /* [A-Za-z0-9._-]{1,120}, not beginning with '.'; e.g. "alert-<event>-<person>" */
    struct mail_address from, to;
    struct bw_view bounce;           /* envelope sender; empty: from.address */
    struct bw_view reply_to;         /* address; may be empty */
    struct bw_view subject, text;    /* text: plain, UTF-8; required */
    struct bw_view html;             /* may be empty: then text alone */
    struct bw_view list_unsubscribe; /* https address, acts by POST (RFC 8058); may be empty */
    struct bw_view in_reply_to;      /* message id without <>; may be empty */
    struct bw_view id_domain;        /* right side of Message-ID; the left side is the key */
    const struct mail_file *files;
    size_t files_n;
    int64_t date_us;
    bool need_tls; /* never handed over unencrypted, even where the setting would allow it */
};

/* Appends the message, CRLF lines, no envelope. BW_INVALID: no text, bad address, CR/LF/NUL in a
 * header; BW_LIMIT: over MAIL_HEADER_MAX or MAIL_SIZE_MAX. Deterministic: same input, same bytes.
 */
BW_MUST_CHECK enum bw_rc mail_build(const struct mail_message *m, struct bw_buf *out,
                                    struct bw_err *err);

struct mail_spool;
/* Makes the four folders under DIR (mode 0700). */
BW_MUST_CHECK enum bw_rc mail_spool_open(const char *dir, struct mail_spool **ret,
                                         struct bw_err *err);
/* Removes the halves that a crash left. Only for the one process that writes mails here: another's
 * are under way. */
BW_MUST_CHECK enum bw_rc mail_spool_recover(struct mail_spool *s, struct bw_err *err);
void mail_spool_free(struct mail_spool *s);
BW_AUTO_TYPE(mail_spool, mail_spool_free);

/* Writes N messages and makes them durable together (one sync a batch). BW_OK: every one of them is
 * on disk in new/, or was there or in sent/ or failed/ before (*ret_added counts the new ones; may
 * be NULL). Any failure: nothing of the batch is in new/ that was not before, unless the disk
 * itself failed between two renames: write the batch again. */
BW_MUST_CHECK enum bw_rc mail_spool_batch(struct mail_spool *s, const struct mail_message *m,
                                          size_t n, size_t *ret_added, struct bw_err *err);

enum mail_tls {
    MAIL_TLS_OPTIONAL, /* STARTTLS where offered, certificate not required: mail within one host */
    MAIL_TLS_REQUIRED, /* STARTTLS or smtps, certificate verified against the name */
};
struct mail_smtp {
    const char *url;      /* "smtp://host:587", "smtps://host:465"; NULL or "": not configured */
    const char *user;     /* NULL: no AUTH */
    const char *password; /* never logged */
    const char *helo;     /* our name; NULL: libcurl's */
    enum mail_tls tls;
    long timeout_ms; /* of one message; 0: 30,000 */
};
struct mail_result {
    size_t sent;    /* accepted by the server */
    size_t later;   /* 4xx or no connection: tried again later */
    size_t failed;  /* 5xx or given up: now in failed/ */
    size_t waiting; /* seen in new/ but not due, or over MAX */
};
/* Sends at most MAX messages that are due, over one connection where the server allows. Blocks: a
 * worker's work. BW_OK also where messages were refused: see *ret. BW_UNSUPPORTED: no URL set, the
 * files stay. BW_BUSY: another delivery runs. BW_IO: the server could not be reached or signed in
 * to; *ret counts what was done before. */
BW_MUST_CHECK enum bw_rc mail_deliver(struct mail_spool *s, const struct mail_smtp *smtp,
                                      size_t max, struct mail_result *ret, struct bw_err *err);

struct mail_count {
    int64_t waiting, failed;
    int64_t oldest_us; /* when the oldest of those in new/ was spooled or is to be tried; 0: none */
};
/* What lies in new/ and failed/: reads two folders. */
BW_MUST_CHECK enum bw_rc mail_spool_count(struct mail_spool *s, struct mail_count *ret,
                                          struct bw_err *err);

/* Removes from sent/ and failed/ what is older than KEEP_US. A key is only remembered that long. */
BW_MUST_CHECK enum bw_rc mail_spool_purge(struct mail_spool *s, int64_t keep_us,
                                          struct bw_err *err);

/* True: ADDRESS has a form we send to (RFC 5321 dot-string@domain, ASCII, <= 254 bytes). */
bool mail_address_valid(struct bw_view address);

#endif
