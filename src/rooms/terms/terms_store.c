/* SPDX-License-Identifier: Apache-2.0 */
/* terms_store - the versions: read, drafted, proposed, announced. Threads: the write lane for what
 * changes them. */
#include "terms_int.h"

#include "json_write.h"

static enum bw_rc copy(struct bw_arena *arena, const struct db_stmt *st, int column,
                       struct bw_view *ret, struct bw_err *err)
{
    return bw_view_copy(arena, db_text(st, column), ret, err);
}

enum bw_rc terms_version_row(const struct db_stmt *st, struct bw_arena *arena,
                             struct terms_version *ret, struct bw_err *err)
{
    struct terms_version v = {.id = db_int(st, 0),
                              .number = db_int(st, 2),
                              .state = (enum terms_state)db_int(st, 3),
                              .effective_us = db_int(st, 4),
                              .proposed_by = db_int(st, 9),
                              .announced_us = db_int(st, 10)};
    struct bw_view hash = db_bytes(st, 8);
    if (hash.n != sizeof(v.hash.b) || (int)v.state < 0 || v.state >= TERMS_STATES)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "terms version %lld",
                              (long long)v.id);
    memcpy(v.hash.b, hash.p, hash.n);
    BW_TRY(copy(arena, st, 1, &v.public_id, err));
    for (int i = 0; i < I18N_LANGS; i++)
        BW_TRY(copy(arena, st, 5 + i, &v.text[i], err));
    *ret = v;
    return BW_OK;
}

enum bw_rc terms_version_get(struct db *db, const struct viewer *viewer, int64_t number,
                             struct bw_arena *arena, struct terms_version *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT " TERMS_VERSION " FROM v_terms_version v WHERE v.number = ?1", &st,
                    err));
    db_bind_int(st, 1, number);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such version of the terms");
    BW_TRY(rc);
    return terms_version_row(st, arena, ret, err);
}

enum bw_rc terms_version_list(struct db *db, const struct viewer *viewer, size_t max,
                              struct bw_arena *arena, struct terms_version **ret, size_t *ret_n,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct terms_version *rows = BW_ARENA_ARRAY(arena, max, struct terms_version);
    size_t n = 0;
    enum bw_rc rc;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT " TERMS_VERSION
                    " FROM v_terms_version v ORDER BY v.number DESC LIMIT ?1",
                    &st, err));
    db_bind_int(st, 1, (int64_t)max);
    while ((rc = db_row(st, err)) == BW_OK && n < max)
        BW_TRY(terms_version_row(st, arena, &rows[n++], err));
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc terms_current(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                         struct terms_version *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT " TERMS_VERSION " FROM v_terms_version v WHERE v.state IN (2, 3)"
                    " ORDER BY v.state DESC, v.number LIMIT 1",
                    &st, err));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there are no terms yet");
    BW_TRY(rc);
    return terms_version_row(st, arena, ret, err);
}

enum bw_rc terms_append(struct db_tx *tx, enum ledger_verb verb, struct bw_view object,
                        int64_t actor_id, int64_t audience_id, const struct terms_fact *facts,
                        size_t n, struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(8192);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    for (size_t i = 0; i < n; i++) {
        if (facts[i].text.p)
            json_w_kv(&w, facts[i].key, facts[i].text);
        else
            json_w_kv_int(&w, facts[i].key, facts[i].number);
    }
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = verb,
                                                .object = object,
                                                .actor_id = actor_id,
                                                .audience_id = audience_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

enum bw_rc terms_actor_check(struct db_tx *tx, const struct viewer *viewer, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("terms: the actor as they are at this moment"),
                    "SELECT 1 FROM v_person p JOIN v_organisation o ON o.id = p.organisation_id"
                    " WHERE p.id = ?1 AND p.organisation_id = ?2 AND p.role = ?3 AND p.state = 0"
                    " AND o.state = 0",
                    &st, err));
    db_bind_int(st, 1, viewer->person_id);
    db_bind_int(st, 2, viewer->organisation_id);
    db_bind_int(st, 3, (int64_t)viewer->role);
    enum bw_rc rc = db_row(st, err);
    return rc == BW_NOT_FOUND
               ? bw_fail(err, BW_DENIED, "your role or organisation has changed meanwhile")
               : rc;
}

/* -- the draft --------------------------------------------------------------------------------- */

/* The one version that is not announced; BW_NOT_FOUND. Without its texts. */
static enum bw_rc open_version(struct db_tx *tx, struct bw_arena *arena, struct terms_version *ret,
                               struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("terms: the draft, for who has to decide on it"),
                    "SELECT " TERMS_VERSION " FROM v_terms_version v WHERE v.state IN (0, 1)"
                    " ORDER BY v.id LIMIT 1",
                    &st, err));
    enum bw_rc rc = db_row(st, err);
    return rc == BW_OK ? terms_version_row(st, arena, ret, err) : rc;
}

