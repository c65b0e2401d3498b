/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_server - requests and answers through a whole server on 127.0.0.1. */
#include "test_http_util.h"
#include <stdatomic.h>

#define FORM "application/x-www-form-urlencoded"
#define FORMS FORM " multipart/form-data"

static struct http_server *server;
static int port;
static atomic_int ends, last_status, releases;

static enum bw_rc show_item(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_buf *b = http_out(rs);
    struct bw_view org;
    bw_buf_printf(b, "word=%.*s page=%lld live=%d", BW_VF(http_text(rq, "word")),
                  (long long)http_int(rq, "page", -1), http_flag(rq, "live"));
    for (size_t i = 0; http_many(rq, "org", i, &org); i++)
        bw_buf_printf(b, " org=%.*s", BW_VF(org));
    bw_buf_printf(b, " method=%s", http_method_name(http_method_of(rq)));
    http_type(rs, "text/plain; charset=utf-8");
    return BW_OK;
}

static enum bw_rc take_form(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct http_file f;
    bw_buf_printf(http_out(rs), "title=%.*s", BW_VF(http_text(rq, "title")));
    if (http_file(rq, "file", 0, &f))
        bw_buf_printf(http_out(rs), " file=%.*s type=%.*s size=%zu", BW_VF(f.name), BW_VF(f.type),
                      f.bytes.n);
    return BW_OK;
}

static enum bw_rc sum_body(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_view body = http_body(rq);
    uint64_t sum = 0;
    for (size_t i = 0; i < body.n; i++)
        sum = sum * 31 + (unsigned char)body.p[i];
    bw_buf_printf(http_out(rs), "%zu %llu %.*s", body.n, (unsigned long long)sum,
                  BW_VF(http_body_type(rq)));
    return BW_OK;
}

static enum bw_rc show_meta(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_ip ip = http_peer(rq);
    char text[BW_IP_TEXT_MAX];
    size_t n = bw_ip_format(&ip, text);
    struct bw_view agent = http_header(rq, "user-agent"), sid = http_cookie(rq, "sid");
    BW_ASSERT(http_request_id(rq).n == 16 && http_context(rq) == &server);
    bw_buf_printf(http_out(rs), "peer=%.*s tls=%d agent=%.*s sid=%.*s path=%.*s", (int)n, text,
                  http_is_tls(rq), BW_VF(agent), BW_VF(sid), BW_VF(http_path(rq)));
    return BW_OK;
}

static enum bw_rc set_headers(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    http_status(rs, 201);
    http_set(rs, "X-One", BW_V("1"));
    http_set(rs, "x-one", BW_V("2"));
    http_set(rs, "X-Default", BW_V("own"));
    http_cookie_set(rs, &(struct http_cookie_spec){.name = "__Host-sid", .value = BW_V("abc")});
    http_cookie_set(rs, &(struct http_cookie_spec){.name = "gone",
                                                   .value = BW_V(""),
                                                   .max_age_s = -1,
                                                   .insecure = true});
    return BW_OK;
}

static enum bw_rc split_header(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    http_set(rs, "X-Evil", http_text(rq, "v"));
    bw_buf_z(http_out(rs), "never seen");
    return BW_OK;
}

static enum bw_rc redirect(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    bw_buf_z(http_out(rs), "thrown away");
    http_redirect(rs, 303, http_text(rq, "to"));
    return BW_OK;
}

static enum bw_rc tagged(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    http_type(rs, "text/plain");
    http_set(rs, "Cache-Control", BW_V("private"));
    http_etag(rq, rs, BW_V("v1"));
    if (!http_is_fresh(rs))
        bw_buf_z(http_out(rs), "tagged");
    return BW_OK;
}

static enum bw_rc asset(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    static const struct http_bytes B = {"text/css", BW_VIEW_INIT("body{}"), BW_VIEW_INIT("GZ")};
    http_etag(rq, rs, BW_V("a1"));
    http_bytes_static(rq, rs, &B);
    return BW_OK;
}

static void released(void *arg)
{
    atomic_fetch_add(&releases, 1);
    free(arg);
}

static enum bw_rc owned(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    char *p = strdup("owned bytes");
    http_bytes_own(rs, bw_view_z(p), released, p);
    return http_flag(rq, "fail") ? bw_fail(err, BW_CONFLICT, "moved") : BW_OK;
}

