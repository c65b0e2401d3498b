/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_connection - what one connection carries: bodies of every size and framing, requests
 * one after the other, requests that are none. */
#include "test_http_util.h"

#define FORM "application/x-www-form-urlencoded"

static struct http_server *server;
static int port;

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    bw_buf_printf(http_out(rs), "word=%.*s page=%lld", BW_VF(http_text(rq, "word")),
                  (long long)http_int(rq, "page", -1));
    return BW_OK;
}

static enum bw_rc take_form(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    bw_buf_printf(http_out(rs), "title=%.*s", BW_VF(http_text(rq, "title")));
    return BW_OK;
}

static enum bw_rc sum_body(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_view body = http_body(rq);
    uint64_t sum = 0;
    for (size_t i = 0; i < body.n; i++)
        sum = sum * 31 + (unsigned char)body.p[i];
    bw_buf_printf(http_out(rs), "%zu %llu", body.n, (unsigned long long)sum);
    return BW_OK;
}

static const struct http_param ITEM[] = {{"word", HTTP_WORD, 0, 0, 0},
                                         {"page", HTTP_INT, 0, 1, 10}};
static const struct http_param TITLE[] = {{"title", HTTP_TEXT, HTTP_REQUIRED, 0, 99}};
static const struct http_route ROUTES[] = {
    {HTTP_GET, "/items/{word}", HTTP_LOOP, HTTP_PAGE, 0, ITEM, 2, 0, NULL, show, ""},
    {HTTP_GET, "/w/items/{word}", HTTP_WORKER, HTTP_PAGE, 0, ITEM, 2, 0, NULL, show, ""},
    {HTTP_POST, "/w/form", HTTP_WORKER, HTTP_PAGE, 0, TITLE, 1, 4096, FORM, take_form, ""},
    {HTTP_PUT, "/sum", HTTP_LOOP, HTTP_API, 0, NULL, 0, 64 << 20, "*/*", sum_body, ""},
    {HTTP_POST, "/csv", HTTP_WORKER, HTTP_API, 0, NULL, 0, 1000, "text/csv", sum_body, ""},
};

__attribute__((constructor)) static void start(void)
{
    struct bw_err err;
    bw_log_setup(BW_LOG_ERROR + 1, BW_LOG_JSON);
    struct http_options o = {.listen = "127.0.0.1:0",
                             .routes = ROUTES,
                             .n_routes = BW_COUNT(ROUTES)};
    if (http_server_start(&o, &server, &err) != BW_OK) {
        printf("Bail out! %s (%s)\n", err.message, err.detail);
        exit(1);
    }
    port = http_server_port(server);
}

/* A body of N bytes, with its length or in chunks of CHUNK; the answer must be its sum. */
static bool upload(size_t n, size_t chunk)
{
    static struct talk t;
    struct answer a = {0};
    char head[256], want[64], *body = malloc(n);
    uint64_t sum = 0;
    for (size_t i = 0; body && i < n; i++) {
        body[i] = (char)(i * 7 + i / 251);
        sum = sum * 31 + (unsigned char)body[i];
    }
    (void)snprintf(want, sizeof want, "%zu %llu", n, (unsigned long long)sum);
    (void)snprintf(head, sizeof head, "PUT /sum" H1 "Content-Type: a/b\r\n");
    bool ok = body && talk_open(&t, port) && talk_put(&t, head, strlen(head));
    if (chunk) {
        ok = ok && talk_put(&t, "Transfer-Encoding: chunked\r\n\r\n", 30);
        for (size_t at = 0; ok && at < n; at += chunk) {
            size_t k = n - at < chunk ? n - at : chunk;
            (void)snprintf(head, sizeof head, "%zx\r\n", k);
            ok = talk_put(&t, head, strlen(head)) && talk_put(&t, body + at, k) &&
                 talk_put(&t, "\r\n", 2);
        }
        ok = ok && talk_put(&t, "0\r\n\r\n", 5);
    } else {
        (void)snprintf(head, sizeof head, "Content-Length: %zu\r\n\r\n", n);
        ok = ok && talk_put(&t, head, strlen(head)) && talk_put(&t, body, n);
    }
    ok = ok && talk_get(&t, false, &a) && a.status == 200 &&
         strncmp(a.body, want, strlen(want)) == 0;
    talk_close(&t);
    answer_done(&a);
    free(body);
    return ok;
}

BW_TEST(bodies_in_memory_and_in_the_spool)
{
    struct http_stats before, after;
    http_server_stats(server, &before);
    SUBTEST("one byte", upload(1, 0));
    SUBTEST("100 kB", upload(100000, 0));
    SUBTEST("exactly the memory", upload(1 << 20, 0));
    SUBTEST("one byte more", upload((1 << 20) + 1, 0));
    SUBTEST("9 MB", upload(9000000, 0));
    SUBTEST("chunks in memory", upload(5000, 7));
    SUBTEST("chunks in the spool", upload(3000000, 70001));
    http_server_stats(server, &after);
    CHECK_INT(after.spooled_bodies - before.spooled_bodies, 3);
}

BW_TEST(chunks_over_the_limit_are_413)
{
    static struct talk t;
    struct answer a;
    static const char HEAD[] = "POST /csv" H1 "Content-Type: text/csv\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    REQUIRE(talk_open(&t, port) && talk_put(&t, HEAD, strlen(HEAD)));
    for (int i = 0; i < 300; i++)
        REQUIRE(talk_put(&t, "a\r\n0123456789\r\n", 15));
    REQUIRE(talk_put(&t, "0\r\n\r\n" GET_("/items/x"), 5 + strlen(GET_("/items/x"))));
    REQUIRE(talk_get(&t, false, &a));
    CHECK_INT(a.status, 413);
    CHECK(strstr(a.body, "at most 1000 bytes"));
    answer_done(&a);
    REQUIRE(talk_get(&t, false, &a)); /* and the connection goes on */
    CHECK_INT(a.status, 200);
    answer_done(&a);
    talk_close(&t);
}

