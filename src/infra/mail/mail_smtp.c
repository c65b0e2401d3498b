/* SPDX-License-Identifier: Apache-2.0 */
/* mail_smtp - handing spooled mails to a server (RFC 5321, STARTTLS RFC 3207), by libcurl.
 *
 * What an answer means decides about the mail, so the stage counts: 5xx to MAIL, RCPT or after the
 * text is about this mail and is final; 5xx before (greeting, EHLO, AUTH, "issue STARTTLS first")
 * is about us or the server and stops the run without touching mails; 4xx is later (greylisting),
 * 421 stops. The wait grows with the mail's age, so no counter is kept: half its age, within
 * RETRY_LEAST_US..RETRY_MOST_US. A connection lost after the text was sent may deliver twice: at
 * least once, with one Message-ID. Two handles, because a connection opened without TLS must not be
 * used for a mail that needs it. */
#include "mail_int.h"

#include "bw_fault.h"
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#define RETRY_LEAST_US BW_MINUTE_US
#define RETRY_MOST_US (4 * BW_HOUR_US)
#define TIMEOUT_MS 30000
#define CONNECT_TIMEOUT_MS 10000
#define SCAN_MAX 20000 /* due files looked at in one run */
#define URL_MAX 512

struct due {
    int64_t at_us;
    char name[MAIL_NAME_MAX];
};
struct due_list {
    struct due *items;
    size_t n, room, waiting;
    int64_t now_us;
};

struct handle {
    CURL *curl;
    char error[CURL_ERROR_SIZE];
};
struct run {
    struct mail_spool *spool;
    const struct mail_smtp *smtp;
    struct handle plain, strict;
    struct bw_buf file;
    struct mail_result *result;
};

struct source {
    struct bw_view rest;
    bool touched; /* the server asked for the text */
};

enum verdict { SENT, LATER, REFUSED, STOP };

static enum bw_rc add_due(int dir, const char *name, int64_t mtime_us, void *arg,
                          struct bw_err *err)
{
    struct due_list *list = arg;
    size_t n = strlen(name), suffix = sizeof MAIL_SUFFIX - 1;
    if (n <= suffix || n >= MAIL_NAME_MAX || strcmp(name + n - suffix, MAIL_SUFFIX) != 0 ||
        !mail_key_valid(bw_view_of(name, n - suffix)))
        return BW_OK;
    if (mtime_us > list->now_us || list->n == SCAN_MAX) {
        list->waiting++;
        return BW_OK;
    }
    if (list->n == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        struct due *items = bw_realloc(list->items, room * sizeof *items);
        if (!items)
            return bw_fail_memory(err);
        list->items = items;
        list->room = room;
    }
    struct due *d = &list->items[list->n++];
    d->at_us = mtime_us;
    memcpy(d->name, name, n + 1);
    return BW_OK;
}

static int by_time(const void *a, const void *b)
{
    const struct due *x = a, *y = b;
    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    return strcmp(x->name, y->name);
}

static size_t read_text(char *to, size_t size, size_t n, void *arg)
{
    struct source *source = arg;
    struct bw_view piece = bw_view_head(source->rest, size * n);
    source->touched = true;
    if (piece.n > 0)
        memcpy(to, piece.p, piece.n);
    source->rest = bw_view_from(source->rest, piece.n);
    return piece.n;
}

static enum bw_rc setup(struct handle *h, const struct mail_smtp *smtp, bool strict,
                        struct bw_err *err)
{
    char url[URL_MAX];
    h->curl = curl_easy_init();
    if (!h->curl)
        return bw_fail_memory(err);
    CURL *c = h->curl;
    if ((size_t)snprintf(url, sizeof url, "%s/%s", smtp->url, smtp->helo ? smtp->helo : "") >=
        URL_MAX)
        return bw_fail(err, BW_INVALID, "The mail server's address is too long.");
    if (!smtp->helo)
        url[strlen(url) - 1] = 0;
    long timeout_ms = smtp->timeout_ms > 0 ? smtp->timeout_ms : TIMEOUT_MS;
    CURLcode bad = curl_easy_setopt(c, CURLOPT_URL, url);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_PROXY, "");
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->error);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_READFUNCTION, read_text);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, timeout_ms);
    bad = bad ? bad
              : curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
                                 timeout_ms < CONNECT_TIMEOUT_MS ? timeout_ms : CONNECT_TIMEOUT_MS);
    bad =
        bad ? bad : curl_easy_setopt(c, CURLOPT_USE_SSL, strict ? CURLUSESSL_ALL : CURLUSESSL_TRY);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, strict ? 1L : 0L);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, strict ? 2L : 0L);
    if (smtp->user) {
        bad = bad ? bad : curl_easy_setopt(c, CURLOPT_USERNAME, smtp->user);
        bad =
            bad ? bad : curl_easy_setopt(c, CURLOPT_PASSWORD, smtp->password ? smtp->password : "");
    }
    return bad ? bw_fail(err, BW_INVALID, "The mail server's settings are not taken: %s.",
                         curl_easy_strerror(bad))
               : BW_OK;
}

static bool about_us(long code)
{
    return code == 530 || code == 534 || code == 535 || code == 538; /* authentication, STARTTLS */
}

static enum verdict judge(CURLcode result, long code, const struct source *source,
                          bool tls_for_mail)
{
    bool of_mail =
        result == CURLE_SEND_ERROR || (result == CURLE_WEIRD_SERVER_REPLY && source->touched);
    if (result == CURLE_OK)
        return SENT;
    if (of_mail && code >= 500 && code < 600 && !about_us(code))
        return REFUSED;
    if (of_mail && code >= 400 && code < 500 && code != 421)
        return LATER;
    if (result == CURLE_USE_SSL_FAILED && tls_for_mail)
        return LATER; /* the setting lets others go without TLS, this one waits */
    return STOP;
}

