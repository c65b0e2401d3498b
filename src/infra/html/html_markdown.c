/* SPDX-License-Identifier: Apache-2.0 */
/* html_markdown - what members write, as HTML that cannot act.
 *
 * md4c parses (CommonMark 0.30 with tables, strikethrough, task lists) and calls us for each
 * element; only the tags written below can come out, so there is nothing to sanitise afterwards.
 * Raw HTML is off in the parser: it arrives as text. A line break is kept as typed, because people
 * list indicators one a line. Addresses in text do not become links, not even in <...>: they are
 * mostly hostile ones. md4c can be made to write much more than it read (a table row has as many
 * cells as the header), so output, nesting and columns have limits of their own. Pure; fuzzed by
 * fuzz_markdown. */
#include "html.h"

#include "bw_fault.h"
#include <md4c.h>

#define OUTPUT_FACTOR 12   /* bytes out for one in */
#define OUTPUT_LEAST 65536 /* always allowed */
#define NESTING_MAX 48     /* blocks in blocks, spans in spans */
#define COLUMNS_MAX 64     /* of a table */
#define HREF_MAX 2048      /* bytes of a link's address; longer: text */
#define PADDING 16         /* zeros behind the source: md4c 0.4.8 looks past "[](" at its end */
#define HEADING_FIRST 3    /* the page's title is h1, its parts h2 */

/* Of the outermost link or image; what is nested in it is text. */
enum link {
    LINK_NEW,     /* nothing of it printed yet */
    LINK_OPEN,    /* <a> is printed */
    LINK_REFUSED, /* an address that may not be a link; its text is printed */
    LINK_PLAIN,   /* its text is its address */
};

struct markdown {
    struct bw_buf *out;
    size_t limit;              /* out->n may not pass it */
    int blocks, spans;         /* open now */
    int first, last;           /* level of the first heading as written; of the last as printed */
    uint8_t open[NESTING_MAX]; /* MD_SPANTYPE of each open span, outermost first */
    bool stopped;              /* sticky: md4c 0.4.8 forgets that a block's callback stopped it */
    int links;                 /* open links and images, nested ones too */
    enum link link;            /* while links > 0 */
    bool allowed;              /* its address may be one */
    const char *source;        /* where its address stands */
    struct bw_buf href;        /* its address, decoded */
};

static int stop_if_over(struct markdown *m)
{
    if (m->out->rc != BW_OK || m->out->n > m->limit || m->blocks > NESTING_MAX)
        m->stopped = true;
    return m->stopped;
}

/* A numeric reference as UTF-8; 0 bytes where it is none. Surrogates, NUL, beyond: U+FFFD. */
static size_t decode_number(struct bw_view entity, char out[4])
{
    bool hex = entity.n > 3 && (entity.p[2] | 0x20) == 'x';
    uint32_t cp = 0;
    if (entity.n < 4 || entity.p[1] != '#')
        return 0;
    for (size_t i = hex ? 3 : 2; i + 1 < entity.n && cp <= 0x10FFFF; i++) {
        uint32_t c = (uint8_t)entity.p[i];
        uint32_t digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        cp = cp * (hex ? 16 : 10) + digit;
    }
    if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = 0xFFFD;
    return bw_utf8_put(cp, out);
}

static void put_entity(struct bw_buf *out, struct bw_view entity)
{
    char utf8[4];
    size_t n = decode_number(entity, utf8);
    if (n)
        html_escape(out, bw_view_of(utf8, n));
    else
        bw_buf_view(out,
                    entity); /* &name;, letters and digits only: a browser knows it or shows it */
}

/* The five that may stand in an address; others are no entity there. */
static struct bw_view named_plain(struct bw_view entity)
{
    static const struct {
        struct bw_view entity, plain;
    } NAMED[] = {{BW_VIEW_INIT("&amp;"), BW_VIEW_INIT("&")},
                 {BW_VIEW_INIT("&lt;"), BW_VIEW_INIT("<")},
                 {BW_VIEW_INIT("&gt;"), BW_VIEW_INIT(">")},
                 {BW_VIEW_INIT("&quot;"), BW_VIEW_INIT("\"")},
                 {BW_VIEW_INIT("&apos;"), BW_VIEW_INIT("'")}};
    for (size_t i = 0; i < BW_COUNT(NAMED); i++)
        if (bw_view_eq(entity, NAMED[i].entity))
            return NAMED[i].plain;
    return entity;
}

