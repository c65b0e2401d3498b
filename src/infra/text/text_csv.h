/* SPDX-License-Identifier: Apache-2.0 */
/* text_csv - records of CSV files (RFC 4180) out of bytes that are already there: reports of a
 * feed, lists of organisations. No copy, no heap. Fuzzed by fuzz_feed_csv. */
#ifndef TEXT_CSV_H
#define TEXT_CSV_H

#include "bw_arena.h"
#include "bw_view.h"

#define TEXT_RECORD_MAX (1u << 20) /* bytes of one record */
#define TEXT_CELLS_MAX 1024

struct text_cell {
    struct bw_view text; /* borrowed, without its quotes */
    bool doubled;        /* holds "" that stand for ": text_cell_text() */
};
struct text_csv {
    struct bw_view bytes;
    size_t at, line; /* private: where the next record begins */
};
struct text_record {
    size_t line;        /* where it begins, from 1 */
    struct bw_view raw; /* as received, without its line end */
    size_t n;
    struct text_cell cells[TEXT_CELLS_MAX];
    const char *wrong; /* TEXT_CSV_WRONG: why; raw is what was skipped */
};
enum text_csv_got { TEXT_CSV_RECORD, TEXT_CSV_WRONG, TEXT_CSV_END };
/* BYTES is borrowed and may be a mapped file. A UTF-8 byte order mark is skipped. */
void text_csv_open(struct text_csv *c, struct bw_view bytes);
/* Blank lines are skipped. Behind a wrong record reading goes on at the line after the one where it
 * began: a quote that is never closed costs one row and not the file. */
enum text_csv_got text_csv_next(struct text_csv *c, struct text_record *r);
/* The cell with doubled quotes made single, trimmed. {NULL, 0} when out of memory. */
struct bw_view text_cell_text(const struct text_cell *cell, struct bw_arena *arena);

#endif
