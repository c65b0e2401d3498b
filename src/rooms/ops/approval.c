/* SPDX-License-Identifier: Apache-2.0 */
/* approval - asking and deciding; see approval.h. Lists are in approval_read.c, the acts in
 * approval_acts.c. */
#include "approval_int.h"

#include "crypto_text.h"
#include "json_write.h"

enum { ARENA_BYTES = 256 << 10 };

/* Length before each part: no two acts have one text. */
static struct crypto_digest digest_of(const struct approval_act *act, struct bw_view args,
                                      const struct approval_look *look)
{
    char head[96];
    int n = snprintf(head, sizeof(head), "breakwater approval 1 %s %zu %zu %lld\n", act->name,
                     args.n, look->state.n, (long long)look->concerns_id);
    BW_ASSERT(n > 0 && (size_t)n < sizeof(head));
    const struct bw_view parts[] = {{head, (size_t)n}, args, look->state};
    return crypto_sha256_views(parts, BW_COUNT(parts));
}

static enum bw_rc check_reason(struct bw_view reason, struct bw_err *err)
{
    if (reason.n < APPROVAL_REASON_MIN || reason.n > APPROVAL_REASON_MAX)
        return bw_fail(err, BW_INVALID, "a reason is needed, of %d to %d bytes",
                       APPROVAL_REASON_MIN, APPROVAL_REASON_MAX);
    return BW_OK;
}

bool approval_has_right(const struct member_office *s, enum permission p)
{
    return s->active && (permission_table[p].roles & 1u << s->role);
}

