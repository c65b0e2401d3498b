/* SPDX-License-Identifier: Apache-2.0 */
/* Documents: pages, bytes that stay the same, both fonts; and where lines break. */
#include "bw_test.h"
#include "pdf_int.h"

struct content {
    int paragraphs;
    struct bw_view text;
};

static void write_content(struct pdf *p, void *arg)
{
    const struct content *c = arg;
    pdf_heading(p, 1, BW_V("Terms and conditions 條款及條件"));
    pdf_fact(p, BW_V("Accepted by"), BW_V("陳大文 (Chan Tai-man)"));
    pdf_rule(p);
    for (int i = 0; i < c->paragraphs; i++)
        pdf_paragraph(p, c->text);
    pdf_gap(p);
    pdf_markdown(p, BW_V("## One\n\n- first\n- second\n\n1. ten\n\nplain"));
}

static enum bw_rc make(struct content c, struct bw_buf *out)
{
    struct bw_err err = {0};
    return pdf_make(&(struct pdf_options){.title = BW_V("Terms"),
                                          .author = BW_V("Hub"),
                                          .tlp = "TLP:AMBER+STRICT",
                                          .made_us = INT64_C(1790000000000000)},
                    write_content, &c, out, &err);
}

static size_t count(struct bw_view text, struct bw_view needle)
{
    size_t n = 0, at;
    while ((at = bw_view_find(text, needle)) != SIZE_MAX) {
        n++;
        text = bw_view_from(text, at + needle.n);
    }
    return n;
}

/* First: afterwards the font is open. */
BW_TEST(a_missing_font_is_told)
{
    cairo_font_face_t *f = NULL;
    struct bw_err err = {0};
    CHECK_INT(pdf_font_get("/no/such/font", &f, &err), BW_IO);
    CHECK(f == NULL);
}

BW_TEST(the_same_input_gives_the_same_bytes)
{
    const struct content c = {3, BW_V("Members share in good faith. 成員機構須真誠分享資料。")};
    BW_AUTO_BUF a = BW_BUF_INIT(8 << 20);
    BW_AUTO_BUF b = BW_BUF_INIT(8 << 20);
    CHECK_INT(make(c, &a), BW_OK);
    CHECK_INT(make(c, &b), BW_OK);
    CHECK(bw_view_starts(bw_buf_text(&a), BW_V("%PDF-")));
    CHECK(bw_view_eq(bw_buf_text(&a), bw_buf_text(&b)));
    CHECK(bw_view_find(bw_buf_text(&a), BW_V("/ToUnicode")) != SIZE_MAX);
    CHECK_INT(count(bw_buf_text(&a), BW_V("<< /Type /Page ")), 1);
}

BW_TEST(a_long_text_has_pages)
{
    BW_AUTO_BUF out = BW_BUF_INIT(8 << 20);
    const struct content c = {120, BW_V("A paragraph of some words that takes a line of its own.")};
    CHECK_INT(make(c, &out), BW_OK);
    CHECK_INT(count(bw_buf_text(&out), BW_V("<< /Type /Page ")), 5);
}

BW_TEST(what_is_no_text_does_no_harm)
{
    static const char *const TEXTS[] =
        {"",   " ",  "\xff\xfe broken", "\x1b[2J\x07 bell", "\xf0\x9f\x98\x80 \xd8\xa7\xd9\x84",
         "- ", "# ", "12345."};
    for (size_t i = 0; i < BW_COUNT(TEXTS); i++) {
        BW_AUTO_BUF out = BW_BUF_INIT(8 << 20);
        CHECK_INT(make((struct content){2, bw_view_z(TEXTS[i])}, &out), BW_OK);
    }
}

BW_TEST(limits_are_told)
{
    BW_AUTO_BUF out = BW_BUF_INIT(8 << 20);
    BW_AUTO_BUF small = BW_BUF_INIT(100);
    struct content c = {40000, BW_V("x")};
    CHECK_INT(make(c, &out), BW_LIMIT);
    c.paragraphs = 1;
    CHECK(make(c, &small) != BW_OK);
}

/* Each character is 10 wide, a line 50. | stands where the line ends. */
BW_TEST(lines_break_where_they_may)
{
    static const struct {
        const char *text, *lines;
    } T[] = {
        {"ab cd", "ab cd"},
        {"abc def", "abc |def"},
        {"abcde fgh", "abcde |fgh"},
        {"abcdefgh", "abcde|fgh"},
        {"ab-cdefg", "ab-|cdefg"},
        {"條款及條件生效", "條款及條件|生效"},
        {"條款及條件。生效", "條款及條|件。生效"},
        {"條款及條「生效", "條款及條|「生效"},
        {"條款TLP生效", "條款TLP|生效"},
        {"a條款bcd", "a條款|bcd"},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct pdf_cell cells[64];
        size_t from[65], n = 0;
        BW_AUTO_BUF out = BW_BUF_INIT(1024);
        struct bw_view text = bw_view_z(T[i].text), rest = text;
        while (rest.n) {
            size_t len;
            from[n] = (size_t)(rest.p - text.p);
            cells[n] = (struct pdf_cell){bw_utf8_next(rest, &len), (double)n * 10};
            rest = bw_view_from(rest, len);
            n++;
        }
        from[n] = text.n;
        for (size_t at = 0; at < n;) {
            size_t k = pdf_break(cells, n, at, (double)n * 10, 50);
            if (at)
                bw_buf_byte(&out, '|');
            bw_buf_add(&out, text.p + from[at], from[at + k] - from[at]);
            at += k;
        }
        CHECK_VIEW(bw_buf_text(&out), T[i].lines);
    }
}

BW_TEST_MAIN()
