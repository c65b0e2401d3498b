/* SPDX-License-Identifier: Apache-2.0 */
/* bw_arena - a list of blocks, the newest in front, cut from the front to the back.
 *
 * Only the newest block is cut from; a thing that is large against a block gets a block of its own
 * behind it, so that the rest of the newest one is not lost. Under AddressSanitizer what is not
 * handed out is poisoned: use after a reset and overruns are found as they are on the heap. */
#include "bw_arena.h"

#include "bw_fault.h"
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define ARENA_HIDE(p, n) __asan_poison_memory_region((p), (n))
#define ARENA_SHOW(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define ARENA_HIDE(p, n) ((void)(p), (void)(n))
#define ARENA_SHOW(p, n) ((void)(p), (void)(n))
#endif

enum {
    ARENA_ALIGN = 16,
    ARENA_BLOCK_FIRST = 4096,
    ARENA_BLOCK_MAX = 1024 * 1024,
    ARENA_KEEP_MAX = 64 * 1024,
    ARENA_LARGE_PART = 4, /* larger than 1/4 of the next block: a block of its own */
    ARENA_PRINTF_STACK = 512
};

struct block {
    struct block *next;
    size_t size, used; /* bytes of data[] */
    alignas(ARENA_ALIGN) char data[];
};

struct bw_arena {
    struct block *newest;
    size_t cap, held, used; /* bytes: most, in blocks, handed out */
    size_t next_size;       /* of the next ordinary block */
};

static bool round_up(size_t n, size_t *ret)
{
    if (n > SIZE_MAX - (ARENA_ALIGN - 1))
        return false;
    *ret = (n + (ARENA_ALIGN - 1)) & ~(size_t)(ARENA_ALIGN - 1);
    return true;
}

struct bw_arena *bw_arena_new(size_t cap_bytes)
{
    struct bw_arena *a = bw_calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    /* What cannot be rounded up is more than any machine has. */
    if (!round_up(cap_bytes, &a->cap))
        a->cap = SIZE_MAX - (ARENA_ALIGN - 1);
    a->next_size = ARENA_BLOCK_FIRST;
    return a;
}

static void block_free(struct block *b)
{
    ARENA_SHOW(b->data, b->size);
    free(b);
}

static void free_all_but(struct bw_arena *a, struct block *keep)
{
    for (struct block *b = a->newest; b;) {
        struct block *next = b->next;
        if (b != keep)
            block_free(b);
        b = next;
    }
}

void bw_arena_free(struct bw_arena *a)
{
    if (!a)
        return;
    free_all_but(a, NULL);
    free(a);
}

/* The next block is twice the one of SIZE bytes: the count of blocks grows with the logarithm. */
static void grow_next(struct bw_arena *a, size_t size)
{
    if (size > a->next_size)
        a->next_size = size;
    a->next_size = a->next_size < ARENA_BLOCK_MAX / 2 ? a->next_size * 2 : ARENA_BLOCK_MAX;
}

void bw_arena_reset(struct bw_arena *a)
{
    struct block *keep = NULL;
    for (struct block *b = a->newest; b; b = b->next)
        if (b->size <= ARENA_KEEP_MAX && (!keep || b->size > keep->size))
            keep = b;
    free_all_but(a, keep);
    a->newest = keep;
    a->used = 0;
    a->held = 0;
    a->next_size = ARENA_BLOCK_FIRST;
    if (keep) {
        keep->next = NULL;
        keep->used = 0;
        a->held = keep->size;
        grow_next(a, keep->size);
        ARENA_HIDE(keep->data, keep->size);
    }
}

size_t bw_arena_used(const struct bw_arena *a)
{
    return a->used;
}

/* A block with room for NEED bytes (rounded); NULL: over the cap or out of memory. */
static struct block *block_new(struct bw_arena *a, size_t need)
{
    if (need > a->cap - a->held && a->used == 0 && a->newest) {
        free_all_but(a, NULL); /* a warm arena must not refuse what a new one takes */
        a->newest = NULL;
        a->held = 0;
    }
    size_t left = a->cap - a->held;
    if (need > left || need > SIZE_MAX - sizeof(struct block))
        return NULL;
    bool alone = a->newest && need > a->next_size / ARENA_LARGE_PART;
    size_t size = alone || need > a->next_size ? need : a->next_size;
    if (size > left)
        size = left;
    struct block *b = bw_alloc(sizeof(*b) + size);
    if (!b)
        return NULL;
    b->size = size;
    b->used = 0;
    struct block **at = alone ? &a->newest->next : &a->newest;
    b->next = *at;
    *at = b;
    a->held += size;
    grow_next(a, 0);
    ARENA_HIDE(b->data, b->size);
    return b;
}

void *bw_arena_get(struct bw_arena *a, size_t size)
{
    size_t need;
    if (!round_up(size ? size : 1, &need))
        return NULL;
    struct block *b = a->newest;
    if (BW_UNLIKELY(!b || b->size - b->used < need)) {
        b = block_new(a, need);
        if (!b)
            return NULL;
    }
    char *p = b->data + b->used;
    b->used += need;
    a->used += need;
    ARENA_SHOW(p, size);
    return p;
}

void *bw_arena_zero(struct bw_arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *p = bw_arena_get(a, total);
    if (p && total)
        memset(p, 0, total);
    return p;
}

char *bw_arena_z(struct bw_arena *a, struct bw_view v)
{
    if (v.n == SIZE_MAX)
        return NULL;
    char *p = bw_arena_get(a, v.n + 1);
    if (!p)
        return NULL;
    if (v.n)
        memcpy(p, v.p, v.n);
    p[v.n] = '\0';
    return p;
}

enum bw_rc bw_view_copy(struct bw_arena *a, struct bw_view v, struct bw_view *ret,
                        struct bw_err *err)
{
    const char *p = bw_arena_z(a, v);
    if (!p)
        return bw_fail_memory(err);
    *ret = bw_view_of(p, v.n);
    return BW_OK;
}

struct bw_view bw_arena_printf(struct bw_arena *a, const char *fmt, ...)
{
    char small[ARENA_PRINTF_STACK];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(small, sizeof(small), fmt, args);
    va_end(args);
    struct bw_view got = {NULL, 0};
    char *p = len < 0 ? NULL : bw_arena_get(a, (size_t)len + 1);
    if (p) {
        size_t n = (size_t)len;
        if (n < sizeof(small))
            memcpy(p, small, n + 1);
        else
            vsnprintf(p, n + 1, fmt, again);
        got = bw_view_of(p, n);
    }
    va_end(again);
    return got;
}
