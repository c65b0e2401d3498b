/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_limits - slow, many and impatient clients: deadlines, limits, wake-ups, stopping.
 *
 * Times are generous upper bounds against a hang; nothing here measures speed. */
#include "http_int.h"
#include "test_http_util.h"
#include <semaphore.h>
#include <sys/resource.h>

static sem_t gate; /* handlers of /gate wait here */
static atomic_int at_gate;

static enum bw_rc hello(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    bw_buf_z(http_out(rs), "hello");
    return BW_OK;
}

static enum bw_rc wait_at_gate(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    atomic_fetch_add(&at_gate, 1);
    while (sem_wait(&gate) != 0)
        ;
    bw_buf_z(http_out(rs), "passed");
    return BW_OK;
}

static enum bw_rc large(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    for (int i = 0; i < 1 << 20; i++)
        BW_BUF_LIT(http_out(rs), "0123456789abcdef");
    return BW_OK;
}

#define R0(m, path, place, max, types, fn)                        \
    {                                                             \
        m, path, place, HTTP_PAGE, 0, NULL, 0, max, types, fn, "" \
    }
static const struct http_route ROUTES[] = {
    R0(HTTP_GET, "/loop", HTTP_LOOP, 0, NULL, hello),
    R0(HTTP_GET, "/work", HTTP_WORKER, 0, NULL, hello),
    R0(HTTP_POST, "/post", HTTP_LOOP, 1 << 20, "*/*", hello),
    R0(HTTP_GET, "/gate", HTTP_WORKER, 0, NULL, wait_at_gate),
    R0(HTTP_POST, "/slow", HTTP_SLOW, 0, NULL, wait_at_gate),
    R0(HTTP_GET, "/large", HTTP_WORKER, 0, NULL, large),
};

static struct http_server *begin(struct http_options o)
{
    struct http_server *s = NULL;
    struct bw_err err;
    bw_log_setup(BW_LOG_ERROR + 1, BW_LOG_JSON);
    atomic_store(&at_gate, 0);
    sem_init(&gate, 0, 0);
    o.listen = "127.0.0.1:0";
    o.routes = ROUTES;
    o.n_routes = BW_COUNT(ROUTES);
    if (!o.connections_per_address)
        o.connections_per_address = 4000;
    if (http_server_start(&o, &s, &err) != BW_OK)
        printf("# %s %s\n", err.message, err.detail);
    return s;
}

static uint64_t late(struct http_server *s)
{
    struct http_stats st;
    http_server_stats(s, &st);
    return st.late_connections;
}

/* Sends FIRST, then "x" again and again: does the server end it? */
static bool drip_is_cut(int port, const char *first)
{
    static struct talk t;
    bool cut = false;
    if (!talk_open(&t, port) || !talk_put(&t, first, strlen(first)))
        return false;
    for (int i = 0; i < WAIT_MS / 20 && !cut; i++)
        cut = talk_ended(&t, 20) || !talk_put(&t, "x", 1);
    talk_close(&t);
    return cut;
}

BW_TEST(drips_are_cut)
{
    struct http_server *s = begin((struct http_options){.header_ms = 300,
                                                        .body_ms = 300,
                                                        .min_rate = 1000000,
                                                        .idle_ms = 3600000});
    REQUIRE(s);
    int port = http_server_port(s);
    SUBTEST("a silent connection", drip_is_cut(port, ""));
    SUBTEST("a dripping line", drip_is_cut(port, "GET /"));
    SUBTEST("dripping headers", drip_is_cut(port, "GET /loop" H1 "X-A: "));
    SUBTEST("a dripping body", drip_is_cut(port, "POST /post" H1 "Content-Type: a/b\r\n"
                                                 "Content-Length: 100000\r\n\r\n"));
    SUBTEST("a dripping chunk", drip_is_cut(port, "POST /post" H1 "Content-Type: a/b\r\n"
                                                  "Transfer-Encoding: chunked\r\n\r\nffff\r\n"));
    SUBTEST("a dripping body that is refused",
            drip_is_cut(port,
                        "POST /gate" H1 "Content-Type: a/b\r\nContent-Length: 100000\r\n\r\n"));
    CHECK(late(s) >= 5);
    http_server_stop(s, 1000);
}

