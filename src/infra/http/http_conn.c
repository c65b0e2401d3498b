/* SPDX-License-Identifier: Apache-2.0 */
/* http_conn - who may connect, and how long each step of a connection may take.
 *
 * Why our own deadlines: libmicrohttpd's timeout starts anew with every byte, so that a header
 * dripped at a byte a second stays open for ever. Here every phase has one end; the body's (and the
 * answer's) moves with the bytes that came, which makes it a least rate. A late connection is shut
 * down and libmicrohttpd then sees its end. Deadlines are looked at every HTTP_TICK_US by one walk
 * over the loop's connections: a few nanoseconds each, and no heap to keep in order.
 *
 * Addresses are counted over all loops, an IPv6 /64 as one, under one lock that is taken twice in
 * the life of a connection. */
#include "bw_fault.h"
#include "bw_random.h"
#include "http_int.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define BUCKETS 4096u

struct http_addr {
    struct http_addr *next;
    struct bw_ip key;
    int count;
};

struct http_addrs {
    pthread_mutex_t lock;
    uint64_t seed;
    struct http_addr *bucket[BUCKETS];
};

struct http_addrs *http_addrs_new(void)
{
    struct http_addrs *as = bw_calloc(1, sizeof *as);
    if (!as)
        return NULL;
    pthread_mutex_init(&as->lock, NULL);
    bw_random_bytes(BW_RANDOM_SECRET, &as->seed, sizeof as->seed);
    return as;
}

void http_addrs_free(struct http_addrs *as)
{
    if (!as)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (as->bucket[i]) {
            struct http_addr *a = as->bucket[i];
            as->bucket[i] = a->next;
            free(a);
        }
    }
    pthread_mutex_destroy(&as->lock);
    free(as);
}

static struct bw_ip key_of(const struct bw_ip *ip)
{
    struct bw_ip key = *ip;
    if (!bw_ip_is_v4(ip))
        memset(key.b + 8, 0, 8);
    return key;
}

/* The place in the chain where the address is or NULL is. Under the lock. */
static struct http_addr **find(struct http_addrs *as, const struct bw_ip *key)
{
    uint64_t a, b;
    memcpy(&a, key->b, 8);
    memcpy(&b, key->b + 8, 8);
    uint64_t h = (a ^ as->seed) * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ (h >> 32) ^ b) * UINT64_C(0xd6e8feb86659fd93);
    struct http_addr **at = &as->bucket[(h >> 40) % BUCKETS];
    while (*at && bw_ip_cmp(&(*at)->key, key) != 0)
        at = &(*at)->next;
    return at;
}

bool http_addrs_may(struct http_addrs *as, const struct bw_ip *ip, int max)
{
    struct bw_ip key = key_of(ip);
    pthread_mutex_lock(&as->lock);
    struct http_addr *a = *find(as, &key);
    bool may = !a || a->count < max;
    pthread_mutex_unlock(&as->lock);
    return may;
}

struct http_addr *http_addrs_enter(struct http_addrs *as, const struct bw_ip *ip)
{
    struct bw_ip key = key_of(ip);
    pthread_mutex_lock(&as->lock);
    struct http_addr **at = find(as, &key), *a = *at;
    if (!a) {
        a = bw_calloc(1, sizeof *a);
        if (a)
            a->key = key;
        *at = a;
    }
    if (a)
        a->count++;
    pthread_mutex_unlock(&as->lock);
    return a;
}

void http_addrs_leave(struct http_addrs *as, struct http_addr *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&as->lock);
    if (--a->count == 0) {
        struct http_addr **at = find(as, &a->key);
        BW_ASSERT(*at == a);
        *at = a->next;
        free(a);
    }
    pthread_mutex_unlock(&as->lock);
}

bool http_ip_of(const struct sockaddr *sa, struct bw_ip *ret)
{
    if (sa && sa->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)sa;
        memset(ret->b, 0, 10);
        ret->b[10] = ret->b[11] = 0xff;
        memcpy(ret->b + 12, &v4->sin_addr, 4);
        return true;
    }
    if (sa && sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)sa;
        memcpy(ret->b, &v6->sin6_addr, 16);
        return true;
    }
    return false;
}

