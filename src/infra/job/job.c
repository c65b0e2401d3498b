/* SPDX-License-Identifier: Apache-2.0 */
/* job - the rows: adding, looking, and what a running job says about itself. */
#include "job_int.h"
#include <stdio.h>

extern const char job_sql[]; /* 0002_job.sql */
const struct db_migration job_migration = {2, "0002_job", job_sql};

static enum bw_rc add_new(struct db_tx *tx, const char *kind, struct bw_view key,
                          struct bw_view args, int64_t run_at_us, struct bw_id *ret_id,
                          struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id id = bw_id_new();
    BW_TRY(db_change(tx,
                     "INSERT INTO job (public_id, kind, key, args, state, phase, tries, run_at_us,"
                     " lease_us, token, done, total, text, message, made_us, ended_us)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, 0, '', 0, 0, '', '', ?7, 0)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(id.text));
    db_bind_text(st, 2, bw_view_z(kind));
    if (key.n > 0)
        db_bind_text(st, 3, key);
    db_bind_bytes(st, 4, args);
    db_bind_bytes(st, 5, BW_V(""));
    db_bind_int(st, 6, run_at_us);
    db_bind_int(st, 7, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    if (ret_id)
        *ret_id = id;
    return BW_OK;
}

/* BW_NOT_FOUND: no job of that key waits. */
static enum bw_rc join_waiting(struct db_tx *tx, const char *kind, struct bw_view key,
                               int64_t run_at_us, struct bw_id *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(
        db_change(tx,
                  "UPDATE job SET run_at_us = CASE WHEN run_at_us < ?3 THEN run_at_us ELSE ?3 END"
                  " WHERE kind = ?1 AND key = ?2 AND phase = 0 RETURNING public_id",
                  &st, err));
    db_bind_text(st, 1, bw_view_z(kind));
    db_bind_text(st, 2, key);
    db_bind_int(st, 3, run_at_us);
    BW_TRY(db_row(st, err));
    struct bw_view id = db_text(st, 0);
    if (id.n != BW_ID_LEN)
        return bw_fail(err, BW_BROKEN, "a job has lost its id");
    if (ret_id) {
        memcpy(ret_id->text, id.p, BW_ID_LEN);
        ret_id->text[BW_ID_LEN] = '\0';
    }
    return BW_OK;
}

enum bw_rc job_add(struct db_tx *tx, const char *kind, struct bw_view key, struct bw_view args,
                   int64_t run_at_us, struct bw_id *ret_id, struct bw_err *err)
{
    BW_ASSERT(strlen(kind) < JOB_KIND_MAX);
    if (args.n > JOB_BYTES_MAX)
        return bw_fail(err, BW_LIMIT, "a job cannot take more than %u bytes", JOB_BYTES_MAX);
    if (run_at_us == 0)
        run_at_us = db_tx_now_us(tx);
    if (key.n > 0) {
        enum bw_rc rc = join_waiting(tx, kind, key, run_at_us, ret_id, err);
        if (rc != BW_NOT_FOUND)
            return rc;
    }
    return add_new(tx, kind, key, args, run_at_us, ret_id, err);
}

enum bw_rc job_retry(struct db_tx *tx, struct bw_view public_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE job SET phase = 1, tries = 0, run_at_us = ?2, ended_us = 0"
                     " WHERE public_id = ?1 AND phase = 4",
                     &st, err));
    db_bind_text(st, 1, public_id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return db_changes(st) == 1 ? BW_OK : bw_fail(err, BW_NOT_FOUND, "there is no such failed job");
}

/* -- inside run -------------------------------------------------------------------------------- */

struct bw_view job_args(const struct job *job)
{
    return job->args;
}

struct bw_view job_state(const struct job *job)
{
    return job->state;
}

const char *job_public_id(const struct job *job)
{
    return job->public_id.text;
}

int job_tries(const struct job *job)
{
    return job->tries;
}

void *job_arg(const struct job *job)
{
    return job->runner->arg;
}

struct db_engine *job_engine(const struct job *job)
{
    return job->runner->engine;
}

bool job_stopping(const struct job *job)
{
    return atomic_load_explicit(&job->lost, memory_order_relaxed) ||
           atomic_load_explicit(&job->runner->stopping, memory_order_relaxed);
}

static enum bw_rc fail_lost(struct bw_err *err)
{
    return bw_fail(err, BW_CONFLICT, "this job runs elsewhere by now");
}

enum bw_rc job_keep(struct db_tx *tx, const struct job *job, struct bw_view state,
                    struct bw_err *err)
{
    if (state.n > JOB_BYTES_MAX)
        return bw_fail(err, BW_LIMIT, "a job cannot keep more than %u bytes", JOB_BYTES_MAX);
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE job SET state = ?3, lease_us = ?4"
                     " WHERE id = ?1 AND token = ?2 AND phase = 2",
                     &st, err));
    db_bind_int(st, 1, job->id);
    db_bind_text(st, 2, bw_view_z(job->token.text));
    db_bind_bytes(st, 3, state);
    db_bind_int(st, 4, db_tx_now_us(tx) + JOB_LEASE_US);
    BW_TRY(db_run(st, err));
    return db_changes(st) == 1 ? BW_OK : fail_lost(err);
}

