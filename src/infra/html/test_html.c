/* SPDX-License-Identifier: Apache-2.0 */
/* test_html - printing: escaping in every place, addresses, times, and all tags of templates. */
#include "test_html.h"

#include "bw_test.h"
#include "testpage_html.h"

#define AT_US INT64_C(1795241100000000) /* 2026-11-21 06:05:00 UTC */

static struct html html_for(struct bw_buf *buf)
{
    return (struct html){.out = buf,
                         .lang = I18N_EN,
                         .csrf = BW_V("tok-1"),
                         .build = BW_V("b1"),
                         .zone_name = BW_V("HKT"),
                         .zone_offset_min = 480};
}

static const struct {
    const char *name, *in, *want;
} ESCAPES[] = {
    {"plain text passes", "abc 123", "abc 123"},
    {"nothing", "", ""},
    {"the five characters", "&<>\"'", "&amp;&lt;&gt;&#34;&#39;"},
    {"behind a long run", "0123456789abcdef0123456789abcdef<",
     "0123456789abcdef0123456789abcdef&lt;"},
    {"on a block's border", "0123456789abcde<x", "0123456789abcde&lt;x"},
    {"Chinese passes", "資訊保安「公告」", "資訊保安「公告」"},
    {"curly quotes pass", "\xE2\x80\x9Cx\xE2\x80\x9D", "\xE2\x80\x9Cx\xE2\x80\x9D"},
    {"control bytes are replaced", "a\x01\x1b\x7f", "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"line ends and tabs stay", "a\r\n\tb", "a\r\n\tb"},
    {"right-to-left override is shown",
     "a\xE2\x80\xAE"
     "b",
     "a[U+202E]b"},
    {"first and last bidi control", "\xE2\x80\xAA\xE2\x81\xA9", "[U+202A][U+2069]"},
    {"their neighbours pass", "\xE2\x80\xA9\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA",
     "\xE2\x80\xA9\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA"},
    {"a sequence cut short passes", "\xE2\x80", "\xE2\x80"},
};

BW_TEST(escaping)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(4096);
    for (size_t i = 0; i < BW_COUNT(ESCAPES); i++) {
        bw_buf_reset(&buf);
        html_escape(&buf, bw_view_z(ESCAPES[i].in));
        SUBTEST(ESCAPES[i].name, bw_view_is(bw_buf_text(&buf), ESCAPES[i].want));
    }
}

static const struct {
    const char *in;
    bool ok;
} URLS[] = {
    {"https://www.hkcert.org/", true},
    {"http://a.example", true},
    {"HTTPS://A", true},
    {"mailto:a@b.example", true},
    {"/en/items/1", true},
    {"/", true},
    {"#top", true},
    {"?page=2", true},
    {"", false},
    {"javascript:alert(1)", false},
    {"JaVaScRiPt:alert(1)", false},
    {" javascript:alert(1)", false},
    {"java\tscript:alert(1)", false},
    {"java\nscript:alert(1)", false},
    {"\x01javascript:alert(1)", false},
    {"data:text/html,x", false},
    {"vbscript:x", false},
    {"file:///etc/passwd", false},
    {"blob:https://a/x", false},
    {"view-source:https://a", false},
    {"//evil.example", false},
    {"/\\evil.example", false},
    {"\\\\evil.example", false},
    {"https:evil.example", false},
    {"https:/evil.example", false},
    {"https://", false},
    {"https:///x", false},
    {"https://@evil", false},
    {"items/1", false},
    {"ftp://a/b", false},
    {"mailto:", false},
    {"https://a b", false},
    {"https://a\xE2\x80\xAE"
     "b",
     false},
    {"&#106;avascript:alert(1)", false},
    {"javascript&colon;alert(1)", false},
};

BW_TEST(addresses)
{
    for (size_t i = 0; i < BW_COUNT(URLS); i++) {
        struct html_url url = HTML_URL("untouched");
        bool ok = html_url_check(bw_view_z(URLS[i].in), &url);
        bool right = ok == URLS[i].ok && bw_view_is(url.text, ok ? URLS[i].in : "untouched");
        if (!CHECK(right))
            printf("#   address %zu of the table\n", i);
    }
    CHECK_VIEW(html_url_or_hash(BW_V("javascript:x")).text, "#");
}

