/* SPDX-License-Identifier: Apache-2.0 */
/* join_store - rows of applications and their people, in and out.
 *
 * An application's row is for the desk; while members are asked, also for them (join_step.c gives
 * it another audience). Its people are for the desk alone, for ever. */
#include "join_int.h"

#include "json_write.h"

static enum bw_rc copy(struct bw_arena *arena, const struct db_stmt *st, int at,
                       struct bw_view *ret, struct bw_err *err)
{
    return bw_view_copy(arena, db_text(st, at), ret, err);
}

enum bw_rc join_row(const struct db_stmt *st, struct bw_arena *arena, struct join_application *ret,
                    struct bw_err *err)
{
    *ret = (struct join_application){
        .id = db_int(st, 0),
        .route = (enum join_route)db_int(st, 2),
        .state = (enum join_state)db_int(st, 3),
        .since_us = db_int(st, 4),
        .created_us = db_int(st, 5),
        .lang = (enum i18n_lang)db_int(st, 6),
        .class_ = (enum member_class)db_int(st, 11),
        .size = (enum join_size)db_int(st, 12),
        .sponsor_id = db_int(st, 19),
        .alike = db_int(st, 20) != 0,
        .claimed_by = db_int(st, 21),
        .claimed_us = db_int(st, 22),
        .proof = (enum join_proof)db_int(st, 23),
        .proof_us = db_int(st, 24),
        .registered_us = db_int(st, 27),
        .objections_until_us = db_int(st, 29),
        .signed_us = db_int(st, 30),
        .organisation_id = db_int(st, 33),
        .audience_id = db_int(st, 35),
    };
    const struct {
        int at;
        struct bw_view *to;
    } TEXTS[] = {
        {1, &ret->public_id},
        {7, &ret->names.text[I18N_EN]},
        {8, &ret->names.text[I18N_HANT]},
        {9, &ret->names.text[I18N_HANS]},
        {10, &ret->registration},
        {13, &ret->domain},
        {14, &ret->domains},
        {15, &ret->networks},
        {16, &ret->sectors},
        {17, &ret->company_group},
        {18, &ret->why},
        {25, &ret->proof_what},
        {26, &ret->dns_value},
        {28, &ret->registered_what},
        {31, &ret->signed_name},
        {32, &ret->signed_title},
        {34, &ret->reason},
    };
    for (size_t i = 0; i < BW_COUNT(TEXTS); i++)
        BW_TRY(copy(arena, st, TEXTS[i].at, TEXTS[i].to, err));
    return BW_OK;
}

static enum bw_rc one(struct db_stmt *st, struct bw_arena *arena, struct join_application *ret,
                      struct bw_err *err)
{
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such application");
    BW_TRY(rc);
    return join_row(st, arena, ret, err);
}

enum bw_rc join_get(struct db *db, const struct viewer *viewer, struct bw_view public_id,
                    struct bw_arena *arena, struct join_application *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT " JOIN_APPLICATION " FROM v_application a WHERE a.public_id = ?1", &st,
                    err));
    db_bind_text(st, 1, public_id);
    return one(st, arena, ret, err);
}

enum bw_rc join_get_key(struct db *db, const struct viewer *viewer, int64_t id,
                        struct bw_arena *arena, struct join_application *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer, "SELECT " JOIN_APPLICATION " FROM v_application a WHERE a.id = ?1",
                    &st, err));
    db_bind_int(st, 1, id);
    return one(st, arena, ret, err);
}

enum bw_rc join_people_read(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                            struct join_application *a, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer,
                    "SELECT kind, name, email, phone, role, signatory FROM v_application_person"
                    " WHERE application_id = ?1 ORDER BY kind, id LIMIT 8",
                    &st, err));
    db_bind_int(st, 1, a->id);
    a->people_n = 0;
    while ((rc = db_row(st, err)) == BW_OK && a->people_n < JOIN_PEOPLE_MAX) {
        struct join_person *p = &a->people[a->people_n];
        *p = (struct join_person){.kind = (enum join_person_kind)db_int(st, 0),
                                  .role = (enum role)db_int(st, 4),
                                  .signatory = db_int(st, 5) != 0};
        BW_TRY(copy(arena, st, 1, &p->name, err));
        BW_TRY(copy(arena, st, 2, &p->email, err));
        BW_TRY(copy(arena, st, 3, &p->phone, err));
        a->people_n++;
    }
    return rc == BW_OK || rc == BW_NOT_FOUND ? BW_OK : rc;
}