static enum bw_rc fails(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    bw_buf_z(http_out(rs), "half an answer");
    http_set(rs, "X-Half", BW_V("1"));
    return bw_fail_detail(err, (enum bw_rc)http_int(rq, "rc", 0), "That failed.", "inside");
}

static enum bw_rc huge(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    for (int i = 0; i < 300000; i++)
        BW_BUF_LIT(http_out(rs), "0123456789");
    return BW_OK;
}

static enum bw_rc greedy(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return bw_arena_get(http_arena(rq), 8u << 20) ? BW_OK : bw_fail_memory(err);
}

static const struct http_param ITEM[] = {{"word", HTTP_WORD, 0, 0, 0},
                                         {"page", HTTP_INT, 0, 1, 10},
                                         {"live", HTTP_FLAG, 0, 0, 0},
                                         {"org", HTTP_WORD, HTTP_MANY, 0, 0}};
static const struct http_param NEEDS[] = {{"q", HTTP_TEXT, HTTP_REQUIRED, 0, 99}};
static const struct http_param TITLE[] = {{"title", HTTP_TEXT, HTTP_REQUIRED, 0, 99},
                                          {"file", HTTP_FILE, 0, 0, 4 << 20}};
static const struct http_param ANY_V[] = {{"v", HTTP_TEXT, HTTP_LINES, 0, 8000}};
static const struct http_param TO[] = {{"to", HTTP_TEXT, 0, 0, 99}};
static const struct http_param RC[] = {{"rc", HTTP_INT, 0, 0, 12}};
static const struct http_param FAIL[] = {{"fail", HTTP_FLAG, 0, 0, 0}};

#define R0(m, path, place, fn)                                 \
    {                                                          \
        m, path, place, HTTP_PAGE, 0, NULL, 0, 0, NULL, fn, "" \
    }
#define RP(m, path, place, params, fn)                                         \
    {                                                                          \
        m, path, place, HTTP_API, 0, params, BW_COUNT(params), 0, NULL, fn, "" \
    }
static const struct http_route ROUTES[] = {
    RP(HTTP_GET, "/items/{word}", HTTP_LOOP, ITEM, show_item),
    RP(HTTP_GET, "/w/items/{word}", HTTP_WORKER, ITEM, show_item),
    RP(HTTP_DELETE, "/items/{word}", HTTP_LOOP, ITEM, show_item),
    RP(HTTP_GET, "/needs", HTTP_LOOP, NEEDS, show_meta),
    {HTTP_POST, "/form", HTTP_LOOP, HTTP_PAGE, 0, TITLE, 2, 4 << 20, FORMS, take_form, ""},
    {HTTP_POST, "/w/form", HTTP_WORKER, HTTP_PAGE, 0, TITLE, 2, 8 << 20, FORMS, take_form, ""},
    {HTTP_PUT, "/sum", HTTP_LOOP, HTTP_API, 0, NULL, 0, 64 << 20, "*/*", sum_body, ""},
    {HTTP_POST, "/csv", HTTP_WORKER, HTTP_API, 0, NULL, 0, 1000, "text/csv application/json",
     sum_body, ""},
    {HTTP_POST, "/denied", HTTP_LOOP, HTTP_API, 7, NULL, 0, 64 << 20, "*/*", sum_body, ""},
    {HTTP_POST, "/slow", HTTP_SLOW, HTTP_PAGE, 0, TITLE, 2, 4096, FORM " multipart/form-data",
     take_form, ""},
    R0(HTTP_GET, "/meta", HTTP_LOOP, show_meta),
    R0(HTTP_GET, "/w/meta", HTTP_WORKER, show_meta),
    R0(HTTP_GET, "/headers", HTTP_LOOP, set_headers),
    RP(HTTP_GET, "/split", HTTP_LOOP, ANY_V, split_header),
    RP(HTTP_GET, "/to", HTTP_LOOP, TO, redirect),
    R0(HTTP_GET, "/tagged", HTTP_LOOP, tagged),
    {HTTP_GET, "/asset", HTTP_LOOP, HTTP_ASSET, 0, NULL, 0, 0, NULL, asset, ""},
    RP(HTTP_GET, "/owned", HTTP_WORKER, FAIL, owned),
    RP(HTTP_GET, "/fails", HTTP_LOOP, RC, fails),
    R0(HTTP_GET, "/huge", HTTP_WORKER, huge),
    R0(HTTP_GET, "/greedy", HTTP_LOOP, greedy),
};