/* The short cut for usual times gives what bw_clock gives. */
BW_TEST(times_agree_with_the_clock)
{
    static const int64_t TIMES[] = {1,
                                    -1,
                                    BW_DAY_US,
                                    BW_DAY_US - 1,
                                    AT_US,
                                    AT_US + 59 * BW_SECOND_US,
                                    AT_US + BW_SECOND_US / 2,
                                    AT_US - 7 * BW_HOUR_US,
                                    AT_US + 12 * BW_HOUR_US,
                                    INT64_C(253402214400000000) - 1,
                                    INT64_C(253402214400000000),
                                    INT64_C(253402300799000000)};
    static const int OFFSETS[] = {480, 0, -570};
    BW_AUTO_BUF got = BW_BUF_INIT(4096);
    BW_AUTO_BUF want = BW_BUF_INIT(4096);
    struct html h = html_for(&got);
    for (size_t i = 0; i < BW_COUNT(TIMES) * BW_COUNT(OFFSETS) * 2; i++) {
        char utc[BW_TIME_MAX], local[BW_TIME_MAX];
        int64_t at_us = TIMES[i / 2 % BW_COUNT(TIMES)];
        h.zone_offset_min = OFFSETS[i / 2 / BW_COUNT(TIMES)];
        bw_buf_reset(&got);
        bw_buf_reset(&want);
        html_time(&h, at_us);
        bw_time_format(at_us, utc);
        bw_time_format_local(at_us, h.zone_offset_min, local);
        bw_buf_printf(&want, "<time datetime=\"%s\" title=\"%.10s %.5s UTC\">%s HKT</time>", utc,
                      utc, utc + 11, local);
        bw_buf_byte(&want, 0);
        CHECK_VIEW(bw_buf_text(&got), want.p);
    }
}

BW_TEST(paths_are_built_from_segments)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(1 << 16);
    REQUIRE(a);
    struct bw_view segments[] = {BW_V("items"), BW_V("a/b?"), BW_V(".."), BW_V(""), BW_V("é")};
    CHECK_VIEW(html_url_path(a, I18N_HANT, segments, BW_COUNT(segments)).text,
               "/zh-hant/items/a%2Fb%3F/_/_/%C3%A9");
}

static struct test_page page_of(const char *title)
{
    return (struct test_page){.title = bw_view_z(title),
                              .z = "z<",
                              .array = "arr&",
                              .id = {"abcdefghijklmnopqrstuvwxyz"},
                              .n32 = -1234,
                              .u64 = UINT64_MAX,
                              .safe = {BW_V("<i>s</i>")},
                              .url = HTML_URL("/x?a=1&b=2"),
                              .at_us = AT_US};
}

BW_TEST(values_in_every_place)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(1 << 16);
    struct html h = html_for(&buf);
    struct test_page page = page_of("\"/><");
    html_test_values(&h, &page);
    CHECK_VIEW(
        bw_buf_text(&buf),
        "<p title=\"&#34;/&gt;&lt;\">&#34;/&gt;&lt;</p>"
        "<p>z&lt; arr&amp; abcdefghijklmnopqrstuvwxyz -1234 18446744073709551615 <i>s</i> "
        "-1,234</p>"
        "<a href=\"/x?a=1&amp;b=2\">x</a> "
        "<a href=\"/en/items/%22%2F%3E%3C/x?q=%22%2F%3E%3C#abcdefghijklmnopqrstuvwxyz\">x</a> "
        "<a href=\"/%22%2F%3E%3C/x\">x</a> <input name=\"q\" value=\"&#34;/&gt;&lt;\"> "
        "<textarea name=\"t\">\n&#34;/&gt;&lt;</textarea><p>"
        "<time datetime=\"2026-11-21T06:05:00Z\" title=\"2026-11-21 06:05 UTC\">2026-11-21 14:05 "
        "HKT</time> "
        "<time datetime=\"2026-11-21T06:05:00Z\" title=\"2026-11-21 06:05 "
        "UTC\">2026-11-21</time></p>"
        "<p title=\"2026-11-21 14:05 HKT\">\xE2\x80\x93</p>");
}

BW_TEST(an_empty_or_climbing_component_stays_a_component)
{
    static const char *const TITLES[] = {"", ".", ".."};
    for (size_t i = 0; i < BW_COUNT(TITLES); i++) {
        BW_AUTO_BUF buf = BW_BUF_INIT(1 << 16);
        struct html h = html_for(&buf);
        struct test_page page = page_of(TITLES[i]);
        html_test_values(&h, &page);
        CHECK(bw_view_find(bw_buf_text(&buf), BW_V("href=\"/_/x\"")) != SIZE_MAX);
    }
}

BW_TEST(fields_keep_bidi_controls)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(1 << 16);
    struct html h = html_for(&buf);
    struct test_page page = page_of("\xE2\x80\xAE");
    html_test_values(&h, &page);
    CHECK(bw_view_find(bw_buf_text(&buf), BW_V("value=\"\xE2\x80\xAE\"")) != SIZE_MAX);
    CHECK(bw_view_find(bw_buf_text(&buf), BW_V(">\n\xE2\x80\xAE</textarea>")) != SIZE_MAX);
    CHECK(bw_view_find(bw_buf_text(&buf), BW_V("<p title=\"[U+202E]\">[U+202E]</p>")) != SIZE_MAX);
}

BW_TEST(conditions_and_loops)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(1 << 16);
    struct html h = html_for(&buf);
    struct test_row rows[2] = {{.name = BW_V("a&"), .on = true}, {.name = BW_V("b")}};
    struct test_page page = page_of("");
    page.rows = rows;
    page.rows_n = 2;
    page.n32 = 6;
    page.yes = true;
    html_test_logic(&h, &page);
    CHECK_VIEW(bw_buf_text(&buf), "<ul><li class=\"on\">0 1 a&amp;,</li><li>1 2 b</li></ul>"
                                  "<p translate=\"no\">A <a href=\"/a\">x</a></p>");
    bw_buf_reset(&buf);
    page.rows_n = 0;
    page.n32 = 2;
    page.yes = false;
    html_test_logic(&h, &page);
    CHECK_VIEW(bw_buf_text(&buf), "<ul><li translate=\"no\">none</li></ul>"
                                  "<p translate=\"no\">B <a href=\"/x?a=1&amp;b=2\">x</a></p>");
}

