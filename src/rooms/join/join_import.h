/* SPDX-License-Identifier: Apache-2.0 */
/* join_import - lists of organisations: every row is checked before anything is written. */
#ifndef JOIN_IMPORT_H
#define JOIN_IMPORT_H

#include "i18n.h"
#include "join_int.h"

#define JOIN_ROWS_MAX 20000

struct join_entry {
    size_t line; /* in the file */
    struct member_names names;
    struct bw_view registration, domain, group, sectors, person, email;
    enum member_class class_;
    enum i18n_lang lang;
    bool trusted, wrong;
    enum i18n_msg why; /* wrong: what, and what to do */
};
struct join_table {
    struct join_entry *rows;
    size_t n, wrong;
};
/* SPONSORED: an association's own members, each with a person who confirms. BW_INVALID: the file
 * has no header with the columns that are needed, or is no CSV; BW_LIMIT. Texts live in ARENA. */
BW_MUST_CHECK enum bw_rc join_table_read(struct db *db, const struct settings *settings,
                                         struct bw_view bytes, bool sponsored,
                                         struct bw_arena *arena, struct join_table *ret,
                                         struct bw_err *err);
/* Writes the rows that are right, some in a transaction; *ret_taken counts them. A row that
 * somebody else was faster with is left out. */
struct join_take {
    const struct hub *hub;
    const struct viewer *viewer;
    int64_t sponsor_id; /* 0: the desk imports */
};
BW_MUST_CHECK enum bw_rc join_table_take(const struct join_take *t, const struct join_table *list,
                                         int64_t *ret_taken, struct bw_err *err);

#endif