static void decode_attribute(const MD_ATTRIBUTE *a, struct bw_buf *out)
{
    char utf8[4];
    for (size_t i = 0; a->text && a->substr_offsets[i] < a->size; i++) {
        struct bw_view piece = {a->text + a->substr_offsets[i],
                                a->substr_offsets[i + 1] - a->substr_offsets[i]};
        size_t n = 0;
        if (a->substr_types[i] == MD_TEXT_ENTITY) {
            n = decode_number(piece, utf8);
            piece = n ? bw_view_of(utf8, n) : named_plain(piece);
        } else if (a->substr_types[i] == MD_TEXT_NULLCHAR) {
            piece = BW_V("\xEF\xBF\xBD");
        }
        bw_buf_view(out, piece);
    }
}

static void open_link(struct markdown *m, const MD_ATTRIBUTE *address)
{
    struct html_url url;
    if (m->links++ > 0)
        return;
    bw_buf_reset(&m->href);
    decode_attribute(address, &m->href);
    m->allowed = m->href.rc == BW_OK && html_url_check(bw_buf_text(&m->href), &url);
    m->source = address->text;
    m->link = LINK_NEW;
}

static void print_anchor(struct markdown *m)
{
    BW_BUF_LIT(m->out, "<a href=\"");
    html_escape(m->out, bw_buf_text(&m->href));
    BW_BUF_LIT(m->out, "\" rel=\"nofollow noopener noreferrer\">");
    m->link = LINK_OPEN;
}

/* Before anything inside the link is printed. TEXT that is the whole address: <http://..>, which
 * stays text. */
static void begin_link_text(struct markdown *m, struct bw_view text)
{
    struct bw_view href = bw_buf_text(&m->href), mailto = BW_V("mailto:");
    if (m->links == 0 || m->link != LINK_NEW)
        return;
    bool mail = bw_view_starts(href, mailto) && bw_view_eq(bw_view_from(href, mailto.n), text);
    if (text.n > 0 && (text.p == m->source || mail))
        m->link = LINK_PLAIN;
    else if (m->allowed)
        print_anchor(m);
    else
        m->link = LINK_REFUSED;
}

static void close_link(struct markdown *m)
{
    if (--m->links > 0)
        return;
    struct bw_view href = bw_utf8_head(bw_buf_text(&m->href), HREF_MAX);
    if (m->link == LINK_NEW) { /* no text: the address is the text */
        if (m->allowed)
            print_anchor(m);
        html_escape(m->out, href);
    } else if (m->link == LINK_REFUSED && href.n > 0) { /* still information */
        BW_BUF_LIT(m->out, " (");
        html_escape(m->out, href);
        BW_BUF_LIT(m->out, ")");
    }
    if (m->link == LINK_OPEN)
        BW_BUF_LIT(m->out, "</a>");
}

static void open_list_item(struct markdown *m, const MD_BLOCK_LI_DETAIL *li)
{
    BW_BUF_LIT(m->out, "<li>");
    if (li->is_task && li->task_mark == ' ')
        BW_BUF_LIT(m->out, "\xE2\x98\x90 "); /* ballot box, empty and checked */
    else if (li->is_task)
        BW_BUF_LIT(m->out, "\xE2\x98\x91 ");
}

static void open_cell(struct markdown *m, bool head, const MD_BLOCK_TD_DETAIL *cell)
{
    bw_buf_z(m->out, head ? "<th scope=\"col\"" : "<td");
    bw_buf_z(m->out, cell->align == MD_ALIGN_RIGHT ? " class=\"num\">" : ">");
}

