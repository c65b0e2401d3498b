/* SPDX-License-Identifier: Apache-2.0 */
/* programme_store - the programme, its agreements, and what the advisory group was given and
 * decided. */
#include "programme_int.h"

#include "json_write.h"

#include <stdio.h>

static enum bw_rc tell(struct db_tx *tx, struct bw_view object, int64_t actor_id,
                       int64_t audience_id, const char *key, struct bw_view value,
                       struct bw_err *err)
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
                         &(struct ledger_entry){.verb = LEDGER_PROGRAMME_CHANGED,
                                                .object = object,
                                                .actor_id = actor_id,
                                                .audience_id = audience_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

enum bw_rc programme_day(struct bw_view text, const char *what, int64_t *ret_us, struct bw_err *err)
{
    char time[BW_TIME_MAX];
    struct bw_err ignored;
    *ret_us = 0;
    if (text.n == 0)
        return BW_OK;
    int n = snprintf(time, sizeof(time), "%.*sT00:00:00Z", BW_VF(bw_view_head(text, 10)));
    if (text.n != 10 || n <= 0 ||
        bw_time_parse(bw_view_of(time, (size_t)n), ret_us, &ignored) != BW_OK)
        return bw_fail(err, BW_INVALID, "%s: write it as 2026-11-27", what);
    return BW_OK;
}

static enum bw_rc check_span(int64_t from_us, int64_t until_us, struct bw_err *err)
{
    if (until_us && until_us < from_us)
        return bw_fail(err, BW_INVALID, "it ends before it begins");
    return BW_OK;
}

/* -- the programme ----------------------------------------------------------------------------- */

static enum bw_rc names_at(const struct db_stmt *st, int at, struct bw_arena *arena,
                           struct member_names *ret, struct bw_err *err)
{
    for (int i = 0; i < I18N_LANGS; i++)
        BW_TRY(bw_view_copy(arena, db_text(st, at + i), &ret->text[i], err));
    return BW_OK;
}

enum bw_rc programme_get(struct db *db, const struct settings *settings, struct bw_arena *arena,
                         struct programme *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT name_en, name_hant, name_hans, eligibility_en, eligibility_hant,"
                    " eligibility_hans, phase, from_us, until_us, fee, contact FROM programme"
                    " WHERE id = 1",
                    &st, err));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND) {
        *ret = (struct programme){.names = {{setting_text(settings, SETTING_NAME)}}};
        return BW_OK;
    }
    BW_TRY(rc);
    struct programme p = {.phase = db_int(st, 6) == PROGRAMME_FORMAL ? PROGRAMME_FORMAL
                                                                     : PROGRAMME_PILOT,
                          .from_us = db_int(st, 7),
                          .until_us = db_int(st, 8),
                          .set = true};
    BW_TRY(names_at(st, 0, arena, &p.names, err));
    BW_TRY(names_at(st, 3, arena, &p.eligibility, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 9), &p.fee, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 10), &p.contact, err));
    *ret = p;
    return BW_OK;
}

static enum bw_rc check_programme(const struct programme *p, struct bw_err *err)
{
    if (p->names.text[I18N_EN].n == 0)
        return bw_fail(err, BW_INVALID, "an English name is needed");
    if (p->contact.n == 0)
        return bw_fail(err, BW_INVALID, "say whom to ask: the contact is shown to everybody");
    return check_span(p->from_us, p->until_us, err);
}

