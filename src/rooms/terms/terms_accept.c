/* SPDX-License-Identifier: Apache-2.0 */
/* terms_accept - somebody accepts for themselves or signs for their organisation; and who may sign.
 *
 * What is kept is enough to show later what was agreed to: version, hash, language, person,
 * organisation, time, under the names of that day. No network address is kept:
 * docs/decisions/0012-acceptance-without-address.md. Threads: the write lane for what changes. */
#include "terms_int.h"

static enum bw_rc version_to_accept(struct db_tx *tx, const struct terms_accept *a,
                                    struct bw_arena *arena, struct terms_version *ret,
                                    struct bw_err *err)
{
    enum bw_rc rc = terms_version_get(db_tx_db(tx), a->viewer, a->number, arena, ret, err);
    if (rc == BW_NOT_FOUND)
        return rc;
    BW_TRY(rc);
    if (ret->state != TERMS_ANNOUNCED && ret->state != TERMS_IN_FORCE)
        return bw_fail(err, BW_CONFLICT,
                       "version %lld is not the one to accept any more: read the present one",
                       (long long)a->number);
    if (!bw_view_is(a->hash, terms_hash_text(&ret->hash).text))
        return bw_fail(err, BW_CONFLICT,
                       "this is not the text that you were shown: read it again before you accept");
    return BW_OK;
}

static enum bw_rc read_acceptance(const struct db_stmt *st, struct bw_arena *arena,
                                  struct terms_acceptance *ret, struct bw_err *err)
{
    struct terms_acceptance a = {.kind = (enum terms_kind)db_int(st, 1),
                                 .number = db_int(st, 2),
                                 .lang = (enum i18n_lang)db_int(st, 4),
                                 .person_id = db_int(st, 5),
                                 .organisation_id = db_int(st, 7),
                                 .at_us = db_int(st, 9)};
    struct bw_view hash = db_bytes(st, 3);
    if (hash.n != sizeof(a.hash.b))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "hash of an acceptance");
    memcpy(a.hash.b, hash.p, hash.n);
    BW_TRY(bw_view_copy(arena, db_text(st, 0), &a.public_id, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 6), &a.person_name, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 8), &a.organisation_name, err));
    *ret = a;
    return BW_OK;
}

#define ACCEPTANCE                                                                   \
    "a.public_id, a.kind, v.number, a.hash, a.lang, a.person_id, a.person_name, "    \
    "a.organisation_id,"                                                             \
    " a.organisation_name, a.at_us FROM v_terms_acceptance a JOIN v_terms_version v" \
    " ON v.id = a.version_id"

enum bw_rc terms_acceptance_get(struct db *db, const struct viewer *viewer,
                                struct bw_view public_id, struct bw_arena *arena,
                                struct terms_acceptance *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer, "SELECT " ACCEPTANCE " WHERE a.public_id = ?1", &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such acceptance");
    BW_TRY(rc);
    return read_acceptance(st, arena, ret, err);
}

enum bw_rc terms_acceptance_of(struct db *db, const struct viewer *viewer, int64_t number,
                               enum terms_kind kind, int64_t subject_id, struct bw_arena *arena,
                               struct terms_acceptance *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT " ACCEPTANCE
                    " WHERE v.number = ?1 AND a.kind = ?2 AND a.subject_id = ?3",
                    &st, err));
    db_bind_int(st, 1, number);
    db_bind_int(st, 2, (int64_t)kind);
    db_bind_int(st, 3, subject_id);
    BW_TRY(db_row(st, err));
    return read_acceptance(st, arena, ret, err);
}

