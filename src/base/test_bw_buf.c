/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bw_buf: the cap to the byte, the sticky failure, and every allocation failing in turn.
 */
#include "bw_buf.h"
#include "bw_fault.h"
#include "bw_test.h"

BW_TEST(appends)
{
    BW_AUTO_BUF b = BW_BUF_INIT(1000);
    BW_BUF_LIT(&b, "lit,");
    bw_buf_z(&b, "z,");
    bw_buf_z(&b, NULL);
    bw_buf_view(&b, BW_V("view"));
    bw_buf_view(&b, (struct bw_view){NULL, 0});
    bw_buf_byte(&b, ',');
    bw_buf_printf(&b, "%03d", 7);
    CHECK_VIEW(bw_buf_text(&b), "lit,z,view,007");
    struct bw_err err;
    CHECK_INT(bw_buf_rc(&b, "text", &err), BW_OK);
}

BW_TEST(whole_numbers)
{
    static const struct {
        const char *want;
        int64_t v;
    } T[] = {{"0", 0},
             {"-1", -1},
             {"9", 9},
             {"10", 10},
             {"9223372036854775807", INT64_MAX},
             {"-9223372036854775808", INT64_MIN}};
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        BW_AUTO_BUF b = BW_BUF_INIT(100);
        bw_buf_int(&b, T[i].v);
        SUBTEST(T[i].want, bw_view_is(bw_buf_text(&b), T[i].want));
    }
}

BW_TEST(cap_to_the_byte)
{
    static const size_t CAPS[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 5000};
    for (size_t i = 0; i < BW_COUNT(CAPS); i++) {
        BW_AUTO_BUF b = BW_BUF_INIT(CAPS[i]);
        for (size_t n = 0; n < CAPS[i]; n++)
            bw_buf_byte(&b, 'x');
        CHECK_INT(b.rc, BW_OK);
        CHECK_INT(b.n, CAPS[i]);
        bw_buf_byte(&b, 'y');
        CHECK_INT(b.rc, BW_LIMIT);
        CHECK_INT(b.n, CAPS[i]);
        CHECK(b.room <= CAPS[i]);
    }
}

BW_TEST(failure_is_sticky_until_reset)
{
    BW_AUTO_BUF b = BW_BUF_INIT(4);
    struct bw_err err;
    BW_BUF_LIT(&b, "abc");
    BW_BUF_LIT(&b, "de");
    BW_BUF_LIT(&b, "f"); /* would fit, but half a text is no text */
    bw_buf_int(&b, 1);
    bw_buf_printf(&b, "x");
    CHECK_VIEW(bw_buf_text(&b), "abc");
    CHECK(!bw_buf_reserve(&b, 0));
    CHECK_INT(bw_buf_rc(&b, "the report", &err), BW_LIMIT);
    CHECK_VIEW(bw_view_z(err.message), "the report is larger than the allowed 4 bytes");
    bw_buf_reset(&b);
    BW_BUF_LIT(&b, "wxyz");
    CHECK_VIEW(bw_buf_text(&b), "wxyz");
    CHECK_INT(bw_buf_rc(&b, "the report", &err), BW_OK);
}

BW_TEST(sizes_that_would_wrap)
{
    BW_AUTO_BUF b = BW_BUF_INIT(SIZE_MAX);
    BW_BUF_LIT(&b, "abc");
    CHECK(!bw_buf_reserve(&b, SIZE_MAX));
    CHECK_INT(b.rc, BW_LIMIT);
    bw_buf_reset(&b);
    CHECK(!bw_buf_reserve(&b, SIZE_MAX - 1));
    CHECK_INT(b.rc, BW_MEMORY);
}

BW_TEST(printf_around_the_room)
{
    for (int n = 250; n < 262; n++) {
        BW_AUTO_BUF b = BW_BUF_INIT(260);
        bw_buf_printf(&b, "%*d", n, 5);
        CHECK_INT(b.rc, n <= 260 ? BW_OK : BW_LIMIT);
        CHECK_INT(b.n, n <= 260 ? n : 0);
    }
    BW_AUTO_BUF b = BW_BUF_INIT(3000);
    for (int i = 0; i < 300; i++)
        bw_buf_printf(&b, "%010d", i);
    CHECK_INT(b.n, 3000);
    CHECK_VIEW(bw_view_from(bw_buf_text(&b), 2990), "0000000299");
}

BW_TEST(take_hands_over)
{
    BW_AUTO_BUF b = BW_BUF_INIT(3);
    size_t n = 77;
    BW_BUF_LIT(&b, "abc");
    BW_AUTO_HEAP char *p = bw_buf_take(&b, &n);
    REQUIRE(p);
    CHECK_INT(n, 3);
    CHECK(p[3] == '\0');
    CHECK(!b.p && b.n == 0 && b.cap == 3);
    BW_AUTO_HEAP char *empty = bw_buf_take(&b, NULL);
    REQUIRE(empty);
    CHECK(empty[0] == '\0');
    BW_BUF_LIT(&b, "abcd");
    n = 77;
    CHECK(!bw_buf_take(&b, &n));
    CHECK_INT(n, 77);
    CHECK_INT(b.rc, BW_OK);
}

BW_TEST(reset_keeps_the_memory)
{
    BW_AUTO_BUF b = BW_BUF_INIT(100000);
    for (int i = 0; i < 5000; i++)
        bw_buf_byte(&b, 'a');
    const char *p = b.p;
    bw_buf_reset(&b);
    bw_fault_arm("alloc", 1, true);
    for (int i = 0; i < 5000; i++)
        bw_buf_byte(&b, 'b');
    CHECK_INT(bw_fault_hits(), 0);
    bw_fault_clear();
    CHECK(b.p == p && b.n == 5000);
}

static enum bw_rc one_life(struct bw_err *err)
{
    BW_AUTO_BUF b = BW_BUF_INIT(1000000);
    for (int i = 0; i < 3000; i++)
        bw_buf_int(&b, i);
    bw_buf_printf(&b, "%020000d", 1);
    BW_TRY(bw_buf_rc(&b, "text", err));
    BW_AUTO_HEAP char *p = bw_buf_take(&b, NULL);
    return p ? BW_OK : bw_fail_memory(err);
}

BW_TEST(every_allocation_failing_in_turn)
{
    uint64_t nth = 1;
    for (; nth < 100; nth++) {
        struct bw_err err = {0};
        bw_fault_arm("alloc", nth, false);
        enum bw_rc rc = one_life(&err);
        bool failed = bw_fault_hits() >= nth;
        bw_fault_clear();
        CHECK_INT(rc, failed ? BW_MEMORY : BW_OK);
        CHECK_INT(err.rc, rc);
        if (!failed)
            break;
    }
    CHECK(nth > 4 && nth < 100);
}

BW_TEST_MAIN()
