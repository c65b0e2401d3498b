/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_stream - server-sent events: many readers, slow ones, leaving ones, and the stop. */
#include "test_http_util.h"
#include <pthread.h>
#include <stdatomic.h>

#define STREAMS_MAX 256
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct http_stream *open_streams[STREAMS_MAX]; /* by tag */
static atomic_int opened, closed_count;

static void on_closed(void *tag)
{
    size_t i = (size_t)(uintptr_t)tag;
    pthread_mutex_lock(&lock);
    http_stream_unref(open_streams[i]);
    open_streams[i] = NULL;
    pthread_mutex_unlock(&lock);
    atomic_fetch_add(&closed_count, 1);
}

static enum bw_rc live(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    enum bw_rc rc = BW_OK;
    pthread_mutex_lock(&lock);
    size_t i = (size_t)atomic_load(&opened);
    BW_ASSERT(i < STREAMS_MAX);
    struct http_stream_options o = {(void *)(uintptr_t)i, on_closed};
    struct http_stream *st = NULL;
    rc = http_stream_open(rq, rs, &o, &st, err);
    if (rc == BW_OK) {
        open_streams[i] = st;
        atomic_fetch_add(&opened, 1);
        http_stream_send(st, "hello", BW_V("first"));
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

static enum bw_rc live_fails(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    BW_TRY(live(rq, rs, err));
    return bw_fail(err, BW_CONFLICT, "after all not");
}

static enum bw_rc hello(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    bw_buf_z(http_out(rs), "hello");
    return BW_OK;
}

#define R0(path, place, fn)                                             \
    {                                                                   \
        HTTP_GET, path, place, HTTP_STREAM, 0, NULL, 0, 0, NULL, fn, "" \
    }
static const struct http_route ROUTES[] = {
    R0("/live", HTTP_LOOP, live),
    R0("/w/live", HTTP_WORKER, live),
    R0("/fails", HTTP_WORKER, live_fails),
    R0("/hello", HTTP_LOOP, hello),
};
static const struct http_header_row HEADERS[] = {
    {"X-Live", "yes", HTTP_FACE_BIT(HTTP_STREAM), false},
};

static struct http_server *begin(struct http_options o)
{
    struct http_server *s = NULL;
    struct bw_err err;
    bw_log_setup(BW_LOG_ERROR + 1, BW_LOG_JSON);
    atomic_store(&opened, 0);
    atomic_store(&closed_count, 0);
    o.listen = "127.0.0.1:0";
    o.routes = ROUTES;
    o.n_routes = BW_COUNT(ROUTES);
    o.headers = HEADERS;
    o.n_headers = BW_COUNT(HEADERS);
    o.connections_per_address = 4000;
    if (http_server_start(&o, &s, &err) != BW_OK)
        printf("# %s %s\n", err.message, err.detail);
    return s;
}

static void send_to_all(const char *event, struct bw_view data)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < STREAMS_MAX; i++)
        if (open_streams[i])
            (void)http_stream_send(open_streams[i], event, data);
    pthread_mutex_unlock(&lock);
}

static bool is_count(atomic_int *what, int n)
{
    for (int i = 0; i < WAIT_MS / 5 && atomic_load(what) != n; i++)
        (void)usleep(5000);
    return atomic_load(what) == n;
}

/* Reads until TEXT has come; everything before it is thrown away. */
static bool read_until(struct talk *t, const char *text)
{
    for (;;) {
        char *at = t->n ? memmem(t->in, t->n, text, strlen(text)) : NULL;
        if (at) {
            size_t used = (size_t)(at - t->in) + strlen(text);
            t->n -= used;
            memmove(t->in, t->in + used, t->n);
            return true;
        }
        if (t->n > sizeof t->in / 2) { /* keep a tail in which the text may begin */
            memmove(t->in, t->in + t->n - 1024, 1024);
            t->n = 1024;
        }
        if (!talk_more(t, WAIT_MS))
            return false;
    }
}

static bool live_on(struct talk *t, int port, const char *raw)
{
    return talk_open(t, port) && talk_put(t, raw, strlen(raw)) &&
           read_until(t, "event: hello\ndata: first\n\n");
}

