/* SPDX-License-Identifier: Apache-2.0 */
/* statistic - counting and reading; see statistic.h. */
#include "statistic.h"

#include "bw_clock.h"

enum { CHUNK = 2000, ARENA_BYTES = 64 << 20, FIGURES_MAX = 2000, ROWS_MAX = 20000 };

static const struct {
    enum ledger_verb verb;
    const char *name;
} SERIES[STATISTIC_SERIES] = {
    [STATISTIC_ORGANISATIONS] = {LEDGER_ORGANISATION_ADDED, "new-organisations"},
    [STATISTIC_PEOPLE] = {LEDGER_PERSON_ADDED, "new-people"},
    [STATISTIC_SIGN_INS] = {LEDGER_SIGNED_IN, "sign-ins"},
    [STATISTIC_ITEMS] = {LEDGER_ITEM_PUBLISHED, "items"},
    [STATISTIC_ACKNOWLEDGED] = {LEDGER_FINDING_ACKNOWLEDGED, "acknowledged"},
};

const char *statistic_name(enum statistic_series s)
{
    return SERIES[s].name;
}

int64_t statistic_month_of(int64_t at_us, int zone_min)
{
    struct bw_civil c;
    bw_civil_of(at_us + zone_min * BW_MINUTE_US, &c);
    return (int64_t)c.year * 100 + c.month;
}

int64_t statistic_month_add(int64_t month, int by)
{
    int64_t months = month / 100 * 12 + month % 100 - 1 + by;
    return months / 12 * 100 + months % 12 + 1;
}

/* -- from the ledger --------------------------------------------------------------------------- */

struct tally {
    enum statistic_series series;
    int64_t month, n;
};
struct chunk {
    const struct ledger_event *events;
    size_t n;
    struct tally *tallies; /* room for n */
    size_t tallies_n;
    int64_t position; /* of the first event */
    int zone_min;
};

static void tally(struct chunk *c, enum statistic_series series, int64_t month)
{
    for (size_t i = c->tallies_n; i-- > 0;)
        if (c->tallies[i].series == series && c->tallies[i].month == month) {
            c->tallies[i].n++;
            return;
        }
    c->tallies[c->tallies_n++] = (struct tally){series, month, 1};
}

static void tally_all(struct chunk *c)
{
    for (size_t i = 0; i < c->n; i++)
        for (size_t s = 0; s < STATISTIC_SERIES; s++)
            if (c->events[i].verb == SERIES[s].verb)
                tally(c, (enum statistic_series)s,
                      statistic_month_of(c->events[i].added_us, c->zone_min));
}

static enum bw_rc read_state(struct db *db, int64_t *ret_position, int64_t *ret_counted_us,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT position, counted_us FROM statistic_state WHERE id = 1", &st, err));
    BW_TRY(db_row(st, err));
    *ret_position = db_int(st, 0);
    *ret_counted_us = db_int(st, 1);
    return BW_OK;
}

static enum bw_rc write_chunk(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct chunk *c = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *move = NULL;
    int64_t position, counted_us;
    BW_TRY(read_state(db_tx_db(tx), &position, &counted_us, err));
    if (position != c->position)
        return bw_fail(err, BW_BUSY, "somebody else counts at the same time");
    BW_TRY(db_change(tx,
                     "INSERT INTO statistic (name, key, month, n) VALUES (?1, '', ?2, ?3)"
                     " ON CONFLICT (name, key, month) DO UPDATE SET n = excluded.n + statistic.n",
                     &st, err));
    for (size_t i = 0; i < c->tallies_n; i++) {
        db_bind_text(st, 1, bw_view_z(SERIES[c->tallies[i].series].name));
        db_bind_int(st, 2, c->tallies[i].month);
        db_bind_int(st, 3, c->tallies[i].n);
        BW_TRY(db_run(st, err));
        db_again(st);
    }
    BW_TRY(db_change(tx, "UPDATE statistic_state SET position = ?1 WHERE id = 1", &move, err));
    db_bind_int(move, 1, position + (int64_t)c->n);
    return db_run(move, err);
}

/* One chunk of events; *ret_more: there may be others behind it. */
static enum bw_rc count_chunk(struct db_engine *e, int zone_min, struct bw_arena *arena,
                              bool *ret_more, struct bw_err *err)
{
    struct chunk c = {.zone_min = zone_min};
    {
        BW_AUTO(db) *db = NULL;
        int64_t counted_us;
        struct ledger_event *events;
        BW_TRY(db_open(e, &db, err));
        BW_TRY(read_state(db, &c.position, &counted_us, err));
        BW_TRY(ledger_read(db, c.position, CHUNK, arena, &events, &c.n, err));
        c.events = events;
    }
    *ret_more = c.n == CHUNK;
    if (c.n == 0)
        return BW_OK;
    c.tallies = BW_ARENA_ARRAY(arena, c.n, struct tally);
    if (!c.tallies)
        return bw_fail_memory(err);
    tally_all(&c);
    return db_write(e, write_chunk, &c, err);
}

