/* SPDX-License-Identifier: Apache-2.0 */
/* bw_buf - growing by doubling keeps appending linear; the cap bounds what an input can cost.
 *
 * One byte more than `room` is always allocated: printf's NUL and the one behind bw_buf_take()'s
 * text then never need a second allocation that could fail. Tested with every allocation failing in
 * turn. */
#include "bw_buf.h"

#include "bw_fault.h"
#include <stdio.h>

enum { BUF_ROOM_FIRST = 256, INT64_DIGITS_MAX = 20 };

void bw_buf_done(struct bw_buf *b)
{
    if (!b)
        return;
    free(b->p);
    *b = BW_BUF_INIT(b->cap);
}

void bw_buf_reset(struct bw_buf *b)
{
    b->n = 0;
    b->rc = BW_OK;
}

bool bw_buf_reserve(struct bw_buf *b, size_t more)
{
    if (b->rc != BW_OK)
        return false;
    if (b->p && b->room - b->n >= more)
        return true;
    size_t cap = b->cap < SIZE_MAX ? b->cap : SIZE_MAX - 1; /* leaves the NUL's byte */
    if (more > cap || b->n > cap - more) {
        b->rc = BW_LIMIT;
        return false;
    }
    size_t need = b->n + more;
    size_t room = b->room < BUF_ROOM_FIRST ? BUF_ROOM_FIRST : b->room;
    if (room < need || b->room == room)
        room = room > cap / 2 ? cap : room * 2;
    if (room < need)
        room = need;
    if (room > cap)
        room = cap;
    char *p = bw_realloc(b->p, room + 1);
    if (!p) {
        b->rc = BW_MEMORY;
        return false;
    }
    b->p = p;
    b->room = room;
    return true;
}

void bw_buf_add_slow(struct bw_buf *b, const void *p, size_t n)
{
    if (n == 0 || !bw_buf_reserve(b, n))
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void bw_buf_z(struct bw_buf *b, const char *z)
{
    bw_buf_view(b, bw_view_z(z));
}

void bw_buf_int(struct bw_buf *b, int64_t v)
{
    char text[INT64_DIGITS_MAX];
    size_t at = sizeof(text);
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        text[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (v < 0)
        text[--at] = '-';
    bw_buf_add(b, text + at, sizeof(text) - at);
}

void bw_buf_printf(struct bw_buf *b, const char *fmt, ...)
{
    if (!bw_buf_reserve(b, 0)) /* p is set from here on */
        return;
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    size_t left = b->room - b->n;
    int len = vsnprintf(b->p + b->n, left + 1, fmt, args);
    va_end(args);
    if (len < 0) {
        b->rc = BW_MEMORY; /* the only failure of a well-formed format without wide characters */
    } else if ((size_t)len <= left) {
        b->n += (size_t)len;
    } else if (bw_buf_reserve(b, (size_t)len)) {
        vsnprintf(b->p + b->n, (size_t)len + 1, fmt, again);
        b->n += (size_t)len;
    }
    va_end(again);
}

enum bw_rc bw_buf_rc(const struct bw_buf *b, const char *what, struct bw_err *err)
{
    if (b->rc == BW_OK)
        return BW_OK;
    if (b->rc == BW_MEMORY)
        return bw_fail_memory(err);
    return bw_fail(err, b->rc, "%s is larger than the allowed %zu bytes", what, b->cap);
}

char *bw_buf_take(struct bw_buf *b, size_t *ret_n)
{
    if (!bw_buf_reserve(b, 0)) {
        bw_buf_done(b);
        return NULL;
    }
    char *p = b->p;
    p[b->n] = '\0';
    if (ret_n)
        *ret_n = b->n;
    *b = BW_BUF_INIT(b->cap);
    return p;
}
