/* SPDX-License-Identifier: Apache-2.0 */
/* bw_clock - civil time by arithmetic, not by libc: no zone files, no environment, no locks, and
 * the same answer on every machine for the years 0001..9999.
 *
 * Days to dates and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013),
 * days_from_civil and civil_from_days: years start in March, eras have 400 years (146097 days).
 * The fixed clock is one atomic; any thread. Fuzzed by fuzz_bw_text. */
#include "bw_clock.h"

#include <time.h>

#define DAYS_PER_ERA 146097
#define EPOCH_FROM_MARCH_0000 719468                           /* days to 1970-01-01 */
#define TIME_MIN_US (INT64_C(-62135596800) * BW_SECOND_US)     /* 0001-01-01T00:00:00Z */
#define TIME_MAX_US (INT64_C(253402300800) * BW_SECOND_US - 1) /* the last µs of 9999 */

static int64_t fixed_us; /* 0: the clock runs */

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    int failed = clock_gettime(id, &t);
    BW_ASSERT(!failed);
    return t.tv_sec * BW_SECOND_US + t.tv_nsec / 1000;
}

int64_t bw_now_us(void)
{
    int64_t fixed = __atomic_load_n(&fixed_us, __ATOMIC_RELAXED);
    return BW_UNLIKELY(fixed) ? fixed : read_clock(CLOCK_REALTIME);
}

int64_t bw_mono_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void bw_clock_fix(int64_t at_us)
{
    __atomic_store_n(&fixed_us, at_us, __ATOMIC_RELAXED);
}

void bw_clock_step(int64_t by_us)
{
    BW_ASSERT(__atomic_load_n(&fixed_us, __ATOMIC_RELAXED) != 0);
    __atomic_add_fetch(&fixed_us, by_us, __ATOMIC_RELAXED);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t days_of(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - EPOCH_FROM_MARCH_0000;
}

void bw_civil_of(int64_t at_us, struct bw_civil *ret)
{
    int64_t days = floor_div(at_us, BW_DAY_US);
    int64_t rest = at_us % BW_DAY_US + (at_us % BW_DAY_US < 0 ? BW_DAY_US : 0);
    days += EPOCH_FROM_MARCH_0000;
    int64_t era = floor_div(days, DAYS_PER_ERA);
    int64_t day_of_era = days - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;
    int month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *ret = (struct bw_civil){
        .year = (int)(year_of_era + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(day_of_year - (153 * from_march + 2) / 5 + 1),
        .hour = (int)(rest / BW_HOUR_US),
        .minute = (int)(rest % BW_HOUR_US / BW_MINUTE_US),
        .second = (int)(rest % BW_MINUTE_US / BW_SECOND_US),
        .micro = (int)(rest % BW_SECOND_US),
    };
}

static bool within(int v, int least, int most)
{
    return v >= least && v <= most;
}

bool bw_civil_to_us(const struct bw_civil *c, int64_t *ret_us)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!within(c->year, 1, 9999) || !within(c->month, 1, 12))
        return false;
    bool leap = c->year % 4 == 0 && (c->year % 100 != 0 || c->year % 400 == 0);
    int days = DAYS[c->month - 1] + (c->month == 2 && leap);
    if (!within(c->day, 1, days) || !within(c->hour, 0, 23) || !within(c->minute, 0, 59) ||
        !within(c->second, 0, 59) || !within(c->micro, 0, 999999))
        return false;
    *ret_us = days_of(c->year, c->month, c->day) * BW_DAY_US + c->hour * BW_HOUR_US +
              c->minute * BW_MINUTE_US + c->second * BW_SECOND_US + c->micro;
    return true;
}

/* Reads exactly N digits from the front of *v. */
static bool take_digits(struct bw_view *v, size_t n, int *ret)
{
    int sum = 0;
    if (v->n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (v->p[i] < '0' || v->p[i] > '9')
            return false;
        sum = sum * 10 + (v->p[i] - '0');
    }
    *v = bw_view_from(*v, n);
    *ret = sum;
    return true;
}

static bool take_byte(struct bw_view *v, char c)
{
    if (v->n == 0 || v->p[0] != c)
        return false;
    *v = bw_view_from(*v, 1);
    return true;
}