static const struct {
    const char *open, *close;
} BLOCKS[] = {
    [MD_BLOCK_DOC] = {"", ""},
    [MD_BLOCK_QUOTE] = {"<blockquote>", "</blockquote>"},
    [MD_BLOCK_UL] = {"<ul>", "</ul>"},
    [MD_BLOCK_OL] = {NULL, "</ol>"},
    [MD_BLOCK_LI] = {NULL, "</li>"},
    [MD_BLOCK_HR] = {"<hr>", ""},
    [MD_BLOCK_H] = {NULL, NULL},
    [MD_BLOCK_CODE] = {"<pre tabindex=\"0\"><code>", "</code></pre>"},
    [MD_BLOCK_HTML] = {"<p>", "</p>"},
    [MD_BLOCK_P] = {"<p>", "</p>"},
    [MD_BLOCK_TABLE] = {"<table class=\"table\">", "</table>"},
    [MD_BLOCK_THEAD] = {"<thead>", "</thead>"},
    [MD_BLOCK_TBODY] = {"<tbody>", "</tbody>"},
    [MD_BLOCK_TR] = {"<tr>", "</tr>"},
    [MD_BLOCK_TH] = {NULL, "</th>"},
    [MD_BLOCK_TD] = {NULL, "</td>"},
};

/* The first heading is h3, whether it was written # or ##, and none goes down by more than one: a
 * page's outline must not have holes (WCAG 1.3.1). */
static int heading(struct markdown *m, const MD_BLOCK_H_DETAIL *h)
{
    int written = (int)h->level;
    if (m->first == 0) {
        m->first = written;
        m->last = HEADING_FIRST - 1;
    }
    int level = HEADING_FIRST + written - m->first;
    level = level < HEADING_FIRST ? HEADING_FIRST : level;
    level = level > m->last + 1 ? m->last + 1 : level;
    m->last = level > 6 ? 6 : level;
    return m->last;
}

static const struct {
    const char *open, *close;
} SPANS[] = {
    [MD_SPAN_EM] = {"<em>", "</em>"},
    [MD_SPAN_STRONG] = {"<strong>", "</strong>"},
    [MD_SPAN_A] = {"", ""},
    [MD_SPAN_IMG] = {"", ""},
    [MD_SPAN_CODE] = {"<code>", "</code>"},
    [MD_SPAN_DEL] = {"<del>", "</del>"},
    [MD_SPAN_LATEXMATH] = {"", ""},
    [MD_SPAN_LATEXMATH_DISPLAY] = {"", ""},
    [MD_SPAN_WIKILINK] = {"", ""},
    [MD_SPAN_U] = {"", ""},
};

static int enter_span(MD_SPANTYPE type, void *detail, void *data)
{
    struct markdown *m = data;
    if (m->spans == NESTING_MAX)
        m->stopped = true;
    if (m->stopped)
        return 1;
    m->open[m->spans++] = (uint8_t)type;
    if (type != MD_SPAN_A && type != MD_SPAN_IMG)
        begin_link_text(m, BW_V(""));
    if (type == MD_SPAN_A)
        open_link(m, &((MD_SPAN_A_DETAIL *)detail)->href);
    else if (type == MD_SPAN_IMG)
        open_link(m, &((MD_SPAN_IMG_DETAIL *)detail)->src);
    else
        bw_buf_z(m->out, SPANS[type].open);
    return stop_if_over(m);
}

/* Closes open spans until KEEP are left. */
static void close_spans(struct markdown *m, int keep)
{
    while (m->spans > keep) {
        MD_SPANTYPE type = (MD_SPANTYPE)m->open[--m->spans];
        if (type == MD_SPAN_A || type == MD_SPAN_IMG)
            close_link(m);
        else
            bw_buf_z(m->out, SPANS[type].close);
    }
}

