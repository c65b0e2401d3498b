/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bw_log: stderr is a file for the time of one line, and the line is compared to the byte.
 */
#include "bw_clock.h"
#include "bw_log.h"
#include "bw_test.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

static char got_text[512 * 1024];

/* Runs WRITE with stderr in a memory file; the result is valid until the next call. */
static struct bw_view captured(void (*write_lines)(void *), void *arg)
{
    BW_AUTO_FD saved = dup(STDERR_FILENO);
    BW_AUTO_FD file = memfd_create("log", MFD_CLOEXEC);
    BW_ASSERT(saved >= 0 && file >= 0);
    BW_ASSERT(fcntl(file, F_SETFL, O_APPEND) == 0); /* a memory file has no locked position */
    BW_ASSERT(dup2(file, STDERR_FILENO) >= 0);
    write_lines(arg);
    BW_ASSERT(dup2(saved, STDERR_FILENO) >= 0);
    ssize_t n = pread(file, got_text, sizeof(got_text), 0);
    BW_ASSERT(n >= 0 && (size_t)n < sizeof(got_text));
    return bw_view_of(got_text, (size_t)n);
}

struct row {
    const char *name, *json, *human; /* json and human: behind time, level and event */
    struct bw_field f[3];
    size_t n;
};

static void write_row(void *arg)
{
    const struct row *r = arg;
    bw_log_fields(BW_LOG_WARN, "t.event", r->f, r->n);
}

#define TEXT(key, literal)              \
    {                                   \
        (key), BW_VIEW_INIT(literal), 0 \
    }
#define NUMBER(key, v)        \
    {                         \
        (key), {NULL, 0}, (v) \
    }

static struct row rows[] = {
    {"no fields", "", "", {{0}}, 0},
    {"plain",
     ",\"url\":\"http://x/\",\"loops\":2",
     " url=http://x/ loops=2",
     {TEXT("url", "http://x/"), NUMBER("loops", 2)},
     2},
    {"numbers",
     ",\"a\":-9223372036854775808,\"b\":9223372036854775807,\"c\":0",
     " a=-9223372036854775808 b=9223372036854775807 c=0",
     {NUMBER("a", INT64_MIN), NUMBER("b", INT64_MAX), NUMBER("c", 0)},
     3},
    {"empty text", ",\"a\":\"\"", " a=\"\"", {TEXT("a", "")}, 1},
    {"blank", ",\"a\":\"b c\"", " a=\"b c\"", {TEXT("a", "b c")}, 1},
    {"equals sign", ",\"a\":\"b=c\"", " a=\"b=c\"", {TEXT("a", "b=c")}, 1},
    {"quote and backslash", ",\"a\":\"\\\"\\\\\"", " a=\"\\\"\\\\\"", {TEXT("a", "\"\\")}, 1},
    {"line end forges nothing",
     ",\"a\":\"x\\n2026 error\\r\\t\"",
     " a=\"x\\n2026 error\\r\\t\"",
     {TEXT("a", "x\n2026 error\r\t")},
     1},
    {"control bytes",
     ",\"a\":\"\\u0000\\u001b[2J\\u007f\\u009b\"",
     " a=\"\\u0000\\u001b[2J\\u007f\\u009b\"",
     {TEXT("a", "\0\x1b[2J\x7f\xc2\x9b")},
     1},
    {"overrides and separators",
     ",\"a\":\"\\u202ex\\u2028\"",
     " a=\"\\u202ex\\u2028\"",
     {TEXT("a", "\xe2\x80\xaex\xe2\x80\xa8")},
     1},
    {"any script", ",\"a\":\"日本é😀\"", " a=日本é😀", {TEXT("a", "日本é😀")}, 1},
    {"malformed UTF-8 is replaced",
     ",\"a\":\"x\xef\xbf\xbd\xef\xbf\xbdy\xef\xbf\xbd\"",
     " a=\"x\xef\xbf\xbd\xef\xbf\xbdy\xef\xbf\xbd\"",
     {TEXT("a", "x\xff\xc3y\xe2")},
     1},
};