static enum bw_rc tell(struct db_tx *tx, enum ledger_verb verb, struct bw_view public_id,
                       int64_t actor_id, int64_t audience_id, struct bw_view act,
                       struct bw_view reason, struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(16384);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    json_w_kv(&w, "act", act);
    json_w_kv(&w, "reason", reason);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = verb,
                                                .object = public_id,
                                                .actor_id = actor_id,
                                                .audience_id = audience_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

/* -- asking ------------------------------------------------------------------------------------ */

/* Who may decide, and who audits. */
static enum bw_rc audience_of(struct db_tx *tx, enum permission p, int64_t *ret, struct bw_err *err)
{
    struct grant grants[ROLES_COUNT];
    size_t n = 0;
    for (int role = ROLE_REPRESENTATIVE; role < ROLES_COUNT; role++)
        if ((permission_table[p].roles & 1u << role) || role == ROLE_AUDITOR)
            grants[n++] = (struct grant){GRANT_ROLE, role};
    return audience_intern(tx, TLP_AMBER_STRICT, grants, n, ret, err);
}

struct row {
    const struct approval_ask *ask;
    const struct approval_look *look;
    const struct member_office *asker;
    struct crypto_digest digest;
    struct bw_id id;
    int64_t audience_id;
};

static enum bw_rc insert(struct db_tx *tx, const struct row *r, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO approval (public_id, act, args, digest, what, concerns_id,"
                     " asked_by, asked_body, asked_us, reason, expires_us, state, decided_by,"
                     " decided_us, decision, audience_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
                     " ?9, ?10, ?11, 0, 0, 0, '', ?12)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(r->id.text));
    db_bind_text(st, 2, bw_view_z(r->ask->act->name));
    db_bind_bytes(st, 3, r->ask->args);
    db_bind_bytes(st, 4, crypto_digest_view(&r->digest));
    db_bind_text(st, 5, r->look->what);
    db_bind_int(st, 6, r->look->concerns_id);
    db_bind_int(st, 7, r->ask->person_id);
    db_bind_int(st, 8, r->asker->organisation_id);
    db_bind_int(st, 9, db_tx_now_us(tx));
    db_bind_text(st, 10, r->ask->reason);
    db_bind_int(st, 11, db_tx_now_us(tx) + APPROVAL_US);
    db_bind_int(st, 12, r->audience_id);
    enum bw_rc rc = db_run(st, err);
    if (rc == BW_CONFLICT)
        return bw_fail(err, rc, "this is asked for already and waits for a second person");
    return rc;
}

enum bw_rc approval_ask(struct db_tx *tx, const struct approval_ask *a, struct bw_id *ret_id,
                        struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_BYTES);
    struct member_office asker;
    struct approval_look look = {.concerns_id = 0};
    struct row r = {.ask = a, .look = &look, .asker = &asker, .id = bw_id_new()};
    int64_t ended;
    if (!arena)
        return bw_fail_memory(err);
    BW_ASSERT(a->args.n <= APPROVAL_ARGS_MAX);
    BW_TRY(check_reason(a->reason, err));
    BW_TRY(member_office(db_tx_db(tx), a->person_id, &asker, err));
    if (!approval_has_right(&asker, a->act->permission))
        return bw_fail(err, BW_DENIED, "your role does not include this");
    BW_TRY(a->act->look(db_tx_db(tx), a->args, arena, &look, err));
    BW_TRY(approval_expire(tx, &ended, err)); /* an old one does not stand in the way */
    r.digest = digest_of(a->act, a->args, &look);
    BW_TRY(audience_of(tx, a->act->permission, &r.audience_id, err));
    BW_TRY(insert(tx, &r, err));
    BW_TRY(tell(tx, LEDGER_APPROVAL_ASKED, bw_view_z(r.id.text), a->person_id, r.audience_id,
                bw_view_z(a->act->name), a->reason, err));
    *ret_id = r.id;
    return BW_OK;
}

/* -- deciding ---------------------------------------------------------------------------------- */

static enum bw_rc barred(enum approval_bar bar, struct bw_err *err)
{
    static const char *const why[] = {
        [APPROVAL_BAR_RIGHT] = "your role does not include this",
        [APPROVAL_BAR_OWN] = "you asked for this: another person has to decide",
        [APPROVAL_BAR_ALONE] = "you asked for this, and the setting four_eyes_alone does not let"
                               " you decide on it now",
        [APPROVAL_BAR_CONCERNS] = "this is about you: another person has to decide",
        [APPROVAL_BAR_BODY] = "a person of another operating body has to decide",
    };
    return bar == APPROVAL_MAY ? BW_OK : bw_fail(err, BW_DENIED, "%s", why[bar]);
}

/* The act as it is now must be the one that was asked for and the one that the decider saw. */
static enum bw_rc check_same(struct db *db, const struct approval_act *act,
                             const struct approval_row *row, struct bw_view shown,
                             struct bw_arena *arena, struct bw_err *err)
{
    struct approval_look look = {.concerns_id = 0};
    enum bw_rc rc = act->look(db, row->args, arena, &look, err);
    if (rc == BW_NOT_FOUND || rc == BW_INVALID)
        rc = BW_CONFLICT;
    BW_TRY(rc);
    struct crypto_digest now = digest_of(act, row->args, &look);
    if (!bw_view_eq(crypto_digest_view(&now), row->digest) ||
        look.concerns_id != row->is.concerns_id)
        return bw_fail(err, BW_CONFLICT,
                       "what this is about has changed since it was asked for: it has to be asked"
                       " for again");
    if (!bw_view_eq(shown, row->is.digest))
        return bw_fail(err, BW_CONFLICT, "this is not what you were shown: look at it again");
    return BW_OK;
}

static enum bw_rc close_row(struct db_tx *tx, const struct approval_row *row,
                            enum approval_state state, int64_t by, struct bw_view reason,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE approval SET state = ?2, decided_by = ?3, decided_us = ?4,"
                     " decision = ?5 WHERE id = ?1 AND state = 0",
                     &st, err));
    db_bind_int(st, 1, row->id);
    db_bind_int(st, 2, (int64_t)state);
    db_bind_int(st, 3, by);
    db_bind_int(st, 4, db_tx_now_us(tx));
    db_bind_text(st, 5, reason);
    BW_TRY(db_run(st, err));
    return db_changes(st) ? BW_OK : bw_fail(err, BW_CONFLICT, "this is decided already");
}

