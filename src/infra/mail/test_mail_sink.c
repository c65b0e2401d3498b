/* SPDX-License-Identifier: Apache-2.0 */
/* test_mail_sink - see test_mail_sink.h. One connection at a time, which is what the tests make. */
#include "test_mail_sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct sink {
    int listener;
    char url[64];
    const char *password;
    pthread_t thread;
    atomic_bool stop;
    atomic_size_t mails, connections;
    bool grey_seen;
    struct bw_buf mail[SINK_MAILS_MAX];
};

struct session {
    struct sink *sink;
    int fd;
    char in[4096];
    size_t in_n;
    char to[256];
    bool signed_in, over;
};

static void say(struct session *x, const char *line)
{
    ssize_t n = write(x->fd, line, strlen(line));
    x->over |= n < 0;
}

/* The next line without its end; false: the connection is over. */
static bool hear(struct session *x, char *out, size_t room)
{
    for (;;) {
        char *end = memchr(x->in, '\n', x->in_n);
        if (end) {
            size_t n = (size_t)(end - x->in), copied = n < room ? n : room - 1;
            memcpy(out, x->in, copied);
            out[copied] = 0;
            if (copied > 0 && out[copied - 1] == '\r')
                out[copied - 1] = 0;
            x->in_n -= n + 1;
            memmove(x->in, end + 1, x->in_n);
            return true;
        }
        struct pollfd p = {.fd = x->fd, .events = POLLIN};
        if (x->over || atomic_load(&x->sink->stop) || x->in_n == sizeof x->in ||
            poll(&p, 1, 50) < 0)
            return false;
        if (!(p.revents & (POLLIN | POLLHUP)))
            continue;
        ssize_t n = read(x->fd, x->in + x->in_n, sizeof x->in - x->in_n);
        if (n <= 0)
            return false;
        x->in_n += (size_t)n;
    }
}

static bool to_is(struct session *x, const char *name)
{
    return strncmp(x->to, name, strlen(name)) == 0;
}

static void on_rcpt(struct session *x, const char *line)
{
    const char *address = strchr(line, '<');
    snprintf(x->to, sizeof x->to, "%s", address ? address + 1 : "");
    if (to_is(x, "gone@")) {
        say(x, "550 5.1.1 no such user\r\n");
    } else if (to_is(x, "busy@")) {
        say(x, "421 4.3.2 shutting down\r\n");
        x->over = true;
    } else if (to_is(x, "grey@") && !x->sink->grey_seen) {
        x->sink->grey_seen = true;
        say(x, "451 4.7.1 greylisted\r\n");
    } else {
        say(x, "250 ok\r\n");
    }
}

static void on_data(struct session *x)
{
    char line[2048];
    size_t slot = atomic_load(&x->sink->mails);
    BW_ASSERT(slot < SINK_MAILS_MAX);
    struct bw_buf *mail = &x->sink->mail[slot];
    bw_buf_reset(mail);
    bw_buf_printf(mail, "To: <%s\n", x->to);
    say(x, "354 go on\r\n");
    while (hear(x, line, sizeof line) && strcmp(line, ".") != 0) {
        bw_buf_z(mail, line[0] == '.' ? line + 1 : line);
        bw_buf_byte(mail, '\n');
    }
    if (to_is(x, "drop@")) {
        x->over = true;
    } else if (to_is(x, "spam@")) {
        say(x, "554 5.7.1 refused as spam\r\n");
    } else {
        atomic_store(&x->sink->mails, slot + 1);
        say(x, "250 taken\r\n");
    }
}

static void on_auth(struct session *x)
{
    char line[512];
    say(x, "334 \r\n");
    x->signed_in = hear(x, line, sizeof line) && strcmp(line, x->sink->password) == 0;
    say(x, x->signed_in ? "235 welcome\r\n" : "535 5.7.8 wrong\r\n");
}

static void converse(struct session *x)
{
    char line[2048];
    say(x, "220 sink\r\n");
    while (!x->over && hear(x, line, sizeof line)) {
        if (strncasecmp(line, "EHLO", 4) == 0)
            say(x, x->sink->password ? "250-sink\r\n250 AUTH PLAIN\r\n" : "250 sink\r\n");
        else if (strncasecmp(line, "AUTH PLAIN", 10) == 0)
            on_auth(x);
        else if (strncasecmp(line, "MAIL", 4) == 0)
            say(x, x->sink->password && !x->signed_in ? "530 5.7.0 sign in\r\n" : "250 ok\r\n");
        else if (strncasecmp(line, "RCPT", 4) == 0)
            on_rcpt(x, line);
        else if (strncasecmp(line, "DATA", 4) == 0)
            on_data(x);
        else if (strncasecmp(line, "QUIT", 4) == 0)
            return;
        else
            say(x, "250 ok\r\n");
    }
}

static void *run(void *arg)
{
    struct sink *s = arg;
    while (!atomic_load(&s->stop)) {
        struct pollfd p = {.fd = s->listener, .events = POLLIN};
        if (poll(&p, 1, 50) <= 0)
            continue;
        struct session x = {.sink = s, .fd = accept(s->listener, NULL, NULL)};
        if (x.fd < 0)
            continue;
        atomic_fetch_add(&s->connections, 1);
        converse(&x);
        close(x.fd);
    }
    return NULL;
}

struct sink *sink_new(const char *password)
{
    struct sink *s = calloc(1, sizeof *s);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    BW_ASSERT(s);
    for (size_t i = 0; i < SINK_MAILS_MAX; i++)
        s->mail[i] = BW_BUF_INIT(1 << 20);
    s->password = password;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    BW_ASSERT(s->listener >= 0 && bind(s->listener, (struct sockaddr *)&at, len) == 0);
    BW_ASSERT(listen(s->listener, 8) == 0);
    BW_ASSERT(getsockname(s->listener, (struct sockaddr *)&at, &len) == 0);
    snprintf(s->url, sizeof s->url, "smtp://127.0.0.1:%d", ntohs(at.sin_port));
    BW_ASSERT(pthread_create(&s->thread, NULL, run, s) == 0);
    return s;
}

void sink_free(struct sink *s)
{
    if (!s)
        return;
    atomic_store(&s->stop, true);
    pthread_join(s->thread, NULL);
    close(s->listener);
    for (size_t i = 0; i < SINK_MAILS_MAX; i++)
        bw_buf_done(&s->mail[i]);
    free(s);
}

const char *sink_url(struct sink *s)
{
    return s->url;
}

size_t sink_mails(struct sink *s)
{
    return atomic_load(&s->mails);
}

size_t sink_connections(struct sink *s)
{
    return atomic_load(&s->connections);
}

struct bw_view sink_mail(struct sink *s, size_t i)
{
    BW_ASSERT(i < sink_mails(s));
    return bw_buf_text(&s->mail[i]);
}
