/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_value - declared inputs: every kind, duplicates, undeclared ones, multipart forms. */
#include "bw_test.h"
#include "http_int.h"

#define ID "abcdefghijklmnopqrstuvwx24"

static enum bw_rc no_handler(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return BW_OK;
}

static const struct http_param P[] = {
    {"title", HTTP_TEXT, HTTP_IN_FORM | HTTP_IN_QUERY, 2, 8},
    {"text", HTTP_TEXT, HTTP_IN_FORM | HTTP_LINES, 0, 64},
    {"page", HTTP_INT, HTTP_IN_FORM, 1, 99},
    {"any", HTTP_INT, HTTP_IN_FORM, 0, 0},
    {"id", HTTP_ID, HTTP_IN_FORM, 0, 0},
    {"tlp", HTTP_WORD, HTTP_IN_FORM, 0, 8},
    {"live", HTTP_FLAG, HTTP_IN_FORM, 0, 0},
    {"org", HTTP_WORD, HTTP_IN_FORM | HTTP_MANY, 0, 0},
    {"file", HTTP_FILE, HTTP_IN_FORM | HTTP_MANY, 0, 16},
};
static const struct http_route ROUTE = {
    HTTP_POST,   "/x",     HTTP_WORKER,
    HTTP_PAGE,   0,        P,
    BW_COUNT(P), 4096,     "application/x-www-form-urlencoded multipart/form-data",
    no_handler,  "a form",
};

static const struct {
    const char *name, *in;
    enum bw_rc rc;
    const char *want; /* "name=value;..." of what is kept, numbers as numbers */
} FORMS[] = {
    {"nothing", "", BW_OK, ""},
    {"text", "title=abc", BW_OK, "title=abc;"},
    {"plus and escapes", "title=a+%62%2B", BW_OK, "title=a b+;"},
    {"an escaped name", "t%69tle=abc", BW_OK, "title=abc;"},
    {"too long", "title=abcdefghi", BW_INVALID, NULL},
    {"too short", "title=a", BW_INVALID, NULL},
    {"length counts bytes", "title=%E4%BD%A0%E4%BD%A0%E4%BD%A0", BW_INVALID, NULL},
    {"bad UTF-8", "title=%ff%fe", BW_INVALID, NULL},
    {"NUL", "title=a%00b", BW_INVALID, NULL},
    {"line break in a line", "title=a%0ab", BW_INVALID, NULL},
    {"C1 control", "title=a%C2%85b", BW_INVALID, NULL},
    {"no-break space is no control", "title=a%C2%A0b", BW_OK,
     "title=a\xc2\xa0"
     "b;"},
    {"lines become LF", "text=a%0d%0ab%0dc%0ad", BW_OK, "text=a\nb\nc\nd;"},
    {"tab in lines", "text=a%09b", BW_OK, "text=a\tb;"},
    {"escape byte in lines", "text=a%1bb", BW_INVALID, NULL},
    {"empty text is there", "text=", BW_OK, "text=;"},
    {"number", "page=7", BW_OK, "page=#7;"},
    {"number out of range", "page=100", BW_INVALID, NULL},
    {"number below range", "page=0", BW_INVALID, NULL},
    {"number with blank", "page=+7", BW_INVALID, NULL},
    {"number with rest", "page=7x", BW_INVALID, NULL},
    {"number too large", "any=9223372036854775808", BW_INVALID, NULL},
    {"any number", "any=-9223372036854775808", BW_OK, "any=#-9223372036854775808;"},
    {"empty number is not given", "page=", BW_OK, ""},
    {"id", "id=" ID, BW_OK, "id=" ID ";"},
    {"id in capitals", "id=ABCDEFGHIJKLMNOPQRSTUVWX24", BW_INVALID, NULL},
    {"short id", "id=abc", BW_INVALID, NULL},
    {"empty id is not given", "id=", BW_OK, ""},
    {"word", "tlp=amber", BW_OK, "tlp=amber;"},
    {"word in capitals", "tlp=AMBER", BW_INVALID, NULL},
    {"word with a space", "tlp=a+b", BW_INVALID, NULL},
    {"word too long", "tlp=abcdefghi", BW_INVALID, NULL},
    {"flag on", "live=on", BW_OK, "live=#1;"},
    {"flag empty", "live=", BW_OK, "live=#0;"},
    {"flag of another word", "live=maybe", BW_INVALID, NULL},
    {"many", "org=a&org=b&org=c", BW_OK, "org=a;org=b;org=c;"},
    {"one too many", "page=1&page=2", BW_INVALID, NULL},
    {"undeclared ones are dropped", "evil=1&page=2&evil=3", BW_OK, "page=#2;"},
    {"a file needs multipart", "file=x", BW_OK, ""},
    {"no value", "title", BW_INVALID, NULL},
    {"no name", "=x&&page=1", BW_OK, "page=#1;"},
    {"broken escape", "page=%1", BW_INVALID, NULL},
    {"broken escape in an undeclared name", "%zz=1", BW_INVALID, NULL},
};

