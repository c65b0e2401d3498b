/* SPDX-License-Identifier: Apache-2.0 */
/* member_review - once a year somebody says of each person that they are still there:
 * administrators of their staff, the hub's desk of administrators. Whoever nobody confirmed within
 * the time is suspended, which one word undoes, and not removed.
 *
 * Who works for the hub is left out: nobody but the owner could confirm them, nobody the owner, and
 * a hub must not lock itself out by a calendar. The self-check page looks at them instead. */
#include "member_people.h"

#include "bw_clock.h"
#include "page.h"

enum { AT_ONCE = 100 }; /* rows in one transaction */

/* -- reading ----------------------------------------------------------------------------------- */

static enum bw_rc open_review(struct db *db, int64_t *ret_id, int64_t *ret_due_us,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret_id = *ret_due_us = 0;
    BW_TRY(db_plain(db, "SELECT id, due_us FROM review WHERE closed_us IS NULL ORDER BY id LIMIT 1",
                    &st, err));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK) {
        *ret_id = db_int(st, 0);
        *ret_due_us = db_int(st, 1);
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* ?1 review, ?2 1 for the desk, ?3 organisation, ?4 the one who asks: never about themselves. */
#define MINE                                                                               \
    " FROM review_line l JOIN v_person p ON p.id = l.person_id JOIN v_organisation o"      \
    " ON o.id = p.organisation_id WHERE l.review_id = ?1 AND l.answer = 0 AND p.state = 0" \
    " AND l.desk = ?2 AND (?2 = 1 OR l.organisation_id = ?3) AND p.id <> ?4"

static void bind_mine(struct db_stmt *st, int64_t review_id, const struct viewer *viewer)
{
    db_bind_int(st, 1, review_id);
    db_bind_int(st, 2, permission_has(viewer, PERM_MEMBERS));
    db_bind_int(st, 3, viewer->organisation_id);
    db_bind_int(st, 4, viewer->person_id);
}

static enum bw_rc read_line(const struct db_stmt *st, struct bw_arena *arena,
                            struct member_review_line *ret, struct bw_err *err)
{
    ret->role = (enum role)db_int(st, 3);
    ret->seen_us = db_int(st, 7) > db_int(st, 8) ? db_int(st, 7) : db_int(st, 8);
    BW_TRY(bw_view_copy(arena, db_text(st, 0), &ret->public_id, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 1), &ret->name, err));
    if (ret->role != ROLE_SERVICE)
        BW_TRY(bw_view_copy(arena, db_text(st, 2), &ret->email, err));
    return member_names_row(st, 4, arena, &ret->organisation, err);
}

static enum bw_rc count_mine(struct db *db, const struct viewer *viewer, int64_t review_id,
                             int64_t *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer, "SELECT count(*)" MINE, &st, err));
    bind_mine(st, review_id, viewer);
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

enum bw_rc member_review_read(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                              struct member_review_line **ret, size_t *ret_n, int64_t *ret_left,
                              int64_t *ret_due_us, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_review_line *rows = BW_ARENA_ARRAY(arena, PAGE_ROWS, struct member_review_line);
    int64_t review_id;
    size_t n = 0;
    enum bw_rc rc;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(open_review(db, &review_id, ret_due_us, err));
    BW_TRY(count_mine(db, viewer, review_id, ret_left, err));
    BW_TRY(db_query(db, viewer,
                    "SELECT p.public_id, p.name, p.email, p.role, o.name_en, o.name_hant,"
                    " o.name_hans, (SELECT max(x.seen_us) FROM session x WHERE x.person_id = p.id),"
                    " (SELECT max(k.used_us) FROM api_key k WHERE k.person_id = p.id)" MINE
                    " ORDER BY o.name_en, p.name, p.id LIMIT 50",
                    &st, err));
    bind_mine(st, review_id, viewer);
    while ((rc = db_row(st, err)) == BW_OK && n < PAGE_ROWS)
        BW_TRY(read_line(st, arena, &rows[n++], err));
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

/* -- answers ----------------------------------------------------------------------------------- */

static enum bw_rc write_answer(struct db_tx *tx, int64_t review_id, int64_t person_id,
                               enum member_answer answer, int64_t by_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE review_line SET answer = ?3, answered_us = ?4, by_id = ?5"
                     " WHERE review_id = ?1 AND person_id = ?2 AND answer = 0",
                     &st, err));
    db_bind_int(st, 1, review_id);
    db_bind_int(st, 2, person_id);
    db_bind_int(st, 3, (int64_t)answer);
    db_bind_int(st, 4, db_tx_now_us(tx));
    db_bind_int(st, 5, by_id);
    return db_run(st, err);
}

static enum bw_rc find_line(struct db_tx *tx, const struct viewer *viewer, int64_t review_id,
                            struct bw_view public_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer, "SELECT 1" MINE " AND p.public_id = ?5", &st, err));
    bind_mine(st, review_id, viewer);
    db_bind_text(st, 5, public_id);
    enum bw_rc rc = db_row(st, err);
    return rc == BW_NOT_FOUND ? bw_fail(err, rc, "there is no such person to confirm (any more)")
                              : rc;
}

