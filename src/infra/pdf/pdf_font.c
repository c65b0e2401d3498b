/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_font - the one font of all documents, opened by its file: no search through the machine's
 * fonts, so that the same text gives the same document.
 *
 * WenQuanYi Micro Hei has Latin and both Chinese scripts in 5 MB and is TrueType: cairo 1.16 loses
 * memory with each document whose font is CFF, as Noto Sans CJK is (24 bytes a glyph; seen with
 * LeakSanitizer). The face stays open: cairo keeps what it made of it beyond any document, and
 * takes a lock of its own when glyphs are read. */
#include "pdf_int.h"

#include <pthread.h>

static struct {
    pthread_mutex_t lock; /* guards all below */
    FT_Library library;
    FT_Face face;
    cairo_font_face_t *cairo;
} opened = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void open_font(const char *file) /* lock held */
{
    if (!opened.library && FT_Init_FreeType(&opened.library) != 0)
        return;
    if (FT_New_Face(opened.library, file, 0, &opened.face) != 0)
        return;
    opened.cairo = cairo_ft_font_face_create_for_ft_face(opened.face, FT_LOAD_NO_HINTING);
    if (cairo_font_face_status(opened.cairo) == CAIRO_STATUS_SUCCESS)
        return;
    opened.cairo = NULL;
    FT_Done_Face(opened.face);
}

enum bw_rc pdf_font_get(const char *file, cairo_font_face_t **ret, struct bw_err *err)
{
    pthread_mutex_lock(&opened.lock);
    if (!opened.cairo)
        open_font(file);
    cairo_font_face_t *f = opened.cairo;
    pthread_mutex_unlock(&opened.lock);
    if (!f)
        return bw_fail_detail(err, BW_IO, "this hub cannot make PDF files: its font is missing",
                              "%s: install fonts-wqy-microhei", file);
    *ret = f;
    return BW_OK;
}
