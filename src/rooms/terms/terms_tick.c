/* SPDX-License-Identifier: Apache-2.0 */
/* terms_tick - what time makes due: a version comes into force, a membership ends, a reminder is to
 * be sent.
 *
 * A repeating job looks every ten minutes and two jobs wait for the very moments (announcing and
 * dating add them); before the hub listens it looks once more, so that a hub that was stopped over
 * the moment never serves a request in the old state. Looking is a read; only where something is
 * due does it take the write lane.
 *
 * A reminder is a row and a ledger event in one transaction: sent once, also after a crash. Where
 * several steps were missed only the last one is sent. */
#include "terms_int.h"

enum { STEPS = 3 };
static const int64_t STEP_DAYS[STEPS] = {30, 14, 3};
enum reminder { REMIND_TERMS = 0, REMIND_MEMBERSHIP = 1 };

/* One thing that is reminded of. */
struct due {
    enum reminder kind;
    int64_t subject_id, due_us, since_us, number;
    struct bw_view public_id;
};

/* The step that has been reached, or -1: before the first, or past the moment. A step whose moment
 * was before SINCE needs no reminder: the news itself was one. */
static int step_of(const struct due *d, int64_t now_us)
{
    int step = -1;
    for (int i = 0; i < STEPS; i++) {
        int64_t at_us = d->due_us - STEP_DAYS[i] * BW_DAY_US;
        if (now_us >= at_us && now_us < d->due_us && at_us > d->since_us)
            step = i;
    }
    return step;
}

static enum bw_rc was_sent(struct db *db, const struct due *d, int64_t days, bool *ret,
                           struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT 1 FROM terms_reminder WHERE kind = ?1 AND subject_id = ?2"
                    " AND due_us = ?3 AND days <= ?4 AND days > 0 LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, (int64_t)d->kind);
    db_bind_int(st, 2, d->subject_id);
    db_bind_int(st, 3, d->due_us);
    db_bind_int(st, 4, days);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rc == BW_OK;
    return BW_OK;
}

static enum bw_rc note_sent(struct db_tx *tx, const struct due *d, int64_t days, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO terms_reminder (kind, subject_id, due_us, days, at_us)"
                     " VALUES (?1, ?2, ?3, ?4, ?5)"
                     " ON CONFLICT (kind, subject_id, due_us, days) DO UPDATE SET"
                     " at_us = excluded.at_us",
                     &st, err));
    db_bind_int(st, 1, (int64_t)d->kind);
    db_bind_int(st, 2, d->subject_id);
    db_bind_int(st, 3, d->due_us);
    db_bind_int(st, 4, days);
    db_bind_int(st, 5, db_tx_now_us(tx));
    return db_run(st, err);
}

/* -- what there is to remind of ---------------------------------------------------------------- */

enum { DUE_MAX = 200 }; /* at a time; the next look takes the others */

