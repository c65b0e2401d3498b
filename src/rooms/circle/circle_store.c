/* SPDX-License-Identifier: Apache-2.0 */
/* circle_store - reading circles. Whether a circle is there for somebody is decided by v_circle
 * alone; its name, kept with the other groups, is read by key after that. */
#include "circle_int.h"

#include "permission.h"

static const struct viewer *as_reader(void)
{
    return viewer_system("the name of a circle, and of who is in it, for who sees the circle");
}

enum { FIRST = 16 };
/* Room for one more element behind N. */
static enum bw_rc more(struct bw_arena *arena, void **array, size_t n, size_t *room, size_t size,
                       struct bw_err *err)
{
    if (n < *room)
        return BW_OK;
    size_t larger = *room ? *room * 2 : FIRST;
    void *p = bw_arena_zero(arena, larger, size);
    if (!p)
        return bw_fail_memory(err);
    if (n)
        memcpy(p, *array, n * size);
    *array = p;
    *room = larger;
    return BW_OK;
}
#define MORE(arena, array, n, room, err) \
    more((arena), (void **)&(array), (n), &(room), sizeof(*(array)), (err))

static enum bw_rc names_at(const struct db_stmt *st, int at, struct bw_arena *arena,
                           struct bw_view ret[I18N_LANGS], struct bw_err *err)
{
    for (int i = 0; i < I18N_LANGS; i++)
        BW_TRY(bw_view_copy(arena, db_text(st, at + i), &ret[i], err));
    return BW_OK;
}

bool circle_is_desk(const struct viewer *viewer)
{
    return permission_has(viewer, PERM_DECIDE) && !viewer->api_key_id;
}

static enum bw_rc none(struct bw_err *err)
{
    return bw_fail(err, BW_NOT_FOUND, "there is no such circle");
}

static enum bw_rc is_owner(struct db *db, const struct viewer *viewer, int64_t circle_id, bool *ret,
                           struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT count(*) FROM circle_owner WHERE circle_id = ?1 AND until_us IS NULL"
                    " AND ((holder_kind = 0 AND holder_id = ?2) OR (holder_kind = 1"
                    " AND holder_id = ?3))",
                    &st, err));
    db_bind_int(st, 1, circle_id);
    db_bind_int(st, 2, viewer->person_id);
    db_bind_int(st, 3, viewer->role == ROLE_ADMIN ? viewer->organisation_id : 0);
    BW_TRY(db_row(st, err));
    *ret = viewer->person_id && !viewer->limited && db_int(st, 0) > 0;
    return BW_OK;
}

/* Name and public id, for a circle that the viewer was found to see. */
static enum bw_rc fill_names(struct db *db, struct bw_arena *arena, struct circle *c,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, as_reader(),
                    "SELECT public_id, name_en, name_hant, name_hans, audience_id FROM v_grouping"
                    " WHERE id = ?1",
                    &st, err));
    db_bind_int(st, 1, c->id);
    BW_TRY(db_row(st, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 0), &c->public_id, err));
    c->audience_id = db_int(st, 4);
    return names_at(st, 1, arena, c->names.text, err);
}

#define CIRCLE \
    "c.id, c.tlp_max, c.hidden, c.by_request, c.purpose_en, c.purpose_hant, c.purpose_hans"

static enum bw_rc read_row(const struct db_stmt *st, const struct viewer *viewer,
                           struct bw_arena *arena, struct circle *ret, struct bw_err *err)
{
    int64_t tlp = db_int(st, 1);
    if (tlp < 0 || tlp >= TLP_LABELS)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "ceiling of a circle");
    *ret = (struct circle){.id = db_int(st, 0),
                           .tlp_max = (enum tlp)tlp,
                           .hidden = db_int(st, 2) != 0,
                           .by_request = db_int(st, 3) != 0};
    ret->inside = viewer->person_id && viewer_holds(viewer, (struct grant){GRANT_CIRCLE, ret->id});
    return names_at(st, 4, arena, ret->purpose, err);
}

static enum bw_rc complete(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                           struct circle *c, struct bw_err *err)
{
    BW_TRY(is_owner(db, viewer, c->id, &c->is_owner, err));
    c->may_own = c->is_owner || circle_is_desk(viewer);
    return fill_names(db, arena, c, err);
}

