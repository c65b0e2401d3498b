/* SPDX-License-Identifier: Apache-2.0 */
/* member_pick - from what people type or choose to keys: member_resolve() and member_choices().
 *
 * Everything is asked as the viewer, with one exception: a person of another organisation can be
 * named by who knows their exact address or public id. Named recipients of other organisations are
 * what TLP:RED is for; nothing but "is a member" is told by it, and there is no list to pick them
 * from. */
#include "member_int.h"

enum { REF_MAX = 254, QUOTED_MAX = 80 };

/* -- resolve ----------------------------------------------------------------------------------- */

static enum bw_rc none(enum grant_kind kind, struct bw_view ref, struct bw_err *err)
{
    const char *what = kind == GRANT_ORGANISATION ? "organisation"
                       : kind == GRANT_CIRCLE     ? "circle"
                       : kind == GRANT_SECTOR     ? "sector"
                                                  : "person";
    return bw_fail(err, BW_NOT_FOUND, "there is no %s \"%.*s\"", what,
                   BW_VF(bw_utf8_head(ref, QUOTED_MAX)));
}

/* The one row of ST; two are one too many: a name that fits two organisations names none. */
static enum bw_rc only_row(struct db_stmt *st, struct bw_view ref, int64_t *ret_id,
                           struct bw_err *err)
{
    BW_TRY(db_row(st, err));
    int64_t id = db_int(st, 0);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK)
        return bw_fail(err, BW_INVALID, "\"%.*s\" is the name of several: use the public id",
                       BW_VF(bw_utf8_head(ref, QUOTED_MAX)));
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret_id = id;
    return BW_OK;
}

static enum bw_rc resolve_organisation(struct db *db, const struct viewer *viewer,
                                       struct bw_view ref, struct bw_view lower, int64_t *ret_id,
                                       struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT id FROM v_organisation WHERE (public_id = ?1 OR name_en = ?1"
                    " OR name_hant = ?1 OR name_hans = ?1 OR domain = ?2) AND state < 2 LIMIT 2",
                    &st, err));
    db_bind_text(st, 1, ref);
    db_bind_text(st, 2, lower);
    return only_row(st, ref, ret_id, err);
}

/* What a tombstone was called answers for the organisation that it was merged into. */
static enum bw_rc resolve_merged(struct db *db, const struct viewer *viewer, struct bw_view ref,
                                 struct bw_view lower, int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT m.survivor_id FROM v_organisation o JOIN organisation_merged m"
                    " ON m.organisation_id = o.id WHERE o.public_id = ?1 OR o.name_en = ?1"
                    " OR o.name_hant = ?1 OR o.name_hans = ?1 OR o.domain = ?2 LIMIT 2",
                    &st, err));
    db_bind_text(st, 1, ref);
    db_bind_text(st, 2, lower);
    return only_row(st, ref, ret_id, err);
}

static enum bw_rc resolve_group(struct db *db, const struct viewer *viewer, enum grant_kind kind,
                                struct bw_view ref, int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT id FROM v_grouping WHERE (public_id = ?1 OR name_en = ?1"
                    " OR name_hant = ?1 OR name_hans = ?1) AND kind = ?2 LIMIT 2",
                    &st, err));
    db_bind_text(st, 1, ref);
    db_bind_int(st, 2, (int64_t)kind);
    return only_row(st, ref, ret_id, err);
}

static enum bw_rc resolve_person(struct db *db, const struct viewer *viewer, struct bw_view ref,
                                 struct bw_view lower, int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    if (viewer->role == ROLE_NOBODY)
        return BW_NOT_FOUND;
    BW_TRY(db_query(db, viewer_system("a member names a person by exact address or id"),
                    "SELECT p.id FROM v_person p JOIN v_organisation o ON o.id = p.organisation_id"
                    " WHERE (p.public_id = ?1 OR p.email = ?2) AND p.state = 0 AND o.state = 0"
                    " LIMIT 2",
                    &st, err));
    db_bind_text(st, 1, ref);
    db_bind_text(st, 2, lower);
    return only_row(st, ref, ret_id, err);
}

