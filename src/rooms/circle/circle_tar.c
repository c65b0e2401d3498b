/* SPDX-License-Identifier: Apache-2.0 */
/* circle_tar - see circle_tar.h. Header: 512 bytes, numbers in octal, checksum over the header with
 * its own field as blanks; two empty blocks at the end. */
#include "circle_tar.h"

#include "bw_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK = 512, FLUSH_AT = 64 << 10 };

static enum bw_rc fail_io(struct bw_err *err)
{
    return bw_fail_detail(err, BW_IO, "the disk cannot take the export now", "tar: %s",
                          strerror(errno));
}

enum bw_rc circle_tar_open(const char *folder, int64_t time_us, struct circle_tar *ret,
                           struct bw_err *err)
{
    char path[256];
    int n = snprintf(path, sizeof(path), "%s/export-XXXXXX", folder ? folder : "/tmp");
    if (n < 0 || (size_t)n >= sizeof(path))
        return bw_fail(err, BW_BROKEN, "internal error");
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return fail_io(err);
    unlink(path);
    *ret = (struct circle_tar){.fd = fd,
                               .time_us = time_us,
                               .pending = BW_BUF_INIT(CIRCLE_TAR_PENDING)};
    return BW_OK;
}

void circle_tar_done(struct circle_tar *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
    bw_buf_done(&t->pending);
}

static enum bw_rc put(struct circle_tar *t, const char *bytes, size_t n, int64_t at,
                      struct bw_err *err)
{
    while (n) {
        ssize_t done = pwrite(t->fd, bytes, n, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return fail_io(err);
        bytes += done;
        n -= (size_t)done;
        at += done;
    }
    return BW_OK;
}

static enum bw_rc flush(struct circle_tar *t, struct bw_err *err)
{
    struct bw_view v = bw_buf_text(&t->pending);
    BW_TRY(bw_buf_rc(&t->pending, "export", err));
    BW_TRY(put(t, v.p, v.n, t->size, err));
    t->size += (int64_t)v.n;
    t->member_size += (int64_t)v.n;
    bw_buf_reset(&t->pending);
    return BW_OK;
}

enum bw_rc circle_tar_member(struct circle_tar *t, const char *name, struct bw_err *err)
{
    static const char empty[BLOCK];
    BW_ASSERT(strlen(name) < sizeof(t->name));
    snprintf(t->name, sizeof(t->name), "%s", name);
    t->member_at = t->size;
    t->member_size = 0;
    BW_TRY(put(t, empty, BLOCK, t->size, err));
    t->size += BLOCK;
    return BW_OK;
}

enum bw_rc circle_tar_row(struct circle_tar *t, struct bw_err *err)
{
    return t->pending.n >= FLUSH_AT ? flush(t, err) : bw_buf_rc(&t->pending, "export", err);
}

/* A field of octal digits with a NUL behind them. */
static void octal(char *field, size_t width, int64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%0*llo", (int)width - 1, (unsigned long long)value);
    memcpy(field, text, width);
}

enum bw_rc circle_tar_member_end(struct circle_tar *t, struct bw_err *err)
{
    static const char empty[BLOCK];
    char h[BLOCK] = {0};
    unsigned sum = 0;
    BW_TRY(flush(t, err));
    memcpy(h, t->name, strlen(t->name));
    octal(h + 100, 8, 0600);
    octal(h + 108, 8, 0);
    octal(h + 116, 8, 0);
    octal(h + 124, 12, t->member_size);
    octal(h + 136, 12, t->time_us / BW_SECOND_US);
    memset(h + 148, ' ', 8);
    h[156] = '0';
    memcpy(h + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += (unsigned char)h[i];
    octal(h + 148, 7, sum);
    h[155] = ' ';
    BW_TRY(put(t, h, BLOCK, t->member_at, err));
    size_t rest = (size_t)(t->member_size % BLOCK);
    if (rest) {
        BW_TRY(put(t, empty, BLOCK - rest, t->size, err));
        t->size += (int64_t)(BLOCK - rest);
    }
    return BW_OK;
}

enum bw_rc circle_tar_end(struct circle_tar *t, struct bw_view *ret, struct bw_err *err)
{
    static const char empty[2 * BLOCK];
    BW_TRY(put(t, empty, sizeof(empty), t->size, err));
    t->size += (int64_t)sizeof(empty);
    void *p = mmap(NULL, (size_t)t->size, PROT_READ, MAP_PRIVATE, t->fd, 0);
    if (p == MAP_FAILED)
        return fail_io(err);
    *ret = bw_view_of(p, (size_t)t->size);
    close(t->fd);
    t->fd = -1;
    return BW_OK;
}

/* -- CSV --------------------------------------------------------------------------------------- */

void circle_csv_cell(struct bw_buf *out, struct bw_view text, bool first)
{
    if (!first)
        bw_buf_byte(out, ',');
    bw_buf_byte(out, '"');
    if (text.n && strchr("=+-@\t\r", text.p[0]))
        bw_buf_byte(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            bw_buf_byte(out, '"');
        bw_buf_byte(out, text.p[i]);
    }
    bw_buf_byte(out, '"');
}

void circle_csv_row_end(struct bw_buf *out)
{
    bw_buf_view(out, bw_view_of("\r\n", 2));
}