/* md4c 0.4.8 sometimes ends a span that it has not begun, or in the wrong order. */
static int leave_span(MD_SPANTYPE type, void *detail, void *data)
{
    struct markdown *m = data;
    for (int i = m->spans - 1; i >= 0; i--)
        if (m->open[i] == type) {
            close_spans(m, i);
            break;
        }
    return stop_if_over(m);
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    struct markdown *m = data;
    m->blocks++;
    if (type == MD_BLOCK_H)
        bw_buf_printf(m->out, "<h%d>", heading(m, detail));
    else if (type == MD_BLOCK_OL && ((MD_BLOCK_OL_DETAIL *)detail)->start != 1)
        bw_buf_printf(m->out, "<ol start=\"%u\">", ((MD_BLOCK_OL_DETAIL *)detail)->start);
    else if (type == MD_BLOCK_OL)
        BW_BUF_LIT(m->out, "<ol>");
    else if (type == MD_BLOCK_LI)
        open_list_item(m, detail);
    else if (type == MD_BLOCK_TH || type == MD_BLOCK_TD)
        open_cell(m, type == MD_BLOCK_TH, detail);
    else
        bw_buf_z(m->out, BLOCKS[type].open);
    if (type == MD_BLOCK_TABLE && ((MD_BLOCK_TABLE_DETAIL *)detail)->col_count > COLUMNS_MAX)
        m->stopped = true;
    return stop_if_over(m);
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    struct markdown *m = data;
    m->blocks--;
    close_spans(m, 0);
    if (type == MD_BLOCK_H)
        bw_buf_printf(m->out, "</h%d>", m->last);
    else
        bw_buf_z(m->out, BLOCKS[type].close);
    return stop_if_over(m);
}

static int put_text(MD_TEXTTYPE type, const MD_CHAR *p, MD_SIZE n, void *data)
{
    struct markdown *m = data;
    struct bw_view text = bw_view_of(p, n);
    begin_link_text(m, text);
    switch (type) {
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
        BW_BUF_LIT(m->out, "<br>\n");
        break;
    case MD_TEXT_NULLCHAR:
        BW_BUF_LIT(m->out, "\xEF\xBF\xBD");
        break;
    case MD_TEXT_ENTITY:
        put_entity(m->out, text);
        break;
    case MD_TEXT_NORMAL:
    case MD_TEXT_CODE:
    case MD_TEXT_HTML:
    case MD_TEXT_LATEXMATH:
        html_escape(m->out, text);
        break;
    }
    return stop_if_over(m);
}

/* Appends to OUT; on any failure OUT is as before, but for its sticky rc. */
static enum bw_rc convert(struct bw_buf *out, struct bw_view source, struct bw_err *err)
{
    static const MD_PARSER PARSER = {
        .flags = MD_FLAG_NOHTML | MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = put_text,
    };
    if (source.n > HTML_MARKDOWN_MAX)
        return bw_fail(err, BW_LIMIT, "The text is longer than %d KiB.", HTML_MARKDOWN_MAX / 1024);
    size_t start = out->n;
    struct markdown m = {.out = out,
                         .limit = start + OUTPUT_LEAST + source.n * OUTPUT_FACTOR,
                         .href = BW_BUF_INIT(HREF_MAX)};
    BW_AUTO_HEAP char *padded = bw_alloc(source.n + PADDING);
    if (!padded)
        return bw_fail_memory(err);
    if (source.n > 0)
        memcpy(padded, source.p, source.n);
    memset(padded + source.n, 0, PADDING);
    int rc = md_parse(padded, (MD_SIZE)source.n, &PARSER, &m);
    bw_buf_done(&m.href);
    BW_TRY(bw_buf_rc(out, "text", err));
    if (rc == 0 && !m.stopped)
        return BW_OK;
    out->n = start;
    if (m.stopped)
        return bw_fail(err, BW_LIMIT, "The text is nested too deeply or its tables are too wide.");
    return bw_fail_memory(err);
}

enum bw_rc html_markdown(struct bw_arena *a, struct bw_view source, struct html_safe *ret,
                         struct bw_err *err)
{
    BW_AUTO_BUF buf = BW_BUF_INIT((size_t)OUTPUT_FACTOR * HTML_MARKDOWN_MAX);
    struct bw_view text;
    BW_TRY(convert(&buf, source, err));
    BW_TRY(bw_view_copy(a, bw_buf_text(&buf), &text, err));
    *ret = (struct html_safe){text};
    return BW_OK;
}

void html_put_markdown(struct html *h, struct bw_view source)
{
    if (convert(h->out, source, NULL) == BW_OK || h->out->rc != BW_OK)
        return;
    BW_BUF_LIT(h->out, "<pre tabindex=\"0\">\n");
    html_text_view(h, source);
    BW_BUF_LIT(h->out, "</pre>");
}