enum bw_rc programme_put(struct db_tx *tx, int64_t actor_id, const struct programme *p,
                         struct bw_view reason, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(check_programme(p, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO programme (id, name_en, name_hant, name_hans, phase, from_us,"
                     " until_us, eligibility_en, eligibility_hant, eligibility_hans, fee, contact,"
                     " changed_us) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
                     " ON CONFLICT (id) DO UPDATE SET name_en = excluded.name_en,"
                     " name_hant = excluded.name_hant, name_hans = excluded.name_hans,"
                     " phase = excluded.phase, from_us = excluded.from_us,"
                     " until_us = excluded.until_us, eligibility_en = excluded.eligibility_en,"
                     " eligibility_hant = excluded.eligibility_hant,"
                     " eligibility_hans = excluded.eligibility_hans, fee = excluded.fee,"
                     " contact = excluded.contact, changed_us = excluded.changed_us",
                     &st, err));
    for (int i = 0; i < I18N_LANGS; i++) {
        db_bind_text(st, 1 + i, p->names.text[i]);
        db_bind_text(st, 7 + i, p->eligibility.text[i]);
    }
    db_bind_int(st, 4, (int64_t)p->phase);
    db_bind_int(st, 5, p->from_us);
    db_bind_int(st, 6, p->until_us);
    db_bind_text(st, 10, p->fee);
    db_bind_text(st, 11, p->contact);
    db_bind_int(st, 12, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return tell(tx, BW_V("programme"), actor_id, 0, "reason", reason, err);
}

/* -- agreements -------------------------------------------------------------------------------- */

enum bw_rc agreement_add(struct db_tx *tx, int64_t actor_id, const struct agreement *a,
                         struct bw_err *err)
{
    const struct grant grants[] = {{GRANT_ROLE, ROLE_OPERATOR},
                                   {GRANT_ROLE, ROLE_MEMBERSHIP},
                                   {GRANT_ROLE, ROLE_AUDITOR}};
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id id = bw_id_new();
    int64_t audience_id;
    if (a->title.n == 0 || a->parties.n == 0)
        return bw_fail(err, BW_INVALID, "a title and the parties are needed");
    BW_TRY(check_span(a->from_us, a->until_us, err));
    BW_TRY(audience_intern(tx, TLP_AMBER_STRICT, grants, BW_COUNT(grants), &audience_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO agreement (public_id, kind, title, parties, place, from_us,"
                     " until_us, ended_us, reminded_us, audience_id, made_us) VALUES (?1, ?2, ?3,"
                     " ?4, ?5, ?6, ?7, 0, 0, ?8, ?9)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(id.text));
    db_bind_int(st, 2, (int64_t)a->kind);
    db_bind_text(st, 3, a->title);
    db_bind_text(st, 4, a->parties);
    db_bind_text(st, 5, a->place);
    db_bind_int(st, 6, a->from_us);
    db_bind_int(st, 7, a->until_us);
    db_bind_int(st, 8, audience_id);
    db_bind_int(st, 9, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return tell(tx, bw_view_z(id.text), actor_id, audience_id, "agreement", a->title, err);
}

enum bw_rc agreement_end(struct db_tx *tx, const struct viewer *viewer, struct bw_view public_id,
                         struct bw_err *err)
{
    BW_AUTO(db_stmt) *read = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer,
                    "SELECT id, ended_us, audience_id FROM v_agreement WHERE public_id = ?1", &read,
                    err));
    db_bind_text(read, 1, public_id);
    enum bw_rc rc = db_row(read, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such agreement");
    BW_TRY(rc);
    if (db_int(read, 1))
        return bw_fail(err, BW_CONFLICT, "this agreement has ended already");
    BW_TRY(db_change(tx, "UPDATE agreement SET ended_us = ?2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, db_int(read, 0));
    db_bind_int(st, 2, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return tell(tx, public_id, viewer->person_id, db_int(read, 2), "agreement", BW_V("ended"), err);
}

enum bw_rc agreement_list(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                          struct agreement **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct agreement *rows = BW_ARENA_ARRAY(arena, PROGRAMME_SHOWN, struct agreement);
    size_t n = 0;
    enum bw_rc rc = BW_NOT_FOUND;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT public_id, title, parties, place, kind, from_us, until_us, ended_us"
                    " FROM v_agreement ORDER BY CASE WHEN ended_us = 0 THEN 0 ELSE 1 END,"
                    " CASE WHEN until_us = 0 THEN 1 ELSE 0 END, until_us, id LIMIT ?1",
                    &st, err));
    db_bind_int(st, 1, PROGRAMME_SHOWN);
    while (n < PROGRAMME_SHOWN && (rc = db_row(st, err)) == BW_OK) {
        struct agreement *a = &rows[n++];
        *a = (struct agreement){.kind = (enum agreement_kind)db_int(st, 4),
                                .from_us = db_int(st, 5),
                                .until_us = db_int(st, 6),
                                .ended_us = db_int(st, 7)};
        BW_TRY(bw_view_copy(arena, db_text(st, 0), &a->public_id, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &a->title, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 2), &a->parties, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 3), &a->place, err));
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc agreement_remind(struct db_tx *tx, int64_t *ret_n, struct bw_err *err)
{
    enum { AT_ONCE = 100, ARENA = 256 << 10 };
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA);
    BW_AUTO(db_stmt) *read = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    *ret_n = 0;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(db_query(db_tx_db(tx), viewer_system("agreements that run out are told of"),
                    "SELECT id, public_id, audience_id FROM v_agreement WHERE ended_us = 0"
                    " AND reminded_us = 0 AND until_us > 0 AND until_us < ?1 ORDER BY id LIMIT ?2",
                    &read, err));
    db_bind_int(read, 1, db_tx_now_us(tx) + PROGRAMME_REMIND_US);
    db_bind_int(read, 2, AT_ONCE);
    BW_TRY(db_change(tx, "UPDATE agreement SET reminded_us = ?2 WHERE id = ?1", &st, err));
    while ((rc = db_row(read, err)) == BW_OK) {
        db_bind_int(st, 1, db_int(read, 0));
        db_bind_int(st, 2, db_tx_now_us(tx));
        BW_TRY(db_run(st, err));
        db_again(st);
        BW_TRY(tell(tx, db_text(read, 1), 0, db_int(read, 2), "agreement", BW_V("runs out"), err));
        ++*ret_n;
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* -- advisory group ---------------------------------------------------------------------------- */

enum bw_rc advisory_add(struct db_tx *tx, int64_t actor_id, const struct advisory *a,
                        struct bw_err *err)
{
    const struct grant staff = {GRANT_ROLE, ROLE_STAFF}, members = {GRANT_EVERYBODY, 0};
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id id = bw_id_new();
    int64_t audience_id;
    if (a->title.n == 0 || a->body.n == 0)
        return bw_fail(err, BW_INVALID, "a title and a text are needed");
    BW_TRY(audience_intern(tx, a->members ? TLP_GREEN : TLP_AMBER_STRICT,
                           a->members ? &members : &staff, 1, &audience_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO advisory (public_id, kind, title, body, met_us, audience_id,"
                     " made_by, made_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(id.text));
    db_bind_int(st, 2, (int64_t)a->kind);
    db_bind_text(st, 3, a->title);
    db_bind_text(st, 4, a->body);
    db_bind_int(st, 5, a->met_us);
    db_bind_int(st, 6, audience_id);
    db_bind_int(st, 7, actor_id);
    db_bind_int(st, 8, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return tell(tx, bw_view_z(id.text), actor_id, audience_id,
                a->kind == ADVISORY_DECISION ? "decision" : "paper", a->title, err);
}

enum bw_rc advisory_list(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                         struct advisory **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct advisory *rows = BW_ARENA_ARRAY(arena, PROGRAMME_SHOWN, struct advisory);
    size_t n = 0;
    enum bw_rc rc = BW_NOT_FOUND;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT public_id, title, body, kind, met_us FROM v_advisory"
                    " ORDER BY met_us DESC, id DESC LIMIT ?1",
                    &st, err));
    db_bind_int(st, 1, PROGRAMME_SHOWN);
    while (n < PROGRAMME_SHOWN && (rc = db_row(st, err)) == BW_OK) {
        struct advisory *a = &rows[n++];
        *a = (struct advisory){.kind = db_int(st, 3) == ADVISORY_DECISION ? ADVISORY_DECISION
                                                                          : ADVISORY_PAPER,
                               .met_us = db_int(st, 4)};
        BW_TRY(bw_view_copy(arena, db_text(st, 0), &a->public_id, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &a->title, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 2), &a->body, err));
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}
