/* SPDX-License-Identifier: Apache-2.0 */
/* pdf - see pdf.h. Sizes are points (1/72 inch). */
#include "pdf_int.h"

#include "bw_clock.h"
#include "bw_fault.h"

#include <stdio.h>
#include <string.h>

enum { PAGE_W = 595, PAGE_H = 842, SIDE = 62, TOP = 92, BOTTOM = 72 };
#define BODY_PT 10.5
#define SMALL_PT 8.5
#define LEADING 1.6 /* Chinese needs air */

struct pdf {
    const struct pdf_options *o;
    cairo_surface_t *surface;
    cairo_t *cr;
    double y; /* top of the next line */
    int page, pages;
    enum bw_rc rc;
};

static void fail(struct pdf *p, enum bw_rc rc)
{
    if (p->rc == BW_OK)
        p->rc = rc;
}

/* -- a line of text ---------------------------------------------------------------------------- */

struct shaped {
    char *text; /* without control characters */
    size_t bytes, n;
    cairo_glyph_t *glyphs;
    struct pdf_cell *cells;
    size_t *at; /* byte where each character begins; one more */
    double end;
};

static void shaped_done(struct shaped *s)
{
    free(s->text);
    free(s->cells);
    free(s->at);
    cairo_glyph_free(s->glyphs);
}

static bool clean(struct bw_view text, struct shaped *s)
{
    s->text = bw_calloc(text.n + 1, 3); /* what is malformed becomes U+FFFD */
    s->at = bw_calloc(text.n + 2, sizeof(*s->at));
    s->cells = bw_calloc(text.n + 1, sizeof(*s->cells));
    if (!s->text || !s->at || !s->cells)
        return false;
    while (text.n) {
        size_t len;
        uint32_t cp = bw_utf8_next(text, &len);
        text = bw_view_from(text, len);
        if (cp == '\t')
            cp = ' ';
        if (bw_utf8_is_control(cp))
            continue;
        s->at[s->n] = s->bytes;
        s->cells[s->n++].cp = cp;
        s->bytes += bw_utf8_put(cp, s->text + s->bytes);
    }
    s->at[s->n] = s->bytes;
    return true;
}

static bool shape(struct pdf *p, struct bw_view text, double size, struct shaped *s)
{
    int n = 0;
    cairo_text_extents_t last;
    cairo_set_font_size(p->cr, size);
    if (!clean(text, s))
        return false;
    if (s->n == 0)
        return true;
    cairo_scaled_font_t *font = cairo_get_scaled_font(p->cr);
    if (cairo_scaled_font_text_to_glyphs(font, 0, 0, s->text, (int)s->bytes, &s->glyphs, &n, NULL,
                                         NULL, NULL) != CAIRO_STATUS_SUCCESS ||
        (size_t)n != s->n)
        return false;
    for (size_t i = 0; i < s->n; i++)
        s->cells[i].x = s->glyphs[i].x;
    cairo_scaled_font_glyph_extents(font, &s->glyphs[s->n - 1], 1, &last);
    s->end = s->cells[s->n - 1].x + last.x_advance;
    return true;
}

/* Characters AT.. of S with the base line's start at X, Y. */
static void draw(struct pdf *p, struct shaped *s, size_t at, size_t n, double x, double y)
{
    BW_AUTO_HEAP cairo_text_cluster_t *clusters = bw_calloc(n + 1, sizeof(*clusters));
    const double shift = x - s->cells[at].x;
    if (!clusters) {
        fail(p, BW_MEMORY);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        clusters[i] = (cairo_text_cluster_t){(int)(s->at[at + i + 1] - s->at[at + i]), 1};
        s->glyphs[at + i].x = s->cells[at + i].x + shift;
        s->glyphs[at + i].y = y;
    }
    cairo_show_text_glyphs(p->cr, s->text + s->at[at], (int)(s->at[at + n] - s->at[at]),
                           &s->glyphs[at], (int)n, clusters, (int)n, 0);
}

static double put(struct pdf *p, struct bw_view text, double size, double x, double y, bool right)
{
    struct shaped s = {0};
    double width = 0;
    if (!shape(p, text, size, &s)) {
        fail(p, BW_MEMORY);
    } else if (s.n) {
        width = s.end;
        draw(p, &s, 0, s.n, right ? x - width : x, y);
    }
    shaped_done(&s);
    return width;
}

/* -- pages ------------------------------------------------------------------------------------- */