enum bw_rc member_review_answer(struct db_tx *tx, const struct viewer *viewer,
                                struct bw_view public_id, bool here, struct bw_err *err)
{
    int64_t review_id, due_us;
    struct member_target t;
    BW_TRY(member_target_find(tx, viewer, public_id, &t, err));
    BW_TRY(open_review(db_tx_db(tx), &review_id, &due_us, err));
    BW_TRY(find_line(tx, viewer, review_id, public_id, err));
    BW_TRY(write_answer(tx, review_id, t.id, here ? MEMBER_HERE : MEMBER_GONE, viewer->person_id,
                        err));
    BW_TRY(member_tell(tx, LEDGER_REVIEW_ANSWERED, public_id, viewer->person_id, t.audience_id,
                       "answer", here ? BW_V("here") : BW_V("left"), NULL, BW_V(""), err));
    return here ? BW_OK
                : member_leave(tx, viewer->person_id, &t, BW_V("has left, said the review"), err);
}

/* -- the round --------------------------------------------------------------------------------- */

struct round {
    int64_t review_id, due_us;
    int64_t months;
    int64_t did; /* rows of this transaction; 0: nothing is left */
};

/* Due: so many months after the last round, or after the hub began to watch. */
static enum bw_rc is_due(struct db_tx *tx, int64_t months, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t since_us;
    BW_TRY(member_clock(tx, &since_us, err));
    BW_TRY(db_plain(db_tx_db(tx), "SELECT max(opened_us) FROM review", &st, err));
    BW_TRY(db_row(st, err));
    if (db_int(st, 0) > since_us)
        since_us = db_int(st, 0);
    *ret = db_tx_now_us(tx) - since_us >= member_months_us(months);
    return BW_OK;
}

static enum bw_rc insert_review(struct db_tx *tx, struct round *r, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id id = bw_id_new();
    r->due_us = db_tx_now_us(tx) + MEMBER_REVIEW_US;
    BW_TRY(db_change(tx,
                     "INSERT INTO review (public_id, opened_us, due_us) VALUES (?1, ?2, ?3)"
                     " RETURNING id",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(id.text));
    db_bind_int(st, 2, db_tx_now_us(tx));
    db_bind_int(st, 3, r->due_us);
    BW_TRY(db_row(st, err));
    r->review_id = db_int(st, 0);
    return member_tell(tx, LEDGER_REVIEW_OPENED, bw_view_z(id.text), 0, 0, NULL, BW_V(""), NULL,
                       BW_V(""), err);
}

/* Everybody who is there now; who comes later was looked at when they were invited. Administrators
 * are the desk's, and so is everybody of an organisation that has none. */
static enum bw_rc insert_lines(struct db_tx *tx, const struct round *r, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    db_tx_as(tx, viewer_system("everybody is in the review"));
    BW_TRY(db_change(
        tx,
        "INSERT INTO review_line (review_id, person_id, organisation_id, desk, answer, by_id)"
        " SELECT ?1, p.id, p.organisation_id, CASE WHEN p.role = 2 OR NOT EXISTS (SELECT 1 FROM"
        " v_person a WHERE a.organisation_id = p.organisation_id AND a.role = 2 AND a.state = 0)"
        " THEN 1 ELSE 0 END, 0, 0 FROM v_person p JOIN v_organisation o"
        " ON o.id = p.organisation_id WHERE p.state = 0 AND o.state = 0 AND p.role IN (1, 2, 10)",
        &st, err));
    db_bind_int(st, 1, r->review_id);
    return db_run(st, err);
}

static enum bw_rc open_round(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct round *r = arg;
    bool due;
    BW_TRY(open_review(db_tx_db(tx), &r->review_id, &r->due_us, err));
    if (r->review_id)
        return BW_OK;
    BW_TRY(is_due(tx, r->months, &due, err));
    if (!due)
        return BW_OK;
    BW_TRY(insert_review(tx, r, err));
    return insert_lines(tx, r, err);
}

/* -- telling ----------------------------------------------------------------------------------- */

struct telling {
    int64_t review_id, stage, did;
};

static enum bw_rc tell_one(struct db_tx *tx, const struct telling *t, int64_t organisation_id,
                           struct bw_view public_id, struct bw_err *err)
{
    static const char *const STAGES[] = {"opened", "two weeks left", "three days left"};
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO review_told (review_id, organisation_id, stage)"
                     " VALUES (?1, ?2, ?3)",
                     &st, err));
    db_bind_int(st, 1, t->review_id);
    db_bind_int(st, 2, organisation_id);
    db_bind_int(st, 3, t->stage);
    BW_TRY(db_run(st, err));
    return member_tell(tx, LEDGER_REVIEW_REMINDED, public_id, 0, 0, "stage",
                       bw_view_z(STAGES[t->stage]), NULL, BW_V(""), err);
}

/* Organisations whose administrators have something left to answer and were not told of this
 * stage. */
