/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that is full or fails, memory that runs out: one request fails, the hub goes on.
 *
 * The disk: a VFS in front of SQLite's own counts file operations and makes them fail. The memory:
 * every allocation, SQLite's and ours, passes through the point "alloc" of bw_fault.h (libpq's own
 * do not). BREAKWATER_LONG=yes in the environment tries each one; without it those behind the first
 * are sampled. */
#include "bw_fault.h"
#include "db_test.h"
#include <malloc.h>
#include <pthread.h>
#include <sqlite3.h>

/* -- a disk that fails ----------------------------------------------------------------------------
 */

static _Atomic bool disk_full;
static _Atomic int64_t disk_operations, disk_fails_at; /* 0: never */

struct shim {
    sqlite3_file base;
    sqlite3_file real[]; /* of the size that the real VFS wants */
};

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct shim *)f)->real;
}

static bool fails(void)
{
    return ++disk_operations == disk_fails_at;
}

static int shim_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return fails() ? SQLITE_IOERR_READ : real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (disk_full)
        return SQLITE_FULL;
    return fails() ? SQLITE_IOERR_WRITE : real_of(f)->pMethods->xWrite(real_of(f), p, n, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return fails() ? SQLITE_IOERR_TRUNCATE : real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int shim_sync(sqlite3_file *f,
                     int flags) /* no power is lost here: thousands of fsyncs saved */
{
    return fails() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *ret)
{
    return fails() ? SQLITE_IOERR_FSTAT : real_of(f)->pMethods->xFileSize(real_of(f), ret);
}

static int shim_lock(sqlite3_file *f, int how)
{
    return fails() ? SQLITE_IOERR_LOCK : real_of(f)->pMethods->xLock(real_of(f), how);
}

static int shim_unlock(sqlite3_file *f, int how)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), how);
}

static int shim_reserved(sqlite3_file *f, int *ret)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
    if (op == SQLITE_FCNTL_SIZE_HINT && disk_full)
        return SQLITE_FULL;
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int shim_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int shim_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
    if (fails())
        return SQLITE_IOERR_SHMMAP;
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, ret);
}

static int shim_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}

static void shim_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int shim_shm_unmap(sqlite3_file *f, int drop)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), drop);
}

static int shim_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **ret)
{
    return real_of(f)->pMethods->xFetch(real_of(f), at, n, ret);
}

static int shim_unfetch(sqlite3_file *f, sqlite3_int64 at, void *p)
{
    return real_of(f)->pMethods->xUnfetch(real_of(f), at, p);
}

static const sqlite3_io_methods SHIM_METHODS = {3,
                                                shim_close,
                                                shim_read,
                                                shim_write,
                                                shim_truncate,
                                                shim_sync,
                                                shim_size,
                                                shim_lock,
                                                shim_unlock,
                                                shim_reserved,
                                                shim_control,
                                                shim_sector,
                                                shim_characteristics,
                                                shim_shm_map,
                                                shim_shm_lock,
                                                shim_shm_barrier,
                                                shim_shm_unmap,
                                                shim_fetch,
                                                shim_unfetch};
static sqlite3_vfs *under, shim_vfs;

static int shim_open(sqlite3_vfs *v, sqlite3_filename name, sqlite3_file *f, int flags, int *ret)
{
    struct shim *s = (struct shim *)f;
    s->base.pMethods = NULL;
    if (fails())
        return SQLITE_CANTOPEN;
    int code = under->xOpen(under, name, s->real, flags, ret);
    if (code == SQLITE_OK)
        s->base.pMethods = &SHIM_METHODS;
    return code;
}

/* -- memory that fails ----------------------------------------------------------------------------
 */

static _Atomic int64_t outstanding;

static void *lib_malloc(int n)
{
    void *p = bw_alloc((size_t)n);
    outstanding += p != NULL;
    return p;
}

static void lib_free(void *p)
{
    outstanding -= p != NULL;
    free(p);
}

static void *lib_realloc(void *p, int n)
{
    return bw_realloc(p, (size_t)n);
}

static int lib_size(void *p)
{
    return (int)malloc_usable_size(p);
}

static int lib_roundup(int n)
{
    return (n + 7) & ~7;
}

static int lib_init(void *arg)
{
    return SQLITE_OK;
}

static void lib_shutdown(void *arg)
{
}