/* FIRST.org's colours on black; on paper the words alone tell. */
static void set_tlp_colour(cairo_t *cr, const char *tlp)
{
    static const struct {
        const char *tlp;
        double r, g, b;
    } COLOURS[] = {{"TLP:RED", 1, 0.17, 0.17},
                   {"TLP:AMBER", 1, 0.75, 0},
                   {"TLP:AMBER+STRICT", 1, 0.75, 0},
                   {"TLP:GREEN", 0.2, 1, 0}};
    cairo_set_source_rgb(cr, 1, 1, 1);
    for (size_t i = 0; i < BW_COUNT(COLOURS); i++)
        if (strcmp(tlp, COLOURS[i].tlp) == 0)
            cairo_set_source_rgb(cr, COLOURS[i].r, COLOURS[i].g, COLOURS[i].b);
}

static void line_across(struct pdf *p, double y)
{
    cairo_set_line_width(p->cr, 0.5);
    cairo_move_to(p->cr, SIDE, y);
    cairo_line_to(p->cr, PAGE_W - SIDE, y);
    cairo_stroke(p->cr);
}

static void page_frame(struct pdf *p)
{
    char number[32];
    p->page++;
    p->y = TOP;
    if (p->page > PDF_PAGES_MAX)
        fail(p, BW_LIMIT);
    cairo_set_source_rgb(p->cr, 0, 0, 0);
    put(p, bw_utf8_head(p->o->title, 120), SMALL_PT, SIDE, 52, false);
    if (p->o->tlp) {
        struct bw_view label = bw_view_z(p->o->tlp);
        cairo_rectangle(p->cr, PAGE_W - SIDE - 104, 38, 104, 20);
        cairo_fill(p->cr);
        set_tlp_colour(p->cr, p->o->tlp);
        put(p, label, SMALL_PT, PAGE_W - SIDE - 7, 52, true);
        cairo_set_source_rgb(p->cr, 0, 0, 0);
    }
    line_across(p, 64);
    snprintf(number, sizeof(number), "%d / %d", p->page, p->pages ? p->pages : p->page);
    line_across(p, PAGE_H - 52);
    put(p, bw_view_z(number), SMALL_PT, PAGE_W - SIDE, PAGE_H - 38, true);
    if (p->o->tlp)
        put(p, bw_view_z(p->o->tlp), SMALL_PT, SIDE, PAGE_H - 38, false);
}

static void need(struct pdf *p, double height)
{
    if (p->rc != BW_OK || p->y + height <= PAGE_H - BOTTOM)
        return;
    cairo_show_page(p->cr);
    page_frame(p);
}

static void wrapped(struct pdf *p, struct bw_view text, double size, double left)
{
    struct shaped s = {0};
    const double height = size * LEADING;
    if (p->rc != BW_OK)
        return;
    if (!shape(p, text, size, &s))
        fail(p, BW_MEMORY);
    for (size_t at = 0; at < s.n && p->rc == BW_OK;) {
        size_t n = pdf_break(s.cells, s.n, at, s.end, PAGE_W - SIDE - left);
        need(p, height);
        cairo_set_font_size(p->cr, size); /* a new page's frame has another */
        draw(p, &s, at, n, left, p->y + size);
        p->y += height;
        at += n;
    }
    shaped_done(&s);
}

/* -- parts ------------------------------------------------------------------------------------- */

void pdf_heading(struct pdf *p, int level, struct bw_view text)
{
    static const double SIZES[] = {18, 14, 12};
    double size = SIZES[level < 1 ? 0 : level > 3 ? 2 : level - 1];
    need(p, size * LEADING * 3); /* never alone at the foot of a page */
    if (p->y > TOP)
        p->y += size * 0.5;
    wrapped(p, text, size, SIDE);
    p->y += size * 0.2;
}

void pdf_paragraph(struct pdf *p, struct bw_view text)
{
    wrapped(p, text, BODY_PT, SIDE);
    p->y += BODY_PT * 0.4;
}

void pdf_gap(struct pdf *p)
{
    p->y += BODY_PT;
}

void pdf_rule(struct pdf *p)
{
    need(p, 12);
    line_across(p, p->y + 6);
    p->y += 14;
}

void pdf_fact(struct pdf *p, struct bw_view label, struct bw_view value)
{
    enum { VALUE_AT = SIDE + 130 };
    need(p, BODY_PT * LEADING);
    double y = p->y;
    int page = p->page;
    put(p, label, SMALL_PT, SIDE, y + BODY_PT, false);
    wrapped(p, value, BODY_PT, VALUE_AT);
    if (p->page == page && p->y < y + BODY_PT * LEADING)
        p->y = y + BODY_PT * LEADING;
}

