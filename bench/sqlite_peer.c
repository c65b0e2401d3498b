/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_peer - what durable storing of STIX objects costs where nothing else is done: SQLite alone
 * (WAL, synchronous=FULL), one table of the same shape with five indexes, thousands of rows a
 * transaction. No checks, no hashes, no audiences, no indicators, no ledger: the limit that an
 * import can come near to.
 *
 * Use: sqlite_peer FILE DATABASE [rows a transaction]. The file is read and split before the clock
 * runs. Prints "objects N cpu_s S". */
#include "json.h"

#include <sqlite3.h>
#include <stdio.h>
#include <time.h>

enum { OBJECTS_MAX = 4 << 20, ROWS = 4000 };
static const struct bw_view NAMES[] = {BW_VIEW_INIT("type"), BW_VIEW_INIT("id"),
                                       BW_VIEW_INIT("modified")};
struct object {
    struct bw_view raw, field[BW_COUNT(NAMES)]; /* fields with their quotes */
};

static const char SCHEMA[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384;"
    "CREATE TABLE object (id INTEGER PRIMARY KEY, audience_id INTEGER NOT NULL, owner_id INTEGER "
    "NOT"
    " NULL, superseded INTEGER NOT NULL, stix_key INTEGER NOT NULL, version_us INTEGER NOT NULL,"
    " added_us INTEGER NOT NULL, stix_id TEXT NOT NULL, type TEXT NOT NULL, version TEXT NOT NULL,"
    " spec_version TEXT NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX by_key ON object (stix_key, owner_id, version_us, id);"
    "CREATE INDEX by_stream ON object (audience_id, type, superseded, id);"
    "CREATE INDEX by_stix_id ON object (stix_id, version);"
    "CREATE INDEX by_added ON object (added_us);"
    "CREATE INDEX by_hash ON object (hash);";

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static char *slurp(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    char *p = n > 0 ? malloc((size_t)n) : NULL;
    *ret_n = p ? fread(p, 1, (size_t)n, f) : 0;
    fclose(f);
    return p;
}

static size_t split(struct bw_view in, struct bw_arena *arena, struct object *out)
{
    struct json_reader r;
    struct bw_err err;
    size_t n = 0;
    enum json_event e;
    json_open(&r, in, arena, NULL);
    e = json_next(&r);
    while (e != JSON_ARRAY && e != JSON_ERROR && e != JSON_END) {
        bool found = e == JSON_KEY && json_is(&r.value, "objects");
        if (e == JSON_KEY && !found && json_skip(&r, &err) != BW_OK)
            return 0;
        e = json_next(&r);
    }
    while (n < OBJECTS_MAX && json_next(&r) == JSON_OBJECT) {
        struct json_value v[BW_COUNT(NAMES)];
        if (json_fields(&r, NAMES, BW_COUNT(NAMES), v, &out[n].raw, &err) != BW_OK)
            break;
        for (size_t i = 0; i < BW_COUNT(NAMES); i++)
            out[n].field[i] = v[i].raw;
        n++;
    }
    return n;
}

static uint64_t mix(struct bw_view v)
{
    uint64_t h = 1469598103934665603U;
    for (size_t i = 0; i < v.n; i++)
        h = (h ^ (unsigned char)v.p[i]) * 1099511628211U;
    return h;
}

static void bind_text(sqlite3_stmt *st, int at, struct bw_view v)
{
    sqlite3_bind_text(st, at, v.p ? v.p : "", (int)v.n, SQLITE_STATIC);
}

static bool insert(sqlite3_stmt *st, const struct object *o, size_t i)
{
    uint64_t hash[4] = {mix(o->field[1]), i, ~i, mix(o->field[2])};
    sqlite3_bind_int64(st, 1, 1 + (int64_t)i % 3);
    sqlite3_bind_int64(st, 2, (int64_t)hash[0]);
    sqlite3_bind_int64(st, 3, (int64_t)hash[3] >> 1);
    sqlite3_bind_int64(st, 4, 1700000000000000 + (int64_t)i * 7);
    bind_text(st, 5, o->field[1]);
    bind_text(st, 6, o->field[0]);
    bind_text(st, 7, o->field[2]);
    sqlite3_bind_blob(st, 8, hash, sizeof hash, SQLITE_STATIC);
    sqlite3_bind_blob64(st, 9, o->raw.p, o->raw.n, SQLITE_STATIC);
    bool ok = sqlite3_step(st) == SQLITE_DONE;
    sqlite3_reset(st);
    return ok;
}

static bool insert_all(sqlite3 *db, const struct object *list, size_t n, size_t rows)
{
    sqlite3_stmt *st = NULL;
    bool ok =
        sqlite3_prepare_v2(db,
                           "INSERT INTO object (audience_id, owner_id, superseded, stix_key,"
                           " version_us, added_us, stix_id, type, version, spec_version, hash,"
                           " bytes) VALUES (?1, 1, 0, ?2, ?3, ?4, ?5, ?6, ?7, '2.1', ?8, ?9)",
                           -1, &st, NULL) == SQLITE_OK;
    for (size_t i = 0; ok && i < n; i++) {
        if (i % rows == 0)
            ok = sqlite3_exec(db, i ? "COMMIT; BEGIN" : "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
        ok = ok && insert(st, &list[i], i);
    }
    sqlite3_finalize(st);
    return ok && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

int main(int argc, char **argv)
{
    size_t bytes = 0;
    int64_t rows = ROWS;
    BW_AUTO_HEAP char *text = argc > 2 ? slurp(argv[1], &bytes) : NULL;
    BW_AUTO_HEAP struct object *list = malloc(sizeof(*list) * OBJECTS_MAX);
    BW_AUTO(bw_arena) *arena = bw_arena_new(64U << 20);
    sqlite3 *db = NULL;
    if (!text || !list || !arena || (argc > 3 && !bw_view_int(bw_view_z(argv[3]), &rows)) ||
        rows < 1) {
        fprintf(stderr, "use: sqlite_peer FILE DATABASE [rows a transaction]\n");
        return 2;
    }
    size_t n = split(bw_view_of(text, bytes), arena, list);
    double start = cpu_s();
    bool ok = sqlite3_open(argv[2], &db) == SQLITE_OK &&
              sqlite3_exec(db, SCHEMA, NULL, NULL, NULL) == SQLITE_OK &&
              insert_all(db, list, n, (size_t)rows);
    if (!ok)
        fprintf(stderr, "sqlite_peer: %s\n", sqlite3_errmsg(db));
    sqlite3_close(db); /* with the last checkpoint */
    printf("objects %zu cpu_s %.4f\n", n, cpu_s() - start);
    return ok && n ? 0 : 1;
}
