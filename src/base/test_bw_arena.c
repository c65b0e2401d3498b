/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bw_arena: alignment, the cap, what a reset keeps, and every allocation failing in turn.
 */
#include "bw_arena.h"
#include "bw_fault.h"
#include "bw_test.h"

#define CAP (4U * 1024 * 1024)

BW_TEST(free_accepts_null)
{
    bw_arena_free(NULL);
    CHECK(true);
}

BW_TEST(everything_is_aligned_and_apart)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(CAP);
    REQUIRE(a);
    char *last = NULL;
    for (size_t size = 0; size < 3000; size += 7) {
        char *p = bw_arena_get(a, size);
        REQUIRE(p);
        CHECK_INT((uintptr_t)p % 16, 0);
        CHECK(p != last);
        if (size)
            memset(p, (int)(size & 0xff), size);
        last = p;
    }
}

BW_TEST(values_stay_over_many_blocks)
{
    enum { COUNT = 5000 };
    BW_AUTO(bw_arena) *a = bw_arena_new(CAP);
    REQUIRE(a);
    static uint64_t *seen[COUNT];
    for (uint64_t i = 0; i < COUNT; i++) {
        seen[i] = bw_arena_get(a, 8 + i % 700);
        REQUIRE(seen[i]);
        *seen[i] = i * 31;
    }
    bool same = true;
    for (uint64_t i = 0; i < COUNT; i++)
        same = same && *seen[i] == i * 31;
    CHECK(same);
}

BW_TEST(cap_is_exact_for_one_block)
{
    static const struct {
        const char *name;
        size_t cap, first, second;
        bool first_fits, second_fits;
    } T[] = {
        {"cap 0 holds nothing", 0, 0, 1, false, false},
        {"exactly the cap", 4096, 4096, 1, true, false},
        {"one byte over", 4096, 4097, 4096, false, true},
        {"a refusal leaves the rest usable", 64, 65, 64, false, true},
        {"cap rounds up to 16", 100, 112, 1, true, false},
        {"halves", 1024, 512, 512, true, true},
        {"halves and one", 1024, 512, 513, true, false},
        {"larger than any machine", SIZE_MAX, SIZE_MAX, 16, false, true},
        {"size that rounds over", SIZE_MAX, SIZE_MAX - 15, 16, false, true},
        {"header does not fit", SIZE_MAX, (SIZE_MAX & ~(size_t)15) - 16, 16, false, true},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        BW_AUTO(bw_arena) *a = bw_arena_new(T[i].cap);
        REQUIRE(a);
        bool first = bw_arena_get(a, T[i].first), second = bw_arena_get(a, T[i].second);
        SUBTEST(T[i].name, first == T[i].first_fits && second == T[i].second_fits);
    }
}

BW_TEST(cap_bounds_many_small_ones)
{
    enum { SMALL_CAP = 100000 };
    BW_AUTO(bw_arena) *a = bw_arena_new(SMALL_CAP);
    REQUIRE(a);
    size_t got = 0;
    while (bw_arena_get(a, 100))
        got += 112;
    CHECK(got <= SMALL_CAP + 16);
    CHECK(got > SMALL_CAP * 9 / 10);
    CHECK_INT(bw_arena_used(a), got);
}

BW_TEST(a_warm_arena_takes_what_a_new_one_takes)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(8192);
    REQUIRE(a);
    REQUIRE(bw_arena_get(a, 10));
    bw_arena_reset(a);
    CHECK(bw_arena_get(a, 8192));
    bw_arena_reset(a);
    CHECK(bw_arena_get(a, 8192));
}

BW_TEST(a_warm_arena_allocates_nothing)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(CAP);
    REQUIRE(a);
    for (int round = 0; round < 8; round++) {
        if (round == 7)
            bw_fault_arm("alloc", 1, true);
        for (int i = 0; i < 300; i++)
            CHECK(bw_arena_get(a, 100));
        CHECK_INT(bw_arena_used(a), 300 * 112);
        bw_arena_reset(a);
        CHECK_INT(bw_arena_used(a), 0);
    }
    CHECK_INT(bw_fault_hits(), 0);
    bw_fault_clear();
}

BW_TEST(zeroed_after_a_reset)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(CAP);
    REQUIRE(a);
    char *p = bw_arena_get(a, 1000);
    REQUIRE(p);
    memset(p, 'x', 1000);
    bw_arena_reset(a);
    uint64_t *z = BW_ARENA_ARRAY(a, 125, uint64_t);
    REQUIRE(z);
    uint64_t sum = 0;
    for (size_t i = 0; i < 125; i++)
        sum |= z[i];
    CHECK_INT(sum, 0);
    CHECK(bw_arena_zero(a, 0, 8));
    CHECK(!bw_arena_zero(a, SIZE_MAX / 2, 3));
}

BW_TEST(copies_end_in_nul)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(CAP);
    REQUIRE(a);
    struct bw_err err;
    struct bw_view got;
    CHECK_INT(bw_view_copy(a, BW_V("in\0side"), &got, &err), BW_OK);
    CHECK_INT(got.n, 7);
    CHECK(memcmp(got.p, "in\0side", 8) == 0);
    CHECK_INT(bw_view_copy(a, (struct bw_view){NULL, 0}, &got, &err), BW_OK);
    CHECK(got.p && got.n == 0 && got.p[0] == '\0');
    char *z = bw_arena_z(a, BW_V("text"));
    REQUIRE(z);
    CHECK_VIEW(bw_view_z(z), "text");
    CHECK(!bw_arena_z(a, bw_view_of("", SIZE_MAX)));
}

BW_TEST(printf_of_any_length)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(CAP);
    REQUIRE(a);
    CHECK_VIEW(bw_arena_printf(a, "%d-%s", 7, "x"), "7-x");
    for (int n = 500; n < 530; n++) { /* around the buffer on the stack */
        struct bw_view v = bw_arena_printf(a, "%*d", n, 5);
        CHECK_INT(v.n, n);
        CHECK(v.p && v.p[n - 1] == '5' && v.p[n] == '\0');
    }
}

static bool one_life(void)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(CAP);
    struct bw_view v = {NULL, 0};
    struct bw_err err;
    if (!a || !bw_arena_get(a, 5000) || !bw_arena_get(a, 100) || !bw_arena_z(a, BW_V("z")) ||
        !bw_arena_get(a, 100000) || !bw_arena_printf(a, "%06000d", 1).p)
        return false;
    bw_arena_reset(a);
    if (!bw_arena_get(a, 200000))
        return false;
    enum bw_rc rc = bw_view_copy(a, bw_view_of("", 0), &v, &err);
    return rc == BW_OK && v.p;
}

BW_TEST(every_allocation_failing_in_turn)
{
    uint64_t nth = 1;
    for (; nth < 100; nth++) {
        bw_fault_arm("alloc", nth, false);
        bool done = one_life();
        bool failed = bw_fault_hits() >= nth;
        bw_fault_clear();
        CHECK(done == !failed);
        if (!failed)
            break;
    }
    CHECK(nth > 4 && nth < 100);
}

BW_TEST(failure_leaves_the_output)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(16);
    REQUIRE(a);
    struct bw_err err;
    struct bw_view v = BW_V("before");
    CHECK_INT(bw_view_copy(a, BW_V("sixteen bytes ..."), &v, &err), BW_MEMORY);
    CHECK_INT(err.rc, BW_MEMORY);
    CHECK_VIEW(v, "before");
    struct bw_view none = bw_arena_printf(a, "%s", "also more than sixteen");
    CHECK(!none.p && none.n == 0);
}

BW_TEST_MAIN()
