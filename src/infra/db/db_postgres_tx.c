/* SPDX-License-Identifier: Apache-2.0 */
/* db_postgres_tx - transactions as the lane and the sessions see them, and ids.
 *
 * Reading: REPEATABLE READ, READ ONLY; one snapshot from the first row to the end. COMMIT is sent
 * and its answer read when the session is used again.
 *
 * Writing: one writer at a time among all hubs of the database, by an advisory lock that is taken
 * before anything is read and that the server lets go of after the commit is visible. So a write
 * function sees what it sees on SQLite: everything before it, nothing beside it. With the lock in
 * hand READ COMMITTED is serial, and a serialization failure can only come from somebody who writes
 * without the lock; the lane runs the function again then.
 *
 * A connection that is lost in COMMIT leaves it open whether the group was kept. The server knows:
 * its transaction id is asked for at the begin, and pg_xact_status() after the loss.
 *
 * Ids: see struct pg_table. They are right as long as nobody else wrote: the clock's row tells. */
#include "db_postgres_int.h"

#include "bw_clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define ASK_FOR_US (15 * BW_SECOND_US)
#define ASK_PAUSE_US 250000

static enum bw_rc bury(struct pg *db, struct bw_err *err)
{
    char sql[48];
    while (db->n_dead > 0) {
        snprintf(sql, sizeof sql, "DEALLOCATE s%" PRIu64, db->dead[--db->n_dead]);
        BW_TRY(pg_put(db, sql, err));
    }
    return BW_OK;
}

bool pg_gone(const struct db *db)
{
    return !pg_of(db)->in_tx;
}

/* -- reading ----------------------------------------------------------------------------------- */

enum bw_rc pg_begin_read(struct db *base, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    BW_TRY(bury(db, err));
    BW_TRY(pg_put_own(db, PG_OWN_BEGIN, err));
    db->in_tx = true;
    return BW_OK;
}

bool pg_end_read(struct db *base)
{
    struct pg *db = pg_of(base);
    struct bw_err ignored;
    db->in_tx = false;
    if (base->lost || pg_put_own(db, PG_OWN_COMMIT, &ignored) != BW_OK || !PQpipelineSync(db->c))
        return false;
    db->owed = true;
    return true;
}

/* -- ids --------------------------------------------------------------------------------------- */

enum bw_rc pg_tables_load(struct db_engine *e, struct bw_err *err)
{
    struct pg_part *part = e->part;
    struct pg *db = pg_of(e->lane.db);
    PGresult *r = NULL;
    BW_TRY(pg_put(db,
                  "SELECT c.relname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                  " WHERE a.atttypid = 'breakwater.given_id'::regtype AND c.relkind = 'r'"
                  " AND NOT a.attisdropped ORDER BY 1",
                  err));
    BW_TRY(pg_sync(db, &r, err));
    enum bw_rc rc = BW_OK;
    for (int i = 0; i < PQntuples(r) && rc == BW_OK; i++)
        if (part->n_tables == PG_TABLES_MAX || PQgetlength(r, i, 0) >= DB_NAME_MAX)
            rc = bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "too many tables");
        else
            snprintf(part->tables[part->n_tables++].name, DB_NAME_MAX, "%s", PQgetvalue(r, i, 0));
    PQclear(r);
    return rc;
}

static enum bw_rc ids_read(struct pg *db, struct bw_err *err)
{
    struct pg_part *part = pg_part_of(&db->base);
    PGresult *r = NULL;
    BW_TRY(pg_put(db, "SELECT name, last FROM id_counter", err));
    BW_TRY(pg_sync(db, &r, err));
    for (size_t i = 0; i < part->n_tables; i++)
        part->tables[i].last = 0;
    for (int row = 0; row < PQntuples(r); row++)
        for (size_t i = 0; i < part->n_tables; i++)
            if (strcmp(part->tables[i].name, PQgetvalue(r, row, 0)) == 0)
                part->tables[i].last = pg_value_int(r, row, 1);
    for (size_t i = 0; i < part->n_tables; i++)
        part->tables[i].saved = part->tables[i].stored = part->tables[i].last;
    PQclear(r);
    return BW_OK;
}

static enum bw_rc ids_write(struct pg *db, struct bw_err *err)
{
    struct pg_part *part = pg_part_of(&db->base);
    for (size_t i = 0; i < part->n_tables; i++) {
        const struct pg_table *t = &part->tables[i];
        if (t->last == t->stored)
            continue;
        BW_AUTO(db_stmt) *st = NULL;
        BW_TRY(db_own(&db->base,
                      "INSERT INTO id_counter (name, last) VALUES (?1, ?2)"
                      " ON CONFLICT (name) DO UPDATE SET last = excluded.last",
                      &st, err));
        db_bind_text(st, 1, bw_view_z(t->name));
        db_bind_int(st, 2, t->last);
        BW_TRY(db_post(st, err));
    }
    return BW_OK;
}

static void ids_keep(struct pg *db, bool keep)
{
    struct pg_part *part = pg_part_of(&db->base);
    for (size_t i = 0; i < part->n_tables; i++) {
        struct pg_table *t = &part->tables[i];
        if (keep)
            t->saved = t->last;
        else
            t->last = t->saved;
    }
}

/* -- writing ----------------------------------------------------------------------------------- */