BW_TEST(messages)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(1 << 16);
    struct html h = html_for(&buf);
    struct test_page page = page_of("A&B");
    page.message = MSG_tlp_name;
    page.n32 = 1;
    html_test_message(&h, &page);
    CHECK_VIEW(
        bw_buf_text(&buf),
        "<p title=\"Save\">Save Traffic Light Protocol (TLP) 1 named person Signed in as A&amp;B "
        "Your request was not carried out. The operator has a record of it; if it happens again,"
        " quote <b>A&amp;B</b>.</p>");
}

BW_TEST(parts_slots_and_markdown)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(1 << 16);
    struct html h = html_for(&buf);
    struct test_row rows[1] = {{.name = BW_V("r")}};
    struct test_page page = page_of("**b** <i>");
    page.rows = page.first = rows;
    page.rows_n = 1;
    page.body = html_test_row_slot(rows);
    html_test_parts(&h, &page);
    CHECK_VIEW(
        bw_buf_text(&buf),
        "<form method=\"post\" action=\"/x\"><input type=\"hidden\" name=\"csrf\" value=\"tok-1\">"
        "<hr><td>r</td></form><table><tbody><tr><td>r</td></tr><tr><td>r</td></tr></tbody></table>"
        "<div><p><strong>b</strong> &lt;i&gt;</p></div>");
}

/* Script in every field: whatever is put in, the only tags and attributes are the template's own.
 */
static const char *const ATTACKS[] = {
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' autofocus onfocus='alert(1)",
    "javascript:alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title><script>x</script>",
    "--><script>x</script>",
    "]]><script>x</script>",
    "<a href=javascript:x>",
    "&lt;script&gt;",
    "\\\"><b>",
    "`onload=x`",
    "<iframe srcdoc='<script>x</script>'>",
    "{{title}}",
    "<!--",
    "\xC0\xBCscript>",
    "\xE2\x80<script>",
    "<\x00script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "%22%3E%3Cscript%3E",
    "<math><mi//xlink:href=x>",
};

static size_t count_byte(struct bw_view v, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        n += v.p[i] == c;
    return n;
}

BW_TEST(script_in_every_field)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(1 << 16);
    struct html h = html_for(&buf);
    struct test_page page = page_of("x");
    page.z = "x";
    html_test_values(&h, &page);
    struct bw_view clean = bw_buf_text(&buf);
    size_t less = count_byte(clean, '<'), more = count_byte(clean, '>'),
           quote = count_byte(clean, '"'), single = count_byte(clean, '\'');
    for (size_t i = 0; i < BW_COUNT(ATTACKS); i++) {
        bw_buf_reset(&buf);
        page.title = bw_view_z(ATTACKS[i]);
        page.z = ATTACKS[i];
        html_test_values(&h, &page);
        struct bw_view got = bw_buf_text(&buf);
        SUBTEST(ATTACKS[i], count_byte(got, '<') == less && count_byte(got, '>') == more &&
                                count_byte(got, '"') == quote && count_byte(got, '\'') == single);
    }
}

BW_TEST(a_full_buffer_fails_the_page_only)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(100);
    struct html h = html_for(&buf);
    struct test_page page = page_of("x");
    struct bw_err err;
    html_test_values(&h, &page);
    CHECK(bw_buf_rc(&buf, "page", &err) == BW_LIMIT);
}

BW_TEST(a_list_of_100_rows)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(1 << 20);
    struct html h = html_for(&buf);
    static struct test_row rows[100];
    for (size_t i = 0; i < BW_COUNT(rows); i++)
        rows[i] =
            (struct test_row){.name = BW_V("Phishing against customers of three banks & a clinic"),
                              .by = BW_V("Harbour Bank"),
                              .id = {"abcdefghijklmnopqrstuvwxyz"},
                              .at_us = AT_US + (int64_t)i * BW_MINUTE_US,
                              .count = (unsigned)i,
                              .on = i % 10 == 0};
    struct test_page page = {.rows = rows, .rows_n = BW_COUNT(rows)};
    int64_t best = INT64_MAX;
    for (int round = 0; round < 200; round++) {
        int64_t start = bw_mono_us();
        for (int i = 0; i < 10; i++) {
            bw_buf_reset(&buf);
            html_test_list(&h, &page);
        }
        int64_t spent = bw_mono_us() - start;
        best = spent < best ? spent : best;
    }
    printf("# %zu bytes, %.1f us a page\n", buf.n, (double)best / 10.0);
    CHECK(buf.rc == BW_OK && buf.n > 20000);
}

BW_TEST_MAIN()