static enum bw_rc carry_out(struct db_tx *tx, const struct approval_decide *d,
                            const struct approval_act *act, const struct approval_row *row,
                            struct bw_arena *arena, struct bw_err *err)
{
    struct member_office asker;
    const struct approval_by by = {row->is.asked_by, d->viewer->person_id, row->is.reason};
    BW_TRY(member_office(db_tx_db(tx), row->is.asked_by, &asker, err));
    if (!approval_has_right(&asker, act->permission))
        return bw_fail(err, BW_CONFLICT, "who asked for this may not ask for it any more");
    BW_TRY(check_same(db_tx_db(tx), act, row, d->digest, arena, err));
    BW_TRY(close_row(tx, row, APPROVAL_DONE, d->viewer->person_id, d->reason, err));
    BW_TRY(act->run(tx, &by, row->args, arena, err));
    return tell(tx, LEDGER_APPROVAL_DONE, row->is.public_id, d->viewer->person_id, row->audience_id,
                row->is.act, d->reason, err);
}

static enum bw_rc refuse(struct db_tx *tx, const struct approval_decide *d,
                         const struct approval_row *row, struct bw_err *err)
{
    bool own = row->is.asked_by == d->viewer->person_id;
    BW_TRY(close_row(tx, row, own ? APPROVAL_TAKEN_BACK : APPROVAL_REFUSED, d->viewer->person_id,
                     d->reason, err));
    return tell(tx, own ? LEDGER_APPROVAL_ENDED : LEDGER_APPROVAL_REFUSED, row->is.public_id,
                d->viewer->person_id, row->audience_id, row->is.act, d->reason, err);
}

enum bw_rc approval_decide(struct db_tx *tx, const struct approval_decide *d, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_BYTES);
    struct db *db = db_tx_db(tx);
    struct approval_row row;
    struct member_office me;
    enum approval_bar bar;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(approval_row_get(db, d->viewer, d->public_id, arena, &row, err));
    const struct approval_act *act = approval_act_of(row.is.act);
    BW_TRY(check_reason(d->reason, err));
    if (!act)
        return bw_fail(err, BW_CONFLICT, "this release does not know how to do this");
    if (row.is.state != APPROVAL_WAITING)
        return bw_fail(err, BW_CONFLICT, "this is decided already");
    if (row.is.expires_us <= db_tx_now_us(tx))
        return bw_fail(err, BW_CONFLICT, "its time has run out: it has to be asked for again");
    BW_TRY(member_office(db, d->viewer->person_id, &me, err));
    if (!approval_has_right(&me, act->permission))
        return barred(APPROVAL_BAR_RIGHT, err);
    if (d->decision == APPROVAL_REFUSE)
        return refuse(tx, d, &row, err);
    BW_TRY(approval_bar_of(db, d->settings, &row.is, d->viewer->person_id, db_tx_now_us(tx), &bar,
                           err));
    BW_TRY(barred(bar, err));
    return carry_out(tx, d, act, &row, arena, err);
}

/* -- running out ------------------------------------------------------------------------------- */

enum bw_rc approval_expire(struct db_tx *tx, int64_t *ret_n, struct bw_err *err)
{
    enum { AT_ONCE = 100 };
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_BYTES);
    BW_AUTO(db_stmt) *st = NULL;
    struct approval_row rows[AT_ONCE];
    size_t n = 0;
    enum bw_rc rc = BW_NOT_FOUND;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(db_query(db_tx_db(tx), viewer_system("what has run out is closed, whoever sees it"),
                    "SELECT id, public_id, act, audience_id FROM v_approval WHERE state = 0"
                    " AND expires_us <= ?1 ORDER BY id LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, db_tx_now_us(tx));
    db_bind_int(st, 2, AT_ONCE);
    while (n < AT_ONCE && (rc = db_row(st, err)) == BW_OK) {
        rows[n] = (struct approval_row){.id = db_int(st, 0), .audience_id = db_int(st, 3)};
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &rows[n].is.public_id, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 2), &rows[n].is.act, err));
        n++;
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    for (size_t i = 0; i < n; i++) {
        BW_TRY(close_row(tx, &rows[i], APPROVAL_RUN_OUT, 0, BW_V(""), err));
        BW_TRY(tell(tx, LEDGER_APPROVAL_ENDED, rows[i].is.public_id, 0, rows[i].audience_id,
                    rows[i].is.act, BW_V("its time ran out"), err));
    }
    *ret_n = (int64_t)n;
    return BW_OK;
}