static enum bw_rc next_number(struct db_tx *tx, int64_t *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("terms: the draft, for who has to decide on it"),
                    "SELECT coalesce(max(number), 0) + 1 FROM v_terms_version", &st, err));
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc draft_insert(struct db_tx *tx, struct terms_version *v, int64_t audience_id,
                               struct bw_id *ret_public, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret_public = bw_id_new();
    BW_TRY(db_change(tx,
                     "INSERT INTO terms_version (public_id, number, state, effective_us, text_en,"
                     " text_hant, text_hans, hash, proposed_by, announced_us, audience_id,"
                     " created_us) VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, 0, 0, ?8, ?9)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(ret_public->text));
    db_bind_int(st, 2, v->number);
    db_bind_int(st, 3, v->effective_us);
    for (int i = 0; i < I18N_LANGS; i++)
        db_bind_text(st, 4 + i, v->text[i]);
    db_bind_bytes(st, 7, crypto_digest_view(&v->hash));
    db_bind_int(st, 8, audience_id);
    db_bind_int(st, 9, db_tx_now_us(tx));
    return db_run(st, err);
}

static enum bw_rc draft_update(struct db_tx *tx, const struct terms_version *v, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE terms_version SET effective_us = ?2, text_en = ?3, text_hant = ?4,"
                     " text_hans = ?5, hash = ?6 WHERE id = ?1 AND state = 0",
                     &st, err));
    db_bind_int(st, 1, v->id);
    db_bind_int(st, 2, v->effective_us);
    for (int i = 0; i < I18N_LANGS; i++)
        db_bind_text(st, 3 + i, v->text[i]);
    db_bind_bytes(st, 6, crypto_digest_view(&v->hash));
    BW_TRY(db_run(st, err));
    return db_changes(st) == 1 ? BW_OK : bw_fail(err, BW_CONFLICT, "the draft was proposed");
}

static enum bw_rc check_texts(const struct bw_view text[I18N_LANGS], struct bw_err *err)
{
    for (int i = 0; i < I18N_LANGS; i++)
        if (text[i].n > TERMS_TEXT_MAX || !bw_utf8_valid(text[i]))
            return bw_fail(err, BW_INVALID, "a text has at most %d bytes of UTF-8", TERMS_TEXT_MAX);
    if (text[I18N_EN].n == 0)
        return bw_fail(err, BW_INVALID, "an English text is needed");
    return BW_OK;
}

