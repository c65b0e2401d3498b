/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix_page - pages of STIX objects for a viewer, at a cost that does not depend on how much
 * is stored, how much of it is hidden from the viewer, or how many versions there are.
 *
 * Two ways to the next rows. Near the cursor most rows are usually visible: the rows behind it are
 * walked by id, a few for each one wanted. Where that does not fill the page (an old part, of which
 * most is superseded; a viewer who sees little; a filter by type), the viewer's streams are asked:
 * each (audience, type) gives its next rows from an index that holds nothing but keys, and these
 * are merged.
 *
 * What a row's own columns do not tell, because it depends on who asks (`contested`, or "first" and
 * "all"), is looked up for that row. A page that has looked at many rows in vain ends early. */
#include "intel_stix.h"

#include "bw_fault.h"

#define WALK_FACTOR 4     /* rows walked for each object wanted */
#define ROUNDS_MAX 16     /* merges for one page */
#define ID_ROWS_MAX 10000 /* rows of the ids asked for */

#define COLUMNS                                                                                  \
    "o.id, o.stix_id, o.type, o.version, o.version_us, o.added_us, o.spec_version, o.contested," \
    " o.owner_id, o.stix_key, o.hash"
enum column {
    C_ID,
    C_STIX_ID,
    C_TYPE,
    C_VERSION,
    C_VERSION_US,
    C_ADDED_US,
    C_SPEC,
    C_CONTESTED,
    C_OWNER,
    C_KEY,
    C_HASH,
    C_BYTES
};

struct pager {
    struct db *db;
    const struct viewer *viewer;
    const struct intel_object_filter *f;
    struct intel_versions versions;
    bool last_only; /* superseded rows are of no interest */
    enum bw_rc (*row)(void *arg, const struct intel_object *o, struct bw_err *err);
    void *arg;
    struct intel_object_page page;
    size_t bytes;
    bool full;
    struct db_stmt *fetch;     /* one row by id */
    struct db_stmt *beside[3]; /* see is_beside */
    int64_t *ids, *merged;     /* want of each */
    size_t want, n_ids;
};

static void pager_done(struct pager *p)
{
    db_stmt_free(p->fetch);
    for (size_t i = 0; i < BW_COUNT(p->beside); i++)
        db_stmt_free(p->beside[i]);
    free(p->ids);
    free(p->merged);
}

/* -- one row ----------------------------------------------------------------------------------- */

static bool among(struct bw_view v, const struct bw_view *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bw_view_eq(v, list[i]))
            return true;
    return n == 0;
}

/* Which other row, seen by this viewer, takes the place of the one that ST stands on? Of another
 * owner only the same bytes are a twin, and what the hub made itself (no artifact): who is first to
 * send something else under a known id and version must not hide what others send. */
enum beside {
    NEWER, /* a newer version of the same owner, or its twin */
    OLDER, /* an older version of the same owner */
    TWIN,  /* the same version, added before: by the same owner, or the same content */
};

static enum bw_rc beside_query(struct pager *p, enum beside what, struct bw_err *err)
{
    struct db_stmt **st = &p->beside[what];
    if (*st) {
        db_again(*st);
        return BW_OK;
    }
    if (what == NEWER)
        return db_query(p->db, p->viewer,
                        "SELECT 1 FROM v_stix_object n WHERE n.stix_key = ?1 AND n.stix_id = ?2"
                        " AND ((n.owner_id = ?3 AND n.version_us > ?4)"
                        " OR (n.id < ?5 AND n.version_us = ?4 AND n.version = ?6"
                        " AND (n.owner_id = ?3 OR n.hash = ?7 OR n.artifact_id IS NULL))) LIMIT 1",
                        st, err);
    if (what == OLDER)
        return db_query(p->db, p->viewer,
                        "SELECT 1 FROM v_stix_object n WHERE n.stix_key = ?1 AND n.stix_id = ?2"
                        " AND n.owner_id = ?3 AND n.version_us < ?4 LIMIT 1",
                        st, err);
    return db_query(p->db, p->viewer,
                    "SELECT 1 FROM v_stix_object n WHERE n.stix_key = ?1 AND n.stix_id = ?2"
                    " AND n.id < ?5 AND n.version_us = ?4 AND n.version = ?6"
                    " AND (n.owner_id = ?3 OR n.hash = ?7 OR n.artifact_id IS NULL) LIMIT 1",
                    st, err);
}

