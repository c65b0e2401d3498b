/* SPDX-License-Identifier: Apache-2.0 */
/* bw_clock - times are int64 microseconds of UTC since 1970 (`_us`); spans too.
 *
 * Tests fix the wall clock with bw_clock_fix(); the monotonic clock is never fixed. Text is RFC
 * 3339 (the STIX 2.1 timestamp type is a subset). Years 0001..9999; leap seconds are refused.
 */
#ifndef BW_CLOCK_H
#define BW_CLOCK_H

#include "bw_err.h"
#include "bw_view.h"

#define BW_SECOND_US INT64_C(1000000)
#define BW_MINUTE_US (60 * BW_SECOND_US)
#define BW_HOUR_US (60 * BW_MINUTE_US)
#define BW_DAY_US (24 * BW_HOUR_US)
#define BW_TIME_MAX 40 /* bytes of any text that the formatters write, NUL included */

int64_t bw_now_us(void);           /* wall clock, or the fixed time */
int64_t bw_mono_us(void);          /* for spans and deadlines */
void bw_clock_fix(int64_t at_us);  /* tests: wall clock stands; 0 lets it run again */
void bw_clock_step(int64_t by_us); /* tests: moves the fixed clock (it must be) */

/* Y-M-DTh:m:s[.f](Z|±h:m), 1..9 fraction digits (beyond µs cut). Any other form: BW_INVALID. */
BW_MUST_CHECK enum bw_rc bw_time_parse(struct bw_view v, int64_t *ret_us, struct bw_err *err);
/* "2026-11-21T06:05:00Z", fraction only where not zero (3 or 6 digits). Returns the length. The
 * formatters hold a time outside the years 0001..9999 at the nearest end. */
size_t bw_time_format(int64_t at_us, char out[BW_TIME_MAX]);
/* For people: "2026-11-21 14:05" at OFFSET minutes east of UTC (the caller adds the zone's name).
 */
size_t bw_time_format_local(int64_t at_us, int offset_min, char out[BW_TIME_MAX]);

struct bw_civil {
    int year, month, day, hour, minute, second, micro;
};
void bw_civil_of(int64_t at_us, struct bw_civil *ret);
/* False: no such date or time. */
bool bw_civil_to_us(const struct bw_civil *c, int64_t *ret_us);

#endif
