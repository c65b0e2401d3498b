/* SPDX-License-Identifier: Apache-2.0 */
/* bw_fault - one armed point at a time: a test that fails two things at once explains nothing.
 *
 * Counting is under a mutex, because the point may be hit by every thread; in service only the flag
 * is read. BW_FAULT in the environment is obeyed only in builds made for it (BW_FAULTS). */
#include "bw_fault.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { FAULT_NAME_MAX = 64 };

bool bw_fault_armed;

static struct {
    pthread_mutex_t mutex;
    char point[FAULT_NAME_MAX];
    uint64_t nth, hits;
    bool from_then_on;
} fault = {.mutex = PTHREAD_MUTEX_INITIALIZER};

bool bw_fault_hit(const char *point)
{
    bool fails = false;
    pthread_mutex_lock(&fault.mutex);
    if (strcmp(point, fault.point) == 0) {
        fault.hits++;
        fails = fault.from_then_on ? fault.hits >= fault.nth : fault.hits == fault.nth;
    }
    pthread_mutex_unlock(&fault.mutex);
    return fails;
}

void bw_fault_arm(const char *point, uint64_t nth, bool from_then_on)
{
    size_t len = strlen(point);
    BW_ASSERT(len > 0 && len < FAULT_NAME_MAX && nth > 0);
    pthread_mutex_lock(&fault.mutex);
    memcpy(fault.point, point, len + 1);
    fault.nth = nth;
    fault.hits = 0;
    fault.from_then_on = from_then_on;
    __atomic_store_n(&bw_fault_armed, true, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&fault.mutex);
}

void bw_fault_clear(void)
{
    pthread_mutex_lock(&fault.mutex);
    __atomic_store_n(&bw_fault_armed, false, __ATOMIC_RELAXED);
    fault.point[0] = '\0';
    pthread_mutex_unlock(&fault.mutex);
}

uint64_t bw_fault_hits(void)
{
    pthread_mutex_lock(&fault.mutex);
    uint64_t hits = fault.hits;
    pthread_mutex_unlock(&fault.mutex);
    return hits;
}

bool bw_fault_arm_text(const char *text)
{
    char point[FAULT_NAME_MAX];
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || (size_t)(colon - text) >= sizeof(point))
        return false;
    uint64_t nth = 0;
    const char *p = colon + 1;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(nth, 10, &nth) ||
            __builtin_add_overflow(nth, (uint64_t)(*p - '0'), &nth))
            return false;
    bool from_then_on = *p == '+';
    p += from_then_on;
    if (*p != '\0' || nth == 0)
        return false;
    memcpy(point, text, (size_t)(colon - text));
    point[colon - text] = '\0';
    bw_fault_arm(point, nth, from_then_on);
    return true;
}

#ifdef BW_FAULTS
__attribute__((constructor)) static void arm_from_environment(void)
{
    const char *text = getenv("BW_FAULT");
    if (text && !bw_fault_arm_text(text)) {
        fprintf(stderr, "BW_FAULT=%s: expected name:nth or name:nth+\n", text);
        exit(64);
    }
}
#endif

/* What asks for half a terabyte is a length that wrapped. */
#define ALLOC_MAX (UINT64_C(1) << 39)

/* Size 0 asks for one byte: NULL then always means failure, and realloc never frees. */
void *bw_alloc(size_t size)
{
    return bw_fault("alloc") || size > ALLOC_MAX ? NULL : malloc(size ? size : 1);
}

void *bw_calloc(size_t count, size_t size)
{
    size_t total;
    if (bw_fault("alloc") || __builtin_mul_overflow(count, size, &total) || total > ALLOC_MAX)
        return NULL;
    return calloc(total ? total : 1, 1);
}

void *bw_realloc(void *p, size_t size)
{
    return bw_fault("alloc") || size > ALLOC_MAX ? NULL : realloc(p, size ? size : 1);
}

char *bw_strdup(const char *z)
{
    if (!z)
        return NULL;
    size_t n = strlen(z) + 1;
    char *copy = bw_alloc(n);
    return copy ? memcpy(copy, z, n) : NULL;
}