enum bw_rc terms_draft_put(struct db_tx *tx, const struct terms_draft *d, struct bw_err *err)
{
    const struct grant staff = {GRANT_ROLE, ROLE_STAFF};
    BW_AUTO(bw_arena) *arena = bw_arena_new(4 << 20);
    struct terms_version v = {0};
    struct bw_id made;
    int64_t audience_id;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(terms_actor_check(tx, d->viewer, err));
    enum bw_rc rc = open_version(tx, arena, &v, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    if (rc == BW_OK && v.state != TERMS_DRAFT)
        return bw_fail(err, BW_CONFLICT,
                       "the draft is proposed: take it back before you change it");
    if (rc == BW_NOT_FOUND)
        BW_TRY(next_number(tx, &v.number, err));
    v.effective_us = d->effective_us;
    for (int i = 0; i < I18N_LANGS; i++)
        v.text[i] = bw_view_trim(d->text[i]);
    BW_TRY(check_texts(v.text, err));
    BW_TRY(terms_hash(&v, &v.hash, err));
    BW_TRY(audience_intern(tx, TLP_AMBER, &staff, 1, &audience_id, err));
    if (rc == BW_NOT_FOUND) {
        BW_TRY(draft_insert(tx, &v, audience_id, &made, err));
        v.public_id = bw_view_z(made.text);
    } else {
        BW_TRY(draft_update(tx, &v, err));
    }
    return TERMS_APPEND(tx, LEDGER_TERMS_DRAFTED, v.public_id, d->viewer->person_id, audience_id,
                        err, {"number", {NULL, 0}, v.number},
                        {"hash", bw_view_z(terms_hash_text(&v.hash).text), 0});
}

/* -- decisions --------------------------------------------------------------------------------- */

/* The first day that may be announced today: whole days of the hub's zone. */
static int64_t earliest(const struct settings *s, int64_t now_us)
{
    int64_t zone_us = setting_int(s, SETTING_ZONE_OFFSET) * BW_MINUTE_US;
    int64_t today = (now_us + zone_us) / BW_DAY_US * BW_DAY_US - zone_us;
    return today + setting_int(s, SETTING_TERMS_NOTICE) * BW_DAY_US;
}

static enum bw_rc check_date(struct db_tx *tx, const struct terms_decision *d,
                             const struct terms_version *v, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    char date[BW_TIME_MAX];
    int64_t first = earliest(d->settings, db_tx_now_us(tx));
    terms_date_text(first, d->settings, date);
    if (v->effective_us < first)
        return bw_fail(err, BW_INVALID,
                       "terms are announced at least %lld days ahead: they can take effect on %s "
                       "at the earliest",
                       (long long)setting_int(d->settings, SETTING_TERMS_NOTICE), date);
    BW_TRY(db_query(db_tx_db(tx), viewer_system("terms: the draft, for who has to decide on it"),
                    "SELECT 1 FROM v_terms_version WHERE state IN (2, 3) AND effective_us >= ?1"
                    " LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, v->effective_us);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK)
        return bw_fail(
            err, BW_INVALID,
            "an earlier version takes effect on that day or after it: choose a later day");
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc move(struct db_tx *tx, const struct terms_version *v, enum terms_state to,
                       int64_t proposed_by, int64_t audience_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE terms_version SET state = ?2, proposed_by = ?3, announced_us = ?4,"
                     " audience_id = ?5 WHERE id = ?1 AND state < 2",
                     &st, err));
    db_bind_int(st, 1, v->id);
    db_bind_int(st, 2, (int64_t)to);
    db_bind_int(st, 3, proposed_by);
    db_bind_int(st, 4, to == TERMS_ANNOUNCED ? db_tx_now_us(tx) : 0);
    db_bind_int(st, 5, audience_id);
    return db_run(st, err);
}

static enum bw_rc announce(struct db_tx *tx, const struct terms_decision *d,
                           const struct terms_version *v, struct bw_err *err)
{
    const struct grant everybody = {GRANT_PUBLIC, 0};
    int64_t audience_id;
    BW_TRY(check_date(tx, d, v, err));
    BW_TRY(audience_intern(tx, TLP_CLEAR, &everybody, 1, &audience_id, err));
    BW_TRY(move(tx, v, TERMS_ANNOUNCED, v->proposed_by ? v->proposed_by : d->viewer->person_id,
                audience_id, err));
    BW_TRY(TERMS_APPEND(tx, LEDGER_TERMS_ANNOUNCED, v->public_id, d->viewer->person_id, audience_id,
                        err, {"number", {NULL, 0}, v->number},
                        {"hash", bw_view_z(terms_hash_text(&v->hash).text), 0},
                        {"proposed_by", {NULL, 0}, v->proposed_by},
                        {"reason", bw_view_trim(d->reason), 0}));
    BW_TRY(job_add(tx, TERMS_JOB_MOMENT, v->public_id, BW_V(""), v->effective_us, NULL, err));
    return v->effective_us <= db_tx_now_us(tx) ? terms_come_into_force(tx, err) : BW_OK;
}

static enum bw_rc propose(struct db_tx *tx, const struct terms_decision *d,
                          const struct terms_version *v, int64_t staff_audience, struct bw_err *err)
{
    BW_TRY(check_date(tx, d, v, err));
    BW_TRY(move(tx, v, TERMS_PROPOSED, d->viewer->person_id, staff_audience, err));
    return TERMS_APPEND(tx, LEDGER_TERMS_PROPOSED, v->public_id, d->viewer->person_id,
                        staff_audience, err, {"number", {NULL, 0}, v->number},
                        {"hash", bw_view_z(terms_hash_text(&v->hash).text), 0},
                        {"reason", bw_view_trim(d->reason), 0});
}

/* Which steps may be made from here, and by whom. */
static enum bw_rc check_step(const struct terms_decision *d, const struct terms_version *v,
                             struct bw_err *err)
{
    bool four_eyes = setting_int(d->settings, SETTING_TERMS_FOUR_EYES) != 0;
    bool fits = d->step == TERMS_PROPOSE  ? v->state == TERMS_DRAFT
                : d->step == TERMS_RETURN ? v->state == TERMS_PROPOSED
                                          : v->state == TERMS_PROPOSED || !four_eyes;
    if (!fits)
        return bw_fail(err, BW_CONFLICT, "the draft is in another state now: look at it again");
    if (!bw_view_is(d->hash, terms_hash_text(&v->hash).text))
        return bw_fail(err, BW_CONFLICT, "the text was changed meanwhile: read it again");
    if (d->step == TERMS_ANNOUNCE && four_eyes && v->proposed_by == d->viewer->person_id)
        return bw_fail(err, BW_DENIED, "a second person has to confirm what you proposed");
    return BW_OK;
}

enum bw_rc terms_decide(struct db_tx *tx, const struct terms_decision *d, struct bw_err *err)
{
    const struct grant staff = {GRANT_ROLE, ROLE_STAFF};
    BW_AUTO(bw_arena) *arena = bw_arena_new(4 << 20);
    struct terms_version v;
    int64_t staff_audience;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(terms_actor_check(tx, d->viewer, err));
    BW_TRY(terms_reason_check(d->reason, err));
    enum bw_rc rc = open_version(tx, arena, &v, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_CONFLICT, "there is no draft any more");
    BW_TRY(rc);
    BW_TRY(check_step(d, &v, err));
    if (d->step == TERMS_ANNOUNCE)
        return announce(tx, d, &v, err);
    BW_TRY(audience_intern(tx, TLP_AMBER, &staff, 1, &staff_audience, err));
    if (d->step == TERMS_PROPOSE)
        return propose(tx, d, &v, staff_audience, err);
    BW_TRY(move(tx, &v, TERMS_DRAFT, 0, staff_audience, err));
    return TERMS_APPEND(tx, LEDGER_TERMS_RETURNED, v.public_id, d->viewer->person_id,
                        staff_audience, err, {"number", {NULL, 0}, v.number},
                        {"reason", bw_view_trim(d->reason), 0});
}
