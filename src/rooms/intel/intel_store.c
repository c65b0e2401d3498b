/* SPDX-License-Identifier: Apache-2.0 */
/* intel_store - reading items: one, lists, counts.
 *
 * A list is one statement put together from a source, its filters and an order, all newest first by
 * published_us, which is unique and thus the cursor too. The source is chosen by what the viewer
 * sees: walk       v_item by time: whoever sees much finds a page's rows at once; reachable
 * audience by audience: whoever sees little does not walk past what others share; words      the
 * full text newest first, which stops as soon as the page is full; public, queue, drafts: partial
 * indexes of their own. The same rows come out whichever source is taken; only the cost differs. */
#include "intel_page.h"

#define ITEM_COLUMNS                                                                            \
    "i.id, i.public_id, i.number, i.audience_id, i.organisation_id, i.person_id, i.kind,"       \
    " i.severity, i.state, i.tlp, i.lang, i.title, i.indicators, i.created_us, i.published_us," \
    " i.released_us"
#define BODY_COLUMN 16

int64_t intel_walk_small = 10000;

/* -- rows -------------------------------------------------------------------------------------- */

static bool in_range(int64_t v, int n)
{
    return v >= 0 && v < n;
}

static enum bw_rc read_item(const struct db_stmt *st, struct bw_arena *arena,
                            struct intel_item *ret, struct bw_err *err)
{
    struct intel_item it = {
        .id = db_int(st, 0),
        .audience_id = db_int(st, 3),
        .author_organisation_id = db_int(st, 4),
        .author_person_id = db_int(st, 5),
        .indicators = db_int(st, 12),
        .created_us = db_int(st, 13),
        .published_us = db_int(st, 14),
        .is_public = !db_null(st, 15),
    };
    int64_t kind = db_int(st, 6), severity = db_int(st, 7), state = db_int(st, 8);
    int64_t tlp = db_int(st, 9), lang = db_int(st, 10);
    if (!in_range(kind, INTEL_KINDS) || !in_range(severity, INTEL_SEVERITIES) ||
        !in_range(state, INTEL_WITHDRAWN + 1) || !in_range(tlp, TLP_LABELS) ||
        !in_range(lang, I18N_LANGS))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "item %ld is out of range",
                              (long)it.id);
    it.kind = (enum intel_kind)kind;
    it.severity = (enum intel_severity)severity;
    it.state = (enum intel_state)state;
    it.tlp = (enum tlp)tlp;
    it.lang = (enum i18n_lang)lang;
    BW_TRY(bw_view_copy(arena, db_text(st, 1), &it.public_id, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 2), &it.number, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 11), &it.title, err));
    *ret = it;
    return BW_OK;
}

/* At most MAX rows; *ret_more: there was one more. */
static enum bw_rc read_items(struct db_stmt *st, size_t max, struct bw_arena *arena,
                             struct intel_item **ret, size_t *ret_n, bool *ret_more,
                             struct bw_err *err)
{
    struct intel_item *rows = BW_ARENA_ARRAY(arena, max, struct intel_item);
    size_t n = 0;
    enum bw_rc rc;
    if (!rows)
        return bw_fail_memory(err);
    while ((rc = db_row(st, err)) == BW_OK && n < max)
        BW_TRY(read_item(st, arena, &rows[n++], err));
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    *ret_more = rc == BW_OK;
    return BW_OK;
}

enum bw_rc intel_item_get(struct db *db, const struct viewer *viewer, struct bw_view public_id,
                          struct bw_arena *arena, struct intel_item *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct intel_item it;
    BW_TRY(db_query(db, viewer,
                    "SELECT " ITEM_COLUMNS ", i.body FROM v_item i WHERE i.public_id = ?1", &st,
                    err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_NOT_FOUND, "there is no such item");
    if (rc != BW_OK)
        return rc;
    BW_TRY(read_item(st, arena, &it, err));
    if (it.state != INTEL_WITHDRAWN) /* what was withdrawn is told to nobody again */
        BW_TRY(bw_view_copy(arena, db_text(st, BODY_COLUMN), &it.body, err));
    *ret = it;
    return BW_OK;
}

enum bw_rc intel_item_chosen(struct db *db, const struct viewer *viewer, int64_t item_id,
                             struct bw_arena *arena, struct intel_audience_in *ret,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer, "SELECT chosen FROM v_item WHERE id = ?1", &st, err));
    db_bind_int(st, 1, item_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_NOT_FOUND, "there is no such item");
    if (rc != BW_OK)
        return rc;
    return intel_chosen_read(db_text(st, 0), arena, ret, err);
}

