/* SPDX-License-Identifier: Apache-2.0 */
/* touch - last-seen times, gathered and written in one transaction every few seconds, so that
 * reading a page never waits for a write. What is lost in a crash is a few seconds of "last seen".
 */
#include "req_int.h"

#include "bw_clock.h"
#include "bw_log.h"

#include <pthread.h>
#include <time.h>

enum { PENDING_MAX = 4096, FLUSH_S = 5 };

struct touched {
    enum touch kind;
    int64_t id, at_us;
    char from[BW_PREFIX_TEXT_MAX]; /* network of a key's user: /24 or /64, not the address */
};
static struct {
    pthread_mutex_t lock;
    pthread_cond_t stop;
    pthread_t thread;
    struct hub *hub;
    bool running, threaded;
    size_t n;
    struct touched list[PENDING_MAX];
} pending = {.lock = PTHREAD_MUTEX_INITIALIZER, .stop = PTHREAD_COND_INITIALIZER};

static void network_of(const struct bw_ip *ip, char out[BW_PREFIX_TEXT_MAX])
{
    struct bw_prefix p = {*ip, bw_ip_is_v4(ip) ? 96 + 24 : 64};
    for (size_t i = p.bits / 8; i < sizeof(p.first.b); i++)
        p.first.b[i] = 0;
    out[bw_prefix_format(&p, out)] = '\0';
}

void req_touch(enum touch kind, int64_t id, int64_t now_us, const struct bw_ip *from)
{
    struct touched t = {.kind = kind, .id = id, .at_us = now_us};
    if (from)
        network_of(from, t.from);
    pthread_mutex_lock(&pending.lock);
    bool known = false;
    for (size_t i = 0; i < pending.n && !known; i++)
        known = pending.list[i].kind == kind && pending.list[i].id == id;
    if (!known && pending.running && pending.n < PENDING_MAX)
        pending.list[pending.n++] = t;
    pthread_mutex_unlock(&pending.lock);
}

struct batch {
    size_t n;
    struct touched list[PENDING_MAX];
};

static enum bw_rc write_batch(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct batch *b = arg;
    BW_AUTO(db_stmt) *session = NULL;
    BW_AUTO(db_stmt) *key = NULL;
    BW_TRY(db_change(tx, "UPDATE session SET seen_us = ?2 WHERE id = ?1", &session, err));
    BW_TRY(
        db_change(tx, "UPDATE api_key SET used_us = ?2, used_from = ?3 WHERE id = ?1", &key, err));
    for (size_t i = 0; i < b->n; i++) {
        struct db_stmt *st = b->list[i].kind == TOUCH_SESSION ? session : key;
        db_bind_int(st, 1, b->list[i].id);
        db_bind_int(st, 2, b->list[i].at_us);
        if (st == key)
            db_bind_text(st, 3, bw_view_z(b->list[i].from));
        BW_TRY(db_run(st, err));
        db_again(st);
    }
    return BW_OK;
}

enum bw_rc req_touch_write(struct bw_err *err)
{
    static struct batch b; /* one thread: ours, or the one that does without ours */
    pthread_mutex_lock(&pending.lock);
    b.n = pending.n;
    memcpy(b.list, pending.list, b.n * sizeof(b.list[0]));
    pending.n = 0;
    pthread_mutex_unlock(&pending.lock);
    return b.n ? db_write(pending.hub->db, write_batch, &b, err) : BW_OK;
}

static void *run(void *arg)
{
    (void)arg;
    for (bool go_on = true; go_on;) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += FLUSH_S;
        pthread_mutex_lock(&pending.lock);
        if (pending.running)
            pthread_cond_timedwait(&pending.stop, &pending.lock, &until);
        go_on = pending.running;
        pthread_mutex_unlock(&pending.lock);
        struct bw_err err = {0};
        if (req_touch_write(&err) != BW_OK && !db_engine_away(pending.hub->db))
            bw_log_err(BW_LOG_WARN, "touch", &err);
    }
    return NULL;
}

enum bw_rc req_touch_start(struct hub *hub, struct bw_err *err)
{
    pending.hub = hub;
    pending.running = pending.threaded = true;
    if (pthread_create(&pending.thread, NULL, run, NULL) != 0) {
        pending.running = pending.threaded = false;
        return bw_fail(err, BW_IO, "cannot start a thread");
    }
    return BW_OK;
}

void req_touch_by_hand(struct hub *hub)
{
    pending.hub = hub;
    pending.running = true;
}

void req_touch_stop(void)
{
    pthread_mutex_lock(&pending.lock);
    bool was = pending.threaded;
    pending.running = pending.threaded = false;
    pthread_cond_broadcast(&pending.stop);
    pthread_mutex_unlock(&pending.lock);
    if (was)
        pthread_join(pending.thread, NULL);
}
