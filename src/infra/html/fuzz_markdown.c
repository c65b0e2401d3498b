/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_markdown - Markdown of any bytes gives only the tags we write, balanced, links of allowed
 * schemes, and no more output than the limit. The check reads the HTML as a strict little parser of
 * its own. */
#include "html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEPTH 256

static bool name_known(struct bw_view name)
{
    static const char *const NAMES[] = {"p",  "h3",    "h4",   "h5",     "h6",        "ul",
                                        "ol", "li",    "em",   "table",  "thead",     "tr",
                                        "td", "tbody", "th",   "del",    "a",         "br",
                                        "hr", "pre",   "code", "strong", "blockquote"};
    for (size_t i = 0; i < BW_COUNT(NAMES); i++)
        if (bw_view_is(name, NAMES[i]))
            return true;
    return false;
}

/* One attribute of our own making, with a value that cannot end early. */
static void check_attributes(struct bw_view tag)
{
    struct bw_view href = BW_V("a href=\"");
    struct bw_view rel = BW_V("\" rel=\"nofollow noopener noreferrer\"");
    if (bw_view_starts(tag, href)) {
        struct html_url url;
        BW_ASSERT(bw_view_ends(tag, rel));
        struct bw_view value = bw_view_head(bw_view_from(tag, href.n), tag.n - href.n - rel.n);
        BW_ASSERT(bw_view_find_byte(value, '"') == SIZE_MAX);
        BW_ASSERT(html_url_check(value, &url));
        return;
    }
    size_t space = bw_view_find_byte(tag, ' ');
    if (space == SIZE_MAX)
        return;
    struct bw_view rest = bw_view_from(tag, space + 1);
    if (bw_view_starts(rest, BW_V("start=\"")))
        return;
    BW_ASSERT(bw_view_is(rest, "class=\"num\"") || bw_view_is(rest, "class=\"table\"") ||
              bw_view_is(rest, "tabindex=\"0\"") || bw_view_is(rest, "scope=\"col\"") ||
              bw_view_is(rest, "scope=\"col\" class=\"num\""));
}

static void check_html(struct bw_view html)
{
    struct bw_view stack[DEPTH];
    size_t depth = 0;
    while (html.n > 0) {
        size_t open = bw_view_find_byte(html, '<');
        struct bw_view text = bw_view_head(html, open == SIZE_MAX ? html.n : open);
        BW_ASSERT(bw_view_find_byte(text, '>') == SIZE_MAX);
        BW_ASSERT(bw_view_find_byte(text, '"') == SIZE_MAX);
        html = bw_view_from(html, text.n);
        if (html.n == 0)
            break;
        size_t close = bw_view_find_byte(html, '>');
        BW_ASSERT(close != SIZE_MAX);
        struct bw_view tag = bw_view_head(bw_view_from(html, 1), close - 1);
        html = bw_view_from(html, close + 1);
        if (tag.n > 0 && tag.p[0] == '/') {
            BW_ASSERT(depth > 0 && bw_view_eq(bw_view_from(tag, 1), stack[depth - 1]));
            depth--;
            continue;
        }
        struct bw_view name = bw_view_head(tag, bw_view_find_byte(tag, ' '));
        BW_ASSERT(name_known(name));
        check_attributes(tag);
        if (!bw_view_is(name, "br") && !bw_view_is(name, "hr")) {
            BW_ASSERT(depth < DEPTH);
            stack[depth++] = name;
        }
    }
    BW_ASSERT(depth == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(64 << 20);
    struct html_safe safe;
    struct bw_err err;
    BW_ASSERT(a);
    enum bw_rc rc = html_markdown(a, bw_view_of((const char *)data, size), &safe, &err);
    BW_ASSERT(rc == BW_OK || rc == BW_LIMIT);
    if (rc == BW_OK)
        check_html(safe.html);
    return 0;
}
