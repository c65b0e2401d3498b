/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_client - the egress guard and the limits, against a server of our own on loopback. */
#include "http_client.h"
#include "test_http_util.h"

static struct http_server *server;
static int port;

static enum bw_rc echo(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    bw_buf_printf(http_out(rs), "%s agent=%.*s x=%.*s type=%.*s body=%.*s",
                  http_method_name(http_method_of(rq)), BW_VF(http_header(rq, "User-Agent")),
                  BW_VF(http_header(rq, "X-Key")), BW_VF(http_body_type(rq)), BW_VF(http_body(rq)));
    http_type(rs, "text/plain");
    http_set(rs, "Last-Modified", BW_V("Sat, 21 Nov 2026 00:00:00 GMT"));
    http_etag(rq, rs, BW_V("v7"));
    return BW_OK;
}

static enum bw_rc large(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    for (int i = 0; i < 20000; i++)
        BW_BUF_LIT(http_out(rs), "0123456789");
    return BW_OK;
}

static enum bw_rc slow(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    (void)usleep(500000);
    return BW_OK;
}

static enum bw_rc redirect(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    char url[128];
    struct bw_view to = http_text(rq, "to");
    if (bw_view_is(to, "here"))
        (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", port);
    else if (bw_view_is(to, "relative"))
        (void)snprintf(url, sizeof url, "/echo");
    else if (bw_view_is(to, "name"))
        (void)snprintf(url, sizeof url, "http://localhost:%d/echo", port);
    else if (bw_view_is(to, "loop"))
        (void)snprintf(url, sizeof url, "/to?to=loop");
    else
        (void)snprintf(url, sizeof url, "file:///etc/passwd");
    http_redirect_away(rs, 302, bw_view_z(url));
    return BW_OK;
}

static enum bw_rc busy(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    http_set(rs, "Retry-After", BW_V("17"));
    http_status(rs, 503);
    return BW_OK;
}

static const struct http_param TO[] = {{"to", HTTP_WORD, 0, 0, 0}};
#define R0(path, place, fn)                                          \
    {                                                                \
        HTTP_GET, path, place, HTTP_API, 0, NULL, 0, 0, NULL, fn, "" \
    }
static const struct http_route ROUTES[] = {
    R0("/echo", HTTP_LOOP, echo),
    {HTTP_POST, "/echo", HTTP_LOOP, HTTP_API, 0, NULL, 0, 100000, "*/*", echo, ""},
    {HTTP_PUT, "/echo", HTTP_LOOP, HTTP_API, 0, NULL, 0, 100000, "*/*", echo, ""},
    {HTTP_DELETE, "/echo", HTTP_LOOP, HTTP_API, 0, NULL, 0, 0, NULL, echo, ""},
    R0("/large", HTTP_LOOP, large),
    R0("/slow", HTTP_WORKER, slow),
    R0("/busy", HTTP_LOOP, busy),
    {HTTP_GET, "/to", HTTP_LOOP, HTTP_API, 0, TO, 1, 0, NULL, redirect, ""},
};

__attribute__((constructor)) static void start(void)
{
    struct bw_err err;
    struct http_options o = {.listen = "127.0.0.1:0",
                             .routes = ROUTES,
                             .n_routes = BW_COUNT(ROUTES)};
    bw_log_setup(BW_LOG_ERROR + 1, BW_LOG_JSON);
    if (http_server_start(&o, &server, &err) != BW_OK)
        exit(1);
    port = http_server_port(server);
}

/* GETs FORMAT with the port in it. */
static enum bw_rc get(const struct http_client_options *o, const char *format, struct http_reply *r,
                      struct bw_err *err)
{
    BW_AUTO(http_client) *c = NULL;
    BW_AUTO_BUF url = BW_BUF_INIT(4096);
    struct bw_view rest = bw_view_z(format);
    size_t at = bw_view_find(rest, BW_V("PORT"));
    bw_buf_view(&url, bw_view_head(rest, at));
    if (at != SIZE_MAX) {
        bw_buf_printf(&url, "%d", port);
        bw_buf_view(&url, bw_view_from(rest, at + 4));
    }
    *r = (struct http_reply){0};
    BW_TRY(http_client_new(o, &c, err));
    struct http_call call = {.url = bw_buf_text(&url)};
    return http_client_do(c, &call, r, err);
}

static const struct {
    const char *name, *url;
    enum bw_rc rc;
} GUARDED[] = {
    {"loopback", "http://127.0.0.1:PORT/echo", BW_DENIED},
    {"loopback by name", "http://localhost:PORT/echo", BW_DENIED},
    {"another loopback", "http://127.9.9.9:PORT/echo", BW_DENIED},
    {"short form", "http://127.1:PORT/echo", BW_DENIED},
    {"decimal", "http://2130706433:PORT/echo", BW_DENIED},
    {"hexadecimal", "http://0x7f000001:PORT/echo", BW_DENIED},
    {"octal", "http://0177.0.0.1:PORT/echo", BW_DENIED},
    {"unspecified", "http://0.0.0.0:PORT/echo", BW_DENIED},
    {"IPv6 loopback", "http://[::1]:PORT/echo", BW_DENIED},
    {"IPv4-mapped", "http://[::ffff:127.0.0.1]:PORT/echo", BW_DENIED},
    {"NAT64 of loopback", "http://[64:ff9b::7f00:1]:PORT/echo", BW_DENIED},
    {"private 10", "http://10.1.2.3/", BW_DENIED},
    {"private 172.16", "http://172.31.0.1/", BW_DENIED},
    {"private 192.168", "http://192.168.1.1/", BW_DENIED},
    {"CGNAT", "http://100.64.0.1/", BW_DENIED},
    {"metadata", "http://169.254.169.254/latest/meta-data/", BW_DENIED},
    {"link-local", "http://[fe80::1]/", BW_DENIED},
    {"unique local", "http://[fd00::1]/", BW_DENIED},
    {"multicast", "http://224.0.0.1/", BW_DENIED},
    {"file", "file:///etc/passwd", BW_INVALID},
    {"gopher", "gopher://127.0.0.1:PORT/", BW_INVALID},
    {"no scheme", "127.0.0.1:PORT/echo", BW_INVALID},
    {"user in it", "http://user@127.0.0.1:PORT/echo", BW_INVALID},
    {"user and password in it", "http://u:p@127.0.0.1:PORT/echo", BW_INVALID},
    {"line break", "http://127.0.0.1:PORT/\r\nX: y", BW_INVALID},
    {"blank", "http://127.0.0.1:PORT/a b", BW_INVALID},
    {"empty", "", BW_INVALID},
    {"no host", "http://:80/", BW_INVALID},
};

BW_TEST(the_guard_refuses)
{
    static const struct http_client_options O = {.total_ms = 5000};
    for (size_t i = 0; i < BW_COUNT(GUARDED); i++) {
        struct http_reply r;
        struct bw_err err = {0};
        enum bw_rc rc = get(&O, GUARDED[i].url, &r, &err);
        SUBTEST(GUARDED[i].name, rc == GUARDED[i].rc);
        if (rc != GUARDED[i].rc)
            printf("# %s: %s (%s)\n", bw_rc_name(rc), err.message, err.detail);
        http_reply_done(&r);
    }
}

BW_TEST(a_host_allowed_by_name)
{
    static const char *const NAMES[] = {"feeds.example", "127.0.0.1"};
    static const struct http_client_options O = {.allow_hosts = NAMES, .n_allow_hosts = 2};
    struct http_reply r;
    struct bw_err err;
    REQUIRE(get(&O, "http://127.0.0.1:PORT/echo", &r, &err) == BW_OK);
    CHECK_INT(r.status, 200);
    CHECK_VIEW(bw_buf_text(&r.body), "GET agent=Breakwater/" BW_VERSION " x= type= body=");
    CHECK(strcmp(r.type, "text/plain") == 0 && strcmp(r.etag, "\"v7\"") == 0);
    CHECK(strcmp(r.last_modified, "Sat, 21 Nov 2026 00:00:00 GMT") == 0);
    CHECK(bw_ip_is_v4(&r.peer));
    http_reply_done(&r);
    CHECK(get(&O, "http://localhost:PORT/echo", &r, &err) == BW_DENIED); /* another name */
    static const char *const WRONG_PORT[] = {"127.0.0.1:1"};
    static const struct http_client_options P = {.allow_hosts = WRONG_PORT, .n_allow_hosts = 1};
    CHECK(get(&P, "http://127.0.0.1:PORT/echo", &r, &err) == BW_DENIED);
    static const struct http_client_options S = {.allow_hosts = NAMES,
                                                 .n_allow_hosts = 2,
                                                 .https_only = true};
    CHECK(get(&S, "http://127.0.0.1:PORT/echo", &r, &err) == BW_INVALID);
    CHECK(get(&O, "https://127.0.0.1:PORT/echo", &r, &err) == BW_IO); /* no TLS there */
}

BW_TEST(proxy_variables_are_not_read)
{
    static const struct http_client_options O = {.total_ms = 5000};
    struct http_reply r;
    struct bw_err err;
    (void)setenv("http_proxy", "http://127.0.0.1:1/", 1);
    (void)setenv("all_proxy", "http://127.0.0.1:1/", 1);
    CHECK(get(&O, "http://127.0.0.1:PORT/echo", &r, &err) == BW_DENIED);
    (void)unsetenv("http_proxy");
    (void)unsetenv("all_proxy");
}

static const char *const LOCAL[] = {"127.0.0.1"};

BW_TEST(redirects_stay_at_home)
{
    static const struct http_client_options O = {.allow_hosts = LOCAL, .n_allow_hosts = 1};
    struct http_reply r;
    struct bw_err err;
    static const struct {
        const char *url;
        int status;
    } T[] = {{"http://127.0.0.1:PORT/to?to=here", 200},
             {"http://127.0.0.1:PORT/to?to=relative", 200},
             {"http://127.0.0.1:PORT/to?to=name", 302},
             {"http://127.0.0.1:PORT/to?to=file", 302}};
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        REQUIRE(get(&O, T[i].url, &r, &err) == BW_OK);
        CHECK_INT(r.status, T[i].status);
        http_reply_done(&r);
    }
    CHECK(get(&O, "http://127.0.0.1:PORT/to?to=loop", &r, &err) == BW_IO);
}

