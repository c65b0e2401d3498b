/* SPDX-License-Identifier: Apache-2.0 */
/* test_html_markdown - what Markdown gives, and what it must never give. */
#include "bw_fault.h"
#include "bw_test.h"
#include "html.h"

#define REL " rel=\"nofollow noopener noreferrer\">"

static const struct {
    const char *name, *in, *want;
} CASES[] = {
    {"a paragraph", "hello", "<p>hello</p>"},
    {"nothing", "", ""},
    {"emphasis", "*a* **b** ~~c~~ `d<`",
     "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d&lt;</code></p>"},
    {"headings start at 3", "# a\n\n## b\n\n# c", "<h3>a</h3><h4>b</h4><h3>c</h3>"},
    {"also where the first is lower", "## a\n\n### b\n\n# c", "<h3>a</h3><h4>b</h4><h3>c</h3>"},
    {"and leave no hole", "# a\n\n##### b\n\n###### c", "<h3>a</h3><h4>b</h4><h5>c</h5>"},
    {"line breaks are kept", "192.0.2.1\n192.0.2.2", "<p>192.0.2.1<br>\n192.0.2.2</p>"},
    {"a list", "- a\n- b", "<ul><li>a</li><li>b</li></ul>"},
    {"a numbered list keeps its start", "3. a\n4. b", "<ol start=\"3\"><li>a</li><li>b</li></ol>"},
    {"tasks", "- [x] a\n- [ ] b", "<ul><li>\xE2\x98\x91 a</li><li>\xE2\x98\x90 b</li></ul>"},
    {"code", "```sh\nrm <x>\n```", "<pre tabindex=\"0\"><code>rm &lt;x&gt;\n</code></pre>"},
    {"a table", "|a|b|\n|---|--:|\n|1|2|",
     "<table class=\"table\"><thead><tr><th scope=\"col\">a</th><th scope=\"col\" "
     "class=\"num\">b</th>"
     "</tr></thead><tbody><tr><td>1</td><td class=\"num\">2</td></tr></tbody></table>"},
    {"a quotation", "> a", "<blockquote><p>a</p></blockquote>"},
    {"entities", "&amp; &copy; &#65; &#x202e; &#0; &nope;",
     "<p>&amp; &copy; A [U+202E] \xEF\xBF\xBD &nope;</p>"},
    {"a link", "[a](https://a.example/?x=1&y=2)",
     "<p><a href=\"https://a.example/?x=1&amp;y=2\"" REL "a</a></p>"},
    {"a link within the site", "[a](/en/items/x)", "<p><a href=\"/en/items/x\"" REL "a</a></p>"},
    {"a mail link", "[a](mailto:a@b.example)", "<p><a href=\"mailto:a@b.example\"" REL "a</a></p>"},
    {"a link's text is formatted", "[**a**](/x)",
     "<p><a href=\"/x\"" REL "<strong>a</strong></a></p>"},
    {"a reference link", "[a][1]\n\n[1]: /x", "<p><a href=\"/x\"" REL "a</a></p>"},
    {"a link without text", "[](/x)", "<p><a href=\"/x\"" REL "/x</a></p>"},
    {"title is dropped", "[a](/x \"t\")", "<p><a href=\"/x\"" REL "a</a></p>"},
    {"an address in text stays text", "http://evil.example www.evil.example",
     "<p>http://evil.example www.evil.example</p>"},
    {"also in angle brackets", "<http://evil.example>", "<p>http://evil.example</p>"},
    {"also of mail", "<a@b.example>", "<p>a@b.example</p>"},
    {"also of another scheme", "<ftp://a.example>", "<p>ftp://a.example</p>"},
    {"an image becomes a link", "![alt](https://a.example/x.png)",
     "<p><a href=\"https://a.example/x.png\"" REL "alt</a></p>"},
    {"an image without description", "![](/x.png)", "<p><a href=\"/x.png\"" REL "/x.png</a></p>"},
    {"an image in a link", "[![alt](/i.png)](/x)", "<p><a href=\"/x\"" REL "alt</a></p>"},
    {"a link in an image", "![a [b](/y) c](/x)", "<p><a href=\"/x\"" REL "a b c</a></p>"},
    {"javascript is text", "[a](javascript:alert(1))", "<p>a (javascript:alert(1))</p>"},
    {"javascript by an entity", "[a](&#106;avascript:alert(1))", "<p>a (javascript:alert(1))</p>"},
    {"javascript by a named one", "[a](javascript&colon;alert(1))",
     "<p>a (javascript&amp;colon;alert(1))</p>"},
    {"javascript with a tab", "[a](<java\tscript:alert(1)>)", "<p>a (java\tscript:alert(1))</p>"},
    {"javascript by reference", "[a]\n\n[a]: JaVaScRiPt:x", "<p>a (JaVaScRiPt:x)</p>"},
    {"javascript in an image", "![a](javascript:x)", "<p>a (javascript:x)</p>"},
    {"data is text", "[a](data:text/html,x)", "<p>a (data:text/html,x)</p>"},
    {"another host by slashes", "[a](//evil.example)", "<p>a (//evil.example)</p>"},
    {"a quote in an address", "[a](https://a/\"onclick=x)",
     "<p><a href=\"https://a/&#34;onclick=x\"" REL "a</a></p>"},
    {"a defanged address", "[a](hxxp://evil[.]example)", "<p>a (hxxp://evil[.]example)</p>"},
    {"raw HTML is text", "<script>alert(1)</script>",
     "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"},
    {"inline HTML is text", "a <img src=x onerror=alert(1)> b",
     "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>"},
    {"a comment is text", "<!-- x -->", "<p>&lt;!-- x --&gt;</p>"},
    {"HTML in code", "`<b>`", "<p><code>&lt;b&gt;</code></p>"},
    {"HTML in an info string", "```<b>\"\nx\n```", "<pre tabindex=\"0\"><code>x\n</code></pre>"},
    {"bidi controls are shown",
     "a\xE2\x80\xAE"
     "b",
     "<p>a[U+202E]b</p>"},
    {"bidi controls in an address", "[a](/x\xE2\x80\xAEy)", "<p>a (/x[U+202E]y)</p>"},
    {"spans that the parser ends twice", "[**a**](x/**[a)**](x/<",
     "<p><strong>a</strong> (x/**[a)](x/&lt;</p>"},
    {"escape bytes", "a\x1b[2J", "<p>a\xEF\xBF\xBD[2J</p>"},
};

