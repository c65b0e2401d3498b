/* SPDX-License-Identifier: Apache-2.0 */
/* job - work that outlives the request that asked for it: a durable queue with retries.
 *
 * Why: mail, webhooks, feeds and imports wait for others, fail, and must survive a crash. A job is
 * a row; it is added in the same transaction as the change that needs it, so that neither exists
 * without the other. A runner claims due jobs under a lease (a crash lets it run out, and the job
 * runs again), so a job runs AT LEAST ONCE: its effects have to bear repetition. Long work goes in
 * chunks: each chunk's db_write calls job_keep with where to go on, in the same transaction.
 *
 * Outcomes of run: BW_OK ends the job. BW_BUSY, BW_IO, BW_MEMORY, BW_CONFLICT and BW_BROKEN are
 * tried again after back_off_us, doubled each time up to JOB_BACK_OFF_MAX_US, with a quarter of
 * jitter to either side, until tries_max; any other rc would be the same next time and fails it at
 * once. Failed jobs are kept with their message for the operator; ended ones for a week. A
 * repeating job (every_us) exists once, is never failed for good, and does not catch up on runs it
 * has missed.
 *
 * Keys: at most one job of a kind and key waits, and at most one runs. Adding it again while it
 * waits gives that one's id back (and the earlier of the two times); adding it while it runs lets
 * it run once more afterwards, so no request for a rebuild is lost.
 *
 * Threads: one dispatcher and N workers per runner; job_wake from any. A struct job belongs to its
 * worker. Tests fix the wall clock: every decision reads bw_now_us() or db_tx_now_us(). */
#ifndef JOB_H
#define JOB_H

#include "bw_clock.h"
#include "bw_random.h"
#include "db.h"

#define JOB_BYTES_MAX (1u << 20) /* args, state */
#define JOB_KIND_MAX 32          /* bytes of a kind's name, NUL included */
#define JOB_TEXT_MAX 200         /* bytes of progress text and message */
#define JOB_LEASE_US (60 * BW_SECOND_US)
#define JOB_BACK_OFF_MAX_US (6 * BW_HOUR_US)

struct job;
struct job_runner;

struct job_kind {
    const char *name; /* "feed.fetch" */
    enum bw_rc (*run)(struct job *job, struct bw_err *err);
    int tries_max;       /* 0: 5 */
    int64_t every_us;    /* repeating: added by the runner when it starts; 0: only by job_add */
    int64_t back_off_us; /* before the second try; 0: 10 s */
};

/* The schema step; comes before core's. */
extern const struct db_migration job_migration;

/* Part of the caller's transaction; call job_wake when it is durable, or the job waits for the next
 * look (2 s). KEY empty: no key. RUN_AT_US 0: now. RET_ID may be NULL. BW_LIMIT: args too large. */
BW_MUST_CHECK enum bw_rc job_add(struct db_tx *tx, const char *kind, struct bw_view key,
                                 struct bw_view args, int64_t run_at_us, struct bw_id *ret_id,
                                 struct bw_err *err);
/* A failed job, once more from its kept state. BW_NOT_FOUND: no failed job of that id. */
BW_MUST_CHECK enum bw_rc job_retry(struct db_tx *tx, struct bw_view public_id, struct bw_err *err);

/* -- inside run -------------------------------------------------------------------------------- */

struct bw_view job_args(const struct job *job);
struct bw_view job_state(const struct job *job); /* as it was when this run began; empty at first */
const char *job_public_id(const struct job *job);
int job_tries(const struct job *job); /* from 1; a crash counts */
void *job_arg(const struct job *job); /* the runner's */
struct db_engine *job_engine(const struct job *job);
/* The hub stops, or the lease is lost: return BW_BUSY soon. That try is not counted. */
bool job_stopping(const struct job *job);
/* Where to go on after a crash or a failure, in the transaction of the chunk that it describes.
 * BW_CONFLICT: the lease was lost, another run has the job; give up. */
BW_MUST_CHECK enum bw_rc job_keep(struct db_tx *tx, const struct job *job, struct bw_view state,
                                  struct bw_err *err);
/* For people; TOTAL 0: unknown; TEXT is cut to JOB_TEXT_MAX. Writes at most every 250 ms. Never
 * inside a write function. BW_CONFLICT as above. */
BW_MUST_CHECK enum bw_rc job_progress(struct job *job, int64_t done, int64_t total,
                                      struct bw_view text, struct bw_err *err);

/* -- running ----------------------------------------------------------------------------------- */

/* KINDS stays the caller's and unchanged. ARG is handed to the jobs. THREADS 0: nothing runs but by
 * job_run_due(). */
BW_MUST_CHECK enum bw_rc job_runner_start(struct db_engine *e, const struct job_kind *kinds,
                                          size_t n, unsigned threads, void *arg,
                                          struct job_runner **ret, struct bw_err *err);
/* Runs what is due now, one after the other, in the caller's thread; only of a runner without
 * threads. For worlds that must be equal. */
BW_MUST_CHECK enum bw_rc job_run_due(struct job_runner *r, struct bw_err *err);
void job_runner_stop(struct job_runner *r); /* waits for running jobs; NULL is fine */
void job_wake(struct job_runner *r);        /* something was added; cheap; NULL is fine */

/* -- looking ----------------------------------------------------------------------------------- */

enum job_phase { JOB_WAITING, JOB_AGAIN, JOB_RUNNING, JOB_DONE, JOB_FAILED }; /* as in the column */

struct job_status {
    int64_t id; /* for paging */
    struct bw_id public_id;
    char kind[JOB_KIND_MAX];
    enum job_phase phase;
    int tries;
    int64_t done, total; /* 0 of 0: nothing said */
    int64_t made_us, run_at_us, ended_us;
    char text[JOB_TEXT_MAX], message[JOB_TEXT_MAX]; /* progress; what went wrong last */
};
/* No audience: callers check who may ask. */
BW_MUST_CHECK enum bw_rc job_status(struct db *db, struct bw_view public_id, struct job_status *ret,
                                    struct bw_err *err);
/* Up to MAX of one phase, newest first, with id < BELOW (0: from the newest). */
BW_MUST_CHECK enum bw_rc job_list(struct db *db, enum job_phase phase, int64_t below,
                                  struct job_status *ret, size_t max, size_t *ret_n,
                                  struct bw_err *err);

#endif
