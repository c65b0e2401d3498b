/* SPDX-License-Identifier: Apache-2.0 */
/* notify_live - one stream per browser, and the consumer that maps an event's audience to open
 * streams.
 *
 * An event that is sent holds a random word and nothing else: no title, no id, no count, so a
 * stream tells an eavesdropper or a wrong reader nothing. At each send the session is read again
 * and the viewer made anew: who has left, was suspended or lost a circle hears nothing from the
 * same moment. Events that take rights away (see SWEEP) close the streams they concern without
 * waiting for news.
 *
 * Locks: `lock` guards the list; it is never held while the database is read. */
#include "notify_int.h"

#include "bw_fault.h"
#include "bw_random.h"

#include <pthread.h>
#include <stdio.h>

enum { ARENA_CAP = 1 << 20 };

struct listener {
    struct http_stream *stream; /* one reference */
    int64_t session_id, person_id, number;
    struct listener *prev, *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct listener *first; /* newest first */
static int64_t next_number;
static size_t listeners_n;

static void unlink_listener(struct listener *l) /* lock held */
{
    if (l->prev)
        l->prev->next = l->next;
    else
        first = l->next;
    if (l->next)
        l->next->prev = l->prev;
    listeners_n--;
}

static void on_closed(void *tag)
{
    struct listener *l = tag;
    pthread_mutex_lock(&lock);
    unlink_listener(l);
    pthread_mutex_unlock(&lock);
    http_stream_unref(l->stream);
    free(l);
}

static void end_stream(struct http_stream *stream)
{
    http_stream_send(stream, "bye", BW_V("{}"));
    http_stream_end(stream);
}

/* A person may have so many streams; the oldest makes room. Lock held. */
static struct http_stream *over_cap(const struct hub *hub, int64_t person_id)
{
    int64_t n = 0, cap = setting_int(hub->settings, SETTING_STREAMS_PER_PERSON);
    struct listener *oldest = NULL;
    for (struct listener *l = first; l; l = l->next)
        if (l->person_id == person_id) {
            n++;
            oldest = l;
        }
    return n > cap ? http_stream_ref(oldest->stream) : NULL;
}

enum bw_rc notify_live(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct listener *l = bw_calloc(1, sizeof(*l));
    if (!l)
        return bw_fail_memory(err);
    l->session_id = viewer->session_id;
    l->person_id = viewer->person_id;
    /* In the list before it is open: its `closed` may come at any moment after. */
    pthread_mutex_lock(&lock);
    l->number = next_number++;
    enum bw_rc rc =
        http_stream_open(rq, rs, &(struct http_stream_options){.tag = l, .closed = on_closed},
                         &l->stream, err);
    struct http_stream *old = NULL;
    if (rc == BW_OK) {
        l->next = first;
        if (first)
            first->prev = l;
        first = l;
        listeners_n++;
        old = over_cap(req_hub(rq), l->person_id);
    }
    pthread_mutex_unlock(&lock);
    if (rc != BW_OK)
        free(l);
    if (old) {
        end_stream(old);
        http_stream_unref(old);
    }
    return rc;
}

/* -- fan-out ----------------------------------------------------------------------------------- */

struct open_stream {
    struct http_stream *stream;
    int64_t session_id;
};

/* What is open now, with a reference each, so that the list's lock is free while rights are read.
 */
static struct open_stream *snapshot(size_t *ret_n)
{
    pthread_mutex_lock(&lock);
    struct open_stream *list = bw_calloc(listeners_n ? listeners_n : 1, sizeof(*list));
    size_t n = 0;
    for (struct listener *l = first; list && l; l = l->next)
        list[n++] = (struct open_stream){http_stream_ref(l->stream), l->session_id};
    pthread_mutex_unlock(&lock);
    *ret_n = n;
    return list;
}

/* Events that concern readers, and those after which rights must be looked at again. */
static bool is_news(const struct ledger_event *e)
{
    return e->audience_id && (e->verb == LEDGER_ITEM_PUBLISHED || e->verb == LEDGER_FINDING_OPENED);
}

static bool is_sweep(const struct ledger_event *e)
{
    static const enum ledger_verb SWEEP[] = {LEDGER_ORGANISATION_CHANGED, LEDGER_PERSON_CHANGED,
                                             LEDGER_SIGNED_OUT,           LEDGER_HOLDING_ENDED,
                                             LEDGER_PERSON_LEFT,          LEDGER_PERSON_SUSPENDED};
    for (size_t i = 0; i < BW_COUNT(SWEEP); i++)
        if (e->verb == SWEEP[i])
            return true;
    return false;
}

struct round {
    struct hub *hub;
    struct db *db;
    struct bw_arena *arena;
    const struct ledger_event *events;
    size_t n;
};

static void tell(const struct round *r, const struct open_stream *s)
{
    struct viewer *viewer;
    struct bw_err err;
    bw_arena_reset(r->arena);
    enum bw_rc rc = session_viewer(r->hub, r->db, s->session_id, r->arena, &viewer, &err);
    if (rc == BW_UNSIGNED) {
        end_stream(s->stream);
        return;
    }
    for (size_t i = 0; rc == BW_OK && i < r->n; i++) {
        if (!is_news(&r->events[i]) || !viewer_reach(viewer, r->db, r->events[i].audience_id))
            continue;
        char data[BW_ID_LEN + 16];
        struct bw_id word = bw_id_new();
        int n = snprintf(data, sizeof(data), "{\"id\":\"%s\"}", word.text);
        http_stream_send(s->stream, "new", bw_view_of(data, (size_t)n));
        return; /* "something new" once a round is enough */
    }
}

static enum bw_rc take(void *arg, struct db_engine *e, const struct ledger_event *events, size_t n,
                       struct bw_err *err)
{
    bool any = false;
    size_t open_n;
    for (size_t i = 0; i < n && !any; i++)
        any = is_news(&events[i]) || is_sweep(&events[i]);
    if (!any)
        return BW_OK;
    BW_AUTO_HEAP struct open_stream *open = snapshot(&open_n);
    if (!open)
        return bw_fail_memory(err);
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    BW_AUTO(db) *db = NULL;
    enum bw_rc rc = arena ? db_open(e, &db, err) : bw_fail_memory(err);
    const struct round round = {arg, db, arena, events, n};
    for (size_t i = 0; i < open_n; i++) {
        if (rc == BW_OK)
            tell(&round, &open[i]);
        http_stream_unref(open[i].stream);
    }
    return rc;
}

const struct ledger_consumer notify_live_consumer = {"notify.live", false, take};
