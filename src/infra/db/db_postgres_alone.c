/* SPDX-License-Identifier: Apache-2.0 */
/* db_postgres_alone - one hub for each database.
 *
 * A second hub would send every mail again. The hub that serves holds an advisory lock of its own
 * (not the one that writers take turns by: commands write beside a running hub), for as long as the
 * session lives. It is the session that the lane writes on: no group can be written without the
 * lock, and nobody has to watch it. When that connection is lost the lock may go with it; the lane
 * connects anew before it writes, and takes it again.
 *
 * Two things stand in the way of that. The server may not have noticed that our old session is
 * gone: it is ended, known by its name, which is like no other's. Or another hub came meanwhile:
 * then this one writes no more. It goes on when the other has gone. */
#include "db_postgres_int.h"

#include "bw_log.h"
#include "bw_random.h"

#include <stdio.h>

#define LOCK_KEY "1114793314" /* behind PG_LOCK's */
#define DEFAULT_PORT "5432"

/* A hub that was ended a moment ago may still be written for: a second one waits a little. */
static const char TAKE_SOON[] = "SET lock_timeout = '5s'; SELECT pg_advisory_lock(" LOCK_KEY ");";
static const char TAKE_NOW[] = "SELECT pg_try_advisory_lock(" LOCK_KEY ")";
static const char TIMEOUT_BACK[] = "SET lock_timeout = '10s'";
static const char HOLDERS[] =
    "FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory'"
    " AND l.granted AND l.classid = 0 AND l.objid = " LOCK_KEY
    " AND l.objsubid = 1 AND l.database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())";

void pg_place(PGconn *c, char *out, size_t size)
{
    const char *host = PQhost(c), *port = PQport(c);
    bool usual = !port || !port[0] || strcmp(port, DEFAULT_PORT) == 0;
    snprintf(out, size, "database %s on %s%s%s", PQdb(c), host && host[0] ? host : "this machine",
             usual ? "" : ":", usual ? "" : port);
}

static enum bw_rc take_now(PGconn *c, bool *ret, struct bw_err *err)
{
    PGresult *r = NULL;
    BW_TRY(pg_exec(c, TAKE_NOW, &r, err));
    *ret = PQntuples(r) == 1 && PQgetvalue(r, 0, 0)[0] == 't';
    PQclear(r);
    return BW_OK;
}

/* BW_BUSY: somebody holds it. */
static enum bw_rc take_soon(PGconn *c, struct bw_err *err)
{
    enum bw_rc rc = pg_exec(c, TAKE_SOON, NULL, err);
    if (rc == BW_OK || rc == BW_BUSY) {
        struct bw_err why;
        enum bw_rc back = pg_exec(c, TIMEOUT_BACK, NULL, rc == BW_OK ? err : &why);
        rc = rc == BW_OK ? back : rc;
    }
    return rc;
}

/* This process's, among all sessions of the server. */
static char session_name[48];
static pthread_once_t named = PTHREAD_ONCE_INIT;

static void make_name(void)
{
    snprintf(session_name, sizeof session_name, "breakwater hub %s", bw_id_new().text);
}

static enum bw_rc name_session(PGconn *c, struct bw_err *err)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SET application_name = '%s'", session_name);
    return pg_exec(c, sql, NULL, err);
}

/* WHAT of the session by which this process has the lock. */
static enum bw_rc own_sessions(PGconn *c, const char *what, bool *ret_some, struct bw_err *err)
{
    PGresult *r = NULL;
    char sql[sizeof HOLDERS + 192];
    snprintf(sql, sizeof sql, "SELECT %s %s AND a.application_name = '%s'", what, HOLDERS,
             session_name);
    BW_TRY(pg_exec(c, sql, &r, err));
    *ret_some = PQntuples(r) > 0;
    PQclear(r);
    return BW_OK;
}

/* Held once, and not now: it is said once, whatever else is tried. */
static enum bw_rc taken(struct db_engine *e, bool had, PGconn *c, struct bw_err *err)
{
    if (!had) {
        bool own = false;
        BW_TRY(own_sessions(c, "a.pid", &own, err));
        if (own)
            return bw_fail(err, BW_CONFLICT, DB_SAY_SAME, e->place);
        return bw_fail(err, BW_CONFLICT, DB_SAY_TAKEN, e->place);
    }
    if (!atomic_exchange(&e->taken, true))
        bw_log(BW_LOG_ERROR, "db.taken", BW_FZ("database", e->place),
               BW_FZ("what", "another hub took it while the connection was lost: this one writes"
                             " nothing and sends nothing until that one has stopped"));
    return bw_fail(err, BW_IO,
                   "another hub has taken this hub's database: nothing was saved; the operator has"
                   " to stop one of the two");
}

enum bw_rc pg_alone(struct db_engine *e, PGconn *c, struct bw_err *err)
{
    struct pg_part *part = e->part;
    bool got, own = false;
    pthread_once(&named, make_name);
    BW_TRY(take_now(c, &got, err));
    if (!got && part->had_alone)
        BW_TRY(own_sessions(c, "pg_terminate_backend(a.pid)", &own, err));
    if (!got && (own || !part->had_alone)) {
        enum bw_rc rc = take_soon(c, err);
        if (rc != BW_OK && rc != BW_BUSY)
            return rc;
        got = rc == BW_OK;
    }
    if (!got)
        return taken(e, part->had_alone, c, err);
    if (atomic_exchange(&e->taken, false))
        bw_log(BW_LOG_INFO, "db.own_again", BW_FZ("database", e->place));
    part->had_alone = true;
    return name_session(c, err);
}
