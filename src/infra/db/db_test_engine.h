/* SPDX-License-Identifier: Apache-2.0 */
/* db_test_engine - which database a test uses, header only as bw_test.h is.
 *
 * BREAKWATER_TEST_ENGINE=postgresql: a database of its own for each name on the server in
 * BREAKWATER_TEST_POSTGRES (tools/postgres.py), made when it is first asked for and dropped at
 * exit. Else: the file. The same name is the same database, as with a file that is opened again. */
#ifndef DB_TEST_ENGINE_H
#define DB_TEST_ENGINE_H

#include "bw_test.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <unistd.h>

enum { DB_TEST_NAMES = 512 };

static struct {
    char key[160], name[64];
} db_test_names[DB_TEST_NAMES];
static unsigned db_test_n, db_test_made;

__attribute__((unused)) static bool db_test_on_server(void)
{
    const char *engine = getenv("BREAKWATER_TEST_ENGINE");
    return engine && strcmp(engine, "postgresql") == 0;
}

static void db_test_url_of(const char *name, char *out, size_t size)
{
    const char *folder = getenv("BREAKWATER_TEST_POSTGRES");
    BW_ASSERT(folder);
    snprintf(out, size, "postgresql:///%s?host=%s&user=breakwater", name, folder);
}

/* Statements on the server's DATABASE, past the hub; the first value of the last, -1 without one.
 */
__attribute__((unused)) static long long db_test_sql(const char *database, const char *sql)
{
    char url[256];
    long long value = -1;
    db_test_url_of(database, url, sizeof(url));
    PGconn *c = PQconnectdb(url);
    PQclear(PQexec(c, "SET client_min_messages = warning;"
                      "SET search_path = breakwater, breakwater_gated"));
    PGresult *r = PQexec(c, sql);
    ExecStatusType s = PQresultStatus(r);
    if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
        printf("# %s: %s\n", sql, PQerrorMessage(c));
    else if (PQntuples(r) > 0)
        value = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    PQclear(r);
    PQfinish(c);
    return value;
}

static void db_test_drop(void)
{
    char sql[128];
    while (db_test_n > 0) {
        snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS %s WITH (FORCE)",
                 db_test_names[--db_test_n].name);
        db_test_sql("postgres", sql);
    }
}

/* The name of the server's database that stands for PATH. */
__attribute__((unused)) static const char *db_test_name(const char *path)
{
    char sql[160];
    for (unsigned i = 0; i < db_test_n; i++)
        if (strcmp(db_test_names[i].key, path) == 0)
            return db_test_names[i].name;
    BW_ASSERT(db_test_n < DB_TEST_NAMES && strlen(path) < sizeof(db_test_names[0].key));
    if (db_test_made == 0)
        atexit(db_test_drop);
    unsigned at = db_test_n++;
    snprintf(db_test_names[at].key, sizeof(db_test_names[at].key), "%s", path);
    snprintf(db_test_names[at].name, sizeof(db_test_names[at].name), "t%d_%u", (int)getpid(),
             db_test_made++);
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE template0 STRATEGY file_copy",
             db_test_names[at].name);
    db_test_sql("postgres", sql);
    return db_test_names[at].name;
}

/* The database that stands for PATH goes, as a file that is removed. */
__attribute__((unused)) static void db_test_remove(const char *path)
{
    char sql[128];
    if (!db_test_on_server()) {
        unlink(path);
        return;
    }
    for (unsigned i = 0; i < db_test_n; i++) {
        if (strcmp(db_test_names[i].key, path) != 0)
            continue;
        snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE)", db_test_names[i].name);
        db_test_sql("postgres", sql);
        db_test_names[i] = db_test_names[--db_test_n];
        return;
    }
}

/* Before main(): without the server there is nothing to test. */
__attribute__((constructor, unused)) static void db_test_need_server(void)
{
    if (!db_test_on_server() || getenv("BREAKWATER_TEST_POSTGRES"))
        return;
    printf("TAP version 13\n1..0 # SKIP no server: tools/postgres.py starts one\n");
    exit(0);
}

/* What to open instead of the file PATH. Valid until the ninth call after. */
__attribute__((unused)) static const char *db_test_url(const char *path)
{
    static char urls[8][256];
    static unsigned at;
    if (!db_test_on_server())
        return path;
    char *out = urls[at++ % 8];
    db_test_url_of(db_test_name(path), out, sizeof(urls[0]));
    return out;
}

#endif
