/* SPDX-License-Identifier: Apache-2.0 */
/* http_worker - threads that run the handlers which may wait: writes, imports, passwords, going
 * out.
 *
 * A bounded queue: a request that would wait too long is refused at once and costs nothing, instead
 * of being answered after its sender has given up. The slow pool (password hashing) runs at low
 * priority, so that a flood of sign-ins does not take the processor from everybody else. */
#include "bw_fault.h"
#include "http_int.h"
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define LOW_NICE 10

struct http_pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct http_req *first, **last;
    int waiting, busy, queue_max;
    bool low, hurry, ending;
    int n_threads;
    pthread_t threads[];
};

/* NULL: the pool ends and nothing is left. */
static struct http_req *next_job(struct http_pool *p, bool *ret_hurry)
{
    pthread_mutex_lock(&p->lock);
    while (!p->first && !p->ending)
        pthread_cond_wait(&p->more, &p->lock);
    struct http_req *rq = p->first;
    if (rq) {
        p->first = rq->next;
        if (!p->first)
            p->last = &p->first;
        rq->next = NULL;
        p->waiting--;
        p->busy++;
    }
    *ret_hurry = p->hurry;
    pthread_mutex_unlock(&p->lock);
    return rq;
}

static void *work(void *arg)
{
    struct http_pool *p = arg;
    struct http_req *rq;
    bool hurry;
    http_block_signals();
    (void)pthread_setname_np(pthread_self(), p->low ? "http-slow" : "http-worker");
    if (p->low)
        (void)setpriority(PRIO_PROCESS, (id_t)gettid(), LOW_NICE); /* of this thread alone */
    while ((rq = next_job(p, &hurry))) {
        if (hurry) {
            struct bw_err err = {0};
            enum bw_rc rc = bw_fail(&err, BW_BUSY, "The hub is stopping. Try again soon.");
            http_req_refuse(rq, 503, rc, &err);
        } else {
            http_req_run(rq);
        }
        pthread_mutex_lock(&p->lock);
        p->busy--;
        pthread_mutex_unlock(&p->lock);
        http_loop_done(rq->loop, rq);
    }
    return NULL;
}

struct http_pool *http_pool_new(int threads, int queue_max, bool low, struct bw_err *err)
{
    struct http_pool *p = bw_calloc(1, sizeof *p + (size_t)threads * sizeof(pthread_t));
    if (!p) {
        (void)bw_fail_memory(err);
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->more, NULL);
    p->last = &p->first;
    p->queue_max = queue_max;
    p->low = low;
    while (p->n_threads < threads && pthread_create(&p->threads[p->n_threads], NULL, work, p) == 0)
        p->n_threads++;
    if (p->n_threads < threads) {
        (void)bw_fail(err, BW_MEMORY, "No more threads can be started.");
        http_pool_free(p);
        return NULL;
    }
    return p;
}

void http_pool_free(struct http_pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->more);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->n_threads; i++)
        (void)pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->more);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

bool http_pool_full(struct http_pool *p)
{
    pthread_mutex_lock(&p->lock);
    bool full = p->waiting >= p->queue_max;
    pthread_mutex_unlock(&p->lock);
    return full;
}

bool http_pool_put(struct http_pool *p, struct http_req *rq)
{
    pthread_mutex_lock(&p->lock);
    bool room = p->waiting < p->queue_max;
    if (room) {
        rq->next = NULL;
        *p->last = rq;
        p->last = &rq->next;
        p->waiting++;
        pthread_cond_signal(&p->more);
    }
    pthread_mutex_unlock(&p->lock);
    return room;
}

void http_pool_hurry(struct http_pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->hurry = true;
    pthread_mutex_unlock(&p->lock);
}

void http_pool_count(struct http_pool *p, int *ret_busy, int *ret_waiting)
{
    pthread_mutex_lock(&p->lock);
    *ret_busy = p->busy;
    *ret_waiting = p->waiting;
    pthread_mutex_unlock(&p->lock);
}
