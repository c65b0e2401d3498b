/* SPDX-License-Identifier: Apache-2.0 */
/* feed_int - what the room's files share: recognising, CSV records, report types, rows. */
#ifndef FEED_INT_H
#define FEED_INT_H

#include "feed.h"

#define FEED_BODY_MAX \
    (1024u << 20) /* bytes of a request; the setting import_max is asked beside it */
#define FEED_RECORD_MAX (1u << 20) /* bytes of one CSV record */
#define FEED_CELLS_MAX 1024
#define FEED_WORD_MAX 64 /* bytes of a family, a protocol */

/* -- CSV (feed_csv.c; RFC 4180, fuzzed by fuzz_feed_csv) --------------------------------------- */
struct feed_cell {
    struct bw_view text; /* borrowed, without its quotes */
    bool doubled;        /* holds "" that stand for ": feed_cell_text() */
};
struct feed_csv {
    struct bw_view bytes;
    size_t at, line; /* private: where the next record begins */
};
struct feed_record {
    size_t line;        /* where it begins, from 1 */
    struct bw_view raw; /* as received, without its line end */
    size_t n;
    struct feed_cell cells[FEED_CELLS_MAX];
    const char *wrong; /* FEED_CSV_WRONG: why; raw is what was skipped */
};
enum feed_csv_got { FEED_CSV_RECORD, FEED_CSV_WRONG, FEED_CSV_END };
/* BYTES is borrowed and may be a mapped file. A UTF-8 byte order mark is skipped. */
void feed_csv_open(struct feed_csv *c, struct bw_view bytes);
/* Blank lines are skipped. Behind a wrong record reading goes on at the line after the one where it
 * began: a quote that is never closed costs one row and not the file. */
enum feed_csv_got feed_csv_next(struct feed_csv *c, struct feed_record *r);
/* The cell with doubled quotes made single, trimmed. {NULL, 0} when out of memory. */
struct bw_view feed_cell_text(const struct feed_cell *cell, struct bw_arena *arena);

/* -- report types (feed_kinds.c: the table; feed_kind.c) --------------------------------------- */
struct feed_kind {
    const char *name, *rsit_type;
    int severity;        /* default of its rows, as intel_severity */
    const char *columns; /* that tell its header from others; "=name": as that type's */
};
extern const struct feed_kind feed_kinds[];
extern const size_t feed_kinds_n;
extern const struct feed_kind feed_kind_unknown; /* "csv" */

/* By a file's name: "scan_rdp.csv", "2026-11-20-scan_rdp-hongkong.csv"; NULL: none is named. */
const struct feed_kind *feed_kind_of_name(struct bw_view file_name);
#define FEED_TIES_MAX 16
struct feed_kind_guess {
    const struct feed_kind
        *ties[FEED_TIES_MAX]; /* types of the best overlap, as the table has them */
    size_t n;                 /* 0: no type's header is like it */
    bool weak;                /* common columns only: the tag has to agree */
};
void feed_kind_guess(const struct bw_view *columns, size_t n, struct feed_kind_guess *ret);
/* Among types of one header: by the words of the first row's tag and the family of its address.
 * feed_kind_unknown where the guess was weak and the tag does not name the type. */
const struct feed_kind *feed_kind_settle(const struct feed_kind_guess *g, struct bw_view tag,
                                         bool v6);

/* -- times (feed_time.c) ----------------------------------------------------------------------- */

/* "2019-09-04 15:45:51" (UTC), also with T, fraction, Z, UTC, GMT or an offset; seconds since 1970.
 */
bool feed_time_parse(struct bw_view text, int64_t *ret_us);

/* -- rows (feed_rows.c) ------------------------------------------------------------------------ */
struct feed_rows;
enum feed_row { FEED_ROW_EVENT, FEED_ROW_REFUSED, FEED_ROW_END };
/* Reads header and first row and settles what kind of report it is. Rows later than NOW_US plus a
 * day are refused. BW_INVALID: no header, or one without address and time. */
BW_MUST_CHECK enum bw_rc feed_rows_open(struct bw_view bytes, struct bw_view name, int64_t now_us,
                                        struct feed_rows **ret, struct bw_err *err);
void feed_rows_free(struct feed_rows *r);
BW_AUTO_TYPE(feed_rows, feed_rows_free);
const struct feed_kind *feed_rows_kind(const struct feed_rows *r);
struct bw_view feed_rows_header(const struct feed_rows *r); /* as received */
size_t feed_rows_offset(const struct feed_rows *r);         /* bytes read: for progress */
/* The next row. *ret is valid until feed_rows_forget(); *ret_line is where it begins; REFUSED:
 * *err. */
enum feed_row feed_rows_next(struct feed_rows *r, struct watch_event *ret, size_t *ret_line,
                             struct bw_err *err);
void feed_rows_forget(struct feed_rows *r);

#endif