static void show(const struct http_values *vs, char *out, size_t room)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < vs->n && n < room; i++) {
        const struct http_value *v = &vs->v[i];
        if (v->param->kind == HTTP_INT || v->param->kind == HTTP_FLAG)
            n += (size_t)snprintf(out + n, room - n, "%s=#%lld;", v->param->name,
                                  (long long)v->number);
        else if (v->param->kind == HTTP_FILE)
            n += (size_t)snprintf(out + n, room - n, "%s=%.*s(%.*s)%.*s;", v->param->name,
                                  BW_VF(v->file_name), BW_VF(v->file_type), BW_VF(v->text));
        else
            n += (size_t)snprintf(out + n, room - n, "%s=%.*s;", v->param->name, BW_VF(v->text));
    }
}

BW_TEST(urlencoded)
{
    for (size_t i = 0; i < BW_COUNT(FORMS); i++) {
        BW_AUTO(bw_arena) *a = bw_arena_new(65536);
        struct http_values vs = {0};
        char got[256];
        enum bw_rc rc =
            http_values_pairs(&ROUTE, HTTP_IN_FORM, bw_view_z(FORMS[i].in), a, &vs, NULL);
        show(&vs, got, sizeof got);
        bool ok = rc == FORMS[i].rc && (rc != BW_OK || strcmp(got, FORMS[i].want) == 0);
        SUBTEST(FORMS[i].name, ok);
        if (!ok)
            printf("# rc %d, got %s\n", (int)rc, got);
    }
}

#define HEAD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FILE_HEAD(name, file)                                                      \
    "Content-Disposition: form-data; name=\"" name "\"; filename=\"" file "\"\r\n" \
    "Content-Type: Text/CSV; charset=utf-8\r\n\r\n"