BW_TEST(limits_of_size_and_time)
{
    struct http_client_options o = {.allow_hosts = LOCAL, .n_allow_hosts = 1, .body_max = 1000};
    struct http_reply r;
    struct bw_err err;
    CHECK(get(&o, "http://127.0.0.1:PORT/large", &r, &err) == BW_LIMIT);
    o.body_max = 200000;
    REQUIRE(get(&o, "http://127.0.0.1:PORT/large", &r, &err) == BW_OK);
    CHECK_INT(r.body.n, 200000);
    http_reply_done(&r);
    o.total_ms = 100;
    CHECK(get(&o, "http://127.0.0.1:PORT/slow", &r, &err) == BW_IO);
    o.total_ms = 0;
    REQUIRE(get(&o, "http://127.0.0.1:PORT/busy", &r, &err) == BW_OK);
    CHECK(r.status == 503 && r.retry_after_s == 17);
    http_reply_done(&r);
    REQUIRE(get(&o, "http://127.0.0.1:PORT/nothing", &r, &err) == BW_OK);
    CHECK(r.status == 404 && r.retry_after_s == -1);
    http_reply_done(&r);
    CHECK(get(&o, "http://127.0.0.1:1/", &r, &err) == BW_IO);
}

static bool count_bytes(void *arg, struct bw_view piece)
{
    size_t *n = arg;
    *n += piece.n;
    return *n <= 250000;
}

