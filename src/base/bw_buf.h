/* SPDX-License-Identifier: Apache-2.0 */
/* bw_buf - a growing byte buffer with a cap and a sticky failure.
 *
 * Writers append without looking; the failure (over the cap, out of memory) is kept and is asked
 * once at the end with bw_buf_rc(). After a failure nothing more is appended. What is appended must
 * not point into the buffer itself. Heap-owned; one thread. */
#ifndef BW_BUF_H
#define BW_BUF_H

#include "bw_err.h"
#include "bw_view.h"

struct bw_buf {
    char *p;
    size_t n, room, cap; /* bytes: used, allocated, most */
    enum bw_rc rc;       /* BW_OK, BW_LIMIT or BW_MEMORY; sticky */
};

#define BW_BUF_INIT(cap_bytes) ((struct bw_buf){NULL, 0, 0, (cap_bytes), BW_OK})
void bw_buf_done(struct bw_buf *b);
void bw_buf_reset(struct bw_buf *b); /* empties, keeps the memory, forgets the failure */
static inline void bw_auto_buf(struct bw_buf *b)
{
    bw_buf_done(b);
}
#define BW_AUTO_BUF __attribute__((cleanup(bw_auto_buf))) struct bw_buf

bool bw_buf_reserve(struct bw_buf *b, size_t more); /* room for MORE bytes behind n */
void bw_buf_add_slow(struct bw_buf *b, const void *p, size_t n);
static inline void bw_buf_add(struct bw_buf *b, const void *p, size_t n)
{
    if (BW_LIKELY(b->rc == BW_OK && b->room - b->n >= n && n > 0)) {
        memcpy(b->p + b->n, p, n);
        b->n += n;
    } else {
        bw_buf_add_slow(b, p, n);
    }
}
static inline void bw_buf_view(struct bw_buf *b, struct bw_view v)
{
    bw_buf_add(b, v.p, v.n);
}
static inline void bw_buf_byte(struct bw_buf *b, char c)
{
    bw_buf_add(b, &c, 1);
}
#define BW_BUF_LIT(b, literal) bw_buf_add((b), "" literal, sizeof(literal) - 1)
void bw_buf_z(struct bw_buf *b, const char *z);
void bw_buf_int(struct bw_buf *b, int64_t v);
void bw_buf_printf(struct bw_buf *b, const char *fmt, ...) BW_PRINTF(2, 3);

static inline struct bw_view bw_buf_text(const struct bw_buf *b)
{
    return (struct bw_view){b->p, b->n};
}
/* BW_OK, or the sticky failure with a message that names WHAT. */
BW_MUST_CHECK enum bw_rc bw_buf_rc(const struct bw_buf *b, const char *what, struct bw_err *err);
/* Hands the memory to the caller (free()), NUL behind it, and leaves the buffer empty. NULL, *ret_n
 * untouched: the buffer had failed (half a text never goes out) or out of memory. */
char *bw_buf_take(struct bw_buf *b, size_t *ret_n);

#endif