/* -- statements put together ------------------------------------------------------------------- */

struct part_value {
    bool is_text;
    int64_t number;
    struct bw_view text;
};
/* A statement and its values, in the order of their question marks. */
struct build {
    struct db_sql sql;
    struct part_value values[16];
    size_t n;
    struct bw_view cursor_column;
};

static void add_int(struct build *b, int64_t v)
{
    BW_ASSERT(b->n < BW_COUNT(b->values));
    b->values[b->n++] = (struct part_value){false, v, {NULL, 0}};
}

static void add_text(struct build *b, struct bw_view v)
{
    BW_ASSERT(b->n < BW_COUNT(b->values));
    b->values[b->n++] = (struct part_value){true, 0, v};
}

static enum bw_rc build_run(const struct build *b, struct db *db, const struct viewer *viewer,
                            struct db_stmt **ret, struct bw_err *err)
{
    struct db_stmt *st;
    BW_TRY(db_query_built(db, viewer, &b->sql, &st, err));
    for (size_t i = 0; i < b->n; i++) {
        const struct part_value *v = &b->values[i];
        if (v->is_text)
            db_bind_text(st, (int)i + 1, v->text);
        else
            db_bind_int(st, (int)i + 1, v->number);
    }
    *ret = st;
    return BW_OK;
}

enum source { SOURCE_WALK, SOURCE_REACHABLE, SOURCE_WORDS };

/* Whoever sees few rows of a large hub is better served audience by audience. Staff see nearly all.
 */
static enum bw_rc choose(struct db *db, const struct viewer *viewer, const struct intel_filter *f,
                         enum source *ret, struct bw_err *err)
{
    enum { FEW = 400 };
    BW_AUTO(db_stmt) *size = NULL, *few = NULL;
    *ret = SOURCE_WALK;
    if (f->state != INTEL_PUBLISHED || f->public_only || f->unreleased_clear ||
        viewer->role == ROLE_NOBODY || viewer->role == ROLE_SYSTEM || role_is_staff(viewer->role))
        return BW_OK;
    BW_TRY(db_query(db, viewer_system("intel: how large the table is, to choose an index"),
                    "SELECT max(id) FROM v_item", &size, err));
    BW_TRY(db_row(size, err));
    if (db_int(size, 0) < intel_walk_small)
        return BW_OK;
    BW_TRY(db_query(db, viewer,
                    "SELECT count(*) FROM (SELECT 1 FROM $reachable r JOIN v_item i"
                    " ON i.audience_id = r.audience_id WHERE i.state = 1 LIMIT ?1) s",
                    &few, err));
    db_bind_int(few, 1, FEW);
    BW_TRY(db_row(few, err));
    if (db_int(few, 0) < FEW)
        *ret = SOURCE_REACHABLE;
    return BW_OK;
}

/* FROM and WHERE. */
static void add_source(struct build *b, enum source source, struct bw_view match,
                       const struct intel_filter *f, const struct viewer *viewer)
{
    if (source == SOURCE_WORDS) {
        db_sql_add(&b->sql, " FROM $hits(item, ?) h JOIN v_item i ON i.published_us = h.id");
        add_text(b, match);
    } else if (source == SOURCE_REACHABLE) {
        db_sql_add(&b->sql, " FROM $reachable r JOIN v_item i ON i.audience_id = r.audience_id");
    } else {
        db_sql_add(&b->sql, " FROM v_item i");
    }
    if (f->state == INTEL_DRAFT) {
        db_sql_add(&b->sql, " WHERE i.state = 0 AND i.person_id = ?");
        add_int(b, viewer->person_id);
    } else {
        db_sql_add(&b->sql, " WHERE i.state = 1");
    }
    if (f->public_only)
        db_sql_add(&b->sql, " AND i.released_us IS NOT NULL");
    if (f->unreleased_clear)
        db_sql_add(&b->sql, " AND i.tlp = 0 AND i.released_us IS NULL");
    if (f->since_us > 0 && f->state != INTEL_DRAFT) {
        db_sql_add(&b->sql, " AND i.published_us > ?");
        add_int(b, f->since_us);
    }
    if (f->kind >= 0) {
        db_sql_add(&b->sql, " AND i.kind = ?");
        add_int(b, f->kind);
    }
    if (f->severity >= 0) {
        db_sql_add(&b->sql, " AND i.severity = ?");
        add_int(b, f->severity);
    }
    if (f->tlp >= 0 && !f->unreleased_clear) {
        db_sql_add(&b->sql, " AND i.tlp = ?");
        add_int(b, f->tlp);
    }
}

