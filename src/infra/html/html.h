/* SPDX-License-Identifier: Apache-2.0 */
/* html - what templates print with; escaping belongs to the printer.
 *
 * Why: half of the published holes of comparable hubs are cross-site scripting. So a page is made
 * only by templates that tools/html.py compiles to C (tools/README.md says how to write one): the
 * compiler knows where in the HTML a value stands and calls the function below for that place;
 * places where no escaping is safe do not compile. Raw HTML is its own type (html_safe) that only
 * Markdown and the few constructors here make; so is an address that may stand in href (html_url).
 * Bytes that could deceive (bidi controls U+202A..202E, U+2066..2069) are printed as [U+202E];
 * control bytes as U+FFFD. One struct html per page and thread; a failure is kept in out->rc. */
#ifndef HTML_H
#define HTML_H

#include "bw_arena.h"
#include "bw_buf.h"
#include "bw_clock.h"
#include "bw_random.h"
#include "i18n_lang.h"

/* What every template can reach without its data struct: {{@lang}} {{@htmllang}} {{@csrf}}
 * {{@build}}
 * {{@zone}}. */
struct html {
    struct bw_buf *out; /* borrowed */
    enum i18n_lang lang;
    struct bw_view csrf;      /* form token; [A-Za-z0-9_.-]; empty where nobody is signed in */
    struct bw_view build;     /* changes with the assets: /assets/x.css?v={{@build}} */
    struct bw_view zone_name; /* "HKT" */
    int zone_offset_min;      /* minutes east of UTC */
    struct html_day {         /* private to html_time.c: dates written before; start as zeros */
        int64_t day;
        char text[10];
    } days[2];
};

/* HTML that is printed as it is. Made by html_markdown() and html_safe_take(); nothing else. */
struct html_safe {
    struct bw_view html;
};
/* An address that may stand in href, src, action: http, https, mailto, or within the site. */
struct html_url {
    struct bw_view text;
};
/* A part that is chosen at run time (the body in a page's shell): {{slot body}}. The compiler makes
 * html_<template>_slot(const struct <data> *) for each template. */
struct html_slot {
    void (*print)(struct html *h, const void *data);
    const void *data;
};

/* False (and *ret untouched): another scheme, "//host", a backslash, a space or control byte. The
 * text stays the caller's. Site-relative is "/...", "#..." or "?...". */
bool html_url_check(struct bw_view text, struct html_url *ret);
struct html_url html_url_or_hash(struct bw_view text); /* "#" where it is not allowed */
#define HTML_URL(literal) ((struct html_url){BW_VIEW_INIT(literal)})
/* Builds "/en/items/xyz?q=%E6..": "/", language and each SEGMENT percent-encoded. {"#"} on memory.
 */
struct html_url html_url_path(struct bw_arena *a, enum i18n_lang lang,
                              const struct bw_view *segments, size_t n);

/* The page printed so far by H's templates, as a value for another page (mail, fragment). Only what
 * templates printed into BUF: say so at the call. */
struct html_safe html_safe_take(struct bw_arena *a, const struct bw_buf *printed_by_templates);

#define HTML_MARKDOWN_MAX (256 * 1024) /* bytes of source; more: BW_LIMIT */
/* Markdown (CommonMark with tables, strikethrough, task lists) as HTML. Raw HTML is text; links are
 * http, https, mailto or site paths with rel="nofollow noopener noreferrer", others become text;
 * images become links; headings start at h3. The result lives in A. */
BW_MUST_CHECK enum bw_rc html_markdown(struct bw_arena *a, struct bw_view source,
                                       struct html_safe *ret, struct bw_err *err);
/* The same straight to a page, {{markdown it.body}}; over the limit: the source as plain text. */
void html_put_markdown(struct html *h, struct bw_view source);

/* Appends TEXT escaped for text and for quoted attribute values; for those who print no template
 * (Atom, SVG charts, which are XML: the same five characters). */
void html_escape(struct bw_buf *out, struct bw_view text);
void html_percent(struct bw_buf *out, struct bw_view text); /* RFC 3986 unreserved stay */

#include "html_print.h" /* what generated code calls */

#endif
