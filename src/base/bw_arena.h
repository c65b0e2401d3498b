/* SPDX-License-Identifier: Apache-2.0 */
/* bw_arena - memory that lives as long as one request, one mail, one chunk of an import.
 *
 * Why: a request makes hundreds of small things that all die together; one reset replaces hundreds
 * of frees and no path can leak. Blocks grow by doubling up to ARENA_BLOCK_MAX; a reset keeps the
 * largest one up to ARENA_KEEP_MAX, so that a warm arena allocates nothing and an idle one is
 * small. The cap makes a hostile request fail alone (BW_MEMORY) and not the process. Not
 * thread-safe: one owner at a time. Memory is not zeroed unless the function says so; alignment
 * is 16. */
#ifndef BW_ARENA_H
#define BW_ARENA_H

#include "bw_err.h"
#include "bw_view.h"

struct bw_arena;

/* cap_bytes: the most it may hold at once (its blocks, without their headers; rounded up to 16).
 * NULL: out of memory. */
struct bw_arena *bw_arena_new(size_t cap_bytes);
void bw_arena_free(struct bw_arena *a);
void bw_arena_reset(struct bw_arena *a);        /* everything handed out is gone */
size_t bw_arena_used(const struct bw_arena *a); /* bytes handed out since reset, each to 16 */

/* NULL: over the cap or out of memory. size 0 gives a valid pointer. */
void *bw_arena_get(struct bw_arena *a, size_t size) __attribute__((malloc, alloc_size(2)));
void *bw_arena_zero(struct bw_arena *a, size_t count, size_t size) __attribute__((malloc));
#define BW_ARENA_NEW(a, type) ((type *)bw_arena_zero((a), 1, sizeof(type)))
#define BW_ARENA_ARRAY(a, count, type) ((type *)bw_arena_zero((a), (count), sizeof(type)))

/* Copies; a NUL is put behind the bytes so that ret->p also serves as a C string. */
BW_MUST_CHECK enum bw_rc bw_view_copy(struct bw_arena *a, struct bw_view v, struct bw_view *ret,
                                      struct bw_err *err);
/* printf into the arena; {NULL, 0} on out of memory. */
struct bw_view bw_arena_printf(struct bw_arena *a, const char *fmt, ...) BW_PRINTF(2, 3);
/* NUL-terminated copy; NULL on out of memory. */
char *bw_arena_z(struct bw_arena *a, struct bw_view v);

BW_AUTO_TYPE(bw_arena, bw_arena_free);

#endif