/* A list item's mark in LINE, or 0 bytes. */
static size_t mark_of(struct bw_view line)
{
    size_t i = 0;
    if (line.n > 2 && (line.p[0] == '-' || line.p[0] == '*') && line.p[1] == ' ')
        return 2;
    while (i < line.n && i < 4 && line.p[i] >= '0' && line.p[i] <= '9')
        i++;
    return i && i + 1 < line.n && (line.p[i] == '.' || line.p[i] == ')') && line.p[i + 1] == ' '
               ? i + 2
               : 0;
}

static void markdown_line(struct pdf *p, struct bw_view line)
{
    size_t hashes = 0, mark;
    while (hashes < line.n && line.p[hashes] == '#')
        hashes++;
    if (hashes && hashes <= 6 && hashes < line.n && line.p[hashes] == ' ') {
        pdf_heading(p, (int)hashes + 1, bw_view_trim(bw_view_from(line, hashes)));
        return;
    }
    mark = mark_of(line);
    if (mark == 0) {
        wrapped(p, line, BODY_PT, SIDE);
        return;
    }
    need(p, BODY_PT * LEADING);
    struct bw_view sign = bw_view_trim(bw_view_head(line, mark));
    put(p, line.p[0] == '-' || line.p[0] == '*' ? BW_V("•") : sign, BODY_PT, SIDE, p->y + BODY_PT,
        false);
    wrapped(p, bw_view_from(line, mark), BODY_PT, SIDE + 20);
}

void pdf_markdown(struct pdf *p, struct bw_view source)
{
    while (source.p && p->rc == BW_OK) {
        struct bw_view line = bw_view_trim(bw_view_split(&source, '\n'));
        if (line.n == 0)
            p->y += BODY_PT * 0.6;
        else
            markdown_line(p, line);
    }
}

/* -- making ------------------------------------------------------------------------------------ */

static cairo_status_t take(void *buf, const unsigned char *bytes, unsigned n)
{
    struct bw_buf *out = buf;
    if (out)
        bw_buf_add(out, (const char *)bytes, n);
    return !out || out->rc == BW_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void set_properties(struct pdf *p)
{
    char time[BW_TIME_MAX], text[512];
    bw_time_format(p->o->made_us / BW_SECOND_US * BW_SECOND_US, time);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATE_DATE, time);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_MOD_DATE, time);
    snprintf(text, sizeof(text), "%.*s", BW_VF(bw_utf8_head(p->o->title, 400)));
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE, text);
    snprintf(text, sizeof(text), "%.*s", BW_VF(bw_utf8_head(p->o->author, 400)));
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_AUTHOR, text);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATOR, "Breakwater");
}

static enum bw_rc pass(struct pdf *p, cairo_font_face_t *font, pdf_fn fn, void *arg,
                       struct bw_buf *out)
{
    cairo_font_options_t *options = cairo_font_options_create();
    p->page = 0;
    p->surface = cairo_pdf_surface_create_for_stream(take, out, PAGE_W, PAGE_H);
    p->cr = cairo_create(p->surface);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(p->cr, options);
    cairo_font_options_destroy(options);
    set_properties(p);
    cairo_set_font_face(p->cr, font);
    page_frame(p);
    fn(p, arg);
    cairo_show_page(p->cr);
    if (cairo_status(p->cr) != CAIRO_STATUS_SUCCESS)
        fail(p, BW_MEMORY);
    cairo_destroy(p->cr);
    cairo_surface_finish(p->surface);
    if (cairo_surface_status(p->surface) != CAIRO_STATUS_SUCCESS)
        fail(p, BW_MEMORY);
    cairo_surface_destroy(p->surface);
    return p->rc;
}

enum bw_rc pdf_make(const struct pdf_options *o, pdf_fn fn, void *arg, struct bw_buf *out,
                    struct bw_err *err)
{
    struct pdf p = {.o = o};
    cairo_font_face_t *font;
    BW_TRY(pdf_font_get(PDF_FONT, &font, err));
    enum bw_rc rc = pass(&p, font, fn, arg, NULL);
    p.pages = p.page;
    if (rc == BW_OK)
        rc = pass(&p, font, fn, arg, out);
    if (rc == BW_LIMIT)
        return bw_fail(err, rc, "the document has more than %d pages", PDF_PAGES_MAX);
    if (rc != BW_OK)
        return bw_fail_memory(err);
    return bw_buf_rc(out, "document", err);
}