BW_TEST(keep_alive)
{
    static struct talk t;
    struct answer a;
    REQUIRE(talk_open(&t, port));
    for (int i = 0; i < 200; i++) {
        const char *raw = i % 3 == 0 ? GET_("/w/items/abc?page=3") : GET_("/items/abc?page=3");
        REQUIRE(talk_put(&t, raw, strlen(raw)) && talk_get(&t, false, &a));
        CHECK(a.status == 200 && strstr(a.body, "word=abc page=3"));
        answer_done(&a);
    }
    talk_close(&t);
}

BW_TEST(pipelined_requests_are_answered_in_order)
{
    static struct talk t;
    BW_AUTO_BUF b = BW_BUF_INIT(1 << 16);
    struct answer a;
    for (int i = 1; i <= 60; i++) {
        const char *place = i % 2 ? "/w/items" : "/items";
        if (i % 5 == 0)
            bw_buf_printf(&b,
                          "POST /w/form" H1 "Content-Type: " FORM
                          "\r\nContent-Length: 8\r\n\r\ntitle=%02d",
                          i);
        else
            bw_buf_printf(&b, "GET %s/n%02d?page=%d" H1 "\r\n", place, i, i % 10 + 1);
    }
    REQUIRE(talk_open(&t, port) && talk_put(&t, b.p, b.n));
    for (int i = 1; i <= 60; i++) {
        char want[32];
        (void)snprintf(want, sizeof want, i % 5 == 0 ? "title=%02d" : "word=n%02d", i);
        REQUIRE(talk_get(&t, false, &a));
        CHECK(a.status == 200 && strncmp(a.body, want, strlen(want)) == 0);
        answer_done(&a);
    }
    talk_close(&t);
}

BW_TEST(an_ambiguous_request_ends_its_connection)
{
    static struct talk t;
    struct answer a;
    static const char RAW[] = "POST /csv" H1 "Content-Type: text/csv\r\nContent-Length: 4\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" GET_("/items/x");
    REQUIRE(talk_open(&t, port) && talk_put(&t, RAW, strlen(RAW)) && talk_get(&t, false, &a));
    CHECK_INT(a.status, 400);
    CHECK(strcasecmp(head_of(&a, "Connection"), "close") == 0);
    answer_done(&a);
    CHECK(!talk_get(&t, false, &a)); /* nothing more is answered */
    talk_close(&t);
}

BW_TEST(expect_100)
{
    static struct talk t;
    struct answer a;
    static const char HEAD[] = "POST /csv" H1 "Content-Type: text/csv\r\nContent-Length: 3\r\n"
                               "Expect: 100-continue\r\n\r\n";
    static const char LONG[] = "POST /csv" H1 "Content-Type: text/csv\r\nContent-Length: 3000\r\n"
                               "Expect: 100-continue\r\n\r\n";
    REQUIRE(talk_open(&t, port) && talk_put(&t, HEAD, strlen(HEAD)) && talk_get(&t, true, &a));
    CHECK_INT(a.status, 100);
    answer_done(&a);
    REQUIRE(talk_put(&t, "abc", 3) && talk_get(&t, false, &a));
    CHECK_INT(a.status, 200);
    answer_done(&a);
    REQUIRE(talk_put(&t, LONG, strlen(LONG)) && talk_get(&t, false, &a));
    CHECK_INT(a.status, 413); /* without the body being asked for */
    answer_done(&a);
    talk_close(&t);
}

BW_TEST(garbage_is_not_answered_as_a_request)
{
    static struct talk t;
    static const char *const RAWS[] = {"\x16\x03\x01\x02\r\n\r\n", "\r\n\r\n\r\n\r\nx\r\n\r\n",
                                       "GET\r\n\r\n", "GET /items/x\r\n\r\n"};
    for (size_t i = 0; i < BW_COUNT(RAWS); i++) {
        struct answer a;
        REQUIRE(talk_open(&t, port) && talk_put(&t, RAWS[i], strlen(RAWS[i])));
        (void)shutdown(t.fd, SHUT_WR);
        if (talk_get(&t, false, &a))
            CHECK(a.status >= 400);
        answer_done(&a);
        talk_close(&t);
    }
}

BW_TEST(large_headers)
{
    static char raw[20000];
    struct answer a;
    static const size_t SIZES[] = {1000, 4000, 7500};
    for (size_t i = 0; i < BW_COUNT(SIZES); i++) {
        int n = snprintf(raw, sizeof raw, "GET /items/x" H1 "X-Long: ");
        memset(raw + n, 'x', SIZES[i]);
        (void)snprintf(raw + n + SIZES[i], 8, "\r\n\r\n");
        REQUIRE(ask(port, &a, raw));
        CHECK_INT(a.status, 200);
        answer_done(&a);
    }
    int n = snprintf(raw, sizeof raw, "GET /items/x" H1 "X-Long: ");
    memset(raw + n, 'x', 17000);
    (void)snprintf(raw + n + 17000, 8, "\r\n\r\n");
    REQUIRE(ask(port, &a, raw));
    CHECK_INT(a.status, 431);
    answer_done(&a);
}

BW_TEST(zz_stops)
{
    http_server_stop(server, 1000);
}

BW_TEST_MAIN()