static enum bw_rc list_terms(struct db *db, struct bw_arena *arena, struct due *list, size_t *n,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer_system("terms: what people have to be reminded of"),
                    "SELECT id, effective_us, announced_us, number, public_id"
                    " FROM v_terms_version WHERE state = 2 ORDER BY id LIMIT ?1",
                    &st, err));
    db_bind_int(st, 1, DUE_MAX);
    while ((rc = db_row(st, err)) == BW_OK && *n < DUE_MAX) {
        struct due *d = &list[(*n)++];
        *d = (struct due){REMIND_TERMS,  db_int(st, 0), db_int(st, 1),
                          db_int(st, 2), db_int(st, 3), {NULL, 0}};
        BW_TRY(bw_view_copy(arena, db_text(st, 4), &d->public_id, err));
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* The memberships that end within the first step; those that were reminded of last come last. */
static enum bw_rc list_memberships(struct db *db, int64_t now_us, struct bw_arena *arena,
                                   struct due *list, size_t *n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer_system("terms: what people have to be reminded of"),
                    "SELECT m.organisation_id, m.valid_until_us, m.set_us, o.public_id"
                    " FROM v_membership m JOIN v_organisation o ON o.id = m.organisation_id"
                    " WHERE m.ended = 0 AND m.valid_until_us > ?1 AND m.valid_until_us <= ?2"
                    " AND o.state <> 2 ORDER BY m.valid_until_us, m.organisation_id",
                    &st, err));
    db_bind_int(st, 1, now_us);
    db_bind_int(st, 2, now_us + STEP_DAYS[0] * BW_DAY_US);
    while ((rc = db_row(st, err)) == BW_OK && *n < DUE_MAX) {
        struct due d = {REMIND_MEMBERSHIP, db_int(st, 0), db_int(st, 1), db_int(st, 2), 0,
                        {NULL, 0}};
        int step = step_of(&d, now_us);
        bool sent = step < 0;
        if (!sent)
            BW_TRY(was_sent(db, &d, STEP_DAYS[step], &sent, err));
        if (sent)
            continue;
        BW_TRY(bw_view_copy(arena, db_text(st, 3), &d.public_id, err));
        list[(*n)++] = d;
    }
    return rc == BW_NOT_FOUND || rc == BW_OK ? BW_OK : rc;
}

static enum bw_rc audience_of(struct db_tx *tx, const struct due *d, int64_t *ret,
                              struct bw_err *err)
{
    const struct grant all = {GRANT_EVERYBODY, 0};
    const struct grant own[] = {{GRANT_ORGANISATION, d->subject_id}, {GRANT_ROLE, ROLE_STAFF}};
    return d->kind == REMIND_TERMS
               ? audience_intern(tx, TLP_GREEN, &all, 1, ret, err)
               : audience_intern(tx, TLP_AMBER_STRICT, own, BW_COUNT(own), ret, err);
}

static enum bw_rc remind(struct db_tx *tx, const struct due *d, int64_t now_us, struct bw_err *err)
{
    int step = step_of(d, now_us);
    int64_t audience_id;
    bool sent = step < 0;
    if (!sent)
        BW_TRY(was_sent(db_tx_db(tx), d, STEP_DAYS[step], &sent, err));
    if (sent)
        return BW_OK;
    BW_TRY(note_sent(tx, d, STEP_DAYS[step], err));
    BW_TRY(audience_of(tx, d, &audience_id, err));
    return TERMS_APPEND(tx,
                        d->kind == REMIND_TERMS ? LEDGER_TERMS_REMINDED
                                                : LEDGER_MEMBERSHIP_REMINDED,
                        d->public_id, 0, audience_id, err, {"days", {NULL, 0}, STEP_DAYS[step]},
                        {"number", {NULL, 0}, d->number});
}

static enum bw_rc list_due(struct db *db, int64_t now_us, struct bw_arena *arena, struct due **ret,
                           size_t *ret_n, struct bw_err *err)
{
    struct due *list = BW_ARENA_ARRAY(arena, 2 * DUE_MAX, struct due);
    size_t n = 0, more = 0;
    if (!list)
        return bw_fail_memory(err);
    BW_TRY(list_terms(db, arena, list, &n, err));
    BW_TRY(list_memberships(db, now_us, arena, list + n, &more, err));
    *ret = list;
    *ret_n = n + more;
    return BW_OK;
}

/* -- by hand ----------------------------------------------------------------------------------- */

enum { BY_HAND = 0 };

static enum bw_rc last_by_hand(struct db_tx *tx, const struct due *d, int64_t *ret_us,
                               struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db_tx_db(tx),
                    "SELECT coalesce(max(at_us), 0) FROM terms_reminder WHERE kind = 0"
                    " AND subject_id = ?1 AND days = 0",
                    &st, err));
    db_bind_int(st, 1, d->subject_id);
    BW_TRY(db_row(st, err));
    *ret_us = db_int(st, 0);
    return BW_OK;
}