BW_TEST(a_reader_that_does_not_read_is_cut)
{
    static struct talk t;
    struct http_server *s = begin((struct http_options){.body_ms = 300, .min_rate = 100000000});
    REQUIRE(s && talk_open(&t, http_server_port(s)));
    REQUIRE(talk_put(&t, GET_("/large"), strlen(GET_("/large"))));
    for (int i = 0; i < WAIT_MS / 10 && late(s) == 0; i++)
        (void)usleep(10000);
    CHECK_INT(late(s), 1);
    CHECK(talk_ended(&t, WAIT_MS));
    talk_close(&t);
    http_server_stop(s, 1000);
}

BW_TEST(an_idle_connection_is_closed)
{
    static struct talk t;
    struct answer a;
    struct http_server *s = begin((struct http_options){.idle_ms = 300});
    REQUIRE(s && talk_open(&t, http_server_port(s)));
    REQUIRE(talk_put(&t, GET_("/loop"), strlen(GET_("/loop"))) && talk_get(&t, false, &a));
    answer_done(&a);
    CHECK(talk_ended(&t, WAIT_MS));
    CHECK_INT(late(s), 0);
    talk_close(&t);
    http_server_stop(s, 1000);
}

static bool ask_on(struct talk *t, const char *raw, int status)
{
    struct answer a = {0};
    bool ok = talk_put(t, raw, strlen(raw)) && talk_get(t, false, &a) && a.status == status;
    answer_done(&a);
    return ok;
}

static void check_limit(struct http_options o)
{
    static struct talk t[6];
    struct http_server *s = begin(o);
    REQUIRE(s);
    int port = http_server_port(s);
    for (int i = 0; i < 5; i++)
        CHECK(talk_open(&t[i], port) && ask_on(&t[i], GET_("/loop"), 200));
    CHECK(talk_open(&t[5], port) && talk_ended(&t[5], WAIT_MS)); /* one too many */
    talk_close(&t[5]);
    talk_close(&t[0]);
    bool in = false;
    for (int i = 0; i < 500 && !in; i++) {
        in = talk_open(&t[0], port) && ask_on(&t[0], GET_("/work"), 200);
        if (!in)
            talk_close(&t[0]);
        (void)usleep(in ? 0 : 10000);
    }
    CHECK(in);
    for (int i = 0; i < 5; i++)
        talk_close(&t[i]);
    http_server_stop(s, 1000);
}

BW_TEST(connections_of_one_address)
{
    check_limit((struct http_options){.connections_per_address = 5, .loops = 2});
}

BW_TEST(connections_in_all)
{
    check_limit((struct http_options){.connections_max = 5, .loops = 2});
}

BW_TEST(a_v6_network_is_one_address)
{
    struct http_addrs *as = http_addrs_new();
    struct bw_ip a, b, c;
    REQUIRE(as && bw_ip_parse(BW_V("2001:db8::1"), &a) && bw_ip_parse(BW_V("2001:db8::f:2"), &b) &&
            bw_ip_parse(BW_V("2001:db8:0:1::1"), &c));
    struct http_addr *one = http_addrs_enter(as, &a), *two = http_addrs_enter(as, &b);
    CHECK(one == two);
    CHECK(!http_addrs_may(as, &a, 2) && http_addrs_may(as, &a, 3) && http_addrs_may(as, &c, 1));
    http_addrs_leave(as, one);
    http_addrs_leave(as, two);
    CHECK(http_addrs_may(as, &a, 1));
    http_addrs_free(as);
}

#define CROWD 600
#define ROUNDS 12
BW_TEST(six_hundred_busy_connections)
{
    static struct talk t[CROWD];
    struct rlimit files;
    REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    struct http_server *s = begin((struct http_options){.loops = 1});
    REQUIRE(s);
    int good = 0;
    for (int i = 0; i < CROWD; i++)
        REQUIRE(talk_open(&t[i], http_server_port(s)));
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CROWD; i++) {
            const char *raw = (i + round) % 4 == 0 ? GET_("/work") : GET_("/loop");
            REQUIRE(talk_put(&t[i], raw, strlen(raw)));
        }
        for (int i = 0; i < CROWD; i++) {
            struct answer a;
            REQUIRE(talk_get(&t[i], false, &a));
            good += a.status == 200;
            answer_done(&a);
        }
    }
    CHECK_INT(good, CROWD * ROUNDS);
    for (int i = 0; i < CROWD; i++)
        talk_close(&t[i]);
    http_server_stop(s, 1000);
}

