/* SPDX-License-Identifier: Apache-2.0 */
/* db_postgres_wire - connections to PostgreSQL, the pipeline, errors.
 *
 * A connection stays in pipeline mode (libpq, "Pipeline Mode"): what nobody waits for (BEGIN,
 * SAVEPOINT, RELEASE, changes given to db_post) is queued and travels with the next command that is
 * waited for. The server answers a queue with the results in order; after a failure it skips the
 * rest up to the sync, which every wait sends. At most PG_PENDING_MAX commands or PG_PENDING_BYTES
 * are queued, so that the answers always fit into the socket while we are still sending.
 *
 * A connection that is lost marks its session; sessions that are marked do not go back to the pool,
 * and the next one connects anew. Nothing is retried here: the request that ran is told. */
#include "db_postgres_int.h"

#include "bw_clock.h"
#include "bw_fault.h"
#include "bw_log.h"

#include <errno.h>
#include <poll.h>

static const char SAY_AWAY[] =
    "the database server is away: nothing was saved, try again in a moment";

/* -- errors ------------------------------------------------------------------------------------ */

/* By SQLSTATE (PostgreSQL's manual, Appendix A): five characters, or the two of its class. */
static const struct failure {
    const char *state;
    enum bw_rc rc;
    const char *message;
    bool again;
} FAILURES[] = {
    {"23505", BW_CONFLICT, DB_SAY_THERE, false},
    {"23503", BW_CONFLICT, DB_SAY_REFERS, false},
    {"40001", BW_BUSY, DB_SAY_BUSY, true},
    {"40P01", BW_BUSY, DB_SAY_BUSY, true},
    {"40", BW_BUSY, DB_SAY_BUSY, true},
    {"55P03", BW_BUSY, DB_SAY_BUSY, false},
    {"57014", BW_BUSY, "the work was interrupted, try again", false},
    {"53100", BW_IO, DB_SAY_FULL, false},
    {"53300", BW_BUSY, "the database server has too many connections, try again in a moment",
     false},
    {"53", BW_IO, "the database server is short of resources: nothing was saved, try again", false},
    {"57", BW_IO, SAY_AWAY, false},
    {"08", BW_IO, SAY_AWAY, false},
    {"25006", BW_IO, "the database may only be read at the moment: nothing was saved", false},
    {"42501", BW_IO,
     "the hub's role in the database may not do this: nothing was saved; the operator has to grant"
     " it",
     false},
    {"58", BW_IO, "the database server's disk gave an error: nothing was saved; try again", false},
    {"XX001", BW_BROKEN, "the database is damaged: the operator has to restore a backup", false},
    {"XX002", BW_BROKEN, "the database is damaged: the operator has to restore a backup", false},
    {"54", BW_LIMIT, "a value is too large for the database", false},
};

static const struct failure *failure_of(const char *state)
{
    for (size_t i = 0; i < BW_COUNT(FAILURES); i++)
        if (strncmp(FAILURES[i].state, state, strlen(FAILURES[i].state)) == 0)
            return &FAILURES[i];
    return NULL;
}

enum bw_rc pg_fail_lost(struct pg *db, struct bw_err *err)
{
    db->base.lost = true;
    db->in_tx = false;
    return bw_fail_detail(err, BW_IO, SAY_AWAY, "PostgreSQL: %.200s", PQerrorMessage(db->c));
}

static enum bw_rc fail_state(const PGresult *r, const struct failure **ret, struct bw_err *err)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
    *ret = state ? failure_of(state) : NULL;
    return bw_fail_detail(err, *ret ? (*ret)->rc : BW_BROKEN,
                          *ret ? (*ret)->message : DB_SAY_BROKEN, "PostgreSQL %s: %.200s%s%s",
                          state ? state : "?", primary ? primary : PQresultErrorMessage(r),
                          detail ? ", " : "", detail ? detail : "");
}

