/* SPDX-License-Identifier: Apache-2.0 */
/* member_group - see member_group.h. Every change here makes the holdings of all organisations
 * concerned anew in the transaction that makes it. Threads: reads any, changes the write lane. */
#include "member_group.h"

#include "member_int.h"

#include "json_write.h"

/* -- small sets of keys ------------------------------------------------------------------------ */

static int by_key(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool has_key(const int64_t *keys, size_t n, int64_t key)
{
    return n && bsearch(&key, keys, n, sizeof(key), by_key) != NULL;
}

/* Ascending, each once. */
static size_t settle(int64_t *keys, size_t n)
{
    size_t kept = 0;
    if (n)
        qsort(keys, n, sizeof(*keys), by_key);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || keys[i] != keys[kept - 1])
            keys[kept++] = keys[i];
    return kept;
}

/* All rows of a statement with one key a row. */
static enum bw_rc read_keys(struct db_stmt *st, struct bw_arena *arena, int64_t **ret,
                            size_t *ret_n, struct bw_err *err)
{
    int64_t *keys = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(MEMBER_MORE(arena, keys, n, room, err));
        keys[n++] = db_int(st, 0);
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = keys;
    *ret_n = settle(keys, n);
    return BW_OK;
}

/* -- the tree ---------------------------------------------------------------------------------- */

static enum bw_rc read_sectors(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                               struct member_sector **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_sector *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer,
                    "SELECT g.id, coalesce(t.parent_id, 0), (SELECT count(*) FROM sector_choice c"
                    " JOIN v_organisation o ON o.id = c.organisation_id AND o.state < 2"
                    " WHERE c.sector_id = g.id), g.public_id,"
                    " g.name_en, g.name_hant, g.name_hans FROM v_grouping g"
                    " LEFT JOIN sector_tree t ON t.sector_id = g.id WHERE g.kind = 4"
                    " ORDER BY g.name_en, g.id LIMIT ?1",
                    &st, err));
    db_bind_int(st, 1, MEMBER_SECTORS_MAX);
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(MEMBER_MORE(arena, rows, n, room, err));
        rows[n] = (struct member_sector){.id = db_int(st, 0),
                                         .parent_id = db_int(st, 1),
                                         .organisations = db_int(st, 2)};
        BW_TRY(bw_view_copy(arena, db_text(st, 3), &rows[n].public_id, err));
        BW_TRY(member_names_row(st, 4, arena, &rows[n].names, err));
        n++;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

/* Those under PARENT, each followed by its own; a parent that is not there counts as the top. */
static void put_under(const struct member_sector *rows, size_t n, int64_t parent_id, int depth,
                      struct member_sector *out, size_t *out_n)
{
    for (size_t i = 0; i < n && depth < MEMBER_SECTOR_DEPTH_MAX; i++)
        if (rows[i].parent_id == parent_id) {
            out[*out_n] = rows[i];
            out[(*out_n)++].depth = depth;
            put_under(rows, n, rows[i].id, depth + 1, out, out_n);
        }
}

enum bw_rc member_sectors(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                          struct member_sector **ret, size_t *ret_n, struct bw_err *err)
{
    struct member_sector *rows;
    size_t n, out_n = 0;
    BW_TRY(read_sectors(db, viewer, arena, &rows, &n, err));
    struct member_sector *out = BW_ARENA_ARRAY(arena, n ? n : 1, struct member_sector);
    if (!out)
        return bw_fail_memory(err);
    put_under(rows, n, 0, 0, out, &out_n);
    *ret = out;
    *ret_n = out_n;
    return BW_OK;
}

static enum bw_rc parent_of(struct db *db, int64_t id, struct member_move move, int64_t *ret,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    if (id == move.moved) {
        *ret = move.parent_id;
        return BW_OK;
    }
    BW_TRY(db_plain(db, "SELECT parent_id FROM sector_tree WHERE sector_id = ?1", &st, err));
    db_bind_int(st, 1, id);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rc == BW_OK ? db_int(st, 0) : 0;
    return BW_OK;
}

static enum bw_rc line_of(struct db *db, int64_t id, struct member_move move,
                          int64_t ret[MEMBER_SECTOR_DEPTH_MAX], size_t *ret_n, struct bw_err *err)
{
    size_t n = 0;
    while (id) {
        if (n == MEMBER_SECTOR_DEPTH_MAX)
            return bw_fail(err, BW_INVALID,
                           "sectors lie at most %d deep, and never under"
                           " themselves",
                           MEMBER_SECTOR_DEPTH_MAX);
        ret[n++] = id;
        BW_TRY(parent_of(db, id, move, &id, err));
    }
    *ret_n = n;
    return BW_OK;
}