static const struct http_header_row HEADERS[] = {
    {"X-Content-Type-Options", "nosniff", HTTP_EVERY_FACE, false},
    {"X-Default", "default", HTTP_EVERY_FACE, false},
    {"X-Asset", "yes", HTTP_FACE_BIT(HTTP_ASSET), false},
    {"Strict-Transport-Security", "max-age=1", HTTP_EVERY_FACE, true},
};

static enum bw_rc admit(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    if (http_route_of(rq)->permission == 7)
        return bw_fail(err, BW_UNSIGNED, "Sign in first.");
    return BW_OK;
}

static enum bw_rc begin(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    *http_app(rq) = &server;
    http_set(rs, "X-Begun", BW_V("1"));
    return http_header(rq, "X-Refuse").p ? bw_fail(err, BW_DENIED, "Not for you.") : BW_OK;
}

static void end(struct http_req *rq, int status)
{
    atomic_fetch_add(&ends, 1);
    atomic_store(&last_status, status);
}

static void on_error(struct http_req *rq, struct http_resp *rs, enum bw_rc rc,
                     const struct bw_err *err)
{
    http_type(rs, "application/problem+json");
    bw_buf_printf(http_out(rs), "{\"status\":%d,\"rc\":\"%s\",\"detail\":\"%s\"}",
                  http_status_of(rs), bw_rc_name(rc), err->message);
}

__attribute__((constructor)) static void start(void)
{
    static struct bw_prefix proxies[1];
    struct bw_err err;
    bw_log_setup(BW_LOG_ERROR + 1, BW_LOG_JSON);
    BW_ASSERT(bw_prefix_parse(BW_V("127.0.0.0/8"), &proxies[0], &err) == BW_OK);
    struct http_options o = {.listen = "127.0.0.1:0",
                             .routes = ROUTES,
                             .n_routes = BW_COUNT(ROUTES),
                             .headers = HEADERS,
                             .n_headers = BW_COUNT(HEADERS),
                             .hooks = {admit, begin, end, on_error},
                             .app = &server,
                             .loops = 2,
                             .out_max = 2 << 20,
                             .arena_max = 4 << 20,
                             .proxies = proxies,
                             .n_proxies = 1};
    if (http_server_start(&o, &server, &err) != BW_OK) {
        printf("Bail out! %s (%s)\n", err.message, err.detail);
        exit(1);
    }
    port = http_server_port(server);
}

