/* SPDX-License-Identifier: Apache-2.0 */
/* member_read - organisations, people and groups as a viewer sees them; see member.h and
 * member_int.h.
 *
 * Last-seen times and API keys lie in core's tables, which have no audience: they are read here by
 * key, for people whom the viewer was allowed to see. */
#include "member_int.h"

#include "bw_clock.h"
#include "page.h"

enum bw_rc member_more(struct bw_arena *arena, void **array, size_t n, size_t *room, size_t size,
                       struct bw_err *err)
{
    if (n < *room)
        return BW_OK;
    size_t larger = *room ? *room * 2 : 16;
    void *p = bw_arena_zero(arena, larger, size);
    if (!p)
        return bw_fail_memory(err);
    if (n)
        memcpy(p, *array, n * size);
    *array = p;
    *room = larger;
    return BW_OK;
}

enum bw_rc member_names_row(const struct db_stmt *st, int at, struct bw_arena *arena,
                            struct member_names *ret, struct bw_err *err)
{
    for (int i = 0; i < I18N_LANGS; i++)
        BW_TRY(bw_view_copy(arena, db_text(st, at + i), &ret->text[i], err));
    return BW_OK;
}

/* -- organisations ----------------------------------------------------------------------------- */

enum bw_rc member_organisation_row(const struct db_stmt *st, struct bw_arena *arena,
                                   struct member_organisation *ret, struct bw_err *err)
{
    int64_t class_ = db_int(st, 5), state = db_int(st, 6);
    if (class_ < 0 || class_ >= MEMBER_CLASSES || state < 0 || state > MEMBER_LEFT)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "organisation %lld: class or state",
                              (long long)db_int(st, 0));
    struct member_organisation o = {.id = db_int(st, 0),
                                    .class_ = (enum member_class)class_,
                                    .state = (enum member_state)state};
    BW_TRY(bw_view_copy(arena, db_text(st, 1), &o.public_id, err));
    BW_TRY(member_names_row(st, 2, arena, &o.names, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 7), &o.domain, err));
    *ret = o;
    return BW_OK;
}

enum bw_rc member_organisation_get(struct db *db, const struct viewer *viewer, int64_t id,
                                   struct bw_arena *arena, struct member_organisation *ret,
                                   struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT " MEMBER_ORGANISATION " FROM v_organisation o WHERE o.id = ?1", &st,
                    err));
    db_bind_int(st, 1, id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such organisation");
    BW_TRY(rc);
    return member_organisation_row(st, arena, ret, err);
}

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

#define DIRECTORY_FILTER                                                                    \
    " o.state = 0 AND (?1 < 0 OR o.class = ?1) AND (?2 = 0 OR EXISTS (SELECT 1"             \
    " FROM holding h WHERE h.holder_kind = 1 AND h.holder_id = o.id AND h.until_us IS NULL" \
    " AND h.code = ?2))"

static void bind_filter(struct db_stmt *st, const struct member_directory_filter *f)
{
    db_bind_int(st, 1, f->class_);
    db_bind_int(st, 2, f->sector_id ? grant_code((struct grant){GRANT_SECTOR, f->sector_id}) : 0);
}

enum bw_rc member_directory_read(struct db *db, const struct viewer *viewer,
                                 const struct member_directory_filter *f, struct bw_view after,
                                 struct bw_arena *arena, struct member_organisation **ret,
                                 size_t *ret_n, bool *ret_more, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_organisation *rows = BW_ARENA_ARRAY(arena, PAGE_ROWS, struct member_organisation);
    struct bw_view name;
    enum bw_rc rc;
    size_t n = 0;
    if (!rows)
        return bw_fail_memory(err);
    BW_TRY(cursor_name(db, viewer, after, arena, &name, err));
    BW_TRY(db_query(db, viewer,
                    "SELECT " MEMBER_ORGANISATION " FROM v_organisation o WHERE o.name_en > ?3"
                    " AND" DIRECTORY_FILTER " ORDER BY o.name_en LIMIT ?4",
                    &st, err));
    bind_filter(st, f);
    db_bind_text(st, 3, name);
    db_bind_int(st, 4, PAGE_ROWS + 1);
    while ((rc = db_row(st, err)) == BW_OK && n < PAGE_ROWS)
        BW_TRY(member_organisation_row(st, arena, &rows[n++], err));
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    *ret_more = rc == BW_OK;
    return BW_OK;
}

enum bw_rc member_directory_count(struct db *db, const struct viewer *viewer,
                                  const struct member_directory_filter *f, int64_t *ret_n,
                                  struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer, "SELECT count(*) FROM v_organisation o WHERE" DIRECTORY_FILTER, &st,
                    err));
    bind_filter(st, f);
    BW_TRY(db_row(st, err));
    *ret_n = db_int(st, 0);
    return BW_OK;
}

/* -- groups ------------------------------------------------------------------------------------ */

