/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bw_err: what is cut, what is made readable, and that a message can be put into words. */
#include "bw_err.h"
#include "bw_test.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

BW_TEST(every_rc_has_a_name)
{
    for (int rc = BW_OK; rc <= BW_BROKEN; rc++) {
        const char *name = bw_rc_name((enum bw_rc)rc);
        CHECK(name && name[0] && strcmp(name, "unknown") != 0);
        for (int other = BW_OK; other < rc; other++)
            CHECK(strcmp(name, bw_rc_name((enum bw_rc)other)) != 0);
    }
    CHECK_VIEW(bw_view_z(bw_rc_name(BW_NOT_FOUND)), "not_found");
    CHECK_VIEW(bw_view_z(bw_rc_name((enum bw_rc)999)), "unknown");
}

BW_TEST(fills_all)
{
    struct bw_err err;
    memset(&err, 'x', sizeof(err));
    CHECK_INT(bw_fail(&err, BW_CONFLICT, "%s %d", "row", 7), BW_CONFLICT);
    CHECK_INT(err.rc, BW_CONFLICT);
    CHECK_VIEW(bw_view_z(err.message), "row 7");
    CHECK_VIEW(bw_view_z(err.detail), "");
    CHECK_INT(bw_fail_detail(&err, BW_BROKEN, "100 % wrong", "page %d", 3), BW_BROKEN);
    CHECK_VIEW(bw_view_z(err.message), "100 % wrong");
    CHECK_VIEW(bw_view_z(err.detail), "page 3");
    CHECK_INT(bw_fail_memory(&err), BW_MEMORY);
    CHECK(err.message[0] && !err.detail[0]);
}

BW_TEST(null_err_is_allowed)
{
    CHECK_INT(bw_fail(NULL, BW_INVALID, "x"), BW_INVALID);
    CHECK_INT(bw_fail_detail(NULL, BW_IO, "x", "y"), BW_IO);
    CHECK_INT(bw_fail_memory(NULL), BW_MEMORY);
    errno = ENOENT;
    CHECK_INT(bw_fail_errno(NULL, "x"), BW_NOT_FOUND);
}

BW_TEST(words_around_its_own_message)
{
    struct bw_err err;
    CHECK_INT(bw_fail(&err, BW_INVALID, "bad value"), BW_INVALID);
    CHECK_INT(bw_fail(&err, err.rc, "row 3: %s (%s)", err.message, err.message), BW_INVALID);
    CHECK_VIEW(bw_view_z(err.message), "row 3: bad value (bad value)");
    CHECK_INT(bw_fail_detail(&err, err.rc, err.message + 7, "was: %s", err.message), BW_INVALID);
    CHECK_VIEW(bw_view_z(err.message), "bad value (bad value)");
    CHECK_VIEW(bw_view_z(err.detail), "was: row 3: bad value (bad value)");
}

BW_TEST(made_readable)
{
    static const struct {
        const char *name, *in, *want;
    } T[] = {
        {"letters of any script stay", "日本 é 😀", "日本 é 😀"},
        {"line ends and tabs stay", "a\n\tb", "a\n\tb"},
        {"escape sequences do not", "\x1b[2Jx", "?[2Jx"},
        {"DEL and C1 do not", "\x7f\xc2\x9b", "???"},
        {"overrides do not", "a\xe2\x80\xae", "a???"},
        {"malformed bytes do not", "a\xff\xc3(\xe2\x82",
         "a??"
         "(??"},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_err err;
        enum bw_rc rc = bw_fail(&err, BW_INVALID, "%s", T[i].in);
        SUBTEST(T[i].name, rc == BW_INVALID && strcmp(err.message, T[i].want) == 0);
    }
}

BW_TEST(cut_at_a_code_point)
{
    static const char *const LETTERS[] = {"x", "é", "日", "😀"};
    const size_t max = sizeof(((struct bw_err *)0)->message) - 1;
    for (size_t lead = 0; lead < 5; lead++)
        for (size_t i = 0; i < BW_COUNT(LETTERS); i++) {
            char text[2000] = "", want[2000];
            size_t width = strlen(LETTERS[i]), n = lead;
            memset(text, '-', lead);
            for (; n + width < 1500; n += width)
                memcpy(text + n, LETTERS[i], width);
            struct bw_err err;
            CHECK_INT(bw_fail(&err, BW_LIMIT, "%.*s", (int)n, text), BW_LIMIT);
            size_t fits = lead + (max - lead) / width * width;
            memcpy(want, text, fits);
            want[fits] = '\0';
            CHECK_VIEW(bw_view_z(err.message), want);
        }
}

BW_TEST(by_errno)
{
    static const struct {
        const char *name;
        int e;
        enum bw_rc rc;
    } T[] = {{"no such file", ENOENT, BW_NOT_FOUND},
             {"no memory", ENOMEM, BW_MEMORY},
             {"disk full", ENOSPC, BW_IO},
             {"no right", EACCES, BW_IO}};
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_err err;
        char detail[32];
        errno = T[i].e;
        enum bw_rc rc = bw_fail_errno(&err, "open the store");
        snprintf(detail, sizeof(detail), "errno %d", T[i].e);
        SUBTEST(T[i].name, rc == T[i].rc && errno == T[i].e && strcmp(err.detail, detail) == 0 &&
                               bw_view_starts(bw_view_z(err.message), BW_V("open the store: ")));
    }
}

static enum bw_rc tries(enum bw_rc inner, int *reached)
{
    BW_TRY(inner);
    *reached = 1;
    return BW_OK;
}

BW_TEST(try_returns_early)
{
    int reached = 0;
    CHECK_INT(tries(BW_BUSY, &reached), BW_BUSY);
    CHECK_INT(reached, 0);
    CHECK_INT(tries(BW_OK, &reached), BW_OK);
    CHECK_INT(reached, 1);
}

BW_TEST(descriptors_close_at_the_end_of_scope)
{
    int kept;
    {
        BW_AUTO_FD fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        REQUIRE(fd >= 0);
        kept = fd;
        errno = 7;
    }
    CHECK_INT(errno, 7);
    CHECK_INT(fcntl(kept, F_GETFD), -1);
    int none = -1;
    bw_auto_close(&none);
    CHECK_INT(none, -1);
}

BW_TEST(take_leaves_null)
{
    BW_AUTO_HEAP char *p = malloc(1);
    char *q = BW_TAKE(p);
    CHECK(q && !p);
    free(q);
}

BW_TEST_MAIN()