bool http_from_proxy(const struct http_server *s, const struct bw_ip *ip)
{
    for (size_t i = 0; i < s->o.n_proxies; i++)
        if (bw_prefix_has(&s->o.proxies[i], ip))
            return true;
    return false;
}

enum MHD_Result http_conn_accept(void *cls, const struct sockaddr *addr, socklen_t len)
{
    struct http_loop *l = cls;
    struct http_server *s = l->server;
    struct bw_ip ip;
    bool may =
        http_ip_of(addr, &ip) && atomic_load(&s->connections) < s->o.connections_max &&
        (http_from_proxy(s, &ip) || http_addrs_may(s->addrs, &ip, s->o.connections_per_address));
    if (!may)
        atomic_fetch_add(&s->refused, 1);
    return may ? MHD_YES : MHD_NO;
}

void http_conn_phase(struct http_conn *c, enum http_phase phase, size_t bytes)
{
    const struct http_options *o = &c->loop->server->o;
    int64_t ms = 0, extra_us = (int64_t)bytes * 1000000 / o->min_rate;
    c->phase = phase;
    switch (phase) {
    case HTTP_P_HEADER:
        ms = o->header_ms;
        break;
    case HTTP_P_BODY:
    case HTTP_P_SENDING:
        ms = o->body_ms;
        break;
    case HTTP_P_IDLE:
        ms = o->idle_ms;
        break;
    case HTTP_P_HANDLER:
        c->deadline_us = 0;
        return;
    }
    c->deadline_us = c->loop->now_us + ms * 1000 + extra_us;
}

/* A body that came fast has earned no rest: else a gigabyte sent at once could stay open for days,
 * and with it all that bodies may take together. */
void http_conn_came(struct http_conn *c, size_t bytes)
{
    const struct http_options *o = &c->loop->server->o;
    int64_t most_us = c->loop->now_us + (int64_t)o->body_ms * 1000;
    c->deadline_us += (int64_t)bytes * 1000000 / o->min_rate;
    if (c->deadline_us > most_us)
        c->deadline_us = most_us;
}

static void started(struct http_loop *l, struct MHD_Connection *m, void **ctx)
{
    struct http_server *s = l->server;
    const union MHD_ConnectionInfo *addr =
        MHD_get_connection_info(m, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(m, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct http_conn *c = bw_calloc(1, sizeof *c);
    *ctx = NULL; /* without it the first request is turned away */
    if (!c || !addr || !fd || !http_ip_of(addr->client_addr, &c->ip)) {
        free(c);
        return;
    }
    c->loop = l;
    c->fd = fd->connect_fd;
    c->from_proxy = http_from_proxy(s, &c->ip);
    if (!c->from_proxy)
        c->addr = http_addrs_enter(s->addrs, &c->ip);
    c->next = l->conns;
    if (c->next)
        c->next->prev = c;
    l->conns = c;
    l->n_conns++;
    atomic_fetch_add(&s->connections, 1);
    http_conn_phase(c, HTTP_P_HEADER, 0);
    *ctx = c;
}

static void ended(struct http_loop *l, struct http_conn *c)
{
    if (c->prev)
        c->prev->next = c->next;
    else
        l->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    l->n_conns--;
    atomic_fetch_sub(&l->server->connections, 1);
    http_addrs_leave(l->server->addrs, c->addr);
    free(c);
}

void http_conn_notify(void *cls, struct MHD_Connection *m, void **ctx,
                      enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        started(cls, m, ctx);
    } else if (*ctx) {
        ended(cls, *ctx);
        *ctx = NULL;
    }
}

void http_conns_tick(struct http_loop *l, int64_t now_us)
{
    int64_t stop_us = atomic_load(&l->server->stop_us);
    for (struct http_conn *c = l->conns; c; c = c->next) {
        bool late = c->deadline_us && now_us > c->deadline_us;
        bool over =
            stop_us && c->phase != HTTP_P_HANDLER && (c->phase == HTTP_P_IDLE || now_us > stop_us);
        if (c->cut || (!late && !over))
            continue;
        if (late && c->phase != HTTP_P_IDLE)
            atomic_fetch_add(&l->server->late, 1);
        c->cut = true;
        (void)shutdown(c->fd, SHUT_RDWR);
    }
}