static const struct {
    const char *name, *raw;
    int status;
    const char *body; /* part of it; NULL: whatever */
} CASES[] = {
    {"declared inputs arrive", GET_("/items/abc?page=3&live=1&org=a&org=b"), 200,
     "word=abc page=3 live=1 org=a org=b method=GET"},
    {"undeclared ones do not", GET_("/items/abc?evil=1"), 200, "word=abc page=-1 live=0 method"},
    {"the same by a worker", GET_("/w/items/abc?page=3"), 200, "word=abc page=3"},
    {"another method of the path", "DELETE /items/abc" H1 "\r\n", 200, "method=DELETE"},
    {"bad value in the query", GET_("/items/abc?page=11"), 400, "from 1 to 10"},
    {"twice in the query", GET_("/items/abc?page=1&page=2"), 400, "too many times"},
    {"bad value in the path", GET_("/items/ABC"), 404, "not_found"},
    {"required and missing", GET_("/needs"), 400, "missing"},
    {"required and empty", GET_("/needs?q="), 400, "must not be empty"},
    {"required and there", GET_("/needs?q=x"), 200, NULL},
    {"unknown path", GET_("/nothing"), 404, "not_found"},
    {"dot dot", GET_("/items/../meta"), 400, NULL},
    {"escaped NUL", GET_("/items/a%00"), 400, NULL},
    {"encoded slash", GET_("/items%2fabc"), 400, NULL},
    {"double encoding is not decoded twice", GET_("/items/%2561bc"), 404, NULL},
    {"absolute form", GET_("http://test/meta"), 400, NULL},
    {"method of nobody here", "PUT /items/abc" H1 "Content-Length: 0\r\n\r\n", 405, "PUT"},
    {"unknown method", "BREW /items/abc" H1 "\r\n", 405, "BREW"},
    {"CONNECT", "CONNECT host:1" H1 "\r\n", 400, NULL},
    {"form", "POST /form" H1 "Content-Type: " FORM "\r\nContent-Length: 11\r\n\r\ntitle=a+%62", 200,
     "title=a b"},
    {"form by a worker",
     "POST /w/form" H1 "Content-Type: " FORM "\r\nContent-Length: 11\r\n\r\ntitle=a+%62", 200,
     "title=a b"},
    {"form by the slow pool",
     "POST /slow" H1 "Content-Type: " FORM "\r\nContent-Length: 7\r\n\r\ntitle=x", 200, "title=x"},
    {"form without what is required", "POST /form" H1 "Content-Length: 0\r\n\r\n", 400, "missing"},
    {"form in pieces",
     "POST /form" H1 "Content-Type: " FORM "\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\ntit\r\n4\r\nle=x\r\n0\r\n\r\n",
     200, "title=x"},
    {"multipart",
     "POST /form" H1 "Content-Type: multipart/form-data; boundary=\"B B\"\r\n"
     "Content-Length: 145\r\n\r\n"
     "--B B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nhi\r\n"
     "--B B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n123\r\n"
     "--B B--\r\n",
     200, "title=hi file=a.bin type=application/octet-stream size=3"},
    {"multipart without boundary",
     "POST /form" H1 "Content-Type: multipart/form-data\r\nContent-Length: 1\r\n\r\nx", 400,
     "boundary"},
    {"media type not taken", "POST /csv" H1 "Content-Type: text/html\r\nContent-Length: 1\r\n\r\nx",
     415, "text/csv"},
    {"no media type", "POST /csv" H1 "Content-Length: 1\r\n\r\nx", 415, NULL},
    {"media type with parameters",
     "POST /csv" H1 "Content-Type: Text/CSV; charset=utf-8\r\nContent-Length: 1\r\n\r\nx", 200,
     "1 120 text/csv"},
    {"body too large by its length",
     "POST /csv" H1 "Content-Type: text/csv\r\nContent-Length: 100000000\r\n\r\nx", 413, "1000"},
    {"body of a GET", "GET /meta" H1 "Content-Length: 1\r\n\r\nx", 413, NULL},
    {"refused before the body",
     "POST /denied" H1 "Content-Type: a/b\r\nContent-Length: 60000000\r\n\r\n", 401, "Sign in"},
    {"refused with a small body",
     "POST /denied" H1 "Content-Type: a/b\r\nContent-Length: 4\r\n\r\nbody", 401, "Sign in"},
    {"refused by begin", "GET /meta" H1 "X-Refuse: 1\r\n\r\n", 403, "Not for you"},
    {"refused by begin on a worker", "GET /w/meta" H1 "X-Refuse: 1\r\n\r\n", 403, "Not for you"},
    {"two lengths",
     "POST /csv" H1 "Content-Type: text/csv\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
     400, NULL},
    {"two equal lengths",
     "POST /csv" H1 "Content-Type: text/csv\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
     400, NULL},
    {"length and chunks",
     "POST /csv" H1 "Content-Type: text/csv\r\nContent-Length: 1\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400, NULL},
    {"negative length", "POST /csv" H1 "Content-Type: text/csv\r\nContent-Length: -1\r\n\r\nx", 400,
     NULL},
    {"length in hex", "POST /csv" H1 "Content-Type: text/csv\r\nContent-Length: 0x1\r\n\r\nx", 400,
     NULL},
    {"a blank before the colon",
     "POST /csv" H1 "Content-Type: text/csv\r\nContent-Length : 1\r\n\r\nx", 400, NULL},
    {"unknown transfer coding",
     "POST /csv" H1 "Content-Type: text/csv\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     400, NULL},
    {"no host", "GET /meta HTTP/1.1\r\n\r\n", 400, NULL},
    {"cookie and header", "GET /meta" H1 "User-Agent: me\r\nCookie: a=1; sid=x\r\n\r\n", 200,
     "peer=127.0.0.1 tls=0 agent=me sid=x path=/meta"},
    {"headers on a worker", "GET /w/meta" H1 "User-Agent: me\r\nCookie: sid=x\r\n\r\n", 200,
     "agent=me sid=x"},
    {"behind a proxy",
     "GET /meta" H1 "X-Forwarded-For: 198.51.100.9, 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\r\n",
     200, "peer=192.0.2.7 tls=1"},
    {"behind two proxies", "GET /meta" H1 "X-Forwarded-For: 192.0.2.7, 127.0.0.9\r\n\r\n", 200,
     "peer=192.0.2.7 "},
    {"proxy headers in two lines",
     "GET /meta" H1 "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-For: 127.0.0.9\r\n\r\n", 200,
     "peer=192.0.2.7 "},
    {"proxy header with rubbish", "GET /meta" H1 "X-Forwarded-For: 192.0.2.7, x\r\n\r\n", 200,
     "peer=127.0.0.1 "},
    {"a handler's header with a line break", GET_("/split?v=a%0d%0aX-B:c"), 500, "broken"},
    {"redirect", GET_("/to?to=/items/x"), 303, ""},
    {"redirect elsewhere", GET_("/to?to=//evil.example/"), 500, "broken"},
    {"redirect elsewhere by backslash", GET_("/to?to=/%5cevil.example/"), 500, "broken"},
    {"redirect to a scheme", GET_("/to?to=https://evil.example/"), 500, "broken"},
    {"not found by the handler", GET_("/fails?rc=1"), 404, "That failed"},
    {"conflict", GET_("/fails?rc=6"), 409, "conflict"},
    {"busy", GET_("/fails?rc=7"), 429, NULL},
    {"reserved", GET_("/fails?rc=9"), 501, NULL},
    {"memory", GET_("/fails?rc=10"), 503, NULL},
    {"broken", GET_("/fails?rc=12"), 500, "That failed"},
    {"an answer over its limit", GET_("/huge"), 413, "limit"},
    {"an arena over its limit", GET_("/greedy"), 503, "memory"},
    {"HTTP/1.0", "GET /meta HTTP/1.0\r\n\r\n", 200, "path=/meta"},
};

BW_TEST(one_request_each)
{
    for (size_t i = 0; i < BW_COUNT(CASES); i++) {
        struct answer a = {0};
        bool ok = ask(port, &a, CASES[i].raw) && a.status == CASES[i].status &&
                  (!CASES[i].body || strstr(a.body, CASES[i].body));
        SUBTEST(CASES[i].name, ok);
        if (!ok)
            printf("# got %d: %s\n# %s\n", a.status, a.head, a.body ? a.body : "");
        answer_done(&a);
    }
}

BW_TEST(head_has_the_headers_alone)
{
    struct answer a, b;
    REQUIRE(ask(port, &a, GET_("/tagged")) && ask(port, &b, "HEAD /tagged" H1 "\r\n"));
    CHECK_INT(b.status, 200);
    CHECK_INT(b.n, 0);
    CHECK(head_of(&b, "Content-Length") && strcmp(head_of(&b, "Content-Length"), "6") == 0);
    CHECK(head_of(&b, "ETag") != NULL);
    answer_done(&a);
    answer_done(&b);
}

BW_TEST(options_and_405_say_what_is_allowed)
{
    struct answer a;
    REQUIRE(ask(port, &a, "OPTIONS /items/abc" H1 "\r\n"));
    CHECK_INT(a.status, 204);
    CHECK(head_of(&a, "Allow") && strcmp(head_of(&a, "Allow"), "HEAD, GET, DELETE, OPTIONS") == 0);
    answer_done(&a);
    REQUIRE(ask(port, &a, "GET /csv" H1 "\r\n"));
    CHECK_INT(a.status, 405);
    CHECK(head_of(&a, "Allow") && strcmp(head_of(&a, "Allow"), "POST, OPTIONS") == 0);
    CHECK(head_of(&a, "X-Content-Type-Options") != NULL);
    answer_done(&a);
}

BW_TEST(headers_of_an_answer)
{
    struct answer a;
    REQUIRE(ask(port, &a, GET_("/headers")));
    CHECK_INT(a.status, 201);
    CHECK(strcmp(head_of(&a, "X-One"), "2") == 0);
    CHECK(strcmp(head_of(&a, "X-Default"), "own") == 0);
    CHECK(head_of(&a, "X-Begun") != NULL);
    CHECK(!head_of(&a, "X-Asset") && !head_of(&a, "Strict-Transport-Security"));
    CHECK(strstr(a.head, "Set-Cookie: __Host-sid=abc; Path=/; SameSite=Lax; Secure; HttpOnly"));
    CHECK(strstr(a.head, "Set-Cookie: gone=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly"));
    answer_done(&a);
    REQUIRE(ask(port, &a, "GET /meta" H1 "X-Forwarded-Proto: https\r\n\r\n"));
    CHECK(head_of(&a, "Strict-Transport-Security") != NULL);
    CHECK(strcmp(head_of(&a, "X-Default"), "default") == 0);
    answer_done(&a);
    REQUIRE(ask(port, &a, GET_("/fails?rc=1")));
    CHECK(!head_of(&a, "X-Half") && !head_of(&a, "X-Begun"));
    answer_done(&a);
    REQUIRE(ask(port, &a, GET_("/to?to=/items/x")));
    CHECK(strcmp(head_of(&a, "Location"), "/items/x") == 0);
    answer_done(&a);
}

BW_TEST(entity_tags)
{
    struct answer a;
    REQUIRE(ask(port, &a, "GET /tagged" H1 "If-None-Match: \"v0\", W/\"v1\"\r\n\r\n"));
    CHECK_INT(a.status, 304);
    CHECK(strcmp(head_of(&a, "ETag"), "\"v1\"") == 0);
    CHECK(strcmp(head_of(&a, "Cache-Control"), "private") == 0);
    CHECK(!head_of(&a, "Content-Type"));
    answer_done(&a);
    REQUIRE(ask(port, &a, "GET /tagged" H1 "If-None-Match: \"v2\"\r\n\r\n"));
    CHECK_INT(a.status, 200);
    CHECK(strcmp(a.body, "tagged") == 0);
    answer_done(&a);
}

BW_TEST(assets_plain_and_compressed)
{
    struct answer a;
    REQUIRE(ask(port, &a, GET_("/asset")));
    CHECK(strcmp(a.body, "body{}") == 0 && !head_of(&a, "Content-Encoding"));
    CHECK(strcmp(head_of(&a, "Vary"), "Accept-Encoding") == 0 && head_of(&a, "X-Asset"));
    answer_done(&a);
    REQUIRE(ask(port, &a, "GET /asset" H1 "Accept-Encoding: br, gzip\r\n\r\n"));
    CHECK(strcmp(a.body, "GZ") == 0 && strcmp(head_of(&a, "Content-Encoding"), "gzip") == 0);
    CHECK(strcmp(head_of(&a, "ETag"), "\"a1-gz\"") == 0);
    CHECK(strcmp(head_of(&a, "Content-Type"), "text/css") == 0);
    answer_done(&a);
    REQUIRE(
        ask(port, &a, "GET /asset" H1 "Accept-Encoding: gzip\r\nIf-None-Match: \"a1-gz\"\r\n\r\n"));
    CHECK_INT(a.status, 304);
    CHECK(!head_of(&a, "Content-Encoding"));
    answer_done(&a);
}

BW_TEST(owned_bytes_are_released_once)
{
    struct answer a;
    int before = atomic_load(&releases);
    REQUIRE(ask(port, &a, GET_("/owned")));
    CHECK(strcmp(a.body, "owned bytes") == 0);
    answer_done(&a);
    REQUIRE(ask(port, &a, GET_("/owned?fail=1")));
    CHECK_INT(a.status, 409);
    answer_done(&a);
    for (int i = 0; i < 1000 && atomic_load(&releases) != before + 2; i++)
        (void)usleep(1000);
    CHECK_INT(atomic_load(&releases), before + 2);
}

BW_TEST(end_runs_once_for_each_request)
{
    struct answer a;
    int before = atomic_load(&ends);
    static const char *const RAWS[] = {GET_("/meta"), GET_("/nothing"), GET_("/w/meta"),
                                       "POST /denied" H1 "Content-Type: a/b\r\n\r\n"};
    for (size_t i = 0; i < BW_COUNT(RAWS); i++) {
        REQUIRE(ask(port, &a, RAWS[i]));
        answer_done(&a);
    }
    CHECK_INT(atomic_load(&ends), before + 4);
    CHECK_INT(atomic_load(&last_status), 401);
    static struct talk t; /* leaves in the middle of its body */
    static const char HALF[] = "PUT /sum" H1 "Content-Type: a/b\r\nContent-Length: 10\r\n\r\nhalf";
    REQUIRE(talk_open(&t, port) && talk_put(&t, HALF, strlen(HALF)));
    (void)usleep(100000); /* a close that comes with the bytes is seen at the deadline only */
    talk_close(&t);
    for (int i = 0; i < 2000 && atomic_load(&ends) != before + 5; i++)
        (void)usleep(1000);
    CHECK_INT(atomic_load(&ends), before + 5);
    CHECK_INT(atomic_load(&last_status), 0);
}

BW_TEST(zz_stops)
{
    http_server_stop(server, 1000);
    static struct talk t;
    CHECK(!talk_open(&t, port));
    talk_close(&t);
}

BW_TEST_MAIN()