enum bw_rc pg_fail_result(struct pg *db, const PGresult *r, struct bw_err *err)
{
    const struct failure *f;
    /* What libpq itself reports has no SQLSTATE: the connection. */
    if (PQstatus(db->c) == CONNECTION_BAD || !PQresultErrorField(r, PG_DIAG_SQLSTATE))
        return pg_fail_lost(db, err);
    enum bw_rc rc = fail_state(r, &f, err);
    if (f && f->again)
        db->base.again = true;
    if (f && f->message == SAY_AWAY)
        db->base.lost = true;
    return rc;
}

/* -- connecting -------------------------------------------------------------------------------- */

static void log_notice(void *arg, const PGresult *r)
{
    const char *primary = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    (void)arg;
    bw_log(BW_LOG_DEBUG, "db.notice", BW_FZ("text", primary ? primary : ""));
}

enum bw_rc pg_exec(PGconn *c, const char *sql, PGresult **ret, struct bw_err *err)
{
    const struct failure *f;
    PGresult *r = PQexec(c, sql);
    ExecStatusType s = PQresultStatus(r);
    enum bw_rc rc = BW_OK;
    if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
        rc = PQstatus(c) == CONNECTION_BAD
                 ? bw_fail_detail(err, BW_IO, SAY_AWAY, "PostgreSQL: %.200s", PQerrorMessage(c))
                 : fail_state(r, &f, err);
    if (rc == BW_OK && ret)
        *ret = r;
    else
        PQclear(r);
    return rc;
}

/* lock_timeout: another hub that writes is waited for as long as another process on SQLite.
 * jit: compiling a query costs more than any of ours takes. */
static const char SETUP_COMMON[] =
    "SET search_path = breakwater; SET client_encoding = 'UTF8'; SET TimeZone = 'UTC';"
    "SET standard_conforming_strings = on; SET client_min_messages = warning;"
    "SET lock_timeout = '10s'; SET jit = off; SET idle_in_transaction_session_timeout = 0";
static const char SETUP_READER[] =
    "SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = on;"
    "SET statement_timeout = '25s'"; /* before PG_ANSWER_MS: the server stops working, too */
/* A commit that is answered is on disk. A server that waits for its standbys too is left so. */
static const char SETUP_WRITER[] =
    "SET default_transaction_isolation = 'read committed';"
    "SELECT CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')"
    " THEN set_config('synchronous_commit', 'on', false) END";

static enum bw_rc set_up(PGconn *c, bool writer, bool read_only, struct bw_err *err)
{
    PQsetNoticeReceiver(c, log_notice, NULL);
    BW_TRY(pg_exec(c, SETUP_COMMON, NULL, err));
    BW_TRY(pg_exec(c, writer && !read_only ? SETUP_WRITER : SETUP_READER, NULL, err));
    return BW_OK;
}

static PGconn *dial(const char *url)
{
    const char *const names[] = {"dbname",
                                 "fallback_application_name",
                                 "connect_timeout",
                                 "keepalives_idle",
                                 "keepalives_interval",
                                 "keepalives_count",
                                 NULL};
    const char *const values[] = {url, "breakwater", "5", "30", "10", "3", NULL};
    return PQconnectdbParams(names, values, 1);
}

static struct bw_view first_line(const char *z)
{
    struct bw_view rest = bw_view_z(z);
    return bw_view_trim(bw_view_split(&rest, '\n'));
}

enum bw_rc pg_connect_first(struct db_engine *e, PGconn **ret, struct bw_err *err)
{
    PGconn *c = dial(e->url);
    enum bw_rc rc = BW_OK;
    if (!c)
        return bw_fail_memory(err);
    if (PQstatus(c) != CONNECTION_OK)
        rc = bw_fail(err, BW_IO, "the database cannot be used: %.*s",
                     BW_VF(bw_view_head(first_line(PQerrorMessage(c)), 200)));
    if (rc == BW_OK)
        rc = set_up(c, true, e->read_only, err);
    if (rc != BW_OK)
        PQfinish(c);
    else
        *ret = c;
    return rc;
}

