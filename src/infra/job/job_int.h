/* SPDX-License-Identifier: Apache-2.0 */
/* job_int - what job.c (rows) and job_run.c (threads) share. */
#ifndef JOB_INT_H
#define JOB_INT_H

#include "job.h"
#include <pthread.h>
#include <stdatomic.h>

#define JOB_TRIES_MAX 5
#define JOB_BACK_OFF_US (10 * BW_SECOND_US)
#define JOB_REPEATING "@every" /* the key of a repeating kind's row */

struct job {
    struct job_runner *runner;
    const struct job_kind *kind;
    struct job *next_waiting;
    struct job *next_running, *prev_running;
    int64_t id, run_at_us;
    struct bw_id public_id, token;
    int tries;
    bool repeating;
    _Atomic bool lost;
    int64_t said_us; /* bw_mono_us() of the last written progress; 0: none */
    struct bw_view args, state;
    char bytes[]; /* of both */
};

struct job_runner {
    struct db_engine *engine;
    const struct job_kind *kinds;
    size_t n_kinds;
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t wake; /* the dispatcher's */
    pthread_cond_t work; /* the workers' */
    bool woken, stopping_dispatch, stopping_work;
    _Atomic bool stopping;
    struct job *waiting, **waiting_end; /* claimed, not yet taken by a worker */
    struct job *running;                /* claimed and not finished, waiting ones included */
    unsigned n_running, n_threads;
    int64_t renewed_us, swept_us;
    pthread_t dispatcher;
    bool dispatching;
    pthread_t *threads;
};

#endif
