/* SPDX-License-Identifier: Apache-2.0 */
/* bw_err - one place makes error texts safe to show: whatever an input smuggled into a message, the
 * page, the terminal and the log get well-formed UTF-8 without control bytes.
 *
 * Nothing here allocates: an error must be tellable when memory is what ran out. Any thread. */
#include "bw_err.h"

#include "bw_view.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static const char *const RC_NAMES[] = {
    [BW_OK] = "ok",
    [BW_NOT_FOUND] = "not_found",
    [BW_INVALID] = "invalid",
    [BW_LIMIT] = "limit",
    [BW_UNSIGNED] = "unsigned",
    [BW_DENIED] = "denied",
    [BW_CONFLICT] = "conflict",
    [BW_BUSY] = "busy",
    [BW_UNSUPPORTED] = "unsupported",
    [BW_RESERVED] = "reserved",
    [BW_MEMORY] = "memory",
    [BW_IO] = "io",
    [BW_BROKEN] = "broken",
};

const char *bw_rc_name(enum bw_rc rc)
{
    return (size_t)rc < BW_COUNT(RC_NAMES) ? RC_NAMES[rc] : "unknown";
}

/* Replaces in place, byte for byte: a message is for reading, its length need not be kept exact. */
static void make_readable(char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        size_t len;
        uint32_t cp = bw_utf8_next(bw_view_of(text + at, n - at), &len);
        bool malformed = len == 1 && (text[at] & 0x80);
        if (malformed || (bw_utf8_is_control(cp) && cp != '\n' && cp != '\t'))
            memset(text + at, '?', len);
        at += len;
    }
}

#define ERR_TEXT_MAX sizeof(((struct bw_err *)0)->message)
_Static_assert(ERR_TEXT_MAX == sizeof(((struct bw_err *)0)->detail), "both are filled by fill()");

BW_PRINTF(2, 0) static void fill(char *out, const char *fmt, va_list args)
{
    char text[ERR_TEXT_MAX + 4]; /* apart, ARGS may point into OUT; longer, to see where to cut */
    int len = vsnprintf(text, sizeof(text), fmt, args);
    size_t n = len < 0 ? 0 : (size_t)len;
    if (n >= sizeof(text))
        n = sizeof(text) - 1;
    n = bw_utf8_head(bw_view_of(text, n), ERR_TEXT_MAX - 1).n;
    make_readable(text, n);
    memcpy(out, text, n);
    out[n] = '\0';
}

enum bw_rc bw_fail(struct bw_err *err, enum bw_rc rc, const char *fmt, ...)
{
    if (!err)
        return rc;
    va_list args;
    va_start(args, fmt);
    fill(err->message, fmt, args);
    va_end(args);
    err->rc = rc;
    err->detail[0] = '\0';
    return rc;
}

enum bw_rc bw_fail_detail(struct bw_err *err, enum bw_rc rc, const char *message, const char *fmt,
                          ...)
{
    if (!err)
        return rc;
    struct bw_err made; /* apart: MESSAGE and the arguments may point into *err */
    va_list args;
    va_start(args, fmt);
    bw_fail(&made, rc, "%s", message);
    fill(made.detail, fmt, args);
    va_end(args);
    memcpy(err->message, made.message, strlen(made.message) + 1);
    memcpy(err->detail, made.detail, strlen(made.detail) + 1);
    err->rc = rc;
    return rc;
}

enum bw_rc bw_fail_errno(struct bw_err *err, const char *what)
{
    int e = errno;
    enum bw_rc rc = BW_IO;
    if (e == ENOMEM)
        rc = BW_MEMORY;
    else if (e == ENOENT)
        rc = BW_NOT_FOUND;
    bw_fail(err, rc, "%s: %s", what, strerror(e));
    if (err)
        snprintf(err->detail, sizeof(err->detail), "errno %d", e);
    errno = e;
    return rc;
}

enum bw_rc bw_fail_memory(struct bw_err *err)
{
    return bw_fail(err, BW_MEMORY, "not enough memory for this request; try again or ask for less");
}

void bw_auto_close(int *fd)
{
    if (*fd < 0)
        return;
    int e = errno;
    close(*fd); /* EINTR too: on Linux the descriptor is gone */
    *fd = -1;
    errno = e;
}

void bw_assert_failed(const char *cond, const char *file, int line, const char *func)
{
    char text[512];
    int len =
        snprintf(text, sizeof(text), "assertion failed: %s (%s:%d, %s)\n", cond, file, line, func);
    size_t n = len < 0 ? 0 : (size_t)len;
    if (n >= sizeof(text))
        n = sizeof(text) - 1;
    ssize_t wrote = write(STDERR_FILENO, text, n);
    (void)wrote;
    abort();
}