/* What every transaction sends, prepared once for a connection. */
static const struct own {
    const char *name, *text;
} OWN[] = {
    [PG_OWN_BEGIN] = {"begin", "BEGIN"},
    [PG_OWN_COMMIT] = {"commit", "COMMIT"},
    [PG_OWN_SAVE] = {"save", "SAVEPOINT member"},
    [PG_OWN_RELEASE] = {"release", "RELEASE SAVEPOINT member"},
    [PG_OWN_LOCK] = {"lock", PG_LOCK},
    [PG_OWN_CLOCK] = {"clock", "SELECT last_us, pg_current_xact_id()::text FROM lane_clock"
                               " WHERE id = 1"},
};

enum bw_rc pg_prepare_own(struct pg *db, enum pg_own from, enum pg_own to, struct bw_err *err)
{
    for (enum pg_own i = from; i <= to; i++)
        BW_TRY(pg_queued(db, PQsendPrepare(db->c, OWN[i].name, OWN[i].text, 0, NULL),
                         strlen(OWN[i].text), err));
    return pg_sync(db, NULL, err);
}

enum bw_rc pg_connect(struct db *base, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    if (bw_fault("db.connect"))
        return db_fail_io(err, "db.connect");
    if (base->writer) /* what was given on a connection that is gone may be given again */
        pg_part_of(base)->known_us = 0;
    db->c = dial(base->engine->url);
    if (!db->c)
        return bw_fail_memory(err);
    enum bw_rc rc = PQstatus(db->c) == CONNECTION_OK ? BW_OK : pg_fail_lost(db, err);
    BW_TRY(db_reached(base->engine, rc, err));
    BW_TRY(set_up(db->c, base->writer, base->engine->read_only, err));
    if (base->writer && base->engine->alone && !base->engine->lane.db)
        BW_TRY(pg_alone(base->engine, db->c, err));
    BW_TRY(pg_enter_pipeline(db, err));
    return pg_prepare_own(db, PG_OWN_BEGIN, PG_OWN_RELEASE, err);
}

void pg_disconnect(struct db *base)
{
    PQfinish(pg_of(base)->c);
}

enum bw_rc pg_enter_pipeline(struct pg *db, struct bw_err *err)
{
    return PQenterPipelineMode(db->c) ? BW_OK : pg_fail_lost(db, err);
}

enum bw_rc pg_leave_pipeline(struct pg *db, struct bw_err *err)
{
    if (!pg_settle(db) || !PQexitPipelineMode(db->c))
        return pg_fail_lost(db, err);
    return BW_OK;
}

/* -- the pipeline ------------------------------------------------------------------------------ */

enum bw_rc pg_queued(struct pg *db, int ok, size_t bytes, struct bw_err *err)
{
    if (!ok)
        return pg_fail_lost(db, err);
    db->pending++;
    db->pending_bytes += bytes;
    return BW_OK;
}

enum bw_rc pg_put(struct pg *db, const char *sql, struct bw_err *err)
{
    if (db->base.lost)
        return pg_fail_lost(db, err);
    int ok = PQsendQueryParams(db->c, sql, 0, NULL, NULL, NULL, NULL, 1);
    return pg_queued(db, ok, strlen(sql), err);
}

enum bw_rc pg_put_own(struct pg *db, enum pg_own which, struct bw_err *err)
{
    if (db->base.lost)
        return pg_fail_lost(db, err);
    int ok = PQsendQueryPrepared(db->c, OWN[which].name, 0, NULL, NULL, NULL, 1);
    return pg_queued(db, ok, 0, err);
}

/* A server that hangs must not hang the hub: after PG_ANSWER_MS without a word the connection is
 * given up. False: it is lost. */