BW_TEST(markdown)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(1 << 20);
    REQUIRE(a);
    for (size_t i = 0; i < BW_COUNT(CASES); i++) {
        struct html_safe got = {{NULL, 0}};
        enum bw_rc rc = html_markdown(a, bw_view_z(CASES[i].in), &got, NULL);
        bool ok = rc == BW_OK && bw_view_is(got.html, CASES[i].want);
        SUBTEST(CASES[i].name, ok);
        if (!ok)
            printf("#  got: %.*s\n# want: %s\n", BW_VF(got.html), CASES[i].want);
    }
}

/* UNIT repeated to SIZE bytes, HEAD before it. */
static struct bw_view repeated(struct bw_arena *a, const char *head, const char *unit, size_t size)
{
    size_t h = strlen(head), u = strlen(unit), n = h;
    char *p = bw_arena_get(a, size + h + u);
    BW_ASSERT(p);
    memcpy(p, head, h);
    for (; n < size; n += u)
        memcpy(p + n, unit, u);
    return bw_view_of(p, n);
}

static const struct {
    const char *name, *head, *unit;
    bool ok; /* or BW_LIMIT */
} BOMBS[] = {
    {"plain text", "", "word ", true},
    {"open brackets", "", "[", true},
    {"brackets and parentheses", "", "[](", true},
    {"images", "", "![", true},
    {"stars", "", "*a_", true},
    {"stars and blanks", "", "*a **a ", true},
    {"back quotes", "", "`a``", true},
    {"angle brackets", "", "<a ", true},
    {"comments", "", "<!--", true},
    {"entities", "", "&amp;", true},
    {"tildes", "", "~~a", true},
    {"references", "[a]: /x\n\n", "[a]", true},
    {"definitions", "", "[a]: /x\n", true},
    {"nested lists", "", "1. ", false},
    {"nested quotations", "", "> ", false},
    {"a wide table", "", "|a", true},
    {"a table of many columns",
     "|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t\n"
     "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---\n",
     "|\n", false},
};

BW_TEST(bombs)
{
    for (size_t i = 0; i < BW_COUNT(BOMBS); i++) {
        BW_AUTO(bw_arena) *a = bw_arena_new(64 << 20);
        REQUIRE(a);
        struct bw_view in = repeated(a, BOMBS[i].head, BOMBS[i].unit, HTML_MARKDOWN_MAX - 400);
        struct html_safe got;
        int64_t start = bw_mono_us();
        enum bw_rc rc = html_markdown(a, in, &got, NULL);
        int64_t spent = bw_mono_us() - start;
        SUBTEST(BOMBS[i].name, rc == (BOMBS[i].ok ? BW_OK : BW_LIMIT));
        printf("# %s, %.1f ms\n", bw_rc_name(rc), (double)spent / 1000.0);
    }
}

BW_TEST(a_table_over_the_limit_of_columns)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(1 << 20);
    BW_AUTO_BUF in = BW_BUF_INIT(1 << 16);
    struct html_safe got;
    REQUIRE(a);
    for (int row = 0; row < 2; row++) {
        for (int i = 0; i < 100; i++)
            bw_buf_z(&in, row ? "|---" : "|a");
        bw_buf_byte(&in, '\n');
    }
    CHECK(html_markdown(a, bw_buf_text(&in), &got, NULL) == BW_LIMIT);
}

BW_TEST(every_allocation_fails_in_turn)
{
    enum bw_rc rc = BW_MEMORY;
    for (uint64_t nth = 1; rc != BW_OK && nth < 100; nth++) {
        BW_AUTO(bw_arena) *a = bw_arena_new(1 << 20);
        struct html_safe got = {{NULL, 0}};
        REQUIRE(a);
        bw_fault_arm("alloc", nth, false);
        rc = html_markdown(a, BW_V("a [b](https://c.example) **d**"), &got, NULL);
        bw_fault_clear();
        CHECK(rc == BW_OK ? got.html.n > 0 : rc == BW_MEMORY && got.html.n == 0);
    }
    CHECK(rc == BW_OK);
}

BW_TEST(too_long_is_refused_or_shown_as_typed)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(8 << 20);
    BW_AUTO_BUF buf = BW_BUF_INIT(1 << 20);
    struct html_safe got;
    struct bw_err err;
    REQUIRE(a);
    struct bw_view in = repeated(a, "<", "x", HTML_MARKDOWN_MAX + 1);
    CHECK(html_markdown(a, in, &got, &err) == BW_LIMIT);
    struct html h = {.out = &buf};
    html_put_markdown(&h, in);
    CHECK(bw_view_starts(bw_buf_text(&buf), BW_V("<pre tabindex=\"0\">\n&lt;xxx")));
    CHECK(bw_view_ends(bw_buf_text(&buf), BW_V("xxx</pre>")));
}

BW_TEST_MAIN()