/* Rows behind AFTER (0: from the start), and the order. The queue alone is oldest first. */
static void add_order(struct build *b, enum source source, const struct intel_filter *f,
                      int64_t after)
{
    if (f->state == INTEL_DRAFT) {
        db_sql_add(&b->sql, " AND i.id < ? ORDER BY i.id DESC");
        add_int(b, after ? after : INT64_MAX);
    } else if (f->unreleased_clear) {
        db_sql_add(&b->sql, " AND i.published_us > ? ORDER BY i.published_us");
        add_int(b, after);
    } else if (source == SOURCE_WORDS) {
        db_sql_add(&b->sql, " AND h.id < ? ORDER BY h.id DESC");
        add_int(b, after ? after : INT64_MAX);
    } else {
        db_sql_add(&b->sql, " AND i.published_us < ? ORDER BY i.published_us DESC");
        add_int(b, after ? after : INT64_MAX);
    }
    db_sql_add(&b->sql, " LIMIT ?");
}

/* The place of the cursor's row in the order. It must be one that the viewer sees. */
static enum bw_rc read_cursor(struct db *db, const struct viewer *viewer,
                              const struct intel_filter *f, int64_t *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret = 0;
    if (f->after.n == 0)
        return BW_OK;
    BW_TRY(
        db_query(db, viewer, "SELECT id, published_us FROM v_item WHERE public_id = ?1", &st, err));
    db_bind_text(st, 1, f->after);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK)
        *ret = db_int(st, f->state == INTEL_DRAFT ? 0 : 1);
    if (rc == BW_NOT_FOUND || (rc == BW_OK && *ret == 0))
        return bw_fail(err, BW_INVALID, "after: this is not the id of an item that you can see");
    return rc;
}

/* *ret_none: the words hold nothing that can be searched for, so nothing matches. */
static enum bw_rc start(struct db *db, const struct viewer *viewer, const struct intel_filter *f,
                        struct bw_buf *match, enum source *ret_source, bool *ret_none,
                        struct bw_err *err)
{
    *ret_none = false;
    if (bw_view_trim(f->query).n == 0)
        return choose(db, viewer, f, ret_source, err);
    *ret_source = SOURCE_WORDS;
    *ret_none = text_query(f->query, match) == 0 || f->state == INTEL_DRAFT;
    return bw_buf_rc(match, "query", err);
}

/* -- lists and counts -------------------------------------------------------------------------- */

enum bw_rc intel_item_list(struct db *db, const struct viewer *viewer, const struct intel_filter *f,
                           struct bw_arena *arena, struct intel_item **ret, size_t *ret_n,
                           bool *ret_more, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO_BUF match = BW_BUF_INIT(16 * TEXT_QUERY_MAX);
    struct build b = {.sql = DB_SQL("SELECT " ITEM_COLUMNS)};
    enum source source;
    bool none;
    int64_t after;

    BW_ASSERT(f->limit >= 1 && f->limit <= 200);
    BW_TRY(read_cursor(db, viewer, f, &after, err));
    BW_TRY(start(db, viewer, f, &match, &source, &none, err));
    if (none) {
        *ret = NULL;
        *ret_n = 0;
        *ret_more = false;
        return BW_OK;
    }
    add_source(&b, source, bw_buf_text(&match), f, viewer);
    add_order(&b, source, f, after);
    add_int(&b, (int64_t)f->limit + 1);
    BW_TRY(build_run(&b, db, viewer, &st, err));
    return read_items(st, f->limit, arena, ret, ret_n, ret_more, err);
}