enum bw_rc circle_by_key(struct db *db, const struct viewer *viewer, int64_t id,
                         struct bw_arena *arena, struct circle *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct circle c;
    BW_TRY(db_query(db, viewer, "SELECT " CIRCLE " FROM v_circle c WHERE c.id = ?1", &st, err));
    db_bind_int(st, 1, id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return none(err);
    BW_TRY(rc);
    BW_TRY(read_row(st, viewer, arena, &c, err));
    BW_TRY(complete(db, viewer, arena, &c, err));
    *ret = c;
    return BW_OK;
}

/* Both questions are asked whatever the first one says: a hidden circle takes no other way than
 * none. */
enum bw_rc circle_get(struct db *db, const struct viewer *viewer, struct bw_view public_id,
                      struct bw_arena *arena, struct circle *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, as_reader(), "SELECT id FROM v_grouping WHERE public_id = ?1 AND kind = 3",
                    &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    return circle_by_key(db, viewer, rc == BW_OK ? db_int(st, 0) : 0, arena, ret, err);
}

static int by_name(const void *a, const void *b)
{
    const struct circle *x = a, *y = b;
    int rest = bw_view_cmp(x->names.text[I18N_EN], y->names.text[I18N_EN]);
    return rest ? rest : (x->id > y->id) - (x->id < y->id);
}

enum bw_rc circle_list(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                       struct circle **ret, size_t *ret_n, struct bw_err *err)
{
    struct circle *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    {
        BW_AUTO(db_stmt) *st = NULL;
        BW_TRY(db_query(db, viewer, "SELECT " CIRCLE " FROM v_circle c ORDER BY c.id LIMIT ?1", &st,
                        err));
        db_bind_int(st, 1, CIRCLE_LIST_MAX);
        while ((rc = db_row(st, err)) == BW_OK) {
            BW_TRY(MORE(arena, rows, n, room, err));
            BW_TRY(read_row(st, viewer, arena, &rows[n++], err));
        }
        if (rc != BW_NOT_FOUND)
            return rc;
    }
    for (size_t i = 0; i < n; i++)
        BW_TRY(complete(db, viewer, arena, &rows[i], err));
    if (n)
        qsort(rows, n, sizeof(*rows), by_name);
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc circle_want_owner(const struct circle *c, struct bw_err *err)
{
    return c->may_own ? BW_OK
                      : bw_fail(err, BW_DENIED,
                                "only the circle's owners and the hub's membership"
                                " desk may do this");
}

/* -- who is in it ------------------------------------------------------------------------------ */

static enum bw_rc read_members(struct db_stmt *st, enum holder_kind kind, struct bw_arena *arena,
                               struct circle_member **rows, size_t *n, size_t *room,
                               struct bw_err *err)
{
    enum bw_rc rc;
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(more(arena, (void **)rows, *n, room, sizeof(**rows), err));
        struct circle_member *m = &(*rows)[*n];
        *m = (struct circle_member){.kind = kind,
                                    .holder_id = db_int(st, 0),
                                    .from_us = db_int(st, 1),
                                    .until_us = db_int(st, 2)};
        BW_TRY(bw_view_copy(arena, db_text(st, 3), &m->public_id, err));
        BW_TRY(names_at(st, 4, arena, m->names.text, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 7), &m->organisation, err));
        (*n)++;
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* Present ones first, then by the end, last ones first; then by name. */
static int in_order(const void *a, const void *b)
{
    const struct circle_member *x = a, *y = b;
    if (x->until_us != y->until_us) {
        if (x->until_us == 0 || y->until_us == 0)
            return x->until_us ? 1 : -1;
        return x->until_us > y->until_us ? -1 : 1;
    }
    int rest = bw_view_cmp(x->names.text[I18N_EN], y->names.text[I18N_EN]);
    return rest ? rest : (x->from_us > y->from_us) - (x->from_us < y->from_us);
}

enum bw_rc circle_members(struct db *db, const struct circle *c, struct bw_arena *arena,
                          struct circle_member **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *organisations = NULL, *people = NULL;
    struct circle_member *rows = NULL;
    size_t n = 0, room = 0;
    BW_TRY(db_query(db, as_reader(),
                    "SELECT o.id, h.from_us, coalesce(h.until_us, 0), o.public_id, o.name_en,"
                    " o.name_hant, o.name_hans, '' FROM holding h JOIN v_organisation o"
                    " ON o.id = h.holder_id WHERE h.code = ?1 AND h.holder_kind = 1"
                    " ORDER BY h.from_us, h.id LIMIT ?2",
                    &organisations, err));
    db_bind_int(organisations, 1, grant_code((struct grant){GRANT_CIRCLE, c->id}));
    db_bind_int(organisations, 2, AUDIENCE_GRANTS_MAX);
    BW_TRY(read_members(organisations, HOLDER_ORGANISATION, arena, &rows, &n, &room, err));
    BW_TRY(db_query(db, as_reader(),
                    "SELECT p.id, h.from_us, coalesce(h.until_us, 0), p.public_id, p.name, '', '',"
                    " o.name_en FROM holding h JOIN v_person p ON p.id = h.holder_id"
                    " JOIN v_organisation o ON o.id = p.organisation_id"
                    " WHERE h.code = ?1 AND h.holder_kind = 0 ORDER BY h.from_us, h.id LIMIT ?2",
                    &people, err));
    db_bind_int(people, 1, grant_code((struct grant){GRANT_CIRCLE, c->id}));
    db_bind_int(people, 2, AUDIENCE_GRANTS_MAX);
    BW_TRY(read_members(people, HOLDER_PERSON, arena, &rows, &n, &room, err));
    if (n)
        qsort(rows, n, sizeof(*rows), in_order);
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc circle_owners(struct db *db, const struct circle *c, struct bw_arena *arena,
                         struct circle_member **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *organisations = NULL, *people = NULL;
    struct circle_member *rows = NULL;
    size_t n = 0, room = 0;
    BW_TRY(db_query(db, as_reader(),
                    "SELECT o.id, w.from_us, coalesce(w.until_us, 0), o.public_id, o.name_en,"
                    " o.name_hant, o.name_hans, '' FROM circle_owner w JOIN v_organisation o"
                    " ON o.id = w.holder_id WHERE w.circle_id = ?1 AND w.holder_kind = 1"
                    " AND w.until_us IS NULL ORDER BY w.id LIMIT ?2",
                    &organisations, err));
    db_bind_int(organisations, 1, c->id);
    db_bind_int(organisations, 2, CIRCLE_LIST_MAX);
    BW_TRY(read_members(organisations, HOLDER_ORGANISATION, arena, &rows, &n, &room, err));
    BW_TRY(db_query(db, as_reader(),
                    "SELECT p.id, w.from_us, coalesce(w.until_us, 0), p.public_id, p.name, '', '',"
                    " o.name_en FROM circle_owner w JOIN v_person p ON p.id = w.holder_id"
                    " JOIN v_organisation o ON o.id = p.organisation_id WHERE w.circle_id = ?1"
                    " AND w.holder_kind = 0 AND w.until_us IS NULL ORDER BY w.id LIMIT ?2",
                    &people, err));
    db_bind_int(people, 1, c->id);
    db_bind_int(people, 2, CIRCLE_LIST_MAX);
    BW_TRY(read_members(people, HOLDER_PERSON, arena, &rows, &n, &room, err));
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

/* -- requests and invitations ------------------------------------------------------------------ */

#define REQUEST \
    "r.id, r.circle_id, r.organisation_id, r.asked_us, r.kind, r.public_id, r.reason, r.asked_by"

static enum bw_rc read_request(const struct db_stmt *st, struct bw_arena *arena,
                               struct circle_request *ret, struct bw_err *err)
{
    *ret = (struct circle_request){.id = db_int(st, 0),
                                   .circle_id = db_int(st, 1),
                                   .organisation_id = db_int(st, 2),
                                   .asked_us = db_int(st, 3),
                                   .kind = (enum circle_request_kind)db_int(st, 4),
                                   .asked_by = db_int(st, 7)};
    BW_TRY(bw_view_copy(arena, db_text(st, 5), &ret->public_id, err));
    return bw_view_copy(arena, db_text(st, 6), &ret->reason, err);
}

/* The invited are told the circle's name: the invitation is for them. */
static enum bw_rc name_request(struct db *db, struct bw_arena *arena, struct circle_request *r,
                               struct bw_err *err)
{
    struct member_organisation o;
    struct circle c = {.id = r->circle_id};
    BW_TRY(fill_names(db, arena, &c, err));
    BW_TRY(member_organisation_get(db, as_reader(), r->organisation_id, arena, &o, err));
    r->circle = c.names;
    r->organisation = o.names;
    return BW_OK;
}

enum bw_rc circle_requests(struct db *db, const struct viewer *viewer, int64_t circle_id,
                           struct bw_arena *arena, struct circle_request **ret, size_t *ret_n,
                           struct bw_err *err)
{
    struct circle_request *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    {
        BW_AUTO(db_stmt) *st = NULL;
        BW_TRY(db_query(db, viewer,
                        "SELECT " REQUEST " FROM v_circle_request r WHERE r.state = 0"
                        " AND ((?1 = 0 AND r.organisation_id = ?2 AND r.kind = 1)"
                        " OR r.circle_id = ?1) ORDER BY r.id LIMIT ?3",
                        &st, err));
        db_bind_int(st, 1, circle_id);
        db_bind_int(st, 2, viewer->organisation_id);
        db_bind_int(st, 3, CIRCLE_LIST_MAX);
        while ((rc = db_row(st, err)) == BW_OK) {
            BW_TRY(MORE(arena, rows, n, room, err));
            BW_TRY(read_request(st, arena, &rows[n++], err));
        }
        if (rc != BW_NOT_FOUND)
            return rc;
    }
    for (size_t i = 0; i < n; i++)
        BW_TRY(name_request(db, arena, &rows[i], err));
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc circle_request_get(struct db *db, const struct viewer *viewer, struct bw_view public_id,
                              struct bw_arena *arena, struct circle_request *ret,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT " REQUEST " FROM v_circle_request r WHERE r.public_id = ?1"
                    " AND r.state = 0",
                    &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such request");
    BW_TRY(rc);
    BW_TRY(read_request(st, arena, ret, err));
    return name_request(db, arena, ret, err);
}