static bool take_fraction(struct bw_view *v, int *ret_micro)
{
    int micro = 0, digit;
    size_t digits = 0;
    while (take_digits(v, 1, &digit)) {
        if (digits < 6)
            micro = micro * 10 + digit;
        if (++digits > 9)
            return false;
    }
    if (digits == 0)
        return false;
    for (; digits < 6; digits++)
        micro *= 10;
    *ret_micro = micro;
    return true;
}

static bool take_offset(struct bw_view *v, int64_t *ret_us)
{
    int hours, minutes;
    *ret_us = 0;
    if (take_byte(v, 'Z'))
        return true;
    bool west = take_byte(v, '-');
    if (!west && !take_byte(v, '+'))
        return false;
    if (!take_digits(v, 2, &hours) || !take_byte(v, ':') || !take_digits(v, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    int64_t span = hours * BW_HOUR_US + minutes * BW_MINUTE_US;
    *ret_us = west ? -span : span;
    return true;
}

enum bw_rc bw_time_parse(struct bw_view v, int64_t *ret_us, struct bw_err *err)
{
    struct bw_civil c = {0};
    struct bw_view rest = v, shown = bw_utf8_head(v, BW_TIME_MAX);
    int64_t at_us, offset_us;
    if (!take_digits(&rest, 4, &c.year) || !take_byte(&rest, '-') ||
        !take_digits(&rest, 2, &c.month) || !take_byte(&rest, '-') ||
        !take_digits(&rest, 2, &c.day) || !take_byte(&rest, 'T') ||
        !take_digits(&rest, 2, &c.hour) || !take_byte(&rest, ':') ||
        !take_digits(&rest, 2, &c.minute) || !take_byte(&rest, ':') ||
        !take_digits(&rest, 2, &c.second) ||
        (take_byte(&rest, '.') && !take_fraction(&rest, &c.micro)) ||
        !take_offset(&rest, &offset_us) || rest.n)
        return bw_fail(err, BW_INVALID,
                       "\"%.*s\" is not a time; write it like 2026-11-21T06:05:00Z", BW_VF(shown));
    if (!bw_civil_to_us(&c, &at_us))
        return bw_fail(err, BW_INVALID, "\"%.*s\": there is no such date or time", BW_VF(shown));
    at_us -= offset_us;
    if (at_us < TIME_MIN_US || at_us > TIME_MAX_US)
        return bw_fail(err, BW_INVALID, "\"%.*s\" is outside the years 0001 to 9999 in UTC",
                       BW_VF(shown));
    *ret_us = at_us;
    return BW_OK;
}

/* Writes WIDTH digits and the byte behind them. */
static char *put(char *out, int v, size_t width, char behind)
{
    for (size_t i = width; i-- > 0; v /= 10)
        out[i] = (char)('0' + v % 10);
    out[width] = behind;
    return out + width + 1;
}

static int64_t held_in_range(int64_t at_us)
{
    return at_us < TIME_MIN_US ? TIME_MIN_US : at_us > TIME_MAX_US ? TIME_MAX_US : at_us;
}

size_t bw_time_format(int64_t at_us, char out[BW_TIME_MAX])
{
    struct bw_civil c;
    bw_civil_of(held_in_range(at_us), &c);
    char *p = put(out, c.year, 4, '-');
    p = put(p, c.month, 2, '-');
    p = put(p, c.day, 2, 'T');
    p = put(p, c.hour, 2, ':');
    p = put(p, c.minute, 2, ':');
    p = put(p, c.second, 2, c.micro ? '.' : 'Z');
    if (c.micro)
        p = c.micro % 1000 ? put(p, c.micro, 6, 'Z') : put(p, c.micro / 1000, 3, 'Z');
    *p = '\0';
    return (size_t)(p - out);
}

size_t bw_time_format_local(int64_t at_us, int offset_min, char out[BW_TIME_MAX])
{
    struct bw_civil c;
    bw_civil_of(held_in_range(held_in_range(at_us) + offset_min * BW_MINUTE_US), &c);
    char *p = put(out, c.year, 4, '-');
    p = put(p, c.month, 2, '-');
    p = put(p, c.day, 2, ' ');
    p = put(p, c.hour, 2, ':');
    p = put(p, c.minute, 2, '\0');
    return (size_t)(p - out) - 1;
}