static enum bw_rc is_beside(struct pager *p, const struct db_stmt *st, enum beside what, bool *ret,
                            struct bw_err *err)
{
    BW_TRY(beside_query(p, what, err));
    struct db_stmt *q = p->beside[what];
    db_bind_int(q, 1, db_int(st, C_KEY));
    db_bind_text(q, 2, db_text(st, C_STIX_ID));
    db_bind_int(q, 3, db_int(st, C_OWNER));
    db_bind_int(q, 4, db_int(st, C_VERSION_US));
    if (what != OLDER) {
        db_bind_int(q, 5, db_int(st, C_ID));
        db_bind_text(q, 6, db_text(st, C_VERSION));
        db_bind_bytes(q, 7, db_bytes(st, C_HASH));
    }
    enum bw_rc rc = db_row(q, err);
    *ret = rc == BW_OK;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static bool is_exact(const struct intel_versions *v, int64_t version_us)
{
    for (size_t i = 0; i < v->n_exact; i++)
        if (v->exact_us[i] == version_us)
            return true;
    return false;
}

/* Is this row one of the versions asked for, and not a second copy of one? */
static enum bw_rc is_wanted(struct pager *p, const struct db_stmt *st, bool *ret,
                            struct bw_err *err)
{
    bool contested = db_int(st, C_CONTESTED) != 0, beside = false;
    *ret = true;
    if (p->last_only) {
        if (contested)
            BW_TRY(is_beside(p, st, NEWER, &beside, err));
        *ret = !beside;
        return BW_OK;
    }
    if (contested)
        BW_TRY(is_beside(p, st, TWIN, &beside, err));
    *ret = !beside;
    if (beside || p->versions.all || is_exact(&p->versions, db_int(st, C_VERSION_US)))
        return BW_OK;
    *ret = false;
    if (p->versions.last) {
        BW_TRY(is_beside(p, st, NEWER, &beside, err));
        *ret = !beside;
    }
    if (!*ret && p->versions.first) {
        BW_TRY(is_beside(p, st, OLDER, &beside, err));
        *ret = !beside;
    }
    return BW_OK;
}

static bool passes(const struct intel_object_filter *f, const struct db_stmt *st)
{
    return (f->n_types == 0 || among(db_text(st, C_TYPE), f->types, f->n_types)) &&
           (f->n_specs == 0 || among(db_text(st, C_SPEC), f->specs, f->n_specs)) &&
           (f->n_ids == 0 || among(db_text(st, C_STIX_ID), f->ids, f->n_ids));
}

/* Gives the row that ST stands on to the caller, where it is wanted and there is room. */
static enum bw_rc take(struct pager *p, const struct db_stmt *st, struct bw_err *err)
{
    bool wanted;
    if (!passes(p->f, st))
        return BW_OK;
    BW_TRY(is_wanted(p, st, &wanted, err));
    if (!wanted)
        return BW_OK;
    if (p->page.n == p->f->limit || (p->page.n > 0 && p->bytes >= p->f->bytes_max)) {
        p->full = p->page.more = true;
        return BW_OK;
    }
    struct intel_object o = {.id = db_int(st, C_ID), .added_us = db_int(st, C_ADDED_US)};
    if (p->f->bodies) {
        o.bytes = db_bytes(st, C_BYTES);
    } else {
        o.stix_id = db_text(st, C_STIX_ID);
        o.type = db_text(st, C_TYPE);
        o.spec_version = db_text(st, C_SPEC);
        o.version = db_text(st, C_VERSION);
        o.version_us = o.version.n ? db_int(st, C_VERSION_US) : o.added_us;
    }
    BW_TRY(p->row(p->arg, &o, err));
    p->bytes += o.bytes.n;
    if (p->page.n++ == 0)
        p->page.first_added_us = o.added_us;
    p->page.last_added_us = o.added_us;
    p->page.last_id = o.id;
    return BW_OK;
}

/* -- by id, near the cursor -------------------------------------------------------------------- */

static enum bw_rc select_rows(struct pager *p, bool one, struct db_stmt **ret, struct bw_err *err)
{
    struct db_sql q = DB_SQL("SELECT " COLUMNS);
    if (p->f->bodies)
        db_sql_add(&q, ", b.bytes FROM v_stix_object o JOIN v_stix_body b ON b.id = o.id");
    else
        db_sql_add(&q, " FROM v_stix_object o");
    if (one) {
        db_sql_add(&q, " WHERE o.id = ?1");
    } else {
        db_sql_add(&q, " WHERE o.id > ?1 AND o.id <= ?2");
        if (p->f->bodies) /* said of both: PostgreSQL would merge from the first body on */
            db_sql_add(&q, " AND b.id > ?1 AND b.id <= ?2");
        if (p->last_only)
            db_sql_add(&q, " AND o.superseded = 0");
        db_sql_add(&q, " ORDER BY o.id");
    }
    return db_query_built(p->db, p->viewer, &q, ret, err);
}

/* *after: behind the rows that were looked at. */
static enum bw_rc walk(struct pager *p, int64_t *after, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t until = *after + (int64_t)(p->f->limit + 1) * WALK_FACTOR;
    enum bw_rc rc;
    BW_TRY(select_rows(p, false, &st, err));
    db_bind_int(st, 1, *after);
    db_bind_int(st, 2, until);
    while (!p->full && (rc = db_row(st, err)) == BW_OK)
        BW_TRY(take(p, st, err));
    *after = until;
    return p->full || rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* -- by stream --------------------------------------------------------------------------------- */

/* Merges the ascending rows of ST (one column) with p->ids; the smallest `want` stay. */
static enum bw_rc merge(struct pager *p, struct db_stmt *st, struct bw_err *err)
{
    size_t n = 0, old = 0;
    enum bw_rc rc = db_row(st, err);
    while (n < p->want && (rc == BW_OK || old < p->n_ids)) {
        int64_t id = rc == BW_OK ? db_int(st, 0) : INT64_MAX;
        if (old < p->n_ids && p->ids[old] <= id)
            p->merged[n++] = p->ids[old++];
        else
            p->merged[n++] = id;
        if (rc == BW_OK && p->merged[n - 1] == id)
            rc = db_row(st, err);
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    int64_t *was = p->ids;
    p->ids = p->merged;
    p->merged = was;
    p->n_ids = n;
    return BW_OK;
}

static enum bw_rc merge_stream(struct pager *p, int64_t audience_id, struct bw_view type,
                               int superseded, int64_t after, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(p->db, p->viewer,
                    "SELECT id FROM v_stix_object WHERE audience_id = ?1 AND type = ?2"
                    " AND superseded = ?3 AND id > ?4 AND id < ?5 ORDER BY id LIMIT ?6",
                    &st, err));
    db_bind_int(st, 1, audience_id);
    db_bind_text(st, 2, type);
    db_bind_int(st, 3, superseded);
    db_bind_int(st, 4, after);
    db_bind_int(st, 5, p->n_ids == p->want ? p->ids[p->n_ids - 1] : INT64_MAX);
    db_bind_int(st, 6, (int64_t)p->want);
    return merge(p, st, err);
}

static enum bw_rc gather_streams(struct pager *p, int64_t after, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(db_query(p->db, p->viewer,
                    "SELECT audience_id, type FROM v_stix_stream WHERE last_id > ?1", &st, err));
    db_bind_int(st, 1, after);
    while ((rc = db_row(st, err)) == BW_OK) {
        if (!among(db_text(st, 1), p->f->types, p->f->n_types))
            continue;
        for (int superseded = 0; superseded <= !p->last_only; superseded++)
            BW_TRY(merge_stream(p, db_int(st, 0), db_text(st, 1), superseded, after, err));
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc gather_ids(struct pager *p, int64_t after, struct bw_err *err)
{
    for (size_t i = 0; i < p->f->n_ids; i++) {
        BW_AUTO(db_stmt) *st = NULL;
        BW_TRY(db_query(p->db, p->viewer,
                        "SELECT id FROM (SELECT id FROM v_stix_object WHERE stix_key = ?1"
                        " AND superseded <= ?2 AND id > ?3 LIMIT ?4) s ORDER BY id",
                        &st, err));
        db_bind_int(st, 1, stix_key(p->f->ids[i]));
        db_bind_int(st, 2, !p->last_only);
        db_bind_int(st, 3, after);
        db_bind_int(st, 4, ID_ROWS_MAX);
        BW_TRY(merge(p, st, err));
    }
    return BW_OK;
}

static enum bw_rc take_gathered(struct pager *p, struct bw_err *err)
{
    if (!p->fetch)
        BW_TRY(select_rows(p, true, &p->fetch, err));
    for (size_t i = 0; i < p->n_ids && !p->full; i++) {
        db_again(p->fetch);
        db_bind_int(p->fetch, 1, p->ids[i]);
        enum bw_rc rc = db_row(p->fetch, err);
        if (rc == BW_OK)
            BW_TRY(take(p, p->fetch, err));
        else if (rc != BW_NOT_FOUND)
            return rc;
    }
    return BW_OK;
}

static enum bw_rc merge_all(struct pager *p, int64_t after, struct bw_err *err)
{
    p->want = p->f->limit + 1;
    p->ids = bw_calloc(p->want, sizeof(*p->ids));
    p->merged = bw_calloc(p->want, sizeof(*p->merged));
    if (!p->ids || !p->merged)
        return bw_fail_memory(err);
    for (int round = 0; !p->full; round++) {
        if (round == ROUNDS_MAX) { /* much was looked at in vain: the next page goes on from here */
            p->page.more = true;
            p->page.last_id = after;
            return BW_OK;
        }
        p->n_ids = 0;
        BW_TRY(p->f->n_ids ? gather_ids(p, after, err) : gather_streams(p, after, err));
        BW_TRY(take_gathered(p, err));
        if (p->n_ids < p->want)
            return BW_OK;
        after = p->ids[p->n_ids - 1];
    }
    return BW_OK;
}

/* -- where to begin ---------------------------------------------------------------------------- */

/* The last row added at or before US: ids and times rise together, so no index is needed. */
static enum bw_rc id_at(struct db *db, int64_t us, int64_t last_id, int64_t *ret,
                        struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t low = 0, high = last_id; /* the answer is in [low, high] */
    BW_TRY(db_query(db, viewer_system("stix: where a time stands in the order of adding"),
                    "SELECT id, added_us FROM v_stix_object WHERE id >= ?1 ORDER BY id LIMIT 1",
                    &st, err));
    while (low < high) {
        int64_t mid = low + (high - low + 1) / 2;
        db_again(st);
        db_bind_int(st, 1, mid);
        enum bw_rc rc = db_row(st, err);
        if (rc != BW_OK && rc != BW_NOT_FOUND)
            return rc;
        if (rc == BW_OK && db_int(st, 0) <= high && db_int(st, 1) <= us)
            low = db_int(st, 0);
        else
            high = mid - 1;
    }
    *ret = low;
    return BW_OK;
}

static enum bw_rc last_row(struct db *db, int64_t *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT last_id FROM stix_last WHERE id = 1", &st, err));
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc read_page(struct pager *p, struct bw_err *err)
{
    int64_t after = p->f->after_id, last_id, from;
    BW_TRY(last_row(p->db, &last_id, err));
    if (p->f->added_after_us != 0) {
        BW_TRY(id_at(p->db, p->f->added_after_us, last_id, &from, err));
        after = from > after ? from : after;
    }
    if (after >= last_id)
        return BW_OK;
    if (p->f->n_types == 0 && p->f->n_ids == 0)
        BW_TRY(walk(p, &after, err));
    if (p->full || after >= last_id)
        return BW_OK;
    return merge_all(p, after, err);
}

enum bw_rc
intel_object_page(struct db *db, const struct viewer *viewer, const struct intel_object_filter *f,
                  enum bw_rc (*row)(void *arg, const struct intel_object *o, struct bw_err *err),
                  void *arg, struct intel_object_page *ret, struct bw_err *err)
{
    struct pager p = {.db = db,
                      .viewer = viewer,
                      .f = f,
                      .versions = f->versions,
                      .row = row,
                      .arg = arg,
                      .page = {.last_id = f->after_id}};
    BW_ASSERT(f->limit >= 1 && f->limit <= INTEL_OBJECTS_MAX);
    if (!p.versions.first && !p.versions.all && p.versions.n_exact == 0)
        p.versions.last = true;
    p.last_only =
        p.versions.last && !p.versions.first && !p.versions.all && p.versions.n_exact == 0;
    enum bw_rc rc = read_page(&p, err);
    pager_done(&p);
    BW_TRY(rc);
    *ret = p.page;
    return BW_OK;
}
