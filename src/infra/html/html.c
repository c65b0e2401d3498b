/* SPDX-License-Identifier: Apache-2.0 */
/* html - escaping, addresses, numbers: what every printed value goes through.
 *
 * Pages are mostly bytes that need no escaping, so runs of them are found 16 at a time with the
 * compiler's vector type (no intrinsics: the same source on every CPU) and copied whole. The five
 * characters & < > " ' are escaped in every place alike: one function cannot be used in the wrong
 * place. Bytes over 127 pass: text was checked as UTF-8 at the door, and a browser's UTF-8 decoder
 * never takes an ASCII byte into a broken sequence. */
#include "html.h"

#define BLOCK 16

typedef uint8_t html_block __attribute__((vector_size(BLOCK)));
typedef uint64_t html_pair __attribute__((vector_size(BLOCK)));

/* What a byte needs: 0 copied as it is. */
enum { PLAIN, AMP, LESS, GREATER, QUOTE, APOSTROPHE, CONTROL, MAYBE_BIDI };
static const uint8_t CLASS[256] = {
    [0x00 ... 0x08] = CONTROL,
    [0x0B ... 0x0C] = CONTROL,
    [0x0E ... 0x1F] = CONTROL,
    [0x7F] = CONTROL,
    ['&'] = AMP,
    ['<'] = LESS,
    ['>'] = GREATER,
    ['"'] = QUOTE,
    ['\''] = APOSTROPHE,
    [0xE2] = MAYBE_BIDI,
};

static size_t plain_run(const uint8_t *p, size_t n)
{
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        html_block b;
        memcpy(&b, p + i, BLOCK);
        html_pair hit = (html_pair)((b < 0x20) | (b == '&') | (b == '<') | (b == '>') | (b == '"') |
                                    (b == '\'') | (b == 0x7F) | (b == 0xE2));
        if (hit[0] | hit[1])
            break;
    }
    while (i < n && CLASS[p[i]] == PLAIN)
        i++;
    return i;
}

/* U+202A..202E and U+2066..2069 as UTF-8 (E2 80 AA..AE, E2 81 A6..A9); 0: none of them. */
static uint32_t bidi_at(const uint8_t *p, size_t n)
{
    if (n < 3 || p[0] != 0xE2)
        return 0;
    if (p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAE)
        return 0x2000u + (p[2] & 0x3Fu);
    if (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9)
        return 0x2040u + (p[2] & 0x3Fu);
    return 0;
}

/* One byte (or bidi control) that is not plain; returns how many bytes it was. */
static size_t put_special(struct bw_buf *out, const uint8_t *p, size_t n, bool show_bidi)
{
    uint32_t bidi;
    switch (CLASS[p[0]]) {
    case AMP:
        BW_BUF_LIT(out, "&amp;");
        return 1;
    case LESS:
        BW_BUF_LIT(out, "&lt;");
        return 1;
    case GREATER:
        BW_BUF_LIT(out, "&gt;");
        return 1;
    case QUOTE:
        BW_BUF_LIT(out, "&#34;");
        return 1;
    case APOSTROPHE:
        BW_BUF_LIT(out, "&#39;");
        return 1;
    case CONTROL:
        BW_BUF_LIT(out, "\xEF\xBF\xBD");
        return 1;
    default:
        bidi = show_bidi ? bidi_at(p, n) : 0;
        if (bidi) {
            bw_buf_printf(out, "[U+%04X]", bidi);
            return 3;
        }
        bw_buf_byte(out, (char)p[0]);
        return 1;
    }
}

static void escape(struct bw_buf *out, struct bw_view v, bool show_bidi)
{
    const uint8_t *p = (const uint8_t *)v.p;
    size_t n = v.n;
    while (n > 0) {
        size_t run = plain_run(p, n);
        bw_buf_add(out, p, run);
        if (run == n)
            return;
        size_t used = run + put_special(out, p + run, n - run, show_bidi);
        p += used;
        n -= used;
    }
}

void html_escape(struct bw_buf *out, struct bw_view text)
{
    escape(out, text, true);
}

void html_text_view(struct html *h, struct bw_view v)
{
    escape(h->out, v, true);
}

void html_field_view(struct html *h, struct bw_view v)
{
    escape(h->out, v, false);
}

