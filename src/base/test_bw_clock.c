/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bw_clock: the texts that are taken and refused, the ends of the calendar, and the civil
 * arithmetic against libc's over the whole range. */
#include "bw_clock.h"
#include "bw_test.h"
#include <time.h>

#define FIRST_US (INT64_C(-62135596800) * BW_SECOND_US)
#define LAST_US (INT64_C(253402300800) * BW_SECOND_US - 1)

BW_TEST(taken)
{
    static const struct {
        const char *in, *out; /* out: as the formatter gives it back */
        int64_t at_us;
    } T[] = {
        {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00-00:00", "1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.000001Z", "1970-01-01T00:00:00.000001Z", 1},
        {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", -1},
        {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z", -BW_SECOND_US},
        {"2026-11-21T06:05:00Z", "2026-11-21T06:05:00Z", INT64_C(1795241100000000)},
        {"2026-11-21T14:05:00+08:00", "2026-11-21T06:05:00Z", INT64_C(1795241100000000)},
        {"2026-11-21T00:35:00-05:30", "2026-11-21T06:05:00Z", INT64_C(1795241100000000)},
        {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z", INT64_C(951782400000000)},
        {"2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z", INT64_C(1709251199000000)},
        {"1970-01-01T00:00:01.5Z", "1970-01-01T00:00:01.500Z", 1500000},
        {"1970-01-01T00:00:01.12Z", "1970-01-01T00:00:01.120Z", 1120000},
        {"1970-01-01T00:00:01.123Z", "1970-01-01T00:00:01.123Z", 1123000},
        {"1970-01-01T00:00:01.1234Z", "1970-01-01T00:00:01.123400Z", 1123400},
        {"1970-01-01T00:00:01.123456Z", "1970-01-01T00:00:01.123456Z", 1123456},
        {"1970-01-01T00:00:01.1234569Z", "1970-01-01T00:00:01.123456Z", 1123456},
        {"1970-01-01T00:00:01.999999999Z", "1970-01-01T00:00:01.999999Z", 1999999},
        {"1970-01-01T00:00:01.000000000Z", "1970-01-01T00:00:01Z", 1000000},
        {"1970-01-01T23:59:00+23:59", "1970-01-01T00:00:00Z", 0},
        {"1969-12-31T00:01:00-23:59", "1970-01-01T00:00:00Z", 0},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", FIRST_US},
        {"0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00Z", FIRST_US},
        {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z", LAST_US},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        char text[BW_TIME_MAX];
        struct bw_err err;
        int64_t at_us = 42;
        enum bw_rc rc = bw_time_parse(bw_view_z(T[i].in), &at_us, &err);
        size_t n = bw_time_format(at_us, text);
        SUBTEST(T[i].in, rc == BW_OK && at_us == T[i].at_us && n == strlen(text) &&
                             strcmp(text, T[i].out) == 0);
    }
}

BW_TEST(refused)
{
    static const char *const T[] = {
        "",
        "2026-11-21",
        "2026-11-21T06:05:00",
        "2026-11-21T06:05Z",
        "2026-11-21 06:05:00Z",
        "2026-11-21t06:05:00Z",
        "2026-11-21T06:05:00z",
        " 2026-11-21T06:05:00Z",
        "2026-11-21T06:05:00Z ",
        "2026-11-21T06:05:00ZZ",
        "2026-11-21T06:05:00.Z",
        "2026-11-21T06:05:00.1234567890Z",
        "2026-11-21T06:05:00,5Z",
        "2026-11-21T06:05:00+0800",
        "2026-11-21T06:05:00+08",
        "2026-11-21T06:05:00+24:00",
        "2026-11-21T06:05:00+08:60",
        "2026-11-21T06:05:60Z",
        "2016-12-31T23:59:60Z",
        "2026-11-21T06:60:00Z",
        "2026-11-21T24:00:00Z",
        "2026-00-21T06:05:00Z",
        "2026-13-21T06:05:00Z",
        "2026-11-00T06:05:00Z",
        "2026-11-31T06:05:00Z",
        "2026-02-29T06:05:00Z",
        "1900-02-29T06:05:00Z",
        "2100-02-29T06:05:00Z",
        "2024-02-30T06:05:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "-001-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2026-1-21T06:05:00Z",
        "2026/11/21T06:05:00Z",
        "٢٠٢٦-11-21T06:05:00Z",
        "\xff\xfe",
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_err err = {0};
        int64_t at_us = 42;
        enum bw_rc rc = bw_time_parse(bw_view_z(T[i]), &at_us, &err);
        SUBTEST(T[i][0] ? T[i] : "empty",
                rc == BW_INVALID && err.rc == BW_INVALID && err.message[0] && at_us == 42);
    }
    int64_t at_us;
    CHECK_INT(bw_time_parse(BW_V("2026-11-21T06:05:00\0Z"), &at_us, NULL), BW_INVALID);
}

/* glibc's gmtime_r knows the same calendar. */
static bool same_as_libc(int64_t at_us)
{
    struct bw_civil c;
    struct tm tm;
    int64_t back_us;
    bw_civil_of(at_us, &c);
    time_t seconds = (at_us - c.micro) / BW_SECOND_US;
    return gmtime_r(&seconds, &tm) && c.year == tm.tm_year + 1900 && c.month == tm.tm_mon + 1 &&
           c.day == tm.tm_mday && c.hour == tm.tm_hour && c.minute == tm.tm_min &&
           c.second == tm.tm_sec && bw_civil_to_us(&c, &back_us) && back_us == at_us;
}

BW_TEST(civil_is_the_same_as_in_libc)
{
    bool same = same_as_libc(FIRST_US) && same_as_libc(LAST_US);
    /* A step of 5 days, 3 hours and a bit hits every month of every year. */
    for (int64_t at_us = FIRST_US; same && at_us <= LAST_US; at_us += 5 * BW_DAY_US + 11234567891)
        same = same_as_libc(at_us);
    CHECK(same);
}

BW_TEST(civil_refuses_what_is_no_date)
{
    static const struct {
        const char *name;
        struct bw_civil c;
        bool ok;
    } T[] = {
        {"plain", {2026, 11, 21, 6, 5, 0, 0}, true},
        {"last of all", {9999, 12, 31, 23, 59, 59, 999999}, true},
        {"year 0", {0, 1, 1, 0, 0, 0, 0}, false},
        {"year 10000", {10000, 1, 1, 0, 0, 0, 0}, false},
        {"month 0", {2026, 0, 1, 0, 0, 0, 0}, false},
        {"month 13", {2026, 13, 1, 0, 0, 0, 0}, false},
        {"31 April", {2026, 4, 31, 0, 0, 0, 0}, false},
        {"29 February 2400", {2400, 2, 29, 0, 0, 0, 0}, true},
        {"29 February 2300", {2300, 2, 29, 0, 0, 0, 0}, false},
        {"hour -1", {2026, 1, 1, -1, 0, 0, 0}, false},
        {"minute 60", {2026, 1, 1, 0, 60, 0, 0}, false},
        {"leap second", {2026, 1, 1, 0, 0, 60, 0}, false},
        {"a million micros", {2026, 1, 1, 0, 0, 0, 1000000}, false},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        int64_t at_us = 42;
        bool ok = bw_civil_to_us(&T[i].c, &at_us);
        SUBTEST(T[i].name, ok == T[i].ok && (ok || at_us == 42));
    }
}

BW_TEST(formatters_hold_the_range)
{
    char text[BW_TIME_MAX];
    CHECK_INT(bw_time_format(INT64_MIN, text), 20);
    CHECK_VIEW(bw_view_z(text), "0001-01-01T00:00:00Z");
    CHECK_INT(bw_time_format(INT64_MAX, text), 27);
    CHECK_VIEW(bw_view_z(text), "9999-12-31T23:59:59.999999Z");
    bw_time_format_local(INT64_MAX, INT32_MAX, text);
    CHECK_VIEW(bw_view_z(text), "9999-12-31 23:59");
    bw_time_format_local(INT64_MIN, INT32_MIN, text);
    CHECK_VIEW(bw_view_z(text), "0001-01-01 00:00");
    struct bw_civil c;
    bw_civil_of(INT64_MIN, &c); /* no overflow, whatever is asked */
    bw_civil_of(INT64_MAX, &c);
}

BW_TEST(local_time_by_offset)
{
    static const struct {
        const char *want;
        int64_t at_us;
        int offset_min;
    } T[] = {
        {"2026-11-21 14:05", INT64_C(1795241100000000), 480},
        {"2026-11-21 06:05", INT64_C(1795241100000000), 0},
        {"2026-11-20 18:35", INT64_C(1795241100000000), -690},
        {"1970-01-01 00:00", BW_MINUTE_US - 1, 0},
        {"1969-12-31 23:59", 0, -1},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        char text[BW_TIME_MAX];
        size_t n = bw_time_format_local(T[i].at_us, T[i].offset_min, text);
        SUBTEST(T[i].want, n == 16 && strcmp(text, T[i].want) == 0);
    }
}

BW_TEST(the_clock_can_be_fixed)
{
    bw_clock_fix(1000);
    CHECK_INT(bw_now_us(), 1000);
    bw_clock_step(BW_DAY_US);
    bw_clock_step(-1);
    CHECK_INT(bw_now_us(), BW_DAY_US + 999);
    int64_t mono_us = bw_mono_us();
    CHECK(bw_mono_us() >= mono_us);
    bw_clock_fix(0);
    CHECK(bw_now_us() > INT64_C(1700000000) * BW_SECOND_US);
}

BW_TEST_MAIN()