BW_TEST(methods_headers_bodies_and_sinks)
{
    BW_AUTO(http_client) *c = NULL;
    static const struct http_client_options O = {.allow_hosts = LOCAL,
                                                 .n_allow_hosts = 1,
                                                 .user_agent = "me/1"};
    struct http_call_header key = {"X-Key", BW_V("k")}, evil = {"X-Key", BW_V("k\r\nX-Evil: 1")};
    struct http_reply r;
    struct bw_err err;
    char url[64];
    size_t n = 0;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", port);
    REQUIRE(http_client_new(&O, &c, &err) == BW_OK);
    struct http_call call = {.method = "POST",
                             .url = bw_view_z(url),
                             .headers = &key,
                             .n_headers = 1,
                             .body = BW_V("{}"),
                             .body_type = "application/json"};
    REQUIRE(http_client_do(c, &call, &r, &err) == BW_OK);
    CHECK_VIEW(bw_buf_text(&r.body), "POST agent=me/1 x=k type=application/json body={}");
    http_reply_done(&r);
    call.method = "PUT";
    REQUIRE(http_client_do(c, &call, &r, &err) == BW_OK);
    CHECK_VIEW(bw_buf_text(&r.body), "PUT agent=me/1 x=k type=application/json body={}");
    http_reply_done(&r);
    call = (struct http_call){.method = "DELETE", .url = bw_view_z(url)};
    REQUIRE(http_client_do(c, &call, &r, &err) == BW_OK);
    CHECK_VIEW(bw_buf_text(&r.body), "DELETE agent=me/1 x= type= body=");
    http_reply_done(&r);
    call.headers = &evil;
    call.n_headers = 1;
    CHECK(http_client_do(c, &call, &r, &err) == BW_INVALID);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/large", port);
    call = (struct http_call){.url = bw_view_z(url), .sink = count_bytes, .sink_arg = &n};
    REQUIRE(http_client_do(c, &call, &r, &err) == BW_OK);
    CHECK(n == 200000 && r.body.n == 0);
    http_reply_done(&r);
    CHECK(http_client_do(c, &call, &r, &err) == BW_BUSY); /* the sink has had enough */
    http_client_cancel(c);
    n = 0;
    CHECK(http_client_do(c, &call, &r, &err) == BW_BUSY);
    CHECK_INT(n, 0);
}

BW_TEST(zz_stops)
{
    http_server_stop(server, 2000);
}

BW_TEST_MAIN()