enum bw_rc member_groups_of(struct db *db, const struct viewer *viewer, int64_t organisation_id,
                            struct bw_arena *arena, struct member_group **ret, size_t *ret_n,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_group *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer,
                    "SELECT g.id, g.kind, g.public_id, g.name_en, g.name_hant, g.name_hans"
                    " FROM holding h JOIN v_grouping g ON g.id = h.code >> 4"
                    " AND g.kind = (h.code & 15) WHERE h.holder_kind = 1 AND h.holder_id = ?1"
                    " AND h.until_us IS NULL ORDER BY g.kind DESC, g.name_en, g.id",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(MEMBER_MORE(arena, rows, n, room, err));
        rows[n].id = db_int(st, 0);
        rows[n].kind = (enum grant_kind)db_int(st, 1);
        BW_TRY(bw_view_copy(arena, db_text(st, 2), &rows[n].public_id, err));
        BW_TRY(member_names_row(st, 3, arena, &rows[n].names, err));
        n++;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

/* -- people ------------------------------------------------------------------------------------ */

static enum bw_rc last_seen(struct db *db, int64_t person_id, int64_t *ret_us, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT max(seen_us) FROM session WHERE person_id = ?1", &st, err));
    db_bind_int(st, 1, person_id);
    BW_TRY(db_row(st, err));
    *ret_us = db_int(st, 0);
    return BW_OK;
}

enum bw_rc member_people_of(struct db *db, const struct viewer *viewer, int64_t organisation_id,
                            struct bw_arena *arena, struct member_colleague **ret, size_t *ret_n,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_colleague *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer,
                    "SELECT id, name, email, role FROM v_person WHERE organisation_id = ?1"
                    " AND state = 0 ORDER BY name, id",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(MEMBER_MORE(arena, rows, n, room, err));
        rows[n].role = (enum role)db_int(st, 3);
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &rows[n].name, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 2), &rows[n].email, err));
        BW_TRY(last_seen(db, db_int(st, 0), &rows[n].seen_us, err));
        n++;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc member_person_get(struct db *db, int64_t person_id, struct bw_arena *arena,
                             struct member_recipient *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("the name behind a key that the caller's row holds"),
                    "SELECT " MEMBER_RECIPIENT " FROM v_person r WHERE r.id = ?1", &st, err));
    db_bind_int(st, 1, person_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such person");
    BW_TRY(rc);
    return member_recipient_row(st, arena, ret, err);
}

enum bw_rc member_recipient_row(const struct db_stmt *st, struct bw_arena *arena,
                                struct member_recipient *ret, struct bw_err *err)
{
    struct member_recipient r = {.person_id = db_int(st, 0),
                                 .organisation_id = db_int(st, 1),
                                 .lang = (enum i18n_lang)db_int(st, 4),
                                 .role = (enum role)db_int(st, 5)};
    BW_TRY(bw_view_copy(arena, db_text(st, 2), &r.name, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 3), &r.email, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 6), &r.public_id, err));
    *ret = r;
    return BW_OK;
}

enum bw_rc member_viewer_by_email(struct db *db, struct bw_view email, struct bw_arena *arena,
                                  struct viewer **ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_view lower;
    BW_TRY(member_lower(arena, email, &lower, err));
    BW_TRY(db_query(db, viewer_system("a command acts as the person that it names"),
                    "SELECT p.id, p.organisation_id, p.role FROM v_person p JOIN v_organisation o"
                    " ON o.id = p.organisation_id WHERE p.email = ?1 AND p.state = 0"
                    " AND o.state = 0",
                    &st, err));
    db_bind_text(st, 1, lower);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no active person with the address %.*s",
                       BW_VF(bw_utf8_head(lower, 80)));
    BW_TRY(rc);
    return viewer_load(db, db_int(st, 0), db_int(st, 1), (enum role)db_int(st, 2), arena, ret, err);
}

enum bw_rc member_viewer_operator(struct db *db, struct bw_arena *arena, struct viewer **ret,
                                  struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("a command without a name acts as the first operator"),
                    "SELECT p.id, p.organisation_id FROM v_person p JOIN v_organisation o"
                    " ON o.id = p.organisation_id WHERE p.role = ?1 AND p.state = 0 AND o.state = 0"
                    " ORDER BY p.id LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, ROLE_OPERATOR);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no active operator: say who imports with --as EMAIL");
    BW_TRY(rc);
    return viewer_load(db, db_int(st, 0), db_int(st, 1), ROLE_OPERATOR, arena, ret, err);
}

enum bw_rc member_person_key(struct db *db, struct bw_view public_id, int64_t *ret_id,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("followers of the ledger know people by public id"),
                    "SELECT id FROM v_person WHERE public_id = ?1", &st, err));
    db_bind_text(st, 1, public_id);
    BW_TRY(db_row(st, err));
    *ret_id = db_int(st, 0);
    return BW_OK;
}
