/* SPDX-License-Identifier: Apache-2.0 */
/* privacy - requests, disclosures and holds; see privacy.h. Purging is in privacy_purge.c. */
#include "privacy.h"

#include "json_write.h"

static enum bw_rc tell(struct db_tx *tx, enum ledger_verb verb, struct bw_view object,
                       int64_t actor_id, const char *key, struct bw_view value, struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(32768);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    json_w_kv(&w, key, value);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = verb,
                                                .object = object,
                                                .actor_id = actor_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

/* The desk, auditors, and the person (0: not). */
static enum bw_rc audience(struct db_tx *tx, int64_t person_id, int64_t *ret, struct bw_err *err)
{
    const struct grant grants[] = {{GRANT_ROLE, ROLE_OPERATOR},
                                   {GRANT_ROLE, ROLE_MEMBERSHIP},
                                   {GRANT_ROLE, ROLE_AUDITOR},
                                   {GRANT_PERSON, person_id}};
    return audience_intern(tx, TLP_AMBER_STRICT, grants, person_id ? 4 : 3, ret, err);
}

static enum bw_rc check_text(struct bw_view text, const char *what, struct bw_err *err)
{
    if (text.n < 3 || text.n > PRIVACY_TEXT_MAX)
        return bw_fail(err, BW_INVALID, "%s: 3 to %d bytes", what, PRIVACY_TEXT_MAX);
    return BW_OK;
}

/* -- requests ---------------------------------------------------------------------------------- */

static enum bw_rc check_open(struct db_tx *tx, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("how many requests of a person are open"),
                    "SELECT count(*) FROM v_privacy_request WHERE person_id = ?1 AND state = 0",
                    &st, err));
    db_bind_int(st, 1, person_id);
    BW_TRY(db_row(st, err));
    if (db_int(st, 0) >= PRIVACY_OPEN_MAX)
        return bw_fail(err, BW_LIMIT, "you have %d open requests: wait for their answers",
                       PRIVACY_OPEN_MAX);
    return BW_OK;
}