enum bw_rc member_resolve(struct db *db, const struct viewer *viewer, enum grant_kind kind,
                          struct bw_view ref, int64_t *ret_id, struct bw_err *err)
{
    char lower[REF_MAX];
    enum bw_rc rc = BW_NOT_FOUND;
    ref = bw_view_trim(ref);
    if (ref.n == 0 || ref.n > REF_MAX || !bw_utf8_valid(ref) ||
        bw_view_find_byte(ref, '\0') != SIZE_MAX)
        return none(kind, ref, err);
    for (size_t i = 0; i < ref.n; i++)
        lower[i] = ref.p[i] >= 'A' && ref.p[i] <= 'Z' ? (char)(ref.p[i] - 'A' + 'a') : ref.p[i];
    if (kind == GRANT_ORGANISATION)
        rc = resolve_organisation(db, viewer, ref, bw_view_of(lower, ref.n), ret_id, err);
    if (kind == GRANT_ORGANISATION && rc == BW_NOT_FOUND)
        rc = resolve_merged(db, viewer, ref, bw_view_of(lower, ref.n), ret_id, err);
    if (kind == GRANT_PERSON)
        rc = resolve_person(db, viewer, ref, bw_view_of(lower, ref.n), ret_id, err);
    else if (kind == GRANT_CIRCLE || kind == GRANT_SECTOR)
        rc = resolve_group(db, viewer, kind, ref, ret_id, err);
    return rc == BW_NOT_FOUND ? none(kind, ref, err) : rc;
}

/* -- choices ----------------------------------------------------------------------------------- */

/* As readers expect an index: letters without case, then bytes, then the key. */
static int by_name(const void *a, const void *b)
{
    const struct member_choice *x = a, *y = b;
    size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
    for (size_t i = 0; i < n; i++) {
        unsigned char p = (unsigned char)x->name.p[i], q = (unsigned char)y->name.p[i];
        p = p >= 'A' && p <= 'Z' ? (unsigned char)(p + 32) : p;
        q = q >= 'A' && q <= 'Z' ? (unsigned char)(q + 32) : q;
        if (p != q)
            return p < q ? -1 : 1;
    }
    int rest = bw_view_cmp(x->name, y->name);
    return rest ? rest : (x->id > y->id) - (x->id < y->id);
}

static enum bw_rc ask(struct db *db, const struct viewer *viewer, enum grant_kind kind,
                      struct db_stmt **ret, struct bw_err *err)
{
    switch (kind) {
    case GRANT_ORGANISATION:
        return db_query(db, viewer,
                        "SELECT id, public_id, name_en, name_hant, name_hans, '', '', ''"
                        " FROM v_organisation WHERE state = 0",
                        ret, err);
    case GRANT_PERSON:
        return db_query(db, viewer,
                        "SELECT p.id, p.public_id, p.name, '', '', o.name_en, o.name_hant,"
                        " o.name_hans FROM v_person p JOIN v_organisation o"
                        " ON o.id = p.organisation_id WHERE p.state = 0 AND o.state = 0",
                        ret, err);
    case GRANT_SECTOR:
    case GRANT_CIRCLE:
        BW_TRY(db_query(db, viewer,
                        "SELECT id, public_id, name_en, name_hant, name_hans, '', '', ''"
                        " FROM v_grouping WHERE kind = ?1",
                        ret, err));
        db_bind_int(*ret, 1, (int64_t)kind);
        return BW_OK;
    case GRANT_PUBLIC:
    case GRANT_EVERYBODY:
    case GRANT_ROLE:
    case GRANT_ORG_ADMIN:
    case GRANT_DUTY:
    case GRANT_LIMIT:
    case GRANT_DELEGATE:
        break;
    }
    return bw_fail(err, BW_INVALID, "there is nothing to choose from");
}

/* Picks the name while the row is there: no other language is copied. */
static enum bw_rc localised(const struct db_stmt *st, int at, enum i18n_lang lang,
                            struct bw_arena *arena, struct bw_view *ret, struct bw_err *err)
{
    struct member_names names;
    for (int i = 0; i < I18N_LANGS; i++)
        names.text[i] = db_text(st, at + i);
    return bw_view_copy(arena, member_name(&names, lang), ret, err);
}

enum bw_rc member_choices(struct db *db, const struct viewer *viewer, enum grant_kind kind,
                          enum i18n_lang lang, struct bw_arena *arena, struct member_choice **ret,
                          size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_choice *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(ask(db, viewer, kind, &st, err));
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(MEMBER_MORE(arena, rows, n, room, err));
        rows[n].id = db_int(st, 0);
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &rows[n].public_id, err));
        BW_TRY(localised(st, 2, lang, arena, &rows[n].name, err));
        BW_TRY(localised(st, 5, lang, arena, &rows[n].hint, err));
        n++;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    if (n)
        qsort(rows, n, sizeof(*rows), by_name);
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}
