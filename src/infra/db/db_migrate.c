/* SPDX-License-Identifier: Apache-2.0 */
/* db_migrate - schema steps: each once, each in a transaction of its own, forward only, one text
 * for both engines.
 *
 * A crash or a full disk between or inside steps leaves the last finished one; the next start goes
 * on. The table `migration` also keeps which release applied a step, so that an older program that
 * meets a newer file can say which release it takes. */
#include "bw_clock.h"
#include "bw_fault.h"
#include "bw_log.h"
#include "db_int.h"

extern const char db_base_sql[]; /* 0001_base.sql */

static const char MAKE[] = "CREATE TABLE migration (number $int PRIMARY KEY, name $text NOT NULL,"
                           " applied_us $int NOT NULL, release $text NOT NULL) $strict";

static enum bw_rc begin(struct db *db, struct bw_err *err)
{
    if (bw_fault("db.begin"))
        return db_fail_io(err, "db.begin");
    return db->engine->driver->begin_step(db, err);
}

/* Ends what begin() began: commits when RC is BW_OK. */
static enum bw_rc end(struct db *db, enum bw_rc rc, struct bw_err *err)
{
    const struct db_driver *d = db->engine->driver;
    if (rc == BW_OK && bw_fault("db.commit"))
        rc = db_fail_io(err, "db.commit");
    if (rc == BW_OK)
        rc = d->end_step(db, err);
    if (!d->gone(db))
        d->rollback(db);
    return rc;
}

static enum bw_rc run_script(struct db *db, const char *sql, struct bw_err *err)
{
    BW_AUTO_HEAP char *spelled = NULL;
    BW_TRY(db_dialect(db->engine, DB_OWN, true, bw_view_z(sql), &spelled, err));
    return db->engine->driver->script(db, spelled ? spelled : sql, err);
}

static enum bw_rc note(struct db *db, const struct db_migration *m, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_own(db,
                  "INSERT INTO migration (number, name, applied_us, release)"
                  " VALUES (?1, ?2, ?3, ?4)",
                  &st, err));
    db_bind_int(st, 1, m->number);
    db_bind_text(st, 2, bw_view_z(m->name));
    db_bind_int(st, 3, bw_now_us());
    db_bind_text(st, 4, BW_V(BW_VERSION));
    return db_run(st, err);
}

/* Asked inside the transaction: another process may be migrating too. */
static enum bw_rc is_applied(struct db *db, int number, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_own(db, "SELECT 1 FROM migration WHERE number = ?1", &st, err));
    db_bind_int(st, 1, number);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rc == BW_OK;
    return BW_OK;
}

static enum bw_rc apply_in(struct db *db, const struct db_migration *m, struct bw_err *err)
{
    bool applied = false;
    BW_TRY(is_applied(db, m->number, &applied, err));
    if (applied)
        return BW_OK;
    BW_TRY(run_script(db, m->sql, err));
    BW_TRY(db->engine->driver->check_step(db, m->name, err));
    return note(db, m, err);
}

static enum bw_rc apply(struct db *db, const struct db_migration *m, struct bw_err *err)
{
    BW_TRY(begin(db, err));
    enum bw_rc rc = end(db, apply_in(db, m, err), err);
    if (rc == BW_OK)
        bw_log(BW_LOG_INFO, "db.migrated", BW_FZ("step", m->name));
    return rc;
}

static enum bw_rc make(struct db *db, struct bw_err *err)
{
    const struct db_driver *d = db->engine->driver;
    bool there = false;
    BW_TRY(begin(db, err));
    enum bw_rc rc = d->make_schema(db, err);
    if (rc == BW_OK)
        rc = d->has_schema(db, &there, err);
    if (rc == BW_OK && !there)
        rc = run_script(db, MAKE, err);
    return end(db, rc, err);
}

static const struct db_migration *known(const struct db_options *o, const struct db_migration *base,
                                        int64_t number)
{
    if (number == base->number)
        return base;
    for (size_t i = 0; i < o->n_migrations; i++)
        if (o->migrations[i].number == number)
            return &o->migrations[i];
    return NULL;
}

/* Every step in the file must be one of ours, by number and name. */
static enum bw_rc check_known(struct db *db, const struct db_options *o,
                              const struct db_migration *base, size_t *ret_applied,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(
        db_own(db, "SELECT number, name, release FROM migration ORDER BY number DESC", &st, err));
    enum bw_rc rc;
    size_t applied = 0;
    while ((rc = db_row(st, err)) == BW_OK) {
        const struct db_migration *m = known(o, base, db_int(st, 0));
        if (!m)
            return bw_fail(err, BW_INVALID,
                           "this database needs Breakwater %.*s or newer (its schema has step %.*s,"
                           " which %s does not know)",
                           BW_VF(db_text(st, 2)), BW_VF(db_text(st, 1)), BW_VERSION);
        if (!bw_view_is(db_text(st, 1), m->name))
            return bw_fail(err, BW_INVALID,
                           "schema step %d is called %.*s in the database and %s here", m->number,
                           BW_VF(db_text(st, 1)), m->name);
        applied++;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret_applied = applied;
    return BW_OK;
}

static enum bw_rc migrate_in(struct db *db, const struct db_options *o, struct bw_err *err)
{
    const struct db_migration base = {1, "0001_base", db_base_sql};
    int last = base.number;
    for (size_t i = 0; i < o->n_migrations; i++) {
        if (o->migrations[i].number <= last)
            return bw_fail(err, BW_BROKEN, "schema steps are out of order at %s",
                           o->migrations[i].name);
        last = o->migrations[i].number;
    }
    bool there = false;
    size_t applied = 0;
    BW_TRY(db->engine->driver->has_schema(db, &there, err));
    if (there)
        BW_TRY(check_known(db, o, &base, &applied, err));
    if (there && applied == o->n_migrations + 1)
        return BW_OK;
    if (db->engine->read_only)
        return bw_fail(err, BW_INVALID,
                       "the database has to be brought up to this release first:"
                       " start the hub once");
    if (!there)
        BW_TRY(make(db, err));
    BW_TRY(apply(db, &base, err));
    for (size_t i = 0; i < o->n_migrations; i++)
        BW_TRY(apply(db, &o->migrations[i], err));
    return BW_OK;
}

enum bw_rc db_migrate(struct db_engine *e, struct db *db, const struct db_options *o,
                      struct bw_err *err)
{
    const struct db_driver *d = e->driver;
    BW_TRY(d->migrating(db, true, err));
    enum bw_rc rc = migrate_in(db, o, err);
    db_cache_empty(db); /* used once */
    struct bw_err ignored;
    enum bw_rc back = d->migrating(db, false, rc == BW_OK ? err : &ignored);
    return rc == BW_OK ? back : rc;
}
