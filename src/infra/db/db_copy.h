/* SPDX-License-Identifier: Apache-2.0 */
/* db_copy - moves a hub from one database to another, whatever the engines. See db_copy.c. */
#ifndef DB_COPY_H
#define DB_COPY_H

#include "db.h"

#define DB_COPIED_MAX 128

struct db_copied {
    char table[64];
    int64_t rows;
};

struct db_copy_options {
    /* Now and then: how many rows have been read in all, and where. May be NULL. */
    void (*progress)(void *arg, const char *table, int64_t rows);
    void *arg;
};

/* FROM is held for writing until the end and stays as it was; nobody may use either engine
 * meanwhile. TO must have the same schema steps and no rows yet: BW_CONFLICT otherwise. BW_OK: all
 * rows are in TO, durably, read back and equal; what was copied is in RET. Anything else: TO is as
 * empty as before. */
BW_MUST_CHECK enum bw_rc db_copy(struct db_engine *from, struct db_engine *to,
                                 const struct db_copy_options *o,
                                 struct db_copied ret[DB_COPIED_MAX], size_t *ret_n,
                                 struct bw_err *err);

#endif
