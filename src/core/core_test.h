/* SPDX-License-Identifier: Apache-2.0 */
/* core_test - an engine in a folder of its own, for the tests of core and of rooms. Header only:
 * each test program is one file. The folder is removed at exit. */
#ifndef CORE_TEST_H
#define CORE_TEST_H

#include "bw_test.h"
#include "db_test_engine.h"
#include "hub.h"

#include <ftw.h>
#include <unistd.h>

static char core_test_dir_[64];

static int core_test_remove_(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void core_test_clean_(void)
{
    if (core_test_dir_[0])
        nftw(core_test_dir_, core_test_remove_, 16, FTW_DEPTH | FTW_PHYS);
}

/* A new folder under TMPDIR or /tmp. */
__attribute__((unused)) static const char *core_test_dir(void)
{
    if (!core_test_dir_[0]) {
        snprintf(core_test_dir_, sizeof(core_test_dir_), "/tmp/breakwater-test-XXXXXX");
        BW_ASSERT(mkdtemp(core_test_dir_));
        atexit(core_test_clean_);
    }
    return core_test_dir_;
}

__attribute__((unused)) static int core_test_by_number_(const void *a, const void *b)
{
    const struct db_migration *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

/* Opens NAME.db with base, job, core and MORE migrations (in any order). Asserts that it works. */
__attribute__((unused)) static struct db_engine *
core_test_engine(const char *name, const struct db_migration *more, size_t n_more)
{
    struct db_migration list[64] = {job_migration, core_migration};
    char path[128];
    struct db_engine *e = NULL;
    struct bw_err err = {0};
    BW_ASSERT(n_more + 2 <= BW_COUNT(list));
    for (size_t i = 0; i < n_more; i++)
        list[2 + i] = more[i];
    qsort(list, 2 + n_more, sizeof(list[0]), core_test_by_number_);
    snprintf(path, sizeof(path), "%s/%s.db", core_test_dir(), name);
    BW_ASSERT(crypto_init(&err) == BW_OK);
    audience_store_clear();
    enum bw_rc rc = db_engine_open(&(struct db_options){.url = db_test_url(path),
                                                        .reach = viewer_reach,
                                                        .reach_list = viewer_reach_list,
                                                        .codes = viewer_codes,
                                                        .grants = VIEWER_GRANTS,
                                                        .migrations = list,
                                                        .n_migrations = 2 + n_more},
                                   &e, &err);
    if (rc != BW_OK)
        printf("# open: %s (%s)\n", err.message, err.detail);
    BW_ASSERT(rc == BW_OK);
    ledger_attach(e);
    return e;
}

#endif