enum bw_rc pg_begin_write(struct db *base, int64_t *ret_last_us, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    PGresult *r = NULL;
    if (!db->writes) /* not when it connected: there may have been no schema yet */
        BW_TRY(pg_prepare_own(db, PG_OWN_LOCK, PG_OWN_CLOCK, err));
    db->writes = true;
    BW_TRY(bury(db, err));
    BW_TRY(pg_put_own(db, PG_OWN_BEGIN, err));
    db->in_tx = true;
    db->changed = false;
    BW_TRY(pg_put_own(db, PG_OWN_LOCK, err));
    BW_TRY(pg_put_own(db, PG_OWN_CLOCK, err));
    BW_TRY(pg_sync(db, &r, err));
    bool there = PQntuples(r) == 1;
    int64_t last_us = there ? pg_value_int(r, 0, 0) : 0;
    snprintf(db->xid, sizeof db->xid, "%s", there ? PQgetvalue(r, 0, 1) : "");
    PQclear(r);
    if (!there)
        return bw_fail(err, BW_BROKEN, "the database has lost its clock");
    struct pg_part *part = pg_part_of(base);
    if (part->known_us == 0 || part->known_us != last_us)
        BW_TRY(ids_read(db, err));
    part->known_us = last_us ? last_us : -1;
    *ret_last_us = last_us;
    return BW_OK;
}

enum bw_rc pg_save(struct db *base, struct bw_err *err)
{
    ids_keep(pg_of(base), true);
    return pg_put_own(pg_of(base), PG_OWN_SAVE, err);
}

/* What was posted must have gone well before the member is let go of. */
enum bw_rc pg_release(struct db *base, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    BW_TRY(pg_put_own(db, PG_OWN_RELEASE, err));
    return db->posted ? pg_sync(db, NULL, err) : BW_OK;
}

enum bw_rc pg_undo(struct db *base, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    ids_keep(db, false);
    if (base->again || base->lost)
        return bw_fail(err, BW_BUSY, DB_SAY_BUSY);
    BW_TRY(pg_put(db, "ROLLBACK TO SAVEPOINT member", err));
    BW_TRY(pg_put(db, "RELEASE SAVEPOINT member", err));
    return pg_sync(db, NULL, err);
}

bool pg_changed(struct db *db)
{
    return pg_of(db)->changed;
}

/* -- a commit whose answer was lost ------------------------------------------------------------ */

/* 1: committed, 0: not, -1: not known yet. */
static int ask(struct db_engine *e, const char *xid)
{
    char sql[96];
    PGconn *c = NULL;
    PGresult *r = NULL;
    struct bw_err ignored;
    int answer = -1;
    snprintf(sql, sizeof sql, "SELECT pg_xact_status('%s'::xid8)", xid);
    if (pg_connect_first(e, &c, &ignored) != BW_OK)
        return -1;
    if (pg_exec(c, sql, &r, &ignored) == BW_OK && PQntuples(r) == 1) {
        const char *said = PQgetvalue(r, 0, 0);
        answer = strcmp(said, "committed") == 0 ? 1 : strcmp(said, "aborted") == 0 ? 0 : -1;
    }
    PQclear(r);
    PQfinish(c);
    return answer;
}

static enum bw_rc lost_in_commit(struct pg *db, struct bw_err *err)
{
    int64_t until = bw_mono_us() + ASK_FOR_US;
    int answer = ask(db->base.engine, db->xid);
    while (answer < 0 && bw_mono_us() < until) {
        usleep(ASK_PAUSE_US);
        answer = ask(db->base.engine, db->xid);
    }
    if (answer == 1)
        return BW_OK;
    if (answer == 0)
        return err->rc;
    return bw_fail(err, BW_IO,
                   "the database server went away while this was being saved: look whether it is"
                   " there before you send it again");
}

static enum bw_rc write_clock(struct pg *db, int64_t now_us, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_own(&db->base, "UPDATE lane_clock SET last_us = ?1 WHERE id = 1", &st, err));
    db_bind_int(st, 1, now_us);
    return db_post(st, err);
}

/* COMMIT of a transaction in which something failed answers, without an error, ROLLBACK. */
static enum bw_rc end_write(struct pg *db, struct bw_err *err)
{
    PGresult *r = NULL;
    BW_TRY(pg_put_own(db, PG_OWN_COMMIT, err));
    BW_TRY(pg_sync(db, &r, err));
    bool kept = strcmp(PQcmdStatus(r), "COMMIT") == 0;
    PQclear(r);
    if (!kept)
        return bw_fail(err, BW_CONFLICT, "the change was undone, try again");
    return BW_OK;
}

enum bw_rc pg_commit(struct db *base, int64_t now_us, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    struct pg_part *part = pg_part_of(base);
    if (now_us) {
        BW_TRY(ids_write(db, err));
        BW_TRY(write_clock(db, now_us, err));
    }
    enum bw_rc rc = end_write(db, err);
    if (rc != BW_OK && base->lost && now_us)
        rc = lost_in_commit(db, err);
    BW_TRY(rc);
    db->in_tx = false;
    if (!now_us)
        return BW_OK;
    for (size_t i = 0; i < part->n_tables; i++)
        part->tables[i].stored = part->tables[i].last;
    part->known_us = now_us;
    return BW_OK;
}

void pg_rollback(struct db *base)
{
    struct pg *db = pg_of(base);
    struct bw_err ignored;
    pg_part_of(base)->known_us = 0; /* ids that were given are given again */
    if (base->lost)
        db->in_tx = false;
    if (!db->in_tx)
        return;
    if (pg_put(db, "ROLLBACK", &ignored) == BW_OK && pg_sync(db, NULL, &ignored) != BW_OK) {
        /* What was queued before it failed and it was skipped: once more. */
        if (!base->lost && pg_put(db, "ROLLBACK", &ignored) == BW_OK &&
            pg_sync(db, NULL, &ignored) != BW_OK)
            base->lost = true;
    }
    db->in_tx = false;
}
