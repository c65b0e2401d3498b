/* SPDX-License-Identifier: Apache-2.0 */
/* bw_macro - the few compiler features that the house style rests on.
 *
 * Cleanup: every type with a destructor declares BW_AUTO_TYPE(type, fn) beside it; a local is then
 * `BW_AUTO(type) *x = NULL;` and is released on every way out of its scope, so functions return
 * early and need no labels. Hand a value out with BW_TAKE(x), which leaves NULL behind. */
#ifndef BW_MACRO_H
#define BW_MACRO_H

#include "bw_banned.h"
#include <stddef.h>
#include <stdlib.h>

#define BW_MUST_CHECK __attribute__((warn_unused_result))
#define BW_PRINTF(fmt_at, args_at) __attribute__((format(printf, fmt_at, args_at)))
#define BW_NONNULL __attribute__((nonnull))
#define BW_LIKELY(x) __builtin_expect(!!(x), 1)
#define BW_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define BW_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BW_CAT_(a, b) a##b
#define BW_CAT(a, b) BW_CAT_(a, b)

/* Declares what BW_AUTO(type) does at the end of scope: fn(pointer), which must accept NULL. */
#define BW_AUTO_TYPE(type, fn)                         \
    static inline void bw_auto_##type(struct type **p) \
    {                                                  \
        fn(*p);                                        \
    }                                                  \
    struct type
/* Use: BW_AUTO(db_stmt) *st = NULL; */
#define BW_AUTO(type) __attribute__((cleanup(bw_auto_##type))) struct type

/* Plain heap memory and file descriptors, released at the end of scope. */
static inline void bw_auto_heap(void *p)
{
    free(*(void **)p);
}
#define BW_AUTO_HEAP __attribute__((cleanup(bw_auto_heap)))
void bw_auto_close(int *fd); /* closes *fd where >= 0 */
#define BW_AUTO_FD __attribute__((cleanup(bw_auto_close))) int

#define BW_TAKE(p)                   \
    ({                               \
        __auto_type bw_taken_ = (p); \
        (p) = NULL;                  \
        bw_taken_;                   \
    })

/* Asserts stay on in release builds: a broken invariant must not go on to write. Never for input.
 */
#define BW_ASSERT(cond) \
    (BW_LIKELY(cond) ? (void)0 : bw_assert_failed(#cond, __FILE__, __LINE__, __func__))
__attribute__((noreturn, cold)) void bw_assert_failed(const char *cond, const char *file, int line,
                                                      const char *func);

#endif