static enum verdict send_one(struct run *run, const struct mail_envelope *e, struct handle *h,
                             bool *ret_touched)
{
    struct source source = {.rest = e->message};
    char from[260], to[260];
    long code = 0;
    snprintf(from, sizeof from, "<%s>", e->from);
    snprintf(to, sizeof to, "<%s>", e->to);
    struct curl_slist *rcpt = curl_slist_append(NULL, to);
    if (!rcpt)
        return STOP;
    h->error[0] = 0;
    curl_easy_setopt(h->curl, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(h->curl, CURLOPT_MAIL_RCPT, rcpt);
    curl_easy_setopt(h->curl, CURLOPT_READDATA, &source);
    curl_easy_setopt(h->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)e->message.n);
    CURLcode result = curl_easy_perform(h->curl);
    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_setopt(h->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(rcpt);
    if (result != CURLE_OK && !h->error[0])
        snprintf(h->error, sizeof h->error, "%s", curl_easy_strerror(result));
    *ret_touched = source.touched;
    return judge(result, code, &source, run->smtp->tls == MAIL_TLS_OPTIONAL && e->need_tls);
}

static int64_t next_try(int64_t created_us, int64_t now_us)
{
    int64_t wait_us = (now_us - created_us) / 2;
    wait_us = wait_us < RETRY_LEAST_US ? RETRY_LEAST_US : wait_us;
    return now_us + (wait_us > RETRY_MOST_US ? RETRY_MOST_US : wait_us);
}

static enum bw_rc put_off(struct run *run, const char *name, const struct mail_envelope *e,
                          const char *reason, struct bw_err *err)
{
    int64_t now_us = bw_now_us();
    if (now_us - e->created_us >= MAIL_GIVE_UP_US) {
        run->result->failed++;
        return mail_spool_failed(run->spool, name, bw_buf_text(&run->file), reason, err);
    }
    run->result->later++;
    return mail_spool_later(run->spool, name, next_try(e->created_us, now_us), err);
}

static enum bw_rc deliver_one(struct run *run, const char *name, struct bw_err *err)
{
    struct mail_envelope e;
    struct bw_err why;
    bool touched = false;
    bw_buf_reset(&run->file);
    BW_TRY(mail_spool_read(run->spool, name, &run->file, err));
    struct bw_view file = bw_buf_text(&run->file);
    if (mail_envelope_read(file, &e, &why) != BW_OK) {
        run->result->failed++;
        return mail_spool_failed(run->spool, name, file, why.message, err);
    }
    struct handle *h = e.need_tls ? &run->strict : &run->plain;
    if (!h->curl)
        BW_TRY(setup(h, run->smtp, h == &run->strict || run->smtp->tls == MAIL_TLS_REQUIRED, err));
    switch (send_one(run, &e, h, &touched)) {
    case SENT:
        run->result->sent++;
        return mail_spool_sent(run->spool, name, err);
    case LATER:
        return put_off(run, name, &e, h->error, err);
    case REFUSED:
        run->result->failed++;
        return mail_spool_failed(run->spool, name, file, h->error, err);
    case STOP:
        break;
    }
    if (touched) /* perhaps this mail is what breaks the connection: others first next time */
        BW_TRY(put_off(run, name, &e, h->error, err));
    return bw_fail_detail(err, BW_IO, "The mail server cannot be used now.", "%s", h->error);
}

static enum bw_rc deliver_due(struct run *run, size_t max, struct bw_err *err)
{
    struct due_list list = {.now_us = bw_now_us()};
    size_t done = 0;
    enum bw_rc rc = mail_spool_each(run->spool->new, add_due, &list, err);
    if (rc == BW_OK && list.n > 1)
        qsort(list.items, list.n, sizeof *list.items, by_time);
    while (rc == BW_OK && done < list.n && done < max) {
        rc = deliver_one(run, list.items[done++].name, err);
        if (rc == BW_NOT_FOUND)
            rc = BW_OK; /* removed by hand since */
    }
    struct mail_result *r = run->result;
    size_t over = r->sent + r->later + r->failed;
    r->waiting = list.waiting + (over < list.n ? list.n - over : 0);
    free(list.items);
    return rc;
}

enum bw_rc mail_deliver(struct mail_spool *s, const struct mail_smtp *smtp, size_t max,
                        struct mail_result *ret, struct bw_err *err)
{
    if (!smtp->url || !*smtp->url)
        return bw_fail(err, BW_UNSUPPORTED, "No mail server is set; mails stay in the spool.");
    BW_AUTO_FD lock = openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return bw_fail_errno(err, "The mail spool cannot be locked");
    if (flock(lock, LOCK_EX | LOCK_NB) != 0)
        return bw_fail(err, BW_BUSY, "Mails are being delivered already.");
    struct mail_result result = {0};
    struct run run = {.spool = s,
                      .smtp = smtp,
                      .file = BW_BUF_INIT(MAIL_SIZE_MAX + 65536),
                      .result = &result};
    enum bw_rc rc = deliver_due(&run, max, err);
    if (run.plain.curl)
        curl_easy_cleanup(run.plain.curl);
    if (run.strict.curl)
        curl_easy_cleanup(run.strict.curl);
    bw_buf_done(&run.file);
    if (result.sent + result.failed > 0 && rc == BW_OK && fsync(s->sent) != 0)
        rc = bw_fail_errno(err, "The mail folder cannot be made durable");
    *ret = result;
    return rc;
}
