/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_write - commas, escapes, and that what was written reads back. */
#include "bw_test.h"
#include "json.h"
#include "json_write.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

BW_TEST(all_kinds)
{
    BW_AUTO_BUF b = BW_BUF_INIT(4096);
    struct json_writer w;
    json_w_open(&w, &b);
    json_w_object(&w);
    json_w_kv(&w, "id", BW_V("x--1"));
    json_w_kv_int(&w, "n", INT64_MIN);
    json_w_kv_bool(&w, "yes", true);
    json_w_kv_z(&w, "none", NULL);
    json_w_kv_raw(&w, "raw", BW_V("[1, 2]"));
    json_w_key(&w, "list");
    json_w_array(&w);
    json_w_null(&w);
    json_w_array(&w);
    json_w_array_end(&w);
    json_w_object(&w);
    json_w_object_end(&w);
    json_w_double(&w, 0.1);
    json_w_double(&w, 1e300 * 1e10);
    json_w_array_end(&w);
    json_w_key_view(&w, BW_V("a\"b"));
    json_w_string(&w, (struct bw_view){NULL, 0});
    json_w_object_end(&w);
    json_w_close(&w);
    CHECK_VIEW(bw_buf_text(&b), "{\"id\":\"x--1\",\"n\":-9223372036854775808,\"yes\":true,"
                                "\"none\":null,\"raw\":[1, 2],\"list\":[null,[],{},0.1,null],"
                                "\"a\\\"b\":\"\"}");
    CHECK(bw_buf_rc(&b, "test", NULL) == BW_OK);
}

static const struct {
    const char *name;
    struct bw_view in;
    const char *plain, *html;
} STRINGS[] = {
    {"plain", BW_VIEW_INIT("abc"), "\"abc\"", "\"abc\""},
    {"quotes", BW_VIEW_INIT("\"\\/"), "\"\\\"\\\\/\"", "\"\\\"\\\\/\""},
    {"controls", BW_VIEW_INIT("\b\t\n\v\f\r\x01\x7F"), "\"\\b\\t\\n\\u000b\\f\\r\\u0001\x7F\"",
     "\"\\b\\t\\n\\u000b\\f\\r\\u0001\x7F\""},
    {"nul", BW_VIEW_INIT("a\0b"), "\"a\\u0000b\"", "\"a\\u0000b\""},
    {"script", BW_VIEW_INIT("é</script>&網"), "\"é</script>&網\"",
     "\"é\\u003c/script\\u003e\\u0026網\""},
    {"separators", BW_VIEW_INIT("a\xE2\x80\xA8網\xE2\x80\xA9"), "\"a\\u2028網\\u2029\"",
     "\"a\\u2028網\\u2029\""},
    {"no utf-8", BW_VIEW_INIT("a\xFF網\xE7\xB6"), "\"a\uFFFD網\uFFFD\uFFFD\"",
     "\"a\uFFFD網\uFFFD\uFFFD\""},
};

BW_TEST(strings)
{
    for (size_t i = 0; i < BW_COUNT(STRINGS); i++) {
        bool ok = true;
        for (int html = 0; html < 2; html++) {
            BW_AUTO_BUF b = BW_BUF_INIT(4096);
            struct json_writer w;
            json_w_open(&w, &b);
            if (html)
                json_w_html_safe(&w);
            json_w_string(&w, STRINGS[i].in);
            json_w_close(&w);
            ok &= CHECK_VIEW(bw_buf_text(&b), html ? STRINGS[i].html : STRINGS[i].plain);
            ok &= CHECK(json_same(bw_buf_text(&b), bw_buf_text(&b))); /* it is JSON */
        }
        SUBTEST(STRINGS[i].name, ok);
    }
}

BW_TEST(full_buffer_is_sticky)
{
    BW_AUTO_BUF b = BW_BUF_INIT(8);
    struct json_writer w;
    struct bw_err err;
    json_w_open(&w, &b);
    json_w_array(&w);
    json_w_z(&w, "much too long");
    json_w_array_end(&w);
    json_w_close(&w);
    CHECK_INT(bw_buf_rc(&b, "test", &err), BW_LIMIT);
}

static void value_without_key(struct json_writer *w)
{
    json_w_object(w);
    json_w_int(w, 1);
}
static void key_in_array(struct json_writer *w)
{
    json_w_array(w);
    json_w_key(w, "a");
}
static void key_twice(struct json_writer *w)
{
    json_w_object(w);
    json_w_key(w, "a");
    json_w_key(w, "b");
}
static void end_of_the_other_kind(struct json_writer *w)
{
    json_w_object(w);
    json_w_array_end(w);
}
static void end_behind_key(struct json_writer *w)
{
    json_w_object(w);
    json_w_key(w, "a");
    json_w_object_end(w);
}
static void second_root(struct json_writer *w)
{
    json_w_null(w);
    json_w_null(w);
}
static void close_open(struct json_writer *w)
{
    json_w_array(w);
    json_w_close(w);
}

static const struct {
    const char *name;
    void (*fn)(struct json_writer *w);
} MISUSE[] = {
    {"value without key", value_without_key},
    {"key in array", key_in_array},
    {"key twice", key_twice},
    {"end of the other kind", end_of_the_other_kind},
    {"end behind key", end_behind_key},
    {"second root", second_root},
    {"close while open", close_open},
};

BW_TEST(misuse_asserts)
{
    for (size_t i = 0; i < BW_COUNT(MISUSE); i++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            BW_AUTO_BUF b = BW_BUF_INIT(4096);
            struct json_writer w;
            fclose(stderr);
            json_w_open(&w, &b);
            MISUSE[i].fn(&w);
            _exit(0);
        }
        int status = 0;
        REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
        SUBTEST(MISUSE[i].name, WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

BW_TEST_MAIN()