enum bw_rc terms_acceptance_list(struct db *db, const struct viewer *viewer, int64_t person_id,
                                 int64_t organisation_id, size_t max, struct bw_arena *arena,
                                 struct terms_acceptance **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct terms_acceptance *rows = BW_ARENA_ARRAY(arena, max, struct terms_acceptance);
    size_t n = 0;
    enum bw_rc rc;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT " ACCEPTANCE " WHERE (a.kind = 0 AND a.subject_id = ?1)"
                    " OR (a.kind = 1 AND a.subject_id = ?2)"
                    " ORDER BY a.at_us DESC, a.id DESC LIMIT ?3",
                    &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, organisation_id);
    db_bind_int(st, 3, (int64_t)max);
    while ((rc = db_row(st, err)) == BW_OK && n < max)
        BW_TRY(read_acceptance(st, arena, &rows[n++], err));
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc terms_signed(struct db *db, int64_t organisation_id, bool *ret, struct bw_err *err)
{
    const struct viewer *all = viewer_system("terms: whether an organisation has signed");
    BW_AUTO(bw_arena) *arena = bw_arena_new(4 << 20);
    BW_AUTO(db_stmt) *st = NULL;
    struct terms_version v;
    if (!arena)
        return bw_fail_memory(err);
    enum bw_rc rc = terms_current(db, all, arena, &v, err);
    if (rc == BW_NOT_FOUND) {
        *ret = true;
        return BW_OK;
    }
    BW_TRY(rc);
    BW_TRY(db_query(db, all,
                    "SELECT 1 FROM v_terms_acceptance WHERE version_id = ?1 AND kind = 1"
                    " AND subject_id = ?2",
                    &st, err));
    db_bind_int(st, 1, v.id);
    db_bind_int(st, 2, organisation_id);
    rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rc == BW_OK;
    return BW_OK;
}

enum bw_rc terms_holds_duty(struct db *db, int64_t person_id, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT 1 FROM holding WHERE holder_kind = 0 AND holder_id = ?1 AND code = ?2"
                    " AND until_us IS NULL",
                    &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, grant_code((struct grant){GRANT_DUTY, DUTY_SIGNATORY}));
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rc == BW_OK;
    return BW_OK;
}

/* -- accepting --------------------------------------------------------------------------------- */

struct names {
    struct bw_view person, organisation;
};

static enum bw_rc names_now(struct db_tx *tx, const struct viewer *viewer, enum i18n_lang lang,
                            struct bw_arena *arena, struct names *ret, struct bw_err *err)
{
    struct member_recipient person;
    struct member_organisation organisation;
    BW_TRY(member_person_get(db_tx_db(tx), viewer->person_id, arena, &person, err));
    BW_TRY(member_organisation_get(db_tx_db(tx), viewer, viewer->organisation_id, arena,
                                   &organisation, err));
    ret->person = person.name;
    ret->organisation = member_name(&organisation.names, lang);
    return BW_OK;
}