const struct join_person *join_applicant(const struct join_application *a)
{
    for (size_t i = 0; i < a->people_n; i++)
        if (a->people[i].kind == JOIN_APPLICANT)
            return &a->people[i];
    return NULL;
}

const struct join_person *join_signatory(const struct join_application *a)
{
    for (size_t i = 0; i < a->people_n; i++)
        if (a->people[i].signatory)
            return &a->people[i];
    return NULL;
}

/* -- writing ----------------------------------------------------------------------------------- */

/* Who decides on members, and who looks over their shoulders. */
static enum bw_rc desk_audience(struct db_tx *tx, int64_t *ret, struct bw_err *err)
{
    static const struct grant DESK[] = {{GRANT_ROLE, ROLE_OPERATOR},
                                        {GRANT_ROLE, ROLE_MEMBERSHIP},
                                        {GRANT_ROLE, ROLE_AUDITOR}};
    return audience_intern(tx, TLP_AMBER_STRICT, DESK, BW_COUNT(DESK), ret, err);
}

static void bind_form(struct db_stmt *st, const struct join_application *a)
{
    for (int i = 0; i < I18N_LANGS; i++)
        db_bind_text(st, 2 + i, bw_view_trim(a->names.text[i]));
    db_bind_text(st, 5, a->registration);
    db_bind_int(st, 6, (int64_t)a->class_);
    db_bind_int(st, 7, (int64_t)a->size);
    db_bind_text(st, 8, a->domain);
    db_bind_text(st, 9, a->domains);
    db_bind_text(st, 10, a->networks);
    db_bind_text(st, 11, a->sectors);
    db_bind_text(st, 12, a->company_group);
    db_bind_text(st, 13, a->why);
    db_bind_int(st, 14, (int64_t)a->route);
    db_bind_int(st, 15, (int64_t)a->lang);
}