struct progress {
    const struct job *job;
    int64_t done, total;
    struct bw_view text;
};

static enum bw_rc write_progress(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct progress *p = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE job SET done = ?3, total = ?4, text = ?5, lease_us = ?6"
                     " WHERE id = ?1 AND token = ?2 AND phase = 2",
                     &st, err));
    db_bind_int(st, 1, p->job->id);
    db_bind_text(st, 2, bw_view_z(p->job->token.text));
    db_bind_int(st, 3, p->done);
    db_bind_int(st, 4, p->total);
    db_bind_text(st, 5, p->text);
    db_bind_int(st, 6, db_tx_now_us(tx) + JOB_LEASE_US);
    BW_TRY(db_run(st, err));
    return db_changes(st) == 1 ? BW_OK : fail_lost(err);
}

enum bw_rc job_progress(struct job *job, int64_t done, int64_t total, struct bw_view text,
                        struct bw_err *err)
{
    int64_t now = bw_mono_us();
    if (job->said_us != 0 && now - job->said_us < 250 * 1000 && done != total)
        return BW_OK;
    struct progress p = {job, done, total, bw_utf8_head(text, JOB_TEXT_MAX - 1)};
    BW_TRY(db_write(job->runner->engine, write_progress, &p, err));
    job->said_us = now;
    return BW_OK;
}

/* -- looking ----------------------------------------------------------------------------------- */

static void copy_text(char *out, size_t size, struct bw_view v)
{
    v = bw_utf8_head(v, size - 1);
    if (v.n > 0)
        memcpy(out, v.p, v.n);
    out[v.n] = '\0';
}

#define STATUS_COLUMNS \
    "id, public_id, kind, phase, tries, done, total, made_us, run_at_us, ended_us, text, message"

static void read_status(const struct db_stmt *st, struct job_status *s)
{
    *s = (struct job_status){
        .id = db_int(st, 0),
        .phase = (enum job_phase)db_int(st, 3),
        .tries = (int)db_int(st, 4),
        .done = db_int(st, 5),
        .total = db_int(st, 6),
        .made_us = db_int(st, 7),
        .run_at_us = db_int(st, 8),
        .ended_us = db_int(st, 9),
    };
    copy_text(s->public_id.text, sizeof s->public_id.text, db_text(st, 1));
    copy_text(s->kind, sizeof s->kind, db_text(st, 2));
    copy_text(s->text, sizeof s->text, db_text(st, 10));
    copy_text(s->message, sizeof s->message, db_text(st, 11));
}

enum bw_rc job_status(struct db *db, struct bw_view public_id, struct job_status *ret,
                      struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT " STATUS_COLUMNS " FROM job WHERE public_id = ?1", &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_NOT_FOUND, "there is no such job");
    BW_TRY(rc);
    read_status(st, ret);
    return BW_OK;
}

enum bw_rc job_list(struct db *db, enum job_phase phase, int64_t below, struct job_status *ret,
                    size_t max, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT " STATUS_COLUMNS " FROM job WHERE phase = ?1 AND id < ?2"
                    " ORDER BY id DESC LIMIT ?3",
                    &st, err));
    db_bind_int(st, 1, phase);
    db_bind_int(st, 2, below > 0 ? below : INT64_MAX);
    db_bind_int(st, 3, (int64_t)max);
    size_t n = 0;
    enum bw_rc rc = BW_OK;
    while (n < max && (rc = db_row(st, err)) == BW_OK)
        read_status(st, &ret[n++]);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret_n = n;
    return BW_OK;
}
