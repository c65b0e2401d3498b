/* SPDX-License-Identifier: Apache-2.0 */
/* bw_test - unit tests in TAP (testanything.org, version 13), one program a file, no framework.
 *
 *     BW_TEST(empty_line_is_blank)
 *     {
 *         CHECK(feed_line_parse(...) == BW_OK);
 *         CHECK_VIEW(line.value, "192.0.2.7");
 *     }
 *     BW_TEST_MAIN()
 *
 * Tests register themselves in order of appearance. For a table, call SUBTEST(name, condition) for
 * each row: each counts as one test. SKIP(n, why) counts cases that could not run, SKIP_CASE(why)
 * leaves a whole test that could not. CHECK goes on after a failure; REQUIRE leaves the test. A
 * word on the command line runs only the tests whose names have it:
 * `./test_bw_ip prefix`. */
#ifndef BW_TEST_H
#define BW_TEST_H

#include "bw_macro.h"
#include "bw_view.h"
#include <stdbool.h>
#include <stdio.h>

static unsigned bw_test_number_, bw_test_bad_;
static bool bw_test_failed_;
static const char *bw_test_skipped_; /* why the test that runs was left */
typedef void (*bw_test_fn_)(void);
struct bw_test_case_ {
    const char *name;
    bw_test_fn_ fn;
    struct bw_test_case_ *next;
};
static struct bw_test_case_ *bw_test_first_, **bw_test_last_ = &bw_test_first_;

#define BW_TEST(test_name)                                             \
    static void test_name(void);                                       \
    __attribute__((constructor)) static void bw_reg_##test_name(void)  \
    {                                                                  \
        static struct bw_test_case_ c = {#test_name, test_name, NULL}; \
        *bw_test_last_ = &c;                                           \
        bw_test_last_ = &c.next;                                       \
    }                                                                  \
    static void test_name(void)

__attribute__((unused)) static bool bw_test_check_(bool ok, const char *what, const char *file,
                                                   int line)
{
    if (!ok) {
        bw_test_failed_ = true;
        printf("# %s:%d: failed: %s\n", file, line, what);
    }
    return ok;
}
#define CHECK(cond) bw_test_check_((cond), #cond, __FILE__, __LINE__)
#define REQUIRE(cond)     \
    do {                  \
        if (!CHECK(cond)) \
            return;       \
    } while (0)
__attribute__((unused)) static bool bw_test_view_(struct bw_view got, struct bw_view want,
                                                  const char *file, int line)
{
    bool ok = bw_view_eq(got, want);
    if (!bw_test_check_(ok, "texts are equal", file, line))
        printf("#    got: %.*s\n#   want: %.*s\n", BW_VF(got), BW_VF(want));
    return ok;
}
#define CHECK_VIEW(got, want_z) bw_test_view_((got), bw_view_z(want_z), __FILE__, __LINE__)
__attribute__((unused)) static bool bw_test_int_(long long got, long long want, const char *what,
                                                 const char *file, int line)
{
    bool ok = got == want;
    if (!bw_test_check_(ok, what, file, line))
        printf("#    got: %lld\n#   want: %lld\n", got, want);
    return ok;
}
#define CHECK_INT(got, want) \
    bw_test_int_((long long)(got), (long long)(want), #got " == " #want, __FILE__, __LINE__)

__attribute__((unused)) static void SUBTEST(const char *name, bool ok)
{
    bw_test_number_++;
    if (!ok)
        bw_test_bad_++;
    printf("%sok %u - %s\n", ok ? "" : "not ", bw_test_number_, name);
}
__attribute__((unused)) static void SKIP(unsigned cases, const char *why)
{
    while (cases--)
        printf("ok %u - # SKIP %s\n", ++bw_test_number_, why);
}
#define SKIP_CASE(why)            \
    do {                          \
        bw_test_skipped_ = (why); \
        return;                   \
    } while (0)

#define BW_TEST_MAIN()                                                                          \
    int main(int argc, char **argv)                                                             \
    {                                                                                           \
        setvbuf(stdout, NULL, _IOLBF, 0);                                                       \
        printf("TAP version 13\n");                                                             \
        for (struct bw_test_case_ *c = bw_test_first_; c; c = c->next) {                        \
            if (argc > 1 && !strstr(c->name, argv[1]))                                          \
                continue;                                                                       \
            bw_test_failed_ = false;                                                            \
            bw_test_skipped_ = NULL;                                                            \
            c->fn();                                                                            \
            if (bw_test_skipped_ && !bw_test_failed_)                                           \
                printf("ok %u - %s # SKIP %s\n", ++bw_test_number_, c->name, bw_test_skipped_); \
            else                                                                                \
                SUBTEST(c->name, !bw_test_failed_);                                             \
        }                                                                                       \
        printf("1..%u\n", bw_test_number_);                                                     \
        return bw_test_bad_ ? 1 : 0;                                                            \
    }

#endif