BW_TEST(head_and_events)
{
    static struct talk t;
    struct answer a;
    struct http_server *s = begin((struct http_options){.heartbeat_ms = 200});
    REQUIRE(s && talk_open(&t, http_server_port(s)));
    REQUIRE(talk_put(&t, GET_("/hello"), strlen(GET_("/hello"))) && talk_get(&t, false, &a));
    CHECK_INT(a.status, 200); /* the connection was an ordinary one before */
    answer_done(&a);
    REQUIRE(talk_put(&t, GET_("/live"), strlen(GET_("/live"))) && talk_get(&t, true, &a));
    CHECK_INT(a.status, 200);
    CHECK(strcmp(head_of(&a, "Content-Type"), "text/event-stream") == 0);
    CHECK(strcmp(head_of(&a, "Connection"), "close") == 0);
    CHECK(strcmp(head_of(&a, "Cache-Control"), "no-store") == 0);
    CHECK(head_of(&a, "X-Live") && head_of(&a, "Date"));
    answer_done(&a);
    CHECK(read_until(&t, "event: hello\ndata: first\n\n"));
    send_to_all(NULL, BW_V("two\nlines"));
    CHECK(read_until(&t, "data: two\ndata: lines\n\n"));
    send_to_all("empty", BW_V(""));
    CHECK(read_until(&t, "event: empty\ndata: \n\n"));
    CHECK(read_until(&t, ":\n\n")); /* heartbeat */
    pthread_mutex_lock(&lock);
    (void)http_stream_send(open_streams[0], "last", BW_V("x"));
    http_stream_end(open_streams[0]);
    CHECK(!http_stream_is_open(open_streams[0]));
    CHECK(!http_stream_send(open_streams[0], "after", BW_V("x")));
    pthread_mutex_unlock(&lock);
    CHECK(read_until(&t, "event: last\ndata: x\n\n") && talk_ended(&t, WAIT_MS));
    CHECK(is_count(&closed_count, 1));
    talk_close(&t);
    http_server_stop(s, 1000);
}

#define READERS 200
#define EVENTS 40
BW_TEST(two_hundred_readers)
{
    static struct talk t[READERS];
    struct http_server *s = begin((struct http_options){.loops = 2});
    struct http_stats st;
    REQUIRE(s);
    for (int i = 0; i < READERS; i++)
        REQUIRE(live_on(&t[i], http_server_port(s), i % 2 ? GET_("/live") : GET_("/w/live")));
    for (int i = 0; i < WAIT_MS / 5; i++) { /* the library lets go of a connection a round later */
        http_server_stats(s, &st);
        if (st.connections == READERS)
            break;
        (void)usleep(5000);
    }
    CHECK_INT(st.streams, READERS);
    CHECK_INT(st.connections, READERS);
    for (int k = 0; k < EVENTS; k++) {
        char text[16];
        (void)snprintf(text, sizeof text, "n%d", k);
        send_to_all("n", bw_view_z(text));
    }
    int good = 0;
    for (int i = 0; i < READERS; i++)
        for (int k = 0; k < EVENTS; k++) {
            char text[40];
            (void)snprintf(text, sizeof text, "event: n\ndata: n%d\n\n", k);
            good += read_until(&t[i], text);
        }
    CHECK_INT(good, READERS * EVENTS);
    for (int i = 0; i < READERS / 2; i++)
        talk_close(&t[i]);
    CHECK(is_count(&closed_count, READERS / 2));
    send_to_all("still", BW_V("here"));
    CHECK(read_until(&t[READERS - 1], "event: still\ndata: here\n\n"));
    http_server_stop(s, 5000); /* the others are told */
    CHECK_INT(atomic_load(&closed_count), READERS);
    for (int i = READERS / 2; i < READERS; i++) {
        CHECK(talk_ended(&t[i], WAIT_MS));
        talk_close(&t[i]);
    }
}