enum bw_rc member_sector_line(struct db *db, int64_t id, int64_t ret[MEMBER_SECTOR_DEPTH_MAX],
                              size_t *ret_n, struct bw_err *err)
{
    return line_of(db, id, (struct member_move){0, 0}, ret, ret_n, err);
}

enum bw_rc member_sectors_closed(struct db *db, const int64_t *chosen, size_t n,
                                 struct member_move move, struct bw_arena *arena, int64_t **ret,
                                 size_t *ret_n, struct bw_err *err)
{
    int64_t *keys = BW_ARENA_ARRAY(arena, n * MEMBER_SECTOR_DEPTH_MAX + 1, int64_t);
    size_t kept = 0, line_n;
    int64_t line[MEMBER_SECTOR_DEPTH_MAX];
    if (!keys)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        BW_TRY(line_of(db, chosen[i], move, line, &line_n, err));
        memcpy(keys + kept, line, line_n * sizeof(*line));
        kept += line_n;
    }
    *ret = keys;
    *ret_n = settle(keys, kept);
    return BW_OK;
}

enum bw_rc member_sectors_chosen(struct db *db, int64_t organisation_id, struct bw_arena *arena,
                                 int64_t **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(
        db_plain(db, "SELECT sector_id FROM sector_choice WHERE organisation_id = ?1", &st, err));
    db_bind_int(st, 1, organisation_id);
    return read_keys(st, arena, ret, ret_n, err);
}

/* Keys of all sectors under ID, and ID. Walks down level by level. */
static enum bw_rc under(struct db *db, int64_t id, struct bw_arena *arena, int64_t **ret,
                        size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t *keys = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc = BW_OK;
    BW_TRY(MEMBER_MORE(arena, keys, n, room, err));
    keys[n++] = id;
    BW_TRY(db_plain(db, "SELECT sector_id FROM sector_tree WHERE parent_id = ?1", &st, err));
    for (size_t at = 0; at < n && n <= MEMBER_SECTORS_MAX; at++) {
        db_bind_int(st, 1, keys[at]);
        while ((rc = db_row(st, err)) == BW_OK) {
            BW_TRY(MEMBER_MORE(arena, keys, n, room, err));
            keys[n++] = db_int(st, 0);
        }
        if (rc != BW_NOT_FOUND)
            return rc;
        db_again(st);
    }
    *ret = keys;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc member_sector_organisations(struct db *db, int64_t id, struct bw_arena *arena,
                                       int64_t **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t *sectors, *keys = NULL;
    size_t sectors_n, n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(under(db, id, arena, &sectors, &sectors_n, err));
    BW_TRY(
        db_plain(db, "SELECT organisation_id FROM sector_choice WHERE sector_id = ?1", &st, err));
    for (size_t i = 0; i < sectors_n; i++) {
        db_bind_int(st, 1, sectors[i]);
        while ((rc = db_row(st, err)) == BW_OK) {
            BW_TRY(MEMBER_MORE(arena, keys, n, room, err));
            keys[n++] = db_int(st, 0);
        }
        if (rc != BW_NOT_FOUND)
            return rc;
        db_again(st);
    }
    *ret = keys;
    *ret_n = settle(keys, n);
    return BW_OK;
}

/* -- holdings that follow ---------------------------------------------------------------------- */

static enum bw_rc sectors_held(struct db *db, int64_t organisation_id, struct bw_arena *arena,
                               int64_t **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT code >> 4 FROM holding WHERE holder_kind = 1 AND holder_id = ?1"
                    " AND until_us IS NULL AND (code & 15) = 4",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    return read_keys(st, arena, ret, ret_n, err);
}

/* What is held becomes what is chosen with all above it. */
static enum bw_rc resettle(struct db_tx *tx, int64_t actor_id, int64_t organisation_id,
                           struct bw_arena *arena, struct bw_err *err)
{
    struct db *db = db_tx_db(tx);
    int64_t *chosen, *want, *held;
    size_t chosen_n, want_n, held_n;
    struct member_belonging b = {.actor_id = actor_id,
                                 .kind = GRANT_SECTOR,
                                 .holder = HOLDER_ORGANISATION,
                                 .holder_id = organisation_id};
    BW_TRY(member_sectors_chosen(db, organisation_id, arena, &chosen, &chosen_n, err));
    BW_TRY(member_sectors_closed(db, chosen, chosen_n, (struct member_move){0, 0}, arena, &want,
                                 &want_n, err));
    BW_TRY(sectors_held(db, organisation_id, arena, &held, &held_n, err));
    for (size_t i = 0; i < want_n; i++) {
        b.group_id = want[i];
        b.give = true;
        if (!has_key(held, held_n, want[i]))
            BW_TRY(member_belonging_set(tx, &b, err));
    }
    for (size_t i = 0; i < held_n; i++) {
        b.group_id = held[i];
        b.give = false;
        if (!has_key(want, want_n, held[i]))
            BW_TRY(member_belonging_set(tx, &b, err));
    }
    return BW_OK;
}

enum { ARENA_MAX = 16 << 20 };

enum bw_rc member_sectors_set(struct db_tx *tx, int64_t actor_id, int64_t organisation_id,
                              const int64_t *sectors, size_t n, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    BW_AUTO(db_stmt) *drop = NULL, *add = NULL;
    if (!arena)
        return bw_fail_memory(err);
    int64_t *keys = BW_ARENA_ARRAY(arena, n ? n : 1, int64_t);
    if (!keys)
        return bw_fail_memory(err);
    if (n)
        memcpy(keys, sectors, n * sizeof(*keys));
    n = settle(keys, n);
    BW_TRY(db_change(tx, "DELETE FROM sector_choice WHERE organisation_id = ?1", &drop, err));
    db_bind_int(drop, 1, organisation_id);
    BW_TRY(db_run(drop, err));
    BW_TRY(db_change(tx, "INSERT INTO sector_choice (organisation_id, sector_id) VALUES (?1, ?2)",
                     &add, err));
    for (size_t i = 0; i < n; i++) {
        db_bind_int(add, 1, organisation_id);
        db_bind_int(add, 2, keys[i]);
        enum bw_rc rc = db_run(add, err);
        if (rc == BW_CONFLICT)
            return bw_fail(err, BW_NOT_FOUND, "there is no such sector");
        BW_TRY(rc);
        db_again(add);
    }
    return resettle(tx, actor_id, organisation_id, arena, err);
}

/* -- events ------------------------------------------------------------------------------------ */

static enum bw_rc append(struct db_tx *tx, enum ledger_verb verb, int64_t actor_id,
                         struct bw_view object, int64_t audience_id, const char *key,
                         struct bw_view value, struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(4096);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    json_w_kv(&w, key, value);
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

struct group_row {
    struct bw_view public_id;
    int64_t audience_id;
};

static enum bw_rc group_row(struct db *db, enum grant_kind kind, int64_t id, struct bw_arena *arena,
                            struct group_row *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("a group that its caller was allowed to change"),
                    "SELECT public_id, audience_id FROM v_grouping WHERE id = ?1 AND kind = ?2",
                    &st, err));
    db_bind_int(st, 1, id);
    db_bind_int(st, 2, (int64_t)kind);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such %s", kind == GRANT_SECTOR ? "sector" : "circle");
    BW_TRY(rc);
    ret->audience_id = db_int(st, 1);
    return bw_view_copy(arena, db_text(st, 0), &ret->public_id, err);
}