static enum bw_rc tell_some(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct telling *t = arg;
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    t->did = 0;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("whom the review waits for"),
                    "SELECT o.id, o.public_id FROM v_organisation o WHERE o.id IN (SELECT"
                    " l.organisation_id FROM review_line l WHERE l.review_id = ?1 AND l.answer = 0"
                    " AND l.desk = 0) AND NOT EXISTS (SELECT 1 FROM review_told x WHERE"
                    " x.review_id = ?1 AND x.organisation_id = o.id AND x.stage = ?2)"
                    " ORDER BY o.id LIMIT ?3",
                    &st, err));
    db_bind_int(st, 1, t->review_id);
    db_bind_int(st, 2, t->stage);
    db_bind_int(st, 3, AT_ONCE);
    int64_t ids[AT_ONCE];
    struct bw_id public_ids[AT_ONCE];
    size_t n = 0;
    while ((rc = db_row(st, err)) == BW_OK && n < AT_ONCE) {
        struct bw_view id = db_text(st, 1);
        BW_ASSERT(bw_id_valid(id));
        ids[n] = db_int(st, 0);
        memcpy(public_ids[n].text, id.p, id.n);
        public_ids[n++].text[id.n] = '\0';
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    for (size_t i = 0; i < n; i++)
        BW_TRY(tell_one(tx, t, ids[i], bw_view_z(public_ids[i].text), err));
    t->did = (int64_t)n;
    return BW_OK;
}

/* Once a stage: the event names nobody's organisation, its mail goes to the desk. */
static enum bw_rc tell_desk(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct telling *t = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db_tx_db(tx),
                    "SELECT 1 FROM review_told WHERE review_id = ?1 AND organisation_id = 0"
                    " AND stage = ?2 UNION ALL SELECT 1 FROM review r WHERE r.id = ?1 AND NOT"
                    " EXISTS (SELECT 1 FROM review_line l WHERE l.review_id = ?1 AND l.answer = 0"
                    " AND l.desk = 1) LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, t->review_id);
    db_bind_int(st, 2, t->stage);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_NOT_FOUND)
        return rc;
    db_again(st);
    return tell_one(tx, t, 0, BW_V("desk"), err);
}

static enum bw_rc tell_stage(struct hub *hub, int64_t review_id, int64_t stage, struct bw_err *err)
{
    struct telling t = {review_id, stage, 0};
    BW_TRY(db_write(hub->db, tell_desk, &t, err));
    do {
        BW_TRY(db_write(hub->db, tell_some, &t, err));
    } while (t.did == AT_ONCE);
    return BW_OK;
}

/* -- the end of a round ------------------------------------------------------------------------ */

static enum bw_rc close_some(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct round *r = arg;
    int64_t ids[AT_ONCE];
    size_t n = 0;
    {
        BW_AUTO(db_stmt) *st = NULL;
        enum bw_rc rc;
        BW_TRY(db_plain(db_tx_db(tx),
                        "SELECT person_id FROM review_line WHERE review_id = ?1 AND answer = 0"
                        " ORDER BY person_id LIMIT ?2",
                        &st, err));
        db_bind_int(st, 1, r->review_id);
        db_bind_int(st, 2, AT_ONCE);
        while ((rc = db_row(st, err)) == BW_OK && n < AT_ONCE)
            ids[n++] = db_int(st, 0);
        if (rc != BW_OK && rc != BW_NOT_FOUND)
            return rc;
    }
    for (size_t i = 0; i < n; i++) {
        struct member_target t;
        BW_TRY(write_answer(tx, r->review_id, ids[i], MEMBER_CLOSED_OUT, 0, err));
        BW_TRY(member_target_key(tx, ids[i], &t, err));
        /* Who has left, was suspended, or came to work for the hub meanwhile is not looked at. */
        if (t.state == MEMBER_ACTIVE && !role_is_operator_body(t.role))
            BW_TRY(member_suspend(tx, 0, t.role == ROLE_ADMIN, &t,
                                  BW_V("not confirmed in the yearly review"), err));
    }
    r->did = (int64_t)n;
    return BW_OK;
}

static enum bw_rc end_round(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct round *r = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE review SET closed_us = ?2 WHERE id = ?1 RETURNING public_id", &st,
                     err));
    db_bind_int(st, 1, r->review_id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    BW_TRY(db_row(st, err));
    return member_tell(tx, LEDGER_REVIEW_CLOSED, db_text(st, 0), 0, 0, NULL, BW_V(""), NULL,
                       BW_V(""), err);
}

enum bw_rc member_review_run(struct hub *hub, struct bw_err *err)
{
    struct round r = {.months = setting_int(hub->settings, SETTING_REVIEW_MONTHS)};
    BW_TRY(db_write(hub->db, open_round, &r, err));
    if (r.review_id == 0)
        return BW_OK;
    int64_t left_us = r.due_us - bw_now_us();
    if (left_us > 0)
        return tell_stage(hub, r.review_id,
                          left_us <= 3 * BW_DAY_US    ? 2
                          : left_us <= 14 * BW_DAY_US ? 1
                                                      : 0,
                          err);
    do {
        BW_TRY(db_write(hub->db, close_some, &r, err));
    } while (r.did == AT_ONCE);
    return db_write(hub->db, end_round, &r, err);
}