enum bw_rc terms_remind_now(struct db_tx *tx, const struct viewer *viewer, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(4 << 20);
    const struct grant all = {GRANT_EVERYBODY, 0};
    struct terms_version v;
    int64_t last_us, audience_id, days;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(terms_actor_check(tx, viewer, err));
    BW_TRY(terms_current(db_tx_db(tx), viewer, arena, &v, err));
    const struct due d = {REMIND_TERMS,   v.id,     v.effective_us,
                          v.announced_us, v.number, v.public_id};
    BW_TRY(last_by_hand(tx, &d, &last_us, err));
    if (last_us && last_us > db_tx_now_us(tx) - BW_HOUR_US)
        return bw_fail(err, BW_CONFLICT, "a reminder was sent within the hour: wait a little");
    days = (v.effective_us - db_tx_now_us(tx)) / BW_DAY_US;
    BW_TRY(note_sent(tx, &d, BY_HAND, err));
    BW_TRY(audience_intern(tx, TLP_GREEN, &all, 1, &audience_id, err));
    return TERMS_APPEND(tx, LEDGER_TERMS_REMINDED, v.public_id, viewer->person_id, audience_id, err,
                        {"days", {NULL, 0}, days > 0 ? days : 0}, {"number", {NULL, 0}, v.number});
}

/* -- looking ----------------------------------------------------------------------------------- */

static enum bw_rc moments_due(struct db *db, int64_t now_us, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("terms: whether a moment has come"),
                    "SELECT (SELECT count(*) FROM v_terms_version WHERE state = 2"
                    " AND effective_us <= ?1) + (SELECT count(*) FROM v_membership WHERE ended = 0"
                    " AND valid_until_us <= ?1)",
                    &st, err));
    db_bind_int(st, 1, now_us);
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0) > 0;
    return BW_OK;
}

static enum bw_rc look(struct db_engine *e, bool *ret, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(4 << 20);
    BW_AUTO(db) *db = NULL;
    struct due *list;
    bool sent;
    size_t n;
    int64_t now_us = bw_now_us();
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(db_open(e, &db, err));
    BW_TRY(moments_due(db, now_us, ret, err));
    if (!*ret)
        BW_TRY(terms_limit_stale(db, ret, err));
    if (*ret)
        return BW_OK;
    BW_TRY(list_due(db, now_us, arena, &list, &n, err));
    for (size_t i = 0; i < n && !*ret; i++) {
        int step = step_of(&list[i], now_us);
        if (step < 0)
            continue;
        BW_TRY(was_sent(db, &list[i], STEP_DAYS[step], &sent, err));
        *ret = !sent;
    }
    return BW_OK;
}

static enum bw_rc act(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(4 << 20);
    struct terms_swept swept;
    struct due *list;
    size_t n;
    (void)arg;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(terms_come_into_force(tx, err));
    BW_TRY(terms_membership_end(tx, err));
    BW_TRY(terms_limit_all(tx, &swept, err)); /* whatever a room has changed without saying so */
    BW_TRY(list_due(db_tx_db(tx), db_tx_now_us(tx), arena, &list, &n, err));
    for (size_t i = 0; i < n; i++)
        BW_TRY(remind(tx, &list[i], db_tx_now_us(tx), err));
    return BW_OK;
}

enum bw_rc terms_tick(struct db_engine *e, struct bw_err *err)
{
    bool due;
    BW_TRY(look(e, &due, err));
    return due ? db_write(e, act, NULL, err) : BW_OK;
}

static enum bw_rc run(struct job *job, struct bw_err *err)
{
    return terms_tick(job_engine(job), err);
}

const struct job_kind terms_jobs[TERMS_JOBS] = {
    {.name = "terms.look", .run = run, .tries_max = 3, .every_us = 10 * BW_MINUTE_US},
    {.name = TERMS_JOB_MOMENT, .run = run},
};
