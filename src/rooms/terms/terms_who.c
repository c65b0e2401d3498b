/* SPDX-License-Identifier: Apache-2.0 */
/* terms_who - who has accepted a version and who has not: for the desk, for an organisation's
 * administrator, and for reminders. */
#include "page.h"
#include "terms_int.h"

static enum bw_rc read_person(const struct db_stmt *st, struct bw_arena *arena,
                              struct terms_person *p, struct bw_err *err)
{
    *p = (struct terms_person){.id = db_int(st, 0),
                               .organisation_id = db_int(st, 1),
                               .lang = (enum i18n_lang)db_int(st, 4),
                               .role = (enum role)db_int(st, 5),
                               .accepted_us = db_int(st, 8),
                               .accepted_lang = (enum i18n_lang)db_int(st, 9),
                               .signatory = db_int(st, 11) != 0,
                               .signed_for = db_int(st, 12) != 0,
                               .active = db_int(st, 13) == MEMBER_ACTIVE};
    BW_TRY(bw_view_copy(arena, db_text(st, 2), &p->name, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 3), &p->email, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 6), &p->public_id, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 7), &p->organisation, err));
    return bw_view_copy(arena, db_text(st, 10), &p->acceptance, err);
}

enum bw_rc terms_people(struct db *db, const struct viewer *viewer, const struct terms_people *q,
                        struct bw_arena *arena, struct terms_person **ret, size_t *ret_n,
                        struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct terms_person *rows = BW_ARENA_ARRAY(arena, q->max, struct terms_person);
    size_t n = 0;
    enum bw_rc rc;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT p.id, p.organisation_id, p.name, p.email, p.lang, p.role, p.public_id,"
                    " o.name_en, coalesce(a.at_us, 0), coalesce(a.lang, 0),"
                    " coalesce(a.public_id, ''), (SELECT count(*) FROM holding h"
                    " WHERE h.holder_kind = 0 AND h.holder_id = p.id AND h.code = ?5"
                    " AND h.until_us IS NULL), (SELECT count(*) FROM v_terms_acceptance b"
                    " WHERE b.version_id = ?1 AND b.kind = 1 AND b.subject_id = o.id), o.state"
                    " FROM v_person p JOIN v_organisation o ON o.id = p.organisation_id"
                    " LEFT JOIN v_terms_acceptance a ON a.version_id = ?1 AND a.kind = 0"
                    " AND a.subject_id = p.id"
                    " WHERE p.state = 0 AND o.state <> 2 AND p.role <> 10 AND p.id > ?2"
                    " AND (?3 = 0 OR p.organisation_id = ?3) AND (?4 = 0 OR a.id IS NULL)"
                    " ORDER BY p.id LIMIT ?6",
                    &st, err));
    db_bind_int(st, 1, q->version_id);
    db_bind_int(st, 2, q->after);
    db_bind_int(st, 3, q->organisation_id);
    db_bind_int(st, 4, q->missing_only);
    db_bind_int(st, 5, grant_code((struct grant){GRANT_DUTY, DUTY_SIGNATORY}));
    db_bind_int(st, 6, (int64_t)q->max);
    while ((rc = db_row(st, err)) == BW_OK && n < q->max)
        BW_TRY(read_person(st, arena, &rows[n++], err));
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}
_Static_assert(ROLE_SERVICE == 10, "written as a number above");

/* The name behind which the page starts. */
static enum bw_rc cursor_name(struct db *db, const struct viewer *viewer, struct bw_view after,
                              struct bw_arena *arena, struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret = BW_V("");
    if (after.n == 0)
        return BW_OK;
    BW_TRY(
        db_query(db, viewer, "SELECT name_en FROM v_organisation WHERE public_id = ?1", &st, err));
    db_bind_text(st, 1, after);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_INVALID, "there is no such place in the list");
    BW_TRY(rc);
    return bw_view_copy(arena, db_text(st, 0), ret, err);
}