static const struct {
    const char *name, *in;
    enum bw_rc rc;
    const char *want;
} PARTS[] = {
    {"one field", "--B\r\n" HEAD("title") "abc\r\n--B--\r\n", BW_OK, "title=abc;"},
    {"two fields", "--B\r\n" HEAD("title") "abc\r\n--B\r\n" HEAD("page") "7\r\n--B--", BW_OK,
     "title=abc;page=#7;"},
    {"preamble and epilogue", "hello\r\n--B\r\n" HEAD("page") "7\r\n--B--\r\nbye", BW_OK,
     "page=#7;"},
    {"a file", "--B\r\n" FILE_HEAD("file", "a.csv") "1,2\r\n3\r\n--B--\r\n", BW_OK,
     "file=a.csv(text/csv)1,2\r\n3;"},
    {"only the last part of a path", "--B\r\n" FILE_HEAD("file", "C:\\x\\..\\a.csv") "1\r\n--B--",
     BW_OK, "file=a.csv(text/csv)1;"},
    {"a file field left empty", "--B\r\n" FILE_HEAD("file", "") "\r\n--B--", BW_OK, ""},
    {"a file too long", "--B\r\n" FILE_HEAD("file", "a") "12345678901234567\r\n--B--", BW_INVALID,
     NULL},
    {"a file where text is declared", "--B\r\n" FILE_HEAD("title", "a") "abc\r\n--B--", BW_OK, ""},
    {"text where a file is declared", "--B\r\n" HEAD("file") "abc\r\n--B--", BW_OK, ""},
    {"boundary inside a line is data", "--B\r\n" HEAD("text") "x--B--y\r\n--B--", BW_OK,
     "text=x--B--y;"},
    {"no part", "--B--", BW_OK, ""},
    {"no boundary", "hello", BW_INVALID, NULL},
    {"no last boundary", "--B\r\n" HEAD("title") "abc", BW_INVALID, NULL},
    {"a longer boundary", "--B\r\n" HEAD("title") "abc\r\n--Bx\r\n--B--", BW_INVALID, NULL},
    {"no end of the head", "--B\r\nContent-Disposition: form-data\r\n--B--", BW_INVALID, NULL},
    {"no name", "--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--", BW_INVALID, NULL},
    {"same field twice", "--B\r\n" HEAD("page") "1\r\n--B\r\n" HEAD("page") "2\r\n--B--",
     BW_INVALID, NULL},
};

BW_TEST(multipart)
{
    for (size_t i = 0; i < BW_COUNT(PARTS); i++) {
        BW_AUTO(bw_arena) *a = bw_arena_new(65536);
        struct http_values vs = {0};
        char got[256];
        enum bw_rc rc =
            http_values_multipart(&ROUTE, BW_V("B"), bw_view_z(PARTS[i].in), a, &vs, NULL);
        show(&vs, got, sizeof got);
        bool ok = rc == PARTS[i].rc && (rc != BW_OK || strcmp(got, PARTS[i].want) == 0);
        SUBTEST(PARTS[i].name, ok);
        if (!ok)
            printf("# rc %d, got %s\n", (int)rc, got);
    }
}

BW_TEST(query_and_form_are_one_space)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(65536);
    struct http_values vs = {0};
    CHECK(http_values_pairs(&ROUTE, HTTP_IN_QUERY, BW_V("title=abc&page=3"), a, &vs, NULL) ==
          BW_OK);
    CHECK_INT(vs.n, 1); /* page is declared for the form alone */
    CHECK_INT(vs.dropped, 1);
    CHECK(http_values_pairs(&ROUTE, HTTP_IN_FORM, BW_V("title=abc"), a, &vs, NULL) == BW_INVALID);
}

BW_TEST(pairs_have_a_limit)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(1 << 20);
    struct http_values vs = {0};
    BW_AUTO_BUF b = BW_BUF_INIT(65536);
    for (int i = 0; i <= HTTP_PAIRS_MAX; i++)
        bw_buf_z(&b, "x=1&");
    CHECK(http_values_pairs(&ROUTE, HTTP_IN_FORM, bw_buf_text(&b), a, &vs, NULL) == BW_LIMIT);
    bw_buf_reset(&b);
    for (int i = 0; i <= HTTP_MANY_MAX; i++)
        bw_buf_z(&b, "org=1&");
    CHECK(http_values_pairs(&ROUTE, HTTP_IN_FORM, bw_buf_text(&b), a, &vs, NULL) == BW_INVALID);
    CHECK_INT(vs.n, HTTP_MANY_MAX);
}

BW_TEST(messages_name_the_parameter_not_the_value)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(65536);
    struct http_values vs = {0};
    struct bw_err err;
    CHECK(http_values_pairs(&ROUTE, HTTP_IN_FORM, BW_V("page=hunter2"), a, &vs, &err) ==
          BW_INVALID);
    CHECK(strstr(err.message, "page") && !strstr(err.message, "hunter2"));
}

BW_TEST_MAIN()
