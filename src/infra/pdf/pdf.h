/* SPDX-License-Identifier: Apache-2.0 */
/* pdf - a plain document on A4 paper: headings, paragraphs, facts; label and page number on each
 * page.
 *
 * Why cairo with FreeType and nothing above it: English and Chinese need no shaping, one glyph
 * stands for one character, and lines break at blanks and between ideographs. So there is no
 * process-wide font configuration, no library that ends the process when memory is short, and the
 * same input gives the same bytes (with the same fonts): docs/decisions/0011-pdf-by-cairo.md.
 * The text can be searched and copied. A character that the font lacks is a box.
 *
 * Threads: any; a document belongs to one. Takes tens of milliseconds: never on a loop. */
#ifndef PDF_H
#define PDF_H

#include "bw_buf.h"
#include "bw_err.h"
#include "bw_view.h"

struct pdf;
struct pdf_options {
    struct bw_view title; /* on each page and in the properties */
    struct bw_view author;
    const char *tlp; /* "TLP:AMBER": on each page; NULL: none */
    int64_t made_us; /* in the properties */
};
/* Runs FN twice: once to count the pages, once to write them. Appends to OUT. BW_IO: no font;
 * BW_LIMIT: over PDF_PAGES_MAX; BW_MEMORY. */
typedef void (*pdf_fn)(struct pdf *p, void *arg);
BW_MUST_CHECK enum bw_rc pdf_make(const struct pdf_options *o, pdf_fn fn, void *arg,
                                  struct bw_buf *out, struct bw_err *err);
#define PDF_PAGES_MAX 500

/* -- inside FN; a failure is kept and comes out of pdf_make -------------------------------------
 */
void pdf_heading(struct pdf *p, int level, struct bw_view text); /* 1 large, 2, 3 */
void pdf_paragraph(struct pdf *p, struct bw_view text);          /* one; wrapped */
void pdf_fact(struct pdf *p, struct bw_view label, struct bw_view value);
void pdf_gap(struct pdf *p);
void pdf_rule(struct pdf *p);
/* Headings, list items and paragraphs of Markdown; marks inside a line stay as typed. */
void pdf_markdown(struct pdf *p, struct bw_view source);

#endif