void html_percent(struct bw_buf *out, struct bw_view text)
{
    static const char HEX[] = "0123456789ABCDEF";
    static const uint8_t KEPT[256] = {
        ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['-'] = 1,
        ['.'] = 1,         ['_'] = 1,         ['~'] = 1,
    };
    const uint8_t *p = (const uint8_t *)text.p;
    for (size_t i = 0; i < text.n;) {
        size_t run = i;
        while (run < text.n && KEPT[p[run]])
            run++;
        bw_buf_add(out, p + i, run - i);
        i = run;
        if (i < text.n) {
            char code[3] = {'%', HEX[p[i] >> 4], HEX[p[i] & 15]};
            bw_buf_add(out, code, sizeof code);
            i++;
        }
    }
}

void html_query_view(struct html *h, struct bw_view v)
{
    html_percent(h->out, v);
}

/* A component of a path: "" behind "/" would make "//host", and "..", encoded or not, climbs. */
static void put_segment(struct bw_buf *out, struct bw_view v)
{
    if (v.n == 0 || bw_view_eq(v, BW_V(".")) || bw_view_eq(v, BW_V("..")))
        bw_buf_byte(out, '_');
    else
        html_percent(out, v);
}

void html_path_view(struct html *h, struct bw_view v)
{
    put_segment(h->out, v);
}

void html_int(struct html *h, int64_t v)
{
    bw_buf_int(h->out, v);
}

void html_uint(struct html *h, uint64_t v)
{
    char back[24];
    size_t n = sizeof back;
    do {
        back[--n] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    bw_buf_add(h->out, back + n, sizeof back - n);
}

void html_num(struct html *h, int64_t v)
{
    char text[I18N_NUMBER_MAX];
    bw_buf_add(h->out, text, i18n_group(v, text));
}

void html_csrf(struct html *h)
{
    BW_BUF_LIT(h->out, "<input type=\"hidden\" name=\"csrf\" value=\"");
    html_field_view(h, h->csrf);
    BW_BUF_LIT(h->out, "\">");
}

static bool starts_nocase(struct bw_view v, struct bw_view prefix)
{
    return v.n >= prefix.n && bw_view_eq_nocase(bw_view_head(v, prefix.n), prefix);
}

bool html_url_check(struct bw_view text, struct html_url *ret)
{
    static const struct {
        struct bw_view scheme;
        bool host;
    } SCHEMES[] = {{BW_VIEW_INIT("https://"), true},
                   {BW_VIEW_INIT("http://"), true},
                   {BW_VIEW_INIT("mailto:"), false}};
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        if (c <= ' ' || c == 0x7F || c == '\\' || bidi_at((const uint8_t *)text.p + i, text.n - i))
            return false;
    }
    if (text.n == 0)
        return false;
    bool ok = text.p[0] == '#' || text.p[0] == '?' ||
              (text.p[0] == '/' && !(text.n > 1 && text.p[1] == '/'));
    for (size_t i = 0; i < BW_COUNT(SCHEMES) && !ok; i++) {
        if (!starts_nocase(text, SCHEMES[i].scheme) || text.n == SCHEMES[i].scheme.n)
            continue;
        char next = text.p[SCHEMES[i].scheme.n];
        ok = !SCHEMES[i].host || (next != '/' && next != '?' && next != '#' && next != '@');
    }
    if (ok)
        *ret = (struct html_url){text};
    return ok;
}

struct html_url html_url_or_hash(struct bw_view text)
{
    struct html_url url = HTML_URL("#");
    (void)html_url_check(text, &url);
    return url;
}

#define URL_MAX 8192

struct html_url html_url_path(struct bw_arena *a, enum i18n_lang lang,
                              const struct bw_view *segments, size_t n)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(URL_MAX);
    struct bw_view text;
    bw_buf_byte(&buf, '/');
    bw_buf_view(&buf, i18n_path_name(lang));
    for (size_t i = 0; i < n; i++) {
        bw_buf_byte(&buf, '/');
        put_segment(&buf, segments[i]);
    }
    if (bw_buf_rc(&buf, "address", NULL) != BW_OK ||
        bw_view_copy(a, bw_buf_text(&buf), &text, NULL) != BW_OK)
        return HTML_URL("#");
    return (struct html_url){text};
}

struct html_safe html_safe_take(struct bw_arena *a, const struct bw_buf *printed_by_templates)
{
    struct bw_view text;
    if (bw_buf_rc(printed_by_templates, "page", NULL) != BW_OK ||
        bw_view_copy(a, bw_buf_text(printed_by_templates), &text, NULL) != BW_OK)
        return (struct html_safe){{NULL, 0}};
    return (struct html_safe){text};
}