static enum bw_rc insert_people(struct db_tx *tx, int64_t id, const struct join_application *a,
                                int64_t audience_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO application_person (application_id, kind, name, email, phone,"
                     " role, signatory, audience_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                     &st, err));
    for (size_t i = 0; i < a->people_n; i++) {
        const struct join_person *p = &a->people[i];
        db_again(st);
        db_bind_int(st, 1, id);
        db_bind_int(st, 2, (int64_t)p->kind);
        db_bind_text(st, 3, bw_view_trim(p->name));
        db_bind_text(st, 4, bw_view_trim(p->email));
        db_bind_text(st, 5, bw_view_trim(p->phone));
        db_bind_int(st, 6, (int64_t)p->role);
        db_bind_int(st, 7, p->signatory);
        db_bind_int(st, 8, audience_id);
        BW_TRY(db_run(st, err));
    }
    return BW_OK;
}

enum bw_rc join_insert(struct db_tx *tx, const struct join_application *in, int64_t actor_id,
                       int64_t *ret_id, struct bw_id *ret_public, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id public_id = bw_id_new();
    struct crypto_token dns = crypto_token_new("");
    int64_t audience_id, id;
    BW_TRY(desk_audience(tx, &audience_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO application (public_id, name_en, name_hant, name_hans,"
                     " registration, class, size, domain, domains, networks, sectors,"
                     " company_group, why, route, lang, state, since_us, created_us, sponsor_id,"
                     " alike, claimed_by, claimed_us, proof, proof_us, proof_what, dns_value,"
                     " registered_us, registered_what, objections_until_us, signed_us,"
                     " signed_name, signed_title, organisation_id, reason, audience_id)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
                     " 0, ?16, ?16, ?17, 0, 0, 0, 0, 0, '', ?18, 0, '', 0, 0, '', '', 0, '', ?19)"
                     " RETURNING id",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(public_id.text));
    bind_form(st, in);
    db_bind_int(st, 16, db_tx_now_us(tx));
    db_bind_int(st, 17, in->sponsor_id);
    db_bind_text(st, 18, bw_view_head(bw_view_z(dns.text), 32));
    db_bind_int(st, 19, audience_id);
    BW_TRY(db_row(st, err));
    id = db_int(st, 0);
    BW_TRY(insert_people(tx, id, in, audience_id, err));
    BW_TRY(join_note(tx, LEDGER_APPLICATION_DRAFTED, bw_view_z(public_id.text), actor_id,
                     (const char *const[]){"route", NULL},
                     (const struct bw_view[]){bw_view_z(join_route_word(in->route))}, err));
    *ret_id = id;
    *ret_public = public_id;
    return BW_OK;
}

enum bw_rc join_update(struct db_tx *tx, const struct join_application *in, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL, *old = NULL;
    int64_t audience_id;
    BW_TRY(desk_audience(tx, &audience_id, err));
    BW_TRY(db_change(tx,
                     "UPDATE application SET name_en = ?2, name_hant = ?3, name_hans = ?4,"
                     " registration = ?5, class = ?6, size = ?7, domain = ?8, domains = ?9,"
                     " networks = ?10, sectors = ?11, company_group = ?12, why = ?13, route = ?14,"
                     " lang = ?15 WHERE id = ?1 AND state = 0",
                     &st, err));
    db_bind_int(st, 1, in->id);
    bind_form(st, in);
    BW_TRY(db_run(st, err));
    if (db_changes(st) == 0)
        return bw_fail(err, BW_CONFLICT,
                       "this application was sent: it cannot be changed any more");
    BW_TRY(db_change(tx, "DELETE FROM application_person WHERE application_id = ?1", &old, err));
    db_bind_int(old, 1, in->id);
    BW_TRY(db_run(old, err));
    BW_TRY(insert_people(tx, in->id, in, audience_id, err));
    return join_note(tx, LEDGER_APPLICATION_CHANGED, in->public_id, 0,
                     (const char *const[]){"by", NULL},
                     (const struct bw_view[]){BW_VIEW_INIT("applicant")}, err);
}

enum bw_rc join_note(struct db_tx *tx, enum ledger_verb verb, struct bw_view object,
                     int64_t actor_id, const char *const *keys, const struct bw_view *values,
                     struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(16384);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    for (size_t i = 0; keys[i]; i++)
        json_w_kv(&w, keys[i], values[i]);
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

/* -- lists ------------------------------------------------------------------------------------- */

enum bw_rc join_list(struct db *db, const struct viewer *viewer, bool asked, struct bw_arena *arena,
                     struct join_list_row **ret, size_t *ret_n, struct bw_err *err)
{
    enum { ROWS = 200 };
    BW_AUTO(db_stmt) *st = NULL;
    struct join_list_row *rows = BW_ARENA_ARRAY(arena, ROWS, struct join_list_row);
    size_t n = 0;
    enum bw_rc rc;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT a.public_id, a.name_en, a.name_hant, a.name_hans, a.domain, a.route,"
                    " a.state, a.since_us, a.claimed_by, a.objections_until_us, a.alike,"
                    " coalesce(p.name, '') FROM v_application a LEFT JOIN v_person p"
                    " ON p.id = a.claimed_by"
                    " WHERE a.state >= ?1 AND a.state <= ?2 ORDER BY a.since_us, a.id LIMIT 200",
                    &st, err));
    db_bind_int(st, 1, asked ? JOIN_VOUCHING : JOIN_SUBMITTED);
    db_bind_int(st, 2, asked ? JOIN_OBJECTION : JOIN_SIGNING);
    while ((rc = db_row(st, err)) == BW_OK) {
        struct join_list_row *r = &rows[n++];
        *r = (struct join_list_row){.route = (enum join_route)db_int(st, 5),
                                    .state = (enum join_state)db_int(st, 6),
                                    .since_us = db_int(st, 7),
                                    .claimed_by = db_int(st, 8),
                                    .objections_until_us = db_int(st, 9),
                                    .alike = db_int(st, 10) != 0};
        BW_TRY(copy(arena, st, 0, &r->public_id, err));
        for (int i = 0; i < I18N_LANGS; i++)
            BW_TRY(copy(arena, st, 1 + i, &r->names.text[i], err));
        BW_TRY(copy(arena, st, 4, &r->domain, err));
        BW_TRY(copy(arena, st, 11, &r->claimed_name, err));
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}