static enum bw_rc read_organisation(const struct db_stmt *st, struct bw_arena *arena,
                                    struct terms_organisation *o, struct bw_err *err)
{
    *o = (struct terms_organisation){.id = db_int(st, 0),
                                     .people = db_int(st, 5),
                                     .accepted = db_int(st, 6),
                                     .signed_us = db_int(st, 7),
                                     .valid_until_us = db_int(st, 10),
                                     .ended = db_int(st, 11) != 0};
    BW_TRY(bw_view_copy(arena, db_text(st, 1), &o->public_id, err));
    for (int i = 0; i < I18N_LANGS; i++)
        BW_TRY(bw_view_copy(arena, db_text(st, 2 + i), &o->names.text[i], err));
    BW_TRY(bw_view_copy(arena, db_text(st, 8), &o->signed_by, err));
    return bw_view_copy(arena, db_text(st, 9), &o->signature, err);
}

enum bw_rc terms_organisations(struct db *db, const struct viewer *viewer, int64_t version_id,
                               struct bw_view after, struct bw_arena *arena,
                               struct terms_organisation **ret, size_t *ret_n, bool *ret_more,
                               struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct terms_organisation *rows = BW_ARENA_ARRAY(arena, PAGE_ROWS, struct terms_organisation);
    struct bw_view name;
    size_t n = 0;
    enum bw_rc rc;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(cursor_name(db, viewer, after, arena, &name, err));
    BW_TRY(db_query(db, viewer,
                    "SELECT o.id, o.public_id, o.name_en, o.name_hant, o.name_hans,"
                    " (SELECT count(*) FROM v_person p WHERE p.organisation_id = o.id"
                    " AND p.state = 0 AND p.role <> 10),"
                    " (SELECT count(*) FROM v_person p JOIN v_terms_acceptance b"
                    " ON b.version_id = ?1 AND b.kind = 0 AND b.subject_id = p.id"
                    " WHERE p.organisation_id = o.id AND p.state = 0 AND p.role <> 10),"
                    " coalesce(a.at_us, 0), coalesce(a.person_name, ''),"
                    " coalesce(a.public_id, ''), coalesce(m.valid_until_us, 0),"
                    " coalesce(m.ended, 0)"
                    " FROM v_organisation o LEFT JOIN v_terms_acceptance a ON a.version_id = ?1"
                    " AND a.kind = 1 AND a.subject_id = o.id"
                    " LEFT JOIN v_membership m ON m.organisation_id = o.id"
                    " WHERE o.state <> 2 AND o.name_en > ?2 ORDER BY o.name_en LIMIT ?3",
                    &st, err));
    db_bind_int(st, 1, version_id);
    db_bind_text(st, 2, name);
    db_bind_int(st, 3, PAGE_ROWS + 1);
    while ((rc = db_row(st, err)) == BW_OK && n < PAGE_ROWS)
        BW_TRY(read_organisation(st, arena, &rows[n++], err));
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    *ret_more = rc == BW_OK;
    return BW_OK;
}

enum bw_rc terms_totals(struct db *db, const struct viewer *viewer, int64_t version_id,
                        struct terms_totals *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT (SELECT count(*) FROM v_person p JOIN v_organisation o"
                    " ON o.id = p.organisation_id WHERE p.state = 0 AND p.role <> 10"
                    " AND o.state <> 2),"
                    " (SELECT count(*) FROM v_terms_acceptance a JOIN v_person p"
                    " ON p.id = a.subject_id AND p.state = 0 WHERE a.version_id = ?1"
                    " AND a.kind = 0),"
                    " (SELECT count(*) FROM v_organisation WHERE state <> 2),"
                    " (SELECT count(*) FROM v_terms_acceptance a JOIN v_organisation o"
                    " ON o.id = a.subject_id AND o.state <> 2 WHERE a.version_id = ?1"
                    " AND a.kind = 1)",
                    &st, err));
    db_bind_int(st, 1, version_id);
    BW_TRY(db_row(st, err));
    *ret = (struct terms_totals){db_int(st, 0), db_int(st, 1), db_int(st, 2), db_int(st, 3)};
    return BW_OK;
}
