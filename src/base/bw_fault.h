/* SPDX-License-Identifier: Apache-2.0 */
/* bw_fault - places where a test can make memory or I/O fail.
 *
 * `if (bw_fault("db.commit")) ...`: false for ever in service (one relaxed load). A test arms one
 * point with bw_fault_arm(): the Nth hit fails, once or from then on. "alloc" is hit by every
 * allocation that goes through bw_alloc() and friends (arena, buffer), see tests with torture mode.
 * The environment variable BW_FAULT="name:nth[+]" arms a point at start in builds with
 * -Dfaults=true. */
#ifndef BW_FAULT_H
#define BW_FAULT_H

#include "bw_macro.h"
#include <stdbool.h>
#include <stdint.h>

bool bw_fault_hit(const char *point); /* slow path */
extern bool bw_fault_armed;
static inline bool bw_fault(const char *point)
{
    return BW_UNLIKELY(__atomic_load_n(&bw_fault_armed, __ATOMIC_RELAXED)) && bw_fault_hit(point);
}
void bw_fault_arm(const char *point, uint64_t nth, bool from_then_on); /* nth counts from 1 */
void bw_fault_clear(void);
/* The same from text: "name:nth" or "name:nth+"; false: not that form, nothing armed. */
bool bw_fault_arm_text(const char *text);
uint64_t bw_fault_hits(void); /* of the armed point since it was armed */

/* malloc family with the "alloc" point; NULL on failure; release with free(). */
void *bw_alloc(size_t size) __attribute__((malloc));
void *bw_calloc(size_t count, size_t size) __attribute__((malloc));
void *bw_realloc(void *p, size_t size);
char *bw_strdup(const char *z); /* NULL for NULL */

#endif