__attribute__((constructor)) static void install(void)
{
    static sqlite3_mem_methods m = {lib_malloc,  lib_free, lib_realloc,  lib_size,
                                    lib_roundup, lib_init, lib_shutdown, NULL};
    BW_ASSERT(sqlite3_config(SQLITE_CONFIG_MALLOC, &m) == SQLITE_OK);
    BW_ASSERT(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
    BW_ASSERT(sqlite3_initialize() == SQLITE_OK);
    under = sqlite3_vfs_find(NULL);
    shim_vfs = *under;
    shim_vfs.zName = "shim";
    shim_vfs.szOsFile = under->szOsFile + (int)sizeof(struct shim);
    shim_vfs.xOpen = shim_open;
    BW_ASSERT(sqlite3_vfs_register(&shim_vfs, 1) == SQLITE_OK);
}

/* -- scenarios ------------------------------------------------------------------------------------
 */

static enum bw_rc add_with_text(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct test_item *item = arg;
    BW_TRY(test_add(tx, item, err));
    return db_fulltext_put(tx, "item", item->id, bw_view_z(item->title), err);
}

static const char TITLE[] =
    "a title of some length, so that it is worth compressing: a title of some length, so that it is"
    " worth compressing, and a title of some length, so that it is worth compressing once more";

static enum bw_rc write_one(struct db_engine *e, struct bw_err *err)
{
    struct test_item item = {1, 0, TITLE};
    return db_write(e, add_with_text, &item, err);
}

/* BW_BROKEN where the answer is wrong: a failure may be told, a wrong answer never. */
static enum bw_rc read_all(struct db_engine *e, int64_t least, struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_open(e, &db, err));
    BW_TRY(db_query(db, &ONE,
                    "SELECT id, title FROM v_item WHERE audience_id IN $reachable AND"
                    " $match(item, ?1) ORDER BY title, id",
                    &st, err));
    db_bind_text(st, 1, BW_V("compressing"));
    int64_t n = 0;
    enum bw_rc rc;
    while ((rc = db_row(st, err)) == BW_OK) {
        if (!bw_view_is(db_text(st, 1), TITLE))
            return bw_fail(err, BW_BROKEN, "another title");
        n++;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    return n >= least ? BW_OK : bw_fail(err, BW_BROKEN, "lost rows");
}

static bool sound(struct db_engine *e, int64_t rows)
{
    struct bw_err err = {.rc = BW_OK};
    bool ok = CHECK(db_integrity(e, &err) == BW_OK) && CHECK(read_all(e, rows, &err) == BW_OK);
    if (!ok)
        printf("# %s (%s)\n", err.message, err.detail);
    return ok;
}

#define NEEDS_OUR_DISK()     \
    if (db_test_on_server()) \
    SKIP_CASE("the disk is the server's")

BW_TEST(full_disk)
{
    NEEDS_OUR_DISK();
    struct db_engine *e = test_engine("full.db");
    struct bw_err err = {.rc = BW_OK};
    for (int i = 0; i < 10; i++)
        CHECK(write_one(e, &err) == BW_OK);
    disk_full = true;
    for (int i = 0; i < 5; i++) {
        CHECK_INT(write_one(e, &err), BW_IO);
        CHECK_VIEW(bw_view_z(err.message),
                   "the disk is full: nothing was saved, try again when there is room");
        CHECK(read_all(e, 10, &err) == BW_OK);
    }
    disk_full = false;
    CHECK(write_one(e, &err) == BW_OK);
    CHECK(sound(e, 11));
    struct db_stats s;
    db_engine_stats(e, &s);
    CHECK_INT(s.writes, 11);
    db_engine_close(e);
}

static void *write_many(void *arg)
{
    struct bw_err err;
    int64_t *good = calloc(1, sizeof *good);
    BW_ASSERT(good);
    for (int i = 0; i < 100; i++)
        *good += write_one(arg, &err) == BW_OK;
    return good;
}

/* The disk fills and empties under eight writers: what was acknowledged is there. */
BW_TEST(full_disk_under_load)
{
    NEEDS_OUR_DISK();
    struct db_engine *e = test_engine("load.db");
    pthread_t t[8];
    int64_t good = 0;
    for (int i = 0; i < 8; i++)
        REQUIRE(pthread_create(&t[i], NULL, write_many, e) == 0);
    for (int i = 0; i < 20; i++) {
        usleep(3000);
        disk_full = !disk_full;
    }
    disk_full = false;
    for (int i = 0; i < 8; i++) {
        void *n;
        pthread_join(t[i], &n);
        good += *(int64_t *)n;
        free(n);
    }
    struct bw_err err = {.rc = BW_OK};
    printf("# %lld of 800 writes found room\n", (long long)good);
    CHECK(write_one(e, &err) == BW_OK);
    CHECK(sound(e, good + 1));
    db_engine_close(e);
}

/* Opens, writes, reads, closes, with whatever fails; returns how many writes were acknowledged. */
static int64_t whole_life(const char *path, struct bw_err *err)
{
    struct db_options o = test_options(db_test_url(path));
    struct db_engine *e = NULL;
    int64_t good = 0;
    if (db_engine_open(&o, &e, err) != BW_OK)
        return 0;
    for (int i = 0; i < 3; i++) {
        good += write_one(e, err) == BW_OK;
        enum bw_rc rc = read_all(e, good, err);
        CHECK(rc == BW_OK || rc == BW_IO || rc == BW_MEMORY || rc == BW_BUSY);
    }
    db_engine_close(e);
    return good;
}

static bool survives(const char *path, int64_t good)
{
    struct db_options o = test_options(db_test_url(path));
    struct db_engine *e = NULL;
    struct bw_err err = {.rc = BW_OK};
    if (!CHECK(db_engine_open(&o, &e, &err) == BW_OK)) {
        printf("# %s (%s)\n", err.message, err.detail);
        return false;
    }
    bool ok = sound(e, good) && CHECK(write_one(e, &err) == BW_OK) && sound(e, good + 1);
    db_engine_close(e);
    return ok;
}

static int64_t stride(int64_t nth)
{
    const char *each = getenv("BREAKWATER_LONG");
    return each && strcmp(each, "yes") == 0 ? 1 : 1 + nth / (db_test_on_server() ? 10 : 50);
}

static void forget(const char *path)
{
    char more[160];
    db_test_remove(path);
    snprintf(more, sizeof more, "%s-wal", path);
    unlink(more);
    snprintf(more, sizeof more, "%s-shm", path);
    unlink(more);
}

BW_TEST(every_file_operation_fails_once)
{
    NEEDS_OUR_DISK();
    const char *path = test_path("nth.db");
    bool hit = true, ok = true;
    int tried = 0;
    for (int64_t nth = 1; hit && ok; nth += stride(nth)) {
        struct bw_err err = {.rc = BW_OK};
        disk_operations = 0;
        disk_fails_at = nth;
        int64_t good = whole_life(path, &err);
        hit = disk_operations >= nth;
        disk_fails_at = 0;
        ok = CHECK(err.rc != BW_BROKEN && err.rc != BW_CONFLICT) && survives(path, good);
        if (!ok)
            printf("# operation %lld: %s (%s)\n", (long long)nth, err.message, err.detail);
        forget(path);
        tried++;
    }
    printf("# %d file operations failed in turn\n", tried - 1);
    CHECK(ok && tried > 50);
}

static void torture(bool from_then_on)
{
    const char *path = test_path("memory.db");
    bool hit = true, ok = true;
    int tried = 0;
    for (int64_t nth = 1; hit && ok; nth += stride(nth)) {
        struct bw_err err = {.rc = BW_OK};
        int64_t before = outstanding;
        bw_fault_arm("alloc", (uint64_t)nth, from_then_on);
        int64_t good = whole_life(path, &err);
        hit = bw_fault_hits() >= (uint64_t)nth;
        bw_fault_clear();
        ok = CHECK(err.rc == BW_OK || err.rc == BW_MEMORY || err.rc == BW_IO);
        ok = CHECK_INT(outstanding, before) && ok; /* nothing leaks inside SQLite either */
        ok = ok && survives(path, good);
        if (!ok)
            printf("# allocation %lld: rc %d, %s (%s)\n", (long long)nth, (int)err.rc, err.message,
                   err.detail);
        forget(path);
        tried++;
    }
    printf("# %d allocations failed in turn\n", tried - 1);
    CHECK(ok && tried > (db_test_on_server() ? 30 : 100));
}

BW_TEST(every_allocation_fails_once)
{
    torture(false);
}

BW_TEST(every_allocation_fails_from_then_on)
{
    torture(true);
}

BW_TEST_MAIN()