BW_TEST(lines)
{
    bw_clock_fix(INT64_C(1795241100000000) + 42000);
    for (size_t i = 0; i < BW_COUNT(rows); i++) {
        char want[1000];
        bw_log_setup(BW_LOG_INFO, BW_LOG_JSON);
        snprintf(
            want, sizeof(want),
            "{\"time\":\"2026-11-21T06:05:00.042Z\",\"level\":\"warn\",\"event\":\"t.event\"%s}\n",
            rows[i].json);
        bool json = CHECK_VIEW(captured(write_row, &rows[i]), want);
        bw_log_setup(BW_LOG_INFO, BW_LOG_HUMAN);
        snprintf(want, sizeof(want), "2026-11-21T06:05:00.042Z warn  t.event%s\n", rows[i].human);
        bool human = CHECK_VIEW(captured(write_row, &rows[i]), want);
        SUBTEST(rows[i].name, json && human);
    }
    bw_clock_fix(0);
}

static void write_levels(void *arg)
{
    (void)arg;
    bw_log(BW_LOG_DEBUG, "a", BW_FI("n", 1));
    bw_log(BW_LOG_INFO, "b", BW_FT("t", BW_V("x")), BW_FZ("z", NULL));
    bw_log(BW_LOG_WARN, "c");
    bw_log(BW_LOG_ERROR, "d", BW_FT("t", ((struct bw_view){NULL, 0})));
}

BW_TEST(levels_and_macros)
{
    static const struct {
        const char *name, *want;
        enum bw_log_level least;
    } T[] = {
        {"debug", "T debug a n=1\nT info  b t=x z=\"\"\nT warn  c\nT error d t=\"\"\n",
         BW_LOG_DEBUG},
        {"info", "T info  b t=x z=\"\"\nT warn  c\nT error d t=\"\"\n", BW_LOG_INFO},
        {"warn", "T warn  c\nT error d t=\"\"\n", BW_LOG_WARN},
        {"error", "T error d t=\"\"\n", BW_LOG_ERROR},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        char seen[1000];
        size_t n = 0;
        bw_log_setup(T[i].least, BW_LOG_HUMAN);
        struct bw_view text = captured(write_levels, NULL);
        while (text.n) { /* without the times */
            struct bw_view line = bw_view_from(bw_view_split(&text, '\n'), 24);
            n += (size_t)snprintf(seen + n, sizeof(seen) - n, "T%.*s\n", BW_VF(line));
        }
        SUBTEST(T[i].name, CHECK_VIEW(bw_view_of(seen, n), T[i].want));
    }
}

static void write_long(void *arg)
{
    struct bw_view *v = arg;
    bw_log(BW_LOG_INFO, "long", BW_FT("a", *v), BW_FT("b", *v), BW_FT("c", *v), BW_FT("d", *v),
           BW_FT("e", *v), BW_FI("last", 7));
}

BW_TEST(long_lines_stay_whole)
{
    static char text[8000];
    static const char *const PATTERNS[] = {"x", "é", "😀", "\"", "\x01", "\xff", " "};
    for (int form = BW_LOG_HUMAN; form <= BW_LOG_JSON; form++)
        for (size_t i = 0; i < BW_COUNT(PATTERNS); i++) {
            size_t width = strlen(PATTERNS[i]);
            for (size_t n = 0; n + width <= sizeof(text); n += width)
                memcpy(text + n, PATTERNS[i], width);
            struct bw_view v = {text, sizeof(text) / width * width};
            bw_log_setup(BW_LOG_INFO, (enum bw_log_form)form);
            struct bw_view line = captured(write_long, &v);
            CHECK(line.n > 2000 && line.n <= 4096);
            CHECK(bw_utf8_valid(line));
            CHECK_INT(bw_view_find_byte(line, '\n'), line.n - 1);
            CHECK(bw_view_find(line, BW_V("…\"")) != SIZE_MAX);
            CHECK(bw_view_find(line, form == BW_LOG_JSON ? BW_V("\"last\":7,\"cut\":true}\n")
                                                         : BW_V(" last=7 cut=true\n")) != SIZE_MAX);
        }
}