/* -- changes ----------------------------------------------------------------------------------- */

static enum bw_rc set_parent(struct db_tx *tx, int64_t id, int64_t parent_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *drop = NULL, *add = NULL;
    BW_TRY(db_change(tx, "DELETE FROM sector_tree WHERE sector_id = ?1", &drop, err));
    db_bind_int(drop, 1, id);
    BW_TRY(db_run(drop, err));
    if (parent_id == 0)
        return BW_OK;
    BW_TRY(
        db_change(tx, "INSERT INTO sector_tree (sector_id, parent_id) VALUES (?1, ?2)", &add, err));
    db_bind_int(add, 1, id);
    db_bind_int(add, 2, parent_id);
    return db_run(add, err);
}

/* The deepest of those under ID has to fit too; a sector under itself never ends. */
static enum bw_rc check_depth(struct db *db, int64_t id, int64_t parent_id, struct bw_arena *arena,
                              struct bw_err *err)
{
    int64_t *below, line[MEMBER_SECTOR_DEPTH_MAX];
    size_t n, line_n;
    BW_TRY(under(db, id, arena, &below, &n, err));
    for (size_t i = 0; i < n; i++)
        BW_TRY(line_of(db, below[i], (struct member_move){id, parent_id}, line, &line_n, err));
    return BW_OK;
}