static bool wait_for_answer(struct pg *db)
{
    while (PQisBusy(db->c)) {
        struct pollfd fd = {.fd = PQsocket(db->c), .events = POLLIN};
        int n = poll(&fd, 1, PG_ANSWER_MS);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || !PQconsumeInput(db->c))
            return false;
    }
    return true;
}

/* The result of one command. NULL ends it: libpq has that at hand, nothing is waited for. */
static PGresult *next_result(struct pg *db)
{
    PGresult *r = wait_for_answer(db) ? PQgetResult(db->c) : NULL, *more;
    if (r && PQresultStatus(r) != PGRES_PIPELINE_SYNC)
        while ((more = PQgetResult(db->c)))
            PQclear(more);
    return r;
}

static enum bw_rc read_answers(struct pg *db, PGresult **ret, struct bw_err *err)
{
    enum bw_rc rc = BW_OK;
    PGresult *last = NULL;
    for (; db->pending > 0; db->pending--) {
        PGresult *r = next_result(db);
        ExecStatusType s = PQresultStatus(r);
        if (!r || PQstatus(db->c) == CONNECTION_BAD) {
            PQclear(r);
            PQclear(last);
            db->pending = 0;
            return rc == BW_OK ? pg_fail_lost(db, err) : rc;
        }
        if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK && rc == BW_OK)
            rc = pg_fail_result(db, r, err);
        PQclear(last);
        last = r;
    }
    PGresult *end = wait_for_answer(db) ? PQgetResult(db->c) : NULL;
    if (PQresultStatus(end) != PGRES_PIPELINE_SYNC && rc == BW_OK)
        rc = pg_fail_lost(db, err);
    PQclear(end);
    if (rc == BW_OK && ret)
        *ret = last;
    else
        PQclear(last);
    return rc;
}

/* Behind a failure the server skips what else was queued: statements that were to be prepared there
 * are not. */
static void forget_names(struct pg *db)
{
    size_t kept = 0;
    if (db->bad_to != db->names_good) /* else it goes on where the last failure ended */
        db->bad_from = db->names_good;
    db->bad_to = db->names;
    for (size_t i = 0; i < db->n_dead; i++)
        if (db->dead[i] <= db->bad_from)
            db->dead[kept++] = db->dead[i];
    db->n_dead = kept;
    for (size_t i = 0; i < DB_CACHE_CHAINS; i++)
        for (struct db_stmt *st = db->base.chains[i]; st; st = st->chain)
            if (pg_stmt_of(st)->name > db->bad_from)
                pg_stmt_of(st)->name = 0;
}

enum bw_rc pg_sync(struct pg *db, PGresult **ret, struct bw_err *err)
{
    if (db->base.lost || !PQpipelineSync(db->c)) {
        db->pending = 0;
        return pg_fail_lost(db, err);
    }
    db->pending_bytes = 0;
    db->posted = false;
    enum bw_rc rc = read_answers(db, ret, err);
    if (rc != BW_OK)
        forget_names(db);
    db->names_good = db->names;
    return rc;
}

bool pg_settle(struct pg *db)
{
    struct bw_err ignored;
    if (!db->owed)
        return !db->base.lost;
    db->owed = false;
    return read_answers(db, NULL, &ignored) == BW_OK && !db->base.lost;
}

/* An idle connection has nothing to say: what can be read behind what it owes is the news of its
 * end, or settings that were changed meanwhile. Another one is made then. What it owes has nearly
 * always come by now: reading it first saves the waiting for it. */
bool pg_idle_ok(struct db *base)
{
    struct pg *db = pg_of(base);
    if ((db->owed && !PQconsumeInput(db->c)) || !pg_settle(db))
        return false;
    struct pollfd fd = {.fd = PQsocket(db->c), .events = POLLIN};
    return PQstatus(db->c) == CONNECTION_OK && poll(&fd, 1, 0) == 0;
}