enum bw_rc privacy_ask(struct db_tx *tx, int64_t person_id, enum privacy_kind kind,
                       struct bw_view text, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id id = bw_id_new();
    int64_t audience_id;
    BW_TRY(check_text(text, "say what you ask for", err));
    BW_TRY(check_open(tx, person_id, err));
    BW_TRY(audience(tx, person_id, &audience_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO privacy_request (public_id, person_id, kind, text, asked_us,"
                     " due_us, state, answer, decided_by, decided_us, audience_id)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, '', 0, 0, ?7)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(id.text));
    db_bind_int(st, 2, person_id);
    db_bind_int(st, 3, (int64_t)kind);
    db_bind_text(st, 4, text);
    db_bind_int(st, 5, db_tx_now_us(tx));
    db_bind_int(st, 6, db_tx_now_us(tx) + PRIVACY_DUE_US);
    db_bind_int(st, 7, audience_id);
    BW_TRY(db_run(st, err));
    return tell(tx, LEDGER_PRIVACY_ASKED, bw_view_z(id.text), person_id, "kind",
                kind == PRIVACY_ACCESS ? BW_V("access") : BW_V("correction"), err);
}

enum bw_rc privacy_answer(struct db_tx *tx, const struct privacy_answer *a, struct bw_err *err)
{
    BW_AUTO(db_stmt) *read = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(check_text(a->answer, "say what was done, or why not", err));
    BW_TRY(db_query(db_tx_db(tx), a->viewer,
                    "SELECT id, person_id, state FROM v_privacy_request WHERE public_id = ?1",
                    &read, err));
    db_bind_text(read, 1, a->public_id);
    enum bw_rc rc = db_row(read, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such request");
    BW_TRY(rc);
    if (db_int(read, 1) == a->viewer->person_id)
        return bw_fail(err, BW_DENIED, "this is your own request: another person has to answer");
    if (db_int(read, 2) != PRIVACY_OPEN)
        return bw_fail(err, BW_CONFLICT, "this request is answered already");
    BW_TRY(db_change(tx,
                     "UPDATE privacy_request SET state = ?2, answer = ?3, decided_by = ?4,"
                     " decided_us = ?5 WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, db_int(read, 0));
    db_bind_int(st, 2, (int64_t)a->state);
    db_bind_text(st, 3, a->answer);
    db_bind_int(st, 4, a->viewer->person_id);
    db_bind_int(st, 5, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return tell(tx, LEDGER_PRIVACY_ANSWERED, a->public_id, a->viewer->person_id,
                a->state == PRIVACY_DONE ? "done" : "refused", a->answer, err);
}

enum bw_rc privacy_requests(struct db *db, const struct viewer *viewer, int64_t person_id,
                            size_t max, struct bw_arena *arena, struct privacy_request **ret,
                            size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct privacy_request *rows = BW_ARENA_ARRAY(arena, max, struct privacy_request);
    size_t n = 0;
    enum bw_rc rc = BW_NOT_FOUND;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT public_id, text, answer, person_id, asked_us, due_us, decided_us, kind,"
                    " state, decided_by FROM v_privacy_request WHERE ?1 = 0 OR person_id = ?1"
                    " ORDER BY state, due_us, id LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, (int64_t)max);
    while (n < max && (rc = db_row(st, err)) == BW_OK) {
        struct privacy_request *r = &rows[n++];
        *r = (struct privacy_request){.person_id = db_int(st, 3),
                                      .asked_us = db_int(st, 4),
                                      .due_us = db_int(st, 5),
                                      .decided_us = db_int(st, 6),
                                      .kind = (enum privacy_kind)db_int(st, 7),
                                      .state = (enum privacy_state)db_int(st, 8),
                                      .decided_by = db_int(st, 9)};
        BW_TRY(bw_view_copy(arena, db_text(st, 0), &r->public_id, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &r->text, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 2), &r->answer, err));
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

/* -- disclosures ------------------------------------------------------------------------------- */

enum bw_rc privacy_disclose(struct db_tx *tx, const struct privacy_disclosure *d, bool tell_person,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id id = bw_id_new();
    int64_t audience_id;
    BW_TRY(check_text(d->to_whom, "say to whom", err));
    BW_TRY(check_text(d->what, "say what was given", err));
    BW_TRY(check_text(d->why, "say why", err));
    BW_TRY(audience(tx, tell_person ? d->person_id : 0, &audience_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO disclosure (public_id, person_id, organisation_id, to_whom, what,"
                     " why, made_by, made_us, audience_id) VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7,"
                     " ?8)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(id.text));
    db_bind_int(st, 2, d->person_id);
    db_bind_text(st, 3, d->to_whom);
    db_bind_text(st, 4, d->what);
    db_bind_text(st, 5, d->why);
    db_bind_int(st, 6, d->made_by);
    db_bind_int(st, 7, db_tx_now_us(tx));
    db_bind_int(st, 8, audience_id);
    BW_TRY(db_run(st, err));
    return tell(tx, LEDGER_DISCLOSURE_RECORDED, bw_view_z(id.text), d->made_by, "to", d->to_whom,
                err);
}

enum bw_rc privacy_disclosures(struct db *db, const struct viewer *viewer, int64_t person_id,
                               size_t max, struct bw_arena *arena, struct privacy_disclosure **ret,
                               size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct privacy_disclosure *rows = BW_ARENA_ARRAY(arena, max, struct privacy_disclosure);
    size_t n = 0;
    enum bw_rc rc = BW_NOT_FOUND;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT public_id, to_whom, what, why, person_id, made_by, made_us"
                    " FROM v_disclosure WHERE ?1 = 0 OR person_id = ?1 ORDER BY id DESC LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, (int64_t)max);
    while (n < max && (rc = db_row(st, err)) == BW_OK) {
        struct privacy_disclosure *d = &rows[n++];
        *d = (struct privacy_disclosure){.person_id = db_int(st, 4),
                                         .made_by = db_int(st, 5),
                                         .made_us = db_int(st, 6)};
        BW_TRY(bw_view_copy(arena, db_text(st, 0), &d->public_id, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &d->to_whom, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 2), &d->what, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 3), &d->why, err));
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

/* -- holds ------------------------------------------------------------------------------------- */

enum bw_rc privacy_hold_place(struct db_tx *tx, const struct privacy_hold *h, struct bw_view object,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id id = bw_id_new();
    BW_TRY(check_text(h->reason, "say why", err));
    BW_TRY(db_change(tx,
                     "INSERT INTO legal_hold (public_id, holder_kind, holder_id, reason, placed_by,"
                     " from_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(id.text));
    db_bind_int(st, 2, (int64_t)h->kind);
    db_bind_int(st, 3, h->holder_id);
    db_bind_text(st, 4, h->reason);
    db_bind_int(st, 5, h->placed_by);
    db_bind_int(st, 6, db_tx_now_us(tx));
    enum bw_rc rc = db_run(st, err);
    if (rc == BW_CONFLICT)
        return bw_fail(err, rc, "there is a legal hold on this already");
    BW_TRY(rc);
    return tell(tx, LEDGER_HOLD_PLACED, object, h->placed_by, "reason", h->reason, err);
}

enum bw_rc privacy_hold_lift(struct db_tx *tx, int64_t actor_id, struct bw_view public_id,
                             struct bw_view reason, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(check_text(reason, "say why", err));
    BW_TRY(db_change(tx,
                     "UPDATE legal_hold SET until_us = ?2 WHERE public_id = ?1"
                     " AND until_us IS NULL",
                     &st, err));
    db_bind_text(st, 1, public_id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    if (db_changes(st) == 0)
        return bw_fail(err, BW_NOT_FOUND, "there is no such hold");
    return tell(tx, LEDGER_HOLD_LIFTED, public_id, actor_id, "reason", reason, err);
}

enum bw_rc privacy_holds(struct db *db, size_t max, struct bw_arena *arena,
                         struct privacy_hold **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct privacy_hold *rows = BW_ARENA_ARRAY(arena, max, struct privacy_hold);
    size_t n = 0;
    enum bw_rc rc = BW_NOT_FOUND;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_plain(db,
                    "SELECT holder_kind, holder_id, placed_by, from_us, public_id, reason"
                    " FROM legal_hold WHERE until_us IS NULL ORDER BY id DESC LIMIT ?1",
                    &st, err));
    db_bind_int(st, 1, (int64_t)max);
    while (n < max && (rc = db_row(st, err)) == BW_OK) {
        struct privacy_hold *h = &rows[n++];
        *h = (struct privacy_hold){.kind = (enum holder_kind)db_int(st, 0),
                                   .holder_id = db_int(st, 1),
                                   .placed_by = db_int(st, 2),
                                   .from_us = db_int(st, 3)};
        BW_TRY(bw_view_copy(arena, db_text(st, 4), &h->public_id, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 5), &h->reason, err));
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}