static enum bw_rc insert(struct db_tx *tx, const struct terms_accept *a,
                         const struct terms_version *v, struct bw_arena *arena,
                         struct bw_id *ret_public, int64_t *ret_audience, struct bw_err *err)
{
    const struct viewer *w = a->viewer;
    const struct grant grants[] = {{GRANT_PERSON, w->person_id},
                                   {GRANT_ORG_ADMIN, w->organisation_id},
                                   {GRANT_ROLE, ROLE_STAFF}};
    BW_AUTO(db_stmt) *st = NULL;
    struct names names;
    enum i18n_lang shown;
    terms_text(v, a->lang, &shown);
    BW_TRY(names_now(tx, w, shown, arena, &names, err));
    BW_TRY(audience_intern(tx, TLP_AMBER_STRICT, grants, BW_COUNT(grants), ret_audience, err));
    *ret_public = bw_id_new();
    BW_TRY(db_change(tx,
                     "INSERT INTO terms_acceptance (public_id, kind, subject_id, version_id, hash,"
                     " lang, person_id, person_name, organisation_id, organisation_name,"
                     " audience_id, at_us)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(ret_public->text));
    db_bind_int(st, 2, a->sign ? TERMS_FOR_ORGANISATION : TERMS_FOR_ONESELF);
    db_bind_int(st, 3, a->sign ? w->organisation_id : w->person_id);
    db_bind_int(st, 4, v->id);
    db_bind_bytes(st, 5, crypto_digest_view(&v->hash));
    db_bind_int(st, 6, (int64_t)shown);
    db_bind_int(st, 7, w->person_id);
    db_bind_text(st, 8, names.person);
    db_bind_int(st, 9, w->organisation_id);
    db_bind_text(st, 10, names.organisation);
    db_bind_int(st, 11, *ret_audience);
    db_bind_int(st, 12, db_tx_now_us(tx));
    return db_run(st, err);
}

/* BW_OK with *ret_public: it is there; BW_NOT_FOUND: it is not. */
static enum bw_rc accepted_before(struct db_tx *tx, const struct terms_accept *a,
                                  struct bw_arena *arena, struct bw_id *ret_public,
                                  struct bw_err *err)
{
    struct terms_acceptance was;
    const struct viewer *w = a->viewer;
    BW_TRY(terms_acceptance_of(db_tx_db(tx), viewer_system("terms: what was accepted before"),
                               a->number, a->sign ? TERMS_FOR_ORGANISATION : TERMS_FOR_ONESELF,
                               a->sign ? w->organisation_id : w->person_id, arena, &was, err));
    if (a->sign && was.person_id != w->person_id)
        return bw_fail(err, BW_CONFLICT, "%.*s has signed for your organisation already",
                       BW_VF(bw_utf8_head(was.person_name, 120)));
    memcpy(ret_public->text, was.public_id.p, was.public_id.n);
    ret_public->text[was.public_id.n] = '\0';
    return BW_OK;
}

enum bw_rc terms_accept(struct db_tx *tx, const struct terms_accept *a, struct bw_id *ret_public,
                        struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(4 << 20);
    struct terms_version v;
    int64_t audience_id;
    bool may = true;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(terms_actor_check(tx, a->viewer, err));
    if (a->sign)
        BW_TRY(terms_holds_duty(db_tx_db(tx), a->viewer->person_id, &may, err));
    if (!may)
        return bw_fail(err, BW_DENIED,
                       "only a signatory signs for the organisation: an administrator of your "
                       "organisation names one");
    BW_TRY(version_to_accept(tx, a, arena, &v, err));
    enum bw_rc rc = accepted_before(tx, a, arena, ret_public, err);
    if (rc != BW_NOT_FOUND)
        return rc;
    BW_TRY(insert(tx, a, &v, arena, ret_public, &audience_id, err));
    BW_TRY(TERMS_APPEND(tx, a->sign ? LEDGER_TERMS_SIGNED : LEDGER_TERMS_ACCEPTED,
                        bw_view_z(ret_public->text), a->viewer->person_id, audience_id, err,
                        {"number", {NULL, 0}, v.number},
                        {"hash", bw_view_z(terms_hash_text(&v.hash).text), 0}));
    return a->sign ? terms_organisation_settle(tx, a->viewer->organisation_id, err)
                   : terms_person_settle(tx, a->viewer->person_id, err);
}

/* -- signatories ------------------------------------------------------------------------------- */

enum bw_rc terms_signatory_set(struct db_tx *tx, const struct terms_signatory *s,
                               struct bw_err *err)
{
    const struct grant duty = {GRANT_DUTY, DUTY_SIGNATORY};
    BW_AUTO(db_stmt) *st = NULL;
    bool held;
    BW_TRY(terms_reason_check(s->reason, err));
    BW_TRY(db_query(db_tx_db(tx), viewer_system("terms: a signatory is one of the organisation"),
                    "SELECT id, audience_id, role FROM v_person WHERE public_id = ?1"
                    " AND organisation_id = ?2 AND state = 0",
                    &st, err));
    db_bind_text(st, 1, s->person);
    db_bind_int(st, 2, s->organisation_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such person in the organisation");
    BW_TRY(rc);
    int64_t person_id = db_int(st, 0), audience_id = db_int(st, 1);
    if (s->give && db_int(st, 2) == ROLE_SERVICE)
        return bw_fail(err, BW_INVALID, "an account for programs cannot sign");
    db_again(st);
    BW_TRY(terms_holds_duty(db_tx_db(tx), person_id, &held, err));
    if (held == s->give)
        return BW_OK;
    if (s->give)
        BW_TRY(holding_give(tx, HOLDER_PERSON, person_id, duty, err));
    else
        BW_TRY(holding_end(tx, HOLDER_PERSON, person_id, duty, err));
    return TERMS_APPEND(tx, s->give ? LEDGER_HOLDING_GIVEN : LEDGER_HOLDING_ENDED, s->person,
                        s->actor_id, audience_id, err, {"duty", BW_V("signatory"), 0},
                        {"reason", bw_view_trim(s->reason), 0});
}