static void write_err(void *arg)
{
    bw_log_err(BW_LOG_ERROR, "job.failed", arg);
}

BW_TEST(errors_are_logged_with_detail)
{
    struct bw_err err;
    bw_clock_fix(BW_SECOND_US);
    bw_log_setup(BW_LOG_INFO, BW_LOG_JSON);
    CHECK_INT(bw_fail(&err, BW_BUSY, "try again"), BW_BUSY);
    CHECK_VIEW(
        captured(write_err, &err),
        "{\"time\":\"1970-01-01T00:00:01.000Z\",\"level\":\"error\",\"event\":\"job.failed\","
        "\"rc\":\"busy\",\"message\":\"try again\"}\n");
    CHECK_INT(bw_fail_detail(&err, BW_IO, "no answer", "peer %d", 3), BW_IO);
    CHECK_VIEW(
        captured(write_err, &err),
        "{\"time\":\"1970-01-01T00:00:01.000Z\",\"level\":\"error\",\"event\":\"job.failed\","
        "\"rc\":\"io\",\"message\":\"no answer\",\"detail\":\"peer 3\"}\n");
    bw_clock_fix(0);
}

BW_TEST(auto_form_is_json_for_a_file)
{
    BW_AUTO_FD saved = dup(STDERR_FILENO);
    BW_AUTO_FD file = memfd_create("log", MFD_CLOEXEC);
    REQUIRE(saved >= 0 && file >= 0 && dup2(file, STDERR_FILENO) >= 0);
    bw_log_setup(BW_LOG_INFO, BW_LOG_AUTO);
    bw_log(BW_LOG_INFO, "x");
    REQUIRE(dup2(saved, STDERR_FILENO) >= 0);
    char first = 0;
    CHECK_INT(pread(file, &first, 1, 0), 1);
    CHECK_INT(first, '{');
}

BW_TEST(errno_survives)
{
    errno = 4242;
    captured(write_levels, NULL);
    bw_log_setup(BW_LOG_INFO, BW_LOG_JSON);
    BW_AUTO_FD saved = dup(STDERR_FILENO);
    REQUIRE(saved >= 0);
    close(STDERR_FILENO);
    errno = 4242;
    bw_log(BW_LOG_ERROR, "nobody.listens");
    int e = errno;
    REQUIRE(dup2(saved, STDERR_FILENO) >= 0);
    CHECK_INT(e, 4242);
}

static void *write_many(void *arg)
{
    for (int i = 0; i < 200; i++)
        bw_log(BW_LOG_INFO, "thread", BW_FZ("who", arg), BW_FI("i", i));
    return NULL;
}

static void write_from_threads(void *arg)
{
    pthread_t thread[4];
    (void)arg;
    for (size_t i = 0; i < BW_COUNT(thread); i++)
        BW_ASSERT(pthread_create(&thread[i], NULL, write_many, "abcdefgh") == 0);
    for (size_t i = 0; i < BW_COUNT(thread); i++)
        pthread_join(thread[i], NULL);
}

BW_TEST(threads_do_not_mix)
{
    bw_log_setup(BW_LOG_INFO, BW_LOG_HUMAN);
    struct bw_view text = captured(write_from_threads, NULL);
    int lines = 0;
    while (text.n) {
        struct bw_view line = bw_view_split(&text, '\n');
        CHECK(bw_view_find(line, BW_V("Z info  thread who=abcdefgh i=")) == 23);
        lines++;
    }
    CHECK_INT(lines, 800);
}

BW_TEST_MAIN()