BW_TEST(a_slow_reader_is_told_to_resync_and_stops_nobody)
{
    static struct talk slow, quick;
    static char big[2000];
    struct http_stats st = {0};
    struct http_server *s = begin((struct http_options){.loops = 1});
    int small = 4096;
    REQUIRE(s && live_on(&slow, http_server_port(s), GET_("/live")));
    (void)setsockopt(slow.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    REQUIRE(live_on(&quick, http_server_port(s), GET_("/live")));
    memset(big, 'x', sizeof big);
    for (int i = 0; i < 20000 && st.events_lost == 0; i++) {
        pthread_mutex_lock(&lock);
        (void)http_stream_send(open_streams[0], "big", bw_view_of(big, sizeof big));
        pthread_mutex_unlock(&lock);
        if (i % 4 == 0)
            (void)usleep(1000);
        http_server_stats(s, &st);
    }
    CHECK(st.events_lost > 0);
    send_to_all("after", BW_V("1"));
    CHECK(read_until(&quick, "event: after\ndata: 1\n\n"));
    CHECK(read_until(&slow, "event: resync\ndata: resync\n\n"));
    send_to_all("after", BW_V("2"));
    CHECK(read_until(&slow, "event: after\ndata: 2\n\n"));
    CHECK(read_until(&quick, "event: after\ndata: 2\n\n"));
    pthread_mutex_lock(&lock); /* one event that is larger than a queue is lost, and said to be */
    CHECK(!http_stream_send(open_streams[1], "huge", bw_view_of((char[9000]){0}, 9000)));
    pthread_mutex_unlock(&lock);
    CHECK(read_until(&quick, "event: resync\n"));
    talk_close(&slow);
    talk_close(&quick);
    http_server_stop(s, 1000);
}

BW_TEST(a_reader_that_never_reads_is_closed)
{
    static struct talk t;
    static char big[2000];
    struct http_server *s = begin((struct http_options){.loops = 1, .body_ms = 400});
    int small = 4096;
    REQUIRE(s && live_on(&t, http_server_port(s), GET_("/live")));
    (void)setsockopt(t.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    memset(big, 'x', sizeof big);
    for (int i = 0; i < 20000 && atomic_load(&closed_count) == 0; i++) {
        send_to_all("big", bw_view_of(big, sizeof big));
        (void)usleep(1000);
    }
    CHECK_INT(atomic_load(&closed_count), 1);
    talk_close(&t);
    http_server_stop(s, 1000);
}

BW_TEST(what_is_no_stream_after_all)
{
    struct answer a;
    struct http_server *s = begin((struct http_options){.streams_max = 1});
    static struct talk t;
    REQUIRE(s);
    int port = http_server_port(s);
    REQUIRE(ask(port, &a, GET_("/fails")));
    CHECK_INT(a.status, 409);
    CHECK_INT(atomic_load(&closed_count), 1);
    answer_done(&a);
    REQUIRE(ask(port, &a, "HEAD /live" H1 "\r\n"));
    CHECK_INT(a.status, 200);
    CHECK(strcmp(head_of(&a, "Content-Type"), "text/event-stream") == 0);
    answer_done(&a);
    CHECK(is_count(&closed_count, 2));
    REQUIRE(live_on(&t, port, GET_("/w/live")));
    REQUIRE(ask(port, &a, GET_("/live"))); /* one too many */
    CHECK_INT(a.status, 429);
    answer_done(&a);
    talk_close(&t);
    CHECK(is_count(&closed_count, 3));
    http_server_stop(s, 1000);
}

static atomic_bool sending;
static void *send_on(void *arg)
{
    while (atomic_load(&sending))
        send_to_all("tick", BW_V("tock"));
    return NULL;
}

BW_TEST(senders_and_leavers_at_once)
{
    static struct talk t[8];
    pthread_t threads[2];
    struct http_server *s = begin((struct http_options){.loops = 2});
    REQUIRE(s);
    atomic_store(&sending, true);
    for (int i = 0; i < 2; i++)
        REQUIRE(pthread_create(&threads[i], NULL, send_on, NULL) == 0);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 8; i++)
            CHECK(live_on(&t[i], http_server_port(s), i % 2 ? GET_("/live") : GET_("/w/live")));
        for (int i = 0; i < 8; i++) {
            CHECK(round % 2 || read_until(&t[i], "event: tick\ndata: tock\n\n"));
            talk_close(&t[i]);
        }
    }
    http_server_stop(s, 2000);
    CHECK_INT(atomic_load(&closed_count), 160);
    atomic_store(&sending, false);
    for (int i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
}

BW_TEST(a_stream_outlives_its_server)
{
    static struct talk t;
    struct http_server *s = begin((struct http_options){.loops = 1});
    REQUIRE(s && live_on(&t, http_server_port(s), GET_("/live")));
    pthread_mutex_lock(&lock);
    struct http_stream *st = http_stream_ref(open_streams[0]);
    pthread_mutex_unlock(&lock);
    http_server_stop(s, 1000);
    CHECK(!http_stream_is_open(st));
    CHECK(!http_stream_send(st, "late", BW_V("x")));
    http_stream_end(st);
    http_stream_unref(st);
    http_stream_unref(NULL);
    talk_close(&t);
}

BW_TEST_MAIN()
