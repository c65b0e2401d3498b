/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_memory - every allocation fails in turn, once and from then on; so does the spool. A
 * request may fail, with an answer or a closed connection; the server must neither stop, nor hang,
 * nor leak. */
#include "bw_fault.h"
#include "test_http_util.h"

#define ALLOCATIONS 24

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_view copy;
    BW_TRY(bw_view_copy(http_arena(rq), http_text(rq, "title"), &copy, err));
    bw_buf_printf(http_out(rs), "title=%.*s %zu", BW_VF(copy), http_body(rq).n);
    return BW_OK;
}

static enum bw_rc live(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    static const struct http_stream_options NONE;
    struct http_stream *st;
    BW_TRY(http_stream_open(rq, rs, &NONE, &st, err));
    (void)http_stream_send(st, "hello", BW_V("x"));
    http_stream_end(st);
    http_stream_unref(st);
    return BW_OK;
}

#define FORM "application/x-www-form-urlencoded"
static const struct http_param QUERY[] = {{"title", HTTP_TEXT, HTTP_IN_QUERY, 0, 99}};
static const struct http_param TITLE[] = {{"title", HTTP_TEXT, HTTP_IN_FORM, 0, 9999}};
static const struct http_route ROUTES[] = {
    {HTTP_GET, "/a/{title}", HTTP_LOOP, HTTP_PAGE, 0, &(struct http_param){"title", HTTP_WORD}, 1,
     0, NULL, show, ""},
    {HTTP_GET, "/q", HTTP_WORKER, HTTP_PAGE, 0, QUERY, 1, 0, NULL, show, ""},
    {HTTP_POST, "/f", HTTP_WORKER, HTTP_PAGE, 0, TITLE, 1, 4096, FORM, show, ""},
    {HTTP_GET, "/live", HTTP_LOOP, HTTP_STREAM, 0, NULL, 0, 0, NULL, live, ""},
};

static const struct http_options OPTIONS = {.listen = "127.0.0.1:0",
                                            .routes = ROUTES,
                                            .n_routes = BW_COUNT(ROUTES),
                                            .body_memory_max = 64};

static const struct {
    const char *name, *raw;
} SCENES[] = {
    {"a small answer", GET_("/a/abc")},
    {"a query by a worker", GET_("/q?title=a%20b")},
    {"a form in memory",
     "POST /f" H1 "Content-Type: " FORM "\r\nContent-Length: 11\r\n\r\ntitle=a+b+c"},
    {"a form in the spool",
     "POST /f" H1 "Content-Type: " FORM "\r\nContent-Length: 80\r\n\r\ntitle="
     "0123456789012345678901234567890123456789012345678901234567890123456789+xyz"},
    {"a path that is not there", GET_("/nothing")},
    {"a stream", GET_("/live")},
};

/* The scene ends somehow; afterwards an ordinary request works. */
static bool survives(int port, const char *raw)
{
    static struct talk t;
    struct answer a = {0};
    if (talk_open(&t, port) && talk_put(&t, raw, strlen(raw)))
        (void)talk_get(&t, false, &a);
    answer_done(&a);
    talk_close(&t);
    bw_fault_clear();
    bool ok = ask(port, &a, GET_("/a/abc")) && a.status == 200;
    answer_done(&a);
    return ok;
}

BW_TEST(requests)
{
    struct http_server *s;
    struct bw_err err;
    bw_log_setup(BW_LOG_ERROR + 1, BW_LOG_JSON);
    REQUIRE(http_server_start(&OPTIONS, &s, &err) == BW_OK);
    int port = http_server_port(s);
    for (size_t i = 0; i < BW_COUNT(SCENES); i++) {
        bool ok = true;
        for (unsigned nth = 1; nth <= ALLOCATIONS && ok; nth++) {
            bw_fault_arm("alloc", nth, false);
            ok = survives(port, SCENES[i].raw);
            bw_fault_arm("alloc", nth, true);
            ok = ok && survives(port, SCENES[i].raw);
            bw_fault_arm("http.spool", nth, nth % 2);
            ok = ok && survives(port, SCENES[i].raw);
        }
        SUBTEST(SCENES[i].name, ok);
    }
    bw_fault_arm("http.spool", 2, false);
    struct answer a = {0};
    CHECK(ask(port, &a, SCENES[3].raw));
    CHECK_INT(a.status, 503);
    answer_done(&a);
    bw_fault_clear();
    http_server_stop(s, 2000);
}

BW_TEST(start)
{
    unsigned failed = 0;
    for (unsigned nth = 1; nth < 200; nth++) {
        struct http_server *s = NULL;
        struct bw_err err = {0};
        bw_fault_arm("alloc", nth, false);
        enum bw_rc rc = http_server_start(&OPTIONS, &s, &err);
        bw_fault_clear();
        if (rc == BW_OK) {
            http_server_stop(s, 100);
            break;
        }
        CHECK_INT(rc, BW_MEMORY);
        failed++;
    }
    CHECK(failed > 5 && failed < 199);
}

BW_TEST_MAIN()