BW_TEST(no_wake_up_is_lost_on_an_idle_server)
{
    static struct talk t;
    struct http_server *s = begin((struct http_options){.loops = 1, .workers = 2});
    REQUIRE(s && talk_open(&t, http_server_port(s)));
    int64_t began_us = bw_mono_us();
    for (int i = 0; i < 400; i++)
        REQUIRE(ask_on(&t, GET_("/work"), 200));
    /* One lost wake-up waits for a tick of 100 ms: all lost would be 40 s. */
    CHECK(bw_mono_us() - began_us < 15 * BW_SECOND_US);
    talk_close(&t);
    http_server_stop(s, 1000);
}

static bool gate_has(int n)
{
    for (int i = 0; i < WAIT_MS / 5 && atomic_load(&at_gate) != n; i++)
        (void)usleep(5000);
    return atomic_load(&at_gate) == n;
}

static bool waiting_is(struct http_server *s, int workers, int slow)
{
    struct http_stats st = {0};
    for (int i = 0; i < WAIT_MS / 5; i++) {
        http_server_stats(s, &st);
        if (st.workers_waiting == workers && st.slow_waiting == slow)
            return true;
        (void)usleep(5000);
    }
    return false;
}

BW_TEST(a_full_queue_refuses_and_the_loop_goes_on)
{
    static struct talk t[4];
    struct answer a;
    struct http_server *s =
        begin((struct http_options){.loops = 1, .workers = 1, .worker_queue = 2});
    REQUIRE(s);
    for (int i = 0; i < 3; i++) {
        REQUIRE(talk_open(&t[i], http_server_port(s)) &&
                talk_put(&t[i], GET_("/gate"), strlen(GET_("/gate"))));
        CHECK(gate_has(1)); /* the first one must be out of the queue */
    }
    CHECK(waiting_is(s, 2, 0));
    REQUIRE(talk_open(&t[3], http_server_port(s)) &&
            talk_put(&t[3], GET_("/gate"), strlen(GET_("/gate"))) && talk_get(&t[3], false, &a));
    CHECK_INT(a.status, 503);
    CHECK(head_of(&a, "Retry-After") != NULL);
    answer_done(&a);
    CHECK(ask_on(&t[3], GET_("/loop"), 200));
    for (int i = 0; i < 3; i++)
        sem_post(&gate);
    for (int i = 0; i < 3; i++) {
        REQUIRE(talk_get(&t[i], false, &a));
        CHECK_INT(a.status, 200);
        answer_done(&a);
    }
    for (int i = 0; i < 4; i++)
        talk_close(&t[i]);
    http_server_stop(s, 1000);
}

#define POST_SLOW "POST /slow" H1 "Content-Length: 0\r\n\r\n"
BW_TEST(the_slow_pool_takes_34_and_leaves_the_workers_alone)
{
    static struct talk t[35];
    struct http_server *s = begin((struct http_options){.loops = 1, .workers = 1});
    REQUIRE(s);
    for (int i = 0; i < 34; i++) {
        REQUIRE(talk_open(&t[i], http_server_port(s)) &&
                talk_put(&t[i], POST_SLOW, strlen(POST_SLOW)));
        if (i < 2)
            CHECK(gate_has(i + 1));
    }
    CHECK(waiting_is(s, 0, 32));
    CHECK(talk_open(&t[34], http_server_port(s)) && ask_on(&t[34], POST_SLOW, 429));
    CHECK(ask_on(&t[34], GET_("/work"), 200));
    for (int i = 0; i < 34; i++)
        sem_post(&gate);
    for (int i = 0; i < 34; i++) {
        struct answer a;
        REQUIRE(talk_get(&t[i], false, &a));
        CHECK_INT(a.status, 200);
        answer_done(&a);
    }
    for (int i = 0; i < 35; i++)
        talk_close(&t[i]);
    http_server_stop(s, 1000);
}