enum bw_rc member_sector_move(struct db_tx *tx, int64_t actor_id, int64_t id, int64_t parent_id,
                              struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    struct group_row sector, parent = {.public_id = BW_V("")};
    struct db *db = db_tx_db(tx);
    int64_t *organisations;
    size_t n;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(group_row(db, GRANT_SECTOR, id, arena, &sector, err));
    if (parent_id)
        BW_TRY(group_row(db, GRANT_SECTOR, parent_id, arena, &parent, err));
    BW_TRY(check_depth(db, id, parent_id, arena, err));
    BW_TRY(set_parent(tx, id, parent_id, err));
    BW_TRY(append(tx, LEDGER_SECTOR_CHANGED, actor_id, sector.public_id, sector.audience_id,
                  "parent", parent.public_id, err));
    BW_TRY(member_sector_organisations(db, id, arena, &organisations, &n, err));
    for (size_t i = 0; i < n; i++)
        BW_TRY(resettle(tx, actor_id, organisations[i], arena, err));
    return BW_OK;
}

enum bw_rc member_group_rename(struct db_tx *tx, int64_t actor_id, enum grant_kind kind, int64_t id,
                               const struct member_names *names, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    BW_AUTO(db_stmt) *st = NULL;
    struct group_row group;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(member_names_check(names, err));
    BW_TRY(group_row(db_tx_db(tx), kind, id, arena, &group, err));
    BW_TRY(db_change(tx,
                     "UPDATE grouping SET name_en = ?2, name_hant = ?3, name_hans = ?4"
                     " WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, id);
    for (int i = 0; i < I18N_LANGS; i++)
        db_bind_text(st, 2 + i, bw_view_trim(names->text[i]));
    enum bw_rc rc = db_run(st, err);
    if (rc == BW_CONFLICT)
        return bw_fail(err, rc, "a %s of that name is there already",
                       kind == GRANT_SECTOR ? "sector" : "circle");
    BW_TRY(rc);
    return append(tx, kind == GRANT_SECTOR ? LEDGER_SECTOR_CHANGED : LEDGER_CIRCLE_CHANGED,
                  actor_id, group.public_id, group.audience_id, "name", names->text[I18N_EN], err);
}

enum bw_rc member_class_set(struct db_tx *tx, int64_t actor_id, int64_t organisation_id,
                            enum member_class class_, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    BW_AUTO(db_stmt) *get = NULL, *set = NULL;
    struct bw_view public_id;
    BW_ASSERT(class_ < MEMBER_CLASSES);
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(db_query(db_tx_db(tx), viewer_system("an organisation that its caller may change"),
                    "SELECT public_id, audience_id, class FROM v_organisation WHERE id = ?1", &get,
                    err));
    db_bind_int(get, 1, organisation_id);
    BW_TRY(db_row(get, err));
    if (db_int(get, 2) == (int64_t)class_)
        return BW_OK;
    BW_TRY(bw_view_copy(arena, db_text(get, 0), &public_id, err));
    BW_TRY(db_change(tx, "UPDATE organisation SET class = ?2 WHERE id = ?1", &set, err));
    db_bind_int(set, 1, organisation_id);
    db_bind_int(set, 2, (int64_t)class_);
    BW_TRY(db_run(set, err));
    return append(tx, LEDGER_ORGANISATION_CHANGED, actor_id, public_id, db_int(get, 1), "class",
                  bw_view_z(member_class_word(class_)), err);
}

/* -- circles ----------------------------------------------------------------------------------- */

enum bw_rc member_circles_over(struct db *db, enum tlp tlp, const struct grant *grants, size_t n,
                               enum i18n_lang lang, struct bw_arena *arena, struct bw_view *ret,
                               struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_names names;
    enum bw_rc rc;
    *ret = BW_V("");
    BW_TRY(db_query(db, viewer_system("how far the label of a chosen circle goes"),
                    "SELECT g.name_en, g.name_hant, g.name_hans FROM v_circle c JOIN v_grouping g"
                    " ON g.id = c.id WHERE c.id = ?1 AND c.tlp_max < ?2",
                    &st, err));
    for (size_t i = 0; i < n; i++) {
        if (grants[i].kind != GRANT_CIRCLE)
            continue;
        db_bind_int(st, 1, grants[i].ref);
        db_bind_int(st, 2, (int64_t)tlp);
        rc = db_row(st, err);
        if (rc == BW_OK) {
            BW_TRY(member_names_row(st, 0, arena, &names, err));
            *ret = member_name(&names, lang);
            return BW_OK;
        }
        if (rc != BW_NOT_FOUND)
            return rc;
        db_again(st);
    }
    return BW_OK;
}

enum bw_rc member_circles_take(struct db *db, enum tlp tlp, const struct grant *grants, size_t n,
                               struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(64 << 10);
    struct bw_view name;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(member_circles_over(db, tlp, grants, n, I18N_EN, arena, &name, err));
    if (name.n)
        return bw_fail(err, BW_INVALID, "audience: circle \"%.*s\" does not take %s",
                       BW_VF(bw_utf8_head(name, 80)), tlp_name(tlp));
    return BW_OK;
}
