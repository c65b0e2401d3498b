/* SPDX-License-Identifier: Apache-2.0 */
/* db_test - what the tests of this folder share: a viewer, a small gated schema, a scratch folder.
 */
#ifndef DB_TEST_H
#define DB_TEST_H

#include "bw_log.h"
#include "bw_test.h"
#include "db.h"
#include "db_test_engine.h"
#include <dirent.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

/* The tests' own idea of a viewer: a list of audiences, ascending. */
struct viewer {
    size_t n;
    int64_t sees[8];
};

UNUSED static const struct viewer NOBODY = {0, {0}}, ONE = {1, {1}}, TWO = {1, {2}},
                                  BOTH = {2, {1, 2}};
UNUSED static _Atomic int64_t reach_calls;

UNUSED static bool test_reach(const struct viewer *v, struct db *db, int64_t audience)
{
    reach_calls++;
    for (size_t i = 0; i < v->n; i++)
        if (v->sees[i] == audience)
            return true;
    return false;
}

UNUSED static const int64_t *test_reach_list(const struct viewer *v, struct db *db, size_t *ret_n)
{
    *ret_n = v->n;
    return v->sees;
}

/* The same as codes: audience N is opened by code N (table opens). */
UNUSED static const int64_t *test_codes(const struct viewer *v, size_t *ret_n)
{
    *ret_n = v->n;
    return v->sees;
}

UNUSED static const struct db_migration TEST_STEPS[] = {
    {2, "0002_item",
     "CREATE TABLE item (id $id, audience_id $int NOT NULL, title $text NOT NULL) $strict;\n"
     "CREATE INDEX item_audience ON item (audience_id, id);\n"
     "CREATE TABLE opens (audience_id $int NOT NULL, code $int NOT NULL) $strict;\n"
     "INSERT INTO opens (audience_id, code) VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, "
     "6);\n"
     "$gate(item); $fulltext(item); -- $comments keep their $\n"},
    {3, "0003_note",
     "CREATE TABLE note (id $id, item_id $int NOT NULL REFERENCES item (id),"
     " audience_id $int NOT NULL, body $text, weight $real, raw $bytes) $strict;\n"
     "$gate(note);"},
    {4, "0004_plain", "CREATE TABLE plain (k $text NOT NULL PRIMARY KEY, v $int) $strict;"},
};

UNUSED static char test_folder[64];

UNUSED static const char *test_path(const char *name)
{
    static char path[8][128];
    static unsigned at;
    if (!test_folder[0]) {
        snprintf(test_folder, sizeof test_folder, "/tmp/bw-db-XXXXXX");
        BW_ASSERT(mkdtemp(test_folder));
    }
    char *p = path[at++ % 8];
    snprintf(p, sizeof path[0], "%s/%s", test_folder, name);
    return p;
}

__attribute__((constructor, unused)) static void test_quiet(void)
{
    bw_log_setup(BW_LOG_ERROR, BW_LOG_AUTO);
}

__attribute__((destructor, unused)) static void test_sweep(void)
{
    DIR *d = test_folder[0] ? opendir(test_folder) : NULL;
    if (!d)
        return;
    for (struct dirent *f = readdir(d); f; f = readdir(d))
        if (f->d_name[0] != '.')
            unlink(test_path(f->d_name));
    closedir(d);
    rmdir(test_folder);
}

UNUSED static struct db_options test_options(const char *path)
{
    return (struct db_options){.url = path,
                               .reach = test_reach,
                               .reach_list = test_reach_list,
                               .codes = test_codes,
                               .grants = "opens",
                               .migrations = TEST_STEPS,
                               .n_migrations = BW_COUNT(TEST_STEPS)};
}

UNUSED static struct db_engine *test_engine(const char *name)
{
    struct db_options o = test_options(db_test_url(test_path(name)));
    struct db_engine *e = NULL;
    struct bw_err err = {.rc = BW_OK};
    if (db_engine_open(&o, &e, &err) != BW_OK) {
        printf("# cannot open: %s (%s)\n", err.message, err.detail);
        BW_ASSERT(e);
    }
    return e;
}

struct test_item {
    int64_t audience, id;
    const char *title;
};

UNUSED static enum bw_rc test_add(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct test_item *item = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "INSERT INTO item (audience_id, title) VALUES (?1, ?2) RETURNING id", &st,
                     err));
    db_bind_int(st, 1, item->audience);
    db_bind_text(st, 2, bw_view_z(item->title));
    BW_TRY(db_row(st, err));
    item->id = db_int(st, 0);
    return BW_OK;
}

UNUSED static int64_t test_item(struct db_engine *e, int64_t audience, const char *title)
{
    struct test_item item = {audience, 0, title};
    struct bw_err err = {.rc = BW_OK};
    if (db_write(e, test_add, &item, &err) != BW_OK)
        printf("# cannot write: %s (%s)\n", err.message, err.detail);
    return item.id;
}

/* The same of tables without an audience, in a session of its own. */
#define TEST_PLAIN(e, sql)                                                                  \
    ({                                                                                      \
        struct db *db_ = NULL;                                                              \
        struct db_stmt *st_ = NULL;                                                         \
        struct bw_err err_ = {.rc = BW_OK};                                                 \
        int64_t got_ = -2;                                                                  \
        if (db_open((e), &db_, &err_) == BW_OK && db_plain(db_, sql, &st_, &err_) == BW_OK) \
            got_ = db_row(st_, &err_) == BW_OK ? db_int(st_, 0) : -1;                       \
        db_stmt_free(st_);                                                                  \
        db_close(db_);                                                                      \
        got_;                                                                               \
    })

/* First column of the first row as VIEWER; -1 none, -2 refused or failed. */
#define TEST_NUMBER(db, viewer, sql)                                              \
    ({                                                                            \
        struct db_stmt *st_ = NULL;                                               \
        struct bw_err err_ = {.rc = BW_OK};                                       \
        int64_t got_ = -2;                                                        \
        if (db_query((db), (viewer), sql, &st_, &err_) == BW_OK) {                \
            enum bw_rc rc_ = db_row(st_, &err_);                                  \
            got_ = rc_ == BW_OK ? db_int(st_, 0) : rc_ == BW_NOT_FOUND ? -1 : -2; \
        }                                                                         \
        db_stmt_free(st_);                                                        \
        got_;                                                                     \
    })

#endif
