/* SPDX-License-Identifier: Apache-2.0 */
/* Schema steps: each once, resumed where they stopped, and no foreign or newer file is touched.
 * What is in the database is looked at past the hub. */
#include "bw_fault.h"
#include "db_test.h"
#include <sqlite3.h>
#include <sys/stat.h>

static enum bw_rc try_open(const struct db_options *o, struct bw_err *err)
{
    struct db_engine *e = NULL;
    enum bw_rc rc = db_engine_open(o, &e, err);
    db_engine_close(e);
    return rc;
}

static int64_t number(const char *path, const char *sql)
{
    sqlite3 *c = NULL;
    sqlite3_stmt *s = NULL;
    int64_t n = -1;
    if (db_test_on_server())
        return db_test_sql(db_test_name(path), sql);
    if (sqlite3_open(path, &c) == SQLITE_OK &&
        sqlite3_prepare_v2(c, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(c);
    return n;
}

static void change(const char *path, const char *sql)
{
    sqlite3 *c = NULL;
    if (db_test_on_server()) {
        db_test_sql(db_test_name(path), sql);
        return;
    }
    CHECK(sqlite3_open(path, &c) == SQLITE_OK &&
          sqlite3_exec(c, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(c);
}

static struct db_migration STEPS[] = {
    {2, "0002_one",
     "CREATE TABLE one (id $id, a $int) $strict; INSERT INTO one (id, a) VALUES (1, 1), (2, 2);"},
    {3, "0003_two",
     "CREATE TABLE two (id $id, one_id $int NOT NULL REFERENCES one (id), audience_id $int) "
     "$strict;"
     "$gate(two);\n"
     "INSERT INTO two (id, one_id, audience_id) SELECT id, id, a FROM one;\n"
     "CREATE INDEX two_one ON two (one_id); -- the end\n"},
    {5, "0005_three",
     "$fulltext(two); CREATE TABLE one_new (id $id, a $text) $strict;"
     "INSERT INTO one_new SELECT id, 'was ' || a FROM one; DROP TABLE one;"
     "ALTER TABLE one_new RENAME TO one;"},
};

/* A table that others refer to is not made anew there: it is changed. */
__attribute__((constructor)) static void spell_steps(void)
{
    if (db_test_on_server())
        STEPS[2].sql = "$fulltext(two); ALTER TABLE one ALTER a TYPE text USING 'was ' || a;";
}

static struct db_options options(const char *path, size_t steps)
{
    return (struct db_options){.url = db_test_url(path),
                               .reach = test_reach,
                               .migrations = STEPS,
                               .n_migrations = steps};
}

static bool gated(const char *path)
{
    if (db_test_on_server())
        return CHECK_INT(number(path, "SELECT count(*) FROM pg_tables WHERE tablename = 'two'"
                                      " AND schemaname = 'breakwater_gated'"),
                         1);
    return CHECK_INT(number(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'v_two'"), 1) &&
           CHECK_INT(number(path, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

static bool whole(const char *path)
{
    return CHECK_INT(number(path, "SELECT count(*) FROM migration"), 4) &&
           CHECK_INT(number(path, "SELECT count(*) FROM one WHERE a LIKE 'was %'"), 2) &&
           CHECK_INT(number(path, "SELECT count(*) FROM two"), 2) && gated(path);
}

BW_TEST(fresh_and_again)
{
    const char *path = test_path("fresh.db");
    struct db_options o = options(path, BW_COUNT(STEPS));
    struct bw_err err;
    struct stat s;
    CHECK(try_open(&o, &err) == BW_OK);
    CHECK(whole(path));
    if (!db_test_on_server()) {
        CHECK(stat(path, &s) == 0 && (s.st_mode & 0777) == 0600);
        CHECK_INT(number(path, "PRAGMA application_id"), 0x42574b52);
    }
    int64_t when = number(path, "SELECT sum(applied_us) FROM migration");
    CHECK(try_open(&o, &err) == BW_OK);
    CHECK(whole(path));
    CHECK_INT(number(path, "SELECT sum(applied_us) FROM migration"), when);
}

BW_TEST(from_every_step)
{
    for (size_t from = 0; from <= BW_COUNT(STEPS); from++) {
        char name[32];
        snprintf(name, sizeof name, "from%zu.db", from);
        const char *path = test_path(name);
        struct db_options old = options(path, from), new = options(path, BW_COUNT(STEPS));
        struct bw_err err;
        SUBTEST(name, CHECK(try_open(&old, &err) == BW_OK) &&
                          CHECK(try_open(&new, &err) == BW_OK) && whole(path));
    }
}

BW_TEST(a_step_of_a_lower_number_that_came_later)
{
    const char *path = test_path("late.db");
    const struct db_migration without[] = {{2, "0002_one",
                                            "CREATE TABLE one (id $id, a $int) $strict;"},
                                           {9, "0009_nine", "CREATE TABLE nine (id $id) $strict;"}};
    const struct db_migration with[] = {without[0],
                                        {4, "0004_four", "CREATE TABLE four (id $id) $strict;"},
                                        without[1]};
    struct db_options o = options(path, 0);
    struct bw_err err;
    o.migrations = without;
    o.n_migrations = 2;
    CHECK(try_open(&o, &err) == BW_OK);
    o.migrations = with;
    o.n_migrations = 3;
    CHECK(try_open(&o, &err) == BW_OK);
    CHECK_INT(number(path, "SELECT count(*) FROM migration"), 4);
}

static const char *const POINTS[] = {"db.begin", "db.step", "db.commit"};

/* Each point fails at its Nth hit; the next start must complete what was begun. */
BW_TEST(resumes_after_a_fault_anywhere)
{
    for (size_t p = 0; p < BW_COUNT(POINTS); p++) {
        int nth = 1;
        bool ok = true, failed = true;
        for (; failed && ok && nth < 100; nth++) {
            char name[48];
            snprintf(name, sizeof name, "resume-%s-%d.db", POINTS[p], nth);
            const char *path = test_path(name);
            struct db_options o = options(path, BW_COUNT(STEPS));
            struct bw_err err = {.rc = BW_OK};
            bw_fault_arm(POINTS[p], (uint64_t)nth, false);
            failed = try_open(&o, &err) != BW_OK;
            bw_fault_clear();
            ok = CHECK(!failed || err.rc == BW_IO) && CHECK(try_open(&o, &err) == BW_OK) &&
                 whole(path);
        }
        printf("# %s: %d places\n", POINTS[p], nth - 2);
        SUBTEST(POINTS[p], ok && CHECK(nth > 4));
    }
}

BW_TEST(a_bad_step_leaves_nothing)
{
    static const struct db_migration bad[] =
        {{2, "0002_one", "CREATE TABLE one (id $id, a $int) $strict;"},
         {3, "0003_bad", "CREATE TABLE two (id $id) $strict; INSERT INTO nowhere VALUES (1);"}};
    static const struct db_migration dangling[] =
        {{2, "0002_one", "CREATE TABLE one (id $id, a $int) $strict;"},
         {3, "0003_bad",
          "CREATE TABLE two (id $int, r $int REFERENCES one (id)) $strict; INSERT INTO two (r) "
          "VALUES (9);"}};
    const struct db_migration *const lists[] = {bad, dangling};
    for (size_t i = 0; i < 2; i++) {
        const char *path = test_path(i ? "dangling.db" : "bad.db");
        struct db_options o = options(path, 0);
        struct bw_err err;
        o.migrations = lists[i];
        o.n_migrations = 2;
        /* A server refuses the row itself, SQLite's check at the step's end finds it. */
        CHECK_INT(try_open(&o, &err), i && db_test_on_server() ? BW_CONFLICT : BW_BROKEN);
        CHECK_INT(number(path, "SELECT count(*) FROM migration"), 2);
        CHECK_INT(number(path, db_test_on_server()
                                   ? "SELECT count(*) FROM pg_class WHERE relname = 'two'"
                                   : "SELECT count(*) FROM sqlite_schema WHERE name = 'two'"),
                  0);
        o.n_migrations = 1;
        CHECK(try_open(&o, &err) == BW_OK);
    }
}

BW_TEST(newer_and_renamed_are_refused)
{
    const char *path = test_path("newer.db");
    struct db_options o = options(path, BW_COUNT(STEPS));
    struct bw_err err;
    CHECK(try_open(&o, &err) == BW_OK);
    change(path, "INSERT INTO migration VALUES (99, '0099_later', 1, '7.8.9')");
    CHECK_INT(try_open(&o, &err), BW_INVALID);
    CHECK(strstr(err.message, "7.8.9") && strstr(err.message, "0099_later"));
    o.read_only = true;
    CHECK_INT(try_open(&o, &err), BW_INVALID);
    o.read_only = false;
    change(path, "DELETE FROM migration WHERE number = 99");
    CHECK(try_open(&o, &err) == BW_OK);
    change(path, "UPDATE migration SET name = 'other' WHERE number = 3");
    CHECK_INT(try_open(&o, &err), BW_INVALID);
}

BW_TEST(older_is_not_read_without_migrating)
{
    const char *path = test_path("older.db");
    struct db_options o = options(path, 1);
    struct bw_err err;
    CHECK(try_open(&o, &err) == BW_OK);
    o.n_migrations = 2;
    o.read_only = true;
    CHECK_INT(try_open(&o, &err), BW_INVALID);
    CHECK_INT(number(path, "SELECT count(*) FROM migration"), 2);
}

BW_TEST(the_list_must_rise)
{
    static const struct db_migration lists[][2] = {
        {{3, "a", "SELECT 1"}, {2, "b", "SELECT 1"}},
        {{2, "a", "SELECT 1"}, {2, "b", "SELECT 1"}},
        {{1, "a", "SELECT 1"}, {2, "b", "SELECT 1"}},
    };
    for (size_t i = 0; i < BW_COUNT(lists); i++) {
        struct db_options o = options(test_path("order.db"), 0);
        struct bw_err err;
        o.migrations = lists[i];
        o.n_migrations = 2;
        CHECK_INT(try_open(&o, &err), BW_BROKEN);
    }
}

static char *slurp(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    char *p = calloc(1, 1 << 16);
    BW_ASSERT(f && p);
    *ret_n = fread(p, 1, 1 << 16, f);
    fclose(f);
    return p;
}

/* A file of somebody else's stays as it was, byte for byte. */
BW_TEST(foreign_files_are_refused)
{
    if (db_test_on_server())
        SKIP_CASE("there is no file");
    static const struct {
        const char *name, *sql, *bytes;
    } files[] = {
        {"another program's database", "PRAGMA application_id = 7; CREATE TABLE a (b);", NULL},
        {"a database of nobody's", "CREATE TABLE a (b); INSERT INTO a VALUES (1);", NULL},
        {"a database that says it is another's", "PRAGMA application_id = 7; VACUUM;", NULL},
        {"a text", NULL,
         "Dear operator, this is no database but a letter of some length to you.\n"},
    };
    for (size_t i = 0; i < BW_COUNT(files); i++) {
        char name[32];
        snprintf(name, sizeof name, "foreign%zu.db", i);
        const char *path = test_path(name);
        if (files[i].sql) {
            change(path, files[i].sql);
        } else {
            FILE *f = fopen(path, "w");
            REQUIRE(f);
            for (int k = 0; k < 100; k++)
                fputs(files[i].bytes, f);
            fclose(f);
        }
        size_t before_n, after_n;
        BW_AUTO_HEAP char *before = slurp(path, &before_n);
        struct db_options o = options(path, BW_COUNT(STEPS));
        struct bw_err err;
        bool ok = CHECK_INT(try_open(&o, &err), BW_INVALID);
        ok &= CHECK(strstr(err.message, "not a Breakwater database"));
        BW_AUTO_HEAP char *after = slurp(path, &after_n);
        SUBTEST(files[i].name,
                ok && CHECK(before_n == after_n && memcmp(before, after, after_n) == 0));
    }
}

BW_TEST(urls)
{
    static const struct {
        const char *url;
        enum bw_rc rc;
    } urls[] = {{"", BW_INVALID},
                {":memory:", BW_INVALID},
                {"mysql://host/db", BW_INVALID},
                {"postgres:///db?host=/nowhere", BW_IO},
                {"postgresql:///db?host=/nowhere", BW_IO},
                {"/nowhere/at/all.db", BW_NOT_FOUND}};
    for (size_t i = 0; i < BW_COUNT(urls); i++) {
        struct db_options o = {.url = urls[i].url, .reach = test_reach};
        struct bw_err err;
        CHECK_INT(try_open(&o, &err), urls[i].rc);
    }
}

BW_TEST_MAIN()