enum bw_rc intel_item_count(struct db *db, const struct viewer *viewer,
                            const struct intel_filter *f, int64_t limit, int64_t *ret_n,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO_BUF match = BW_BUF_INIT(16 * TEXT_QUERY_MAX);
    struct build b = {.sql = DB_SQL("SELECT count(*) FROM (SELECT 1")};
    enum source source;
    bool none;

    BW_TRY(start(db, viewer, f, &match, &source, &none, err));
    if (none) {
        *ret_n = 0;
        return BW_OK;
    }
    add_source(&b, source, bw_buf_text(&match), f, viewer);
    add_order(&b, source, f, 0);
    db_sql_add(&b.sql, ") s");
    add_int(&b, limit + 1);
    BW_TRY(build_run(&b, db, viewer, &st, err));
    BW_TRY(db_row(st, err));
    *ret_n = db_int(st, 0);
    return BW_OK;
}

enum bw_rc intel_item_facets(struct db *db, const struct viewer *viewer,
                             const struct intel_filter *f, struct intel_facets *ret,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO_BUF match = BW_BUF_INIT(16 * TEXT_QUERY_MAX);
    struct build b = {
        .sql = DB_SQL("SELECT kind, tlp, count(*) FROM (SELECT i.kind AS kind, i.tlp AS tlp")};
    struct intel_facets facets = {.total = 0};
    enum source source;
    bool none;
    enum bw_rc rc;

    BW_TRY(start(db, viewer, f, &match, &source, &none, err));
    if (none) {
        *ret = facets;
        return BW_OK;
    }
    add_source(&b, source, bw_buf_text(&match), f, viewer);
    add_order(&b, source, f, 0);
    db_sql_add(&b.sql, ") s GROUP BY kind, tlp");
    add_int(&b, INTEL_COUNT_MAX + 1);
    BW_TRY(build_run(&b, db, viewer, &st, err));
    while ((rc = db_row(st, err)) == BW_OK) {
        int64_t kind = db_int(st, 0), tlp = db_int(st, 1), n = db_int(st, 2);
        if (!in_range(kind, INTEL_KINDS) || !in_range(tlp, TLP_LABELS))
            continue;
        facets.kind[kind] += n;
        facets.tlp[tlp] += n;
        facets.total += n;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    facets.capped = facets.total > INTEL_COUNT_MAX;
    *ret = facets;
    return BW_OK;
}

/* -- through indicators ------------------------------------------------------------------------ */

/* Limits inside: a value that half the hub shares must not make one page slow. That of 500 has no
 * order: to sort them all would be what it is there to spare. A technique (kind 18) is shared by
 * too many to say anything. */
enum bw_rc intel_item_related(struct db *db, const struct viewer *viewer, int64_t item_id,
                              struct bw_arena *arena, struct intel_item **ret, size_t *ret_n,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    bool more;
    BW_TRY(db_query(db, viewer,
                    "SELECT " ITEM_COLUMNS " FROM (SELECT s.item_id AS item_id, count(*) AS n"
                    " FROM (SELECT o.item_id AS item_id FROM (SELECT a.indicator_id AS id"
                    " FROM v_occurrence a JOIN indicator k ON k.id = a.indicator_id"
                    " WHERE a.item_id = ?1 AND k.kind <> 18 ORDER BY a.indicator_id LIMIT 200) m"
                    " JOIN v_occurrence o ON o.indicator_id = m.id"
                    " WHERE o.item_id IS NOT NULL AND o.item_id <> ?1 LIMIT 500) s"
                    " GROUP BY s.item_id) c JOIN v_item i ON i.id = c.item_id WHERE i.state = 1"
                    " ORDER BY c.n DESC, i.published_us DESC LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, item_id);
    db_bind_int(st, 2, INTEL_RELATED);
    return read_items(st, INTEL_RELATED, arena, ret, ret_n, &more, err);
}

enum bw_rc intel_item_with(struct db *db, const struct viewer *viewer, int64_t indicator_id,
                           size_t max, struct bw_arena *arena, struct intel_item **ret,
                           size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    bool more;
    BW_TRY(db_query(db, viewer,
                    "SELECT " ITEM_COLUMNS " FROM (SELECT item_id FROM v_occurrence"
                    " WHERE indicator_id = ?1 AND item_id IS NOT NULL"
                    " ORDER BY audience_id, id LIMIT 1000) o" /* as its index has them */
                    " JOIN v_item i ON i.id = o.item_id WHERE i.state = 1"
                    " ORDER BY i.published_us DESC LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, indicator_id);
    db_bind_int(st, 2, (int64_t)max);
    return read_items(st, max, arena, ret, ret_n, &more, err);
}
