/* SPDX-License-Identifier: Apache-2.0 */
/* feed_int - what the room's files share: recognising, report types, rows. */
#ifndef FEED_INT_H
#define FEED_INT_H

#include "feed.h"
#include "text_csv.h"

#define FEED_BODY_MAX \
    (1024u << 20)        /* bytes of a request; the setting import_max is asked beside it */
#define FEED_WORD_MAX 64 /* bytes of a family, a protocol */

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
