/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bw_fault: which hit fails, the text form, and the allocators. */
#include "bw_fault.h"
#include "bw_test.h"
#include <pthread.h>

BW_TEST(false_where_nothing_is_armed)
{
    CHECK(!bw_fault("db.commit"));
    CHECK(!bw_fault_armed);
}

BW_TEST(which_hit_fails)
{
    static const struct {
        const char *name, *arm, *hits, *fails; /* hits: a = "a.point", b = "b.point" */
    } T[] = {
        {"the first", "a.point:1", "aaa", "x.."},
        {"the third, once", "a.point:3", "aaaaa", "..x.."},
        {"from the second on", "a.point:2+", "aaaa", ".xxx"},
        {"others do not count", "a.point:2", "babab", "...x."},
        {"others never fail", "b.point:1+", "aaba", "..x."},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        bool ok = bw_fault_arm_text(T[i].arm);
        for (size_t k = 0; T[i].hits[k]; k++) {
            bool fails = bw_fault(T[i].hits[k] == 'a' ? "a.point" : "b.point");
            ok = ok && fails == (T[i].fails[k] == 'x');
        }
        bw_fault_clear();
        SUBTEST(T[i].name, ok && !bw_fault("a.point"));
    }
}

BW_TEST(texts_that_are_refused)
{
    static const char *const T[] = {"alloc",
                                    "alloc:",
                                    ":1",
                                    "alloc:0",
                                    "alloc:x",
                                    "alloc:1x",
                                    "alloc:1++",
                                    "alloc:-1",
                                    "alloc:+",
                                    "alloc: 1",
                                    "alloc:99999999999999999999"};
    for (size_t i = 0; i < BW_COUNT(T); i++)
        SUBTEST(T[i], !bw_fault_arm_text(T[i]) && !bw_fault_armed);
    char long_name[200];
    memset(long_name, 'a', sizeof(long_name));
    memcpy(long_name + sizeof(long_name) - 3, ":1", 3);
    CHECK(!bw_fault_arm_text(long_name));
    CHECK(bw_fault_arm_text("a:b:2"));
    CHECK(!bw_fault("a:b") && bw_fault("a:b"));
    bw_fault_clear();
}

BW_TEST(allocators_fail_when_told)
{
    bw_fault_arm("alloc", 1, true);
    CHECK(!bw_alloc(8));
    CHECK(!bw_calloc(1, 8));
    CHECK(!bw_strdup("x"));
    char *p = malloc(8);
    REQUIRE(p);
    memcpy(p, "seven..", 8);
    CHECK(!bw_realloc(p, 16));
    CHECK_VIEW(bw_view_z(p), "seven.."); /* as with realloc, the old memory stays */
    CHECK_INT(bw_fault_hits(), 4);
    bw_fault_clear();
    free(p);
}

BW_TEST(allocators_never_give_null_for_nothing)
{
    BW_AUTO_HEAP void *a = bw_alloc(0);
    BW_AUTO_HEAP void *b = bw_calloc(0, 8);
    BW_AUTO_HEAP void *c = bw_realloc(NULL, 0);
    BW_AUTO_HEAP char *d = bw_strdup("");
    CHECK(a && b && c && d && d[0] == '\0');
    void *same = bw_realloc(c, 0);
    CHECK(same);
    c = same;
    CHECK(!bw_strdup(NULL));
    CHECK(!bw_calloc(SIZE_MAX / 2, 3));
}

static void *hit_often(void *arg)
{
    uint64_t *failed = arg;
    for (int i = 0; i < 1000; i++)
        *failed += bw_fault("shared");
    return NULL;
}

BW_TEST(exactly_one_thread_sees_the_nth_hit)
{
    pthread_t thread[4];
    uint64_t failed[4] = {0}, sum = 0;
    bw_fault_arm("shared", 1500, false);
    for (size_t i = 0; i < BW_COUNT(thread); i++)
        REQUIRE(pthread_create(&thread[i], NULL, hit_often, &failed[i]) == 0);
    for (size_t i = 0; i < BW_COUNT(thread); i++) {
        pthread_join(thread[i], NULL);
        sum += failed[i];
    }
    CHECK_INT(sum, 1);
    CHECK_INT(bw_fault_hits(), 4000);
    bw_fault_clear();
}

BW_TEST_MAIN()