static void *stop_it(void *arg)
{
    struct http_server *s = arg;
    http_server_stop(s, 60000);
    return NULL;
}

BW_TEST(a_graceful_stop_finishes_what_is_under_way)
{
    static struct talk busy, idle, late_comer;
    struct answer a;
    pthread_t thread;
    struct http_server *s = begin((struct http_options){.loops = 2});
    REQUIRE(s);
    int port = http_server_port(s);
    REQUIRE(talk_open(&idle, port) && ask_on(&idle, GET_("/loop"), 200));
    REQUIRE(talk_open(&busy, port) && talk_put(&busy, GET_("/gate"), strlen(GET_("/gate"))));
    CHECK(gate_has(1));
    REQUIRE(pthread_create(&thread, NULL, stop_it, s) == 0);
    CHECK(talk_ended(&idle, WAIT_MS)); /* idle ones go at once */
    CHECK(!talk_open(&late_comer, port));
    sem_post(&gate);
    REQUIRE(talk_get(&busy, false, &a));
    CHECK(a.status == 200 && strcmp(a.body, "passed") == 0);
    CHECK(strcasecmp(head_of(&a, "Connection"), "close") == 0);
    answer_done(&a);
    CHECK(talk_ended(&busy, WAIT_MS));
    (void)pthread_join(thread, NULL);
    talk_close(&idle);
    talk_close(&busy);
    talk_close(&late_comer);
}

static void *open_gate_later(void *arg)
{
    (void)usleep(600000);
    sem_post(&gate);
    return NULL;
}

BW_TEST(a_hurried_stop_waits_for_running_handlers_only)
{
    static struct talk running, waiting, half;
    pthread_t thread;
    struct answer a;
    struct http_server *s = begin((struct http_options){.loops = 1, .workers = 1});
    REQUIRE(s);
    int port = http_server_port(s);
    REQUIRE(talk_open(&running, port) && talk_put(&running, GET_("/gate"), strlen(GET_("/gate"))));
    CHECK(gate_has(1));
    REQUIRE(talk_open(&waiting, port) && talk_put(&waiting, GET_("/gate"), strlen(GET_("/gate"))));
    CHECK(waiting_is(s, 1, 0));
    REQUIRE(talk_open(&half, port) && talk_put(&half, "GET /lo", 7));
    REQUIRE(pthread_create(&thread, NULL, open_gate_later, NULL) == 0);
    http_server_stop(s, 1);
    (void)pthread_join(thread, NULL);
    CHECK(talk_ended(&half, WAIT_MS));
    CHECK_INT(atomic_load(&at_gate), 1); /* the second handler never began */
    if (talk_get(&waiting, false, &a))
        CHECK_INT(a.status, 503);
    answer_done(&a);
    talk_close(&running);
    talk_close(&waiting);
    talk_close(&half);
}

BW_TEST(a_port_in_use_is_refused)
{
    struct http_server *s = begin((struct http_options){.loops = 1}), *second = NULL;
    struct bw_err err;
    char at[32];
    REQUIRE(s);
    (void)snprintf(at, sizeof at, "127.0.0.1:%d", http_server_port(s));
    struct http_options o = {.listen = at, .routes = ROUTES, .n_routes = BW_COUNT(ROUTES)};
    CHECK(http_server_start(&o, &second, &err) == BW_IO);
    static const char *const WRONG[] =
        {"",       "8080",  "localhost:80", "127.0.0.1:", "127.0.0.1:70000",
         "::1:80", "[::1]", "1.2.3:80"};
    for (size_t i = 0; i < BW_COUNT(WRONG); i++) {
        o.listen = WRONG[i];
        CHECK(http_server_start(&o, &second, &err) == BW_INVALID);
    }
    o.listen = "192.0.2.1:0"; /* not ours */
    CHECK(http_server_start(&o, &second, &err) == BW_IO);
    http_server_stop(s, 1000);
}

BW_TEST_MAIN()
