/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_int - what the module's files share. */
#ifndef PDF_INT_H
#define PDF_INT_H

#include "pdf.h"

#include <cairo-ft.h>
#include <cairo-pdf.h>

#define PDF_FONT "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"
/* pdf_font.c. Lives as long as the process; borrowed. FILE counts until one was opened. */
BW_MUST_CHECK enum bw_rc pdf_font_get(const char *file, cairo_font_face_t **ret,
                                      struct bw_err *err);

/* One glyph of a text that is to be broken into lines. */
struct pdf_cell {
    uint32_t cp;
    double x; /* where it begins, from the start of the text */
};
/* pdf_break.c. How many of the N cells from AT on make the next line of WIDTH; at least 1. END: x
 * behind the last cell. */
size_t pdf_break(const struct pdf_cell *cells, size_t n, size_t at, double end, double width);

#endif