/* -- of today ---------------------------------------------------------------------------------- */

struct today {
    struct bw_arena *arena;
    struct statistic rows[FIGURES_MAX];
    size_t n;
};

static enum bw_rc keep_figure(void *arg, const char *name, struct bw_view key, int64_t n,
                              struct bw_err *err)
{
    struct today *t = arg;
    if (t->n == FIGURES_MAX)
        return bw_fail(err, BW_LIMIT, "more figures than the table takes");
    struct statistic *row = &t->rows[t->n++];
    *row = (struct statistic){.name = bw_view_z(name), .n = n};
    return bw_view_copy(t->arena, key, &row->key, err);
}

static enum bw_rc write_today(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct today *t = arg;
    BW_AUTO(db_stmt) *clear = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *when = NULL;
    BW_TRY(db_change(tx, "DELETE FROM statistic WHERE month = 0", &clear, err));
    BW_TRY(db_run(clear, err));
    BW_TRY(db_change(tx, "INSERT INTO statistic (name, key, month, n) VALUES (?1, ?2, 0, ?3)", &st,
                     err));
    for (size_t i = 0; i < t->n; i++) {
        db_bind_text(st, 1, t->rows[i].name);
        db_bind_text(st, 2, t->rows[i].key);
        db_bind_int(st, 3, t->rows[i].n);
        BW_TRY(db_run(st, err));
        db_again(st);
    }
    BW_TRY(db_change(tx, "UPDATE statistic_state SET counted_us = ?1 WHERE id = 1", &when, err));
    db_bind_int(when, 1, db_tx_now_us(tx));
    return db_run(when, err);
}

static enum bw_rc count_today(struct db_engine *e, struct bw_arena *arena, struct bw_err *err)
{
    struct today *t = BW_ARENA_NEW(arena, struct today);
    if (!t)
        return bw_fail_memory(err);
    t->arena = arena;
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(e, &db, err));
        BW_TRY(member_figures(db, bw_now_us(), keep_figure, t, err));
    }
    return db_write(e, write_today, t, err);
}

enum bw_rc statistic_count(struct db_engine *e, int zone_min, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_BYTES);
    bool more = true;
    if (!arena)
        return bw_fail_memory(err);
    while (more) {
        BW_TRY(count_chunk(e, zone_min, arena, &more, err));
        bw_arena_reset(arena);
    }
    return count_today(e, arena, err);
}

enum bw_rc statistic_job(struct job *job, struct bw_err *err)
{
    const struct hub *hub = job_arg(job);
    return statistic_count(hub->db, (int)setting_int(hub->settings, SETTING_ZONE_OFFSET), err);
}

static enum bw_rc write_nothing(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *clear = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "DELETE FROM statistic", &clear, err));
    BW_TRY(db_run(clear, err));
    BW_TRY(db_change(tx, "UPDATE statistic_state SET position = 0, counted_us = 0 WHERE id = 1",
                     &st, err));
    return db_run(st, err);
}

enum bw_rc statistic_rebuild(struct db_engine *e, int zone_min, struct bw_err *err)
{
    BW_TRY(db_write(e, write_nothing, NULL, err));
    return statistic_count(e, zone_min, err);
}

/* -- reading ----------------------------------------------------------------------------------- */

enum bw_rc statistic_read(struct db *db, int64_t since, struct bw_arena *arena,
                          struct statistic **ret, size_t *ret_n, int64_t *ret_counted_us,
                          struct bw_err *err)
{
    enum { FIRST = 256 };
    BW_AUTO(db_stmt) *st = NULL;
    struct statistic *rows = BW_ARENA_ARRAY(arena, FIRST, struct statistic);
    size_t n = 0, room = FIRST;
    int64_t position;
    enum bw_rc rc;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(read_state(db, &position, ret_counted_us, err));
    BW_TRY(db_plain(db,
                    "SELECT name, key, month, n FROM statistic WHERE month = 0 OR month >= ?1"
                    " ORDER BY name, key, month LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, since);
    db_bind_int(st, 2, ROWS_MAX);
    while ((rc = db_row(st, err)) == BW_OK) {
        if (n == room) {
            struct statistic *larger = BW_ARENA_ARRAY(arena, room * 2, struct statistic);
            if (!larger)
                return bw_fail_memory(err);
            memcpy(larger, rows, n * sizeof(*rows));
            rows = larger;
            room *= 2;
        }
        rows[n] = (struct statistic){.month = db_int(st, 2), .n = db_int(st, 3)};
        BW_TRY(bw_view_copy(arena, db_text(st, 0), &rows[n].name, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &rows[n].key, err));
        n++;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}
