/* SPDX-License-Identifier: Apache-2.0 */
/* bw_log - a line is built on the stack and written once: logging works when memory ran out.
 *
 * The line has a fixed size; a field goes in whole or not at all, so that JSON stays JSON whatever
 * is logged. Settings are set before threads start and only read then; any thread may log. */
#include "bw_log.h"

#include "bw_clock.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum {
    LOG_LINE_MAX = 4096,  /* PIPE_BUF: a write of this size to a pipe is atomic */
    LOG_VALUE_MAX = 1024, /* bytes of a value as written, escapes counted */
    LOG_END_ROOM = 16     /* for the mark of a cut and the end of the line */
};

struct line {
    size_t n;
    bool full; /* something did not fit; n is past nothing that was written */
    char p[LOG_LINE_MAX];
};

static enum bw_log_level least_level = BW_LOG_INFO;
static enum bw_log_form line_form = BW_LOG_AUTO;

void bw_log_setup(enum bw_log_level least, enum bw_log_form form)
{
    least_level = least;
    line_form = form;
    if (form == BW_LOG_AUTO)
        line_form = isatty(STDERR_FILENO) ? BW_LOG_HUMAN : BW_LOG_JSON;
}

static void add(struct line *l, const char *p, size_t n)
{
    if (l->full || n > sizeof(l->p) - LOG_END_ROOM - l->n) {
        l->full = true;
        return;
    }
    memcpy(l->p + l->n, p, n);
    l->n += n;
}

static void add_z(struct line *l, const char *z)
{
    add(l, z, strlen(z));
}

/* One code point as it may stand between quotes; returns its length. */
static size_t escape(uint32_t cp, char out[8])
{
    static const char SHORT[] = "\"\"\\\\\nn\rr\tt"; /* pairs: what, how */
    for (size_t i = 0; cp < 0x80 && i + 1 < sizeof(SHORT); i += 2)
        if (SHORT[i] == (char)cp) {
            out[0] = '\\';
            out[1] = SHORT[i + 1];
            return 2;
        }
    if (bw_utf8_is_control(cp)) /* all lie in the basic plane */
        return (size_t)snprintf(out, 8, "\\u%04x", (unsigned)cp);
    return bw_utf8_put(cp, out);
}

static void add_quoted(struct line *l, struct bw_view v)
{
    add(l, "\"", 1);
    for (size_t wrote = 0; v.n;) {
        char text[8];
        size_t len;
        size_t n = escape(bw_utf8_next(v, &len), text);
        v = bw_view_from(v, len);
        wrote += n;
        if (wrote > LOG_VALUE_MAX) {
            add_z(l, "…");
            break;
        }
        add(l, text, n);
    }
    add(l, "\"", 1);
}

/* For people: bare where no reader could take it for something else. */
static bool needs_quotes(struct bw_view v)
{
    for (size_t at = 0, len; at < v.n; at += len) {
        uint32_t cp = bw_utf8_next(bw_view_from(v, at), &len);
        if (cp <= ' ' || cp == '"' || cp == '\\' || cp == '=' || cp == 0xFFFD ||
            bw_utf8_is_control(cp))
            return true;
    }
    return v.n == 0 || v.n > LOG_VALUE_MAX;
}

static void add_value(struct line *l, const struct bw_field *f, bool json)
{
    char number[24];
    if (!f->text.p)
        add(l, number, (size_t)snprintf(number, sizeof(number), "%lld", (long long)f->number));
    else if (json || needs_quotes(f->text))
        add_quoted(l, f->text);
    else
        add(l, f->text.p, f->text.n);
}

static void add_field(struct line *l, const struct bw_field *f, bool json)
{
    if (json) {
        add(l, ",", 1);
        add_quoted(l, bw_view_z(f->key));
        add(l, ":", 1);
    } else {
        add(l, " ", 1);
        add_z(l, f->key);
        add(l, "=", 1);
    }
    add_value(l, f, json);
}

/* "2026-11-21T06:05:00.123Z" always with milliseconds: columns stay in line and sort as text. */
static void add_time(struct line *l)
{
    char text[BW_TIME_MAX];
    int64_t now_us = bw_now_us();
    struct bw_civil c;
    bw_civil_of(now_us, &c);
    bw_time_format(now_us, text);
    add(l, text, strlen("2026-11-21T06:05:00"));
    add(l, text, (size_t)snprintf(text, sizeof(text), ".%03dZ", c.micro / 1000));
}

static void add_head(struct line *l, enum bw_log_level level, const char *event, bool json)
{
    static const char *const NAMES[] = {"debug", "info", "warn", "error"};
    static const char *const COLUMNS[] = {" debug ", " info  ", " warn  ", " error "};
    if (json)
        add_z(l, "{\"time\":\"");
    add_time(l);
    if (json) {
        add_z(l, "\",\"level\":\"");
        add_z(l, NAMES[level]);
        add_z(l, "\",\"event\":");
        add_quoted(l, bw_view_z(event));
    } else {
        add_z(l, COLUMNS[level]);
        add_z(l, event);
    }
}

static void write_line(const struct line *l)
{
    for (size_t at = 0; at < l->n;) {
        ssize_t wrote = write(STDERR_FILENO, l->p + at, l->n - at);
        if (wrote < 0 && errno != EINTR)
            return; /* there is nobody left to tell */
        if (wrote > 0)
            at += (size_t)wrote;
    }
}

void bw_log_fields(enum bw_log_level level, const char *event, const struct bw_field *f, size_t n)
{
    if (level < least_level)
        return;
    BW_ASSERT(level <= BW_LOG_ERROR);
    int e = errno;
    struct line l;
    bool cut = false, json = line_form == BW_LOG_JSON;
    if (line_form == BW_LOG_AUTO) /* before setup */
        json = !isatty(STDERR_FILENO);
    l.n = 0;
    l.full = false;
    add_head(&l, level, event, json);
    for (size_t i = 0; i < n; i++) {
        size_t before = l.n;
        add_field(&l, &f[i], json);
        if (l.full) {
            l.n = before;
            l.full = false;
            cut = true;
        }
    }
    const char *end = json ? (cut ? ",\"cut\":true}\n" : "}\n") : (cut ? " cut=true\n" : "\n");
    memcpy(l.p + l.n, end, strlen(end)); /* LOG_END_ROOM is kept free for it */
    l.n += strlen(end);
    write_line(&l);
    errno = e;
}

void bw_log_err(enum bw_log_level level, const char *event, const struct bw_err *err)
{
    const struct bw_field f[] = {BW_FZ("rc", bw_rc_name(err->rc)), BW_FZ("message", err->message),
                                 BW_FZ("detail", err->detail)};
    bw_log_fields(level, event, f, err->detail[0] ? 3 : 2);
}
