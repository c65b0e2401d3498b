/* SPDX-License-Identifier: Apache-2.0 */
/* test_text_scan - indicators in running text; refang, defang, visible. */
#include "bw_test.h"
#include "text.h"

#include "bw_fault.h"

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* Hits as "kind value" with "; " between; ! behind what was defanged. */
static const struct {
    const char *name, *in, *hits;
} SCAN[] = {
    {"nothing", "Nothing to see here, e.g. at 10:30 on 3.5 of them.", ""},
    {"ipv4", "from 198.51.100.7, and", "ipv4 198.51.100.7"},
    {"ipv4 at the end of a sentence", "It was 198.51.100.7.", "ipv4 198.51.100.7"},
    {"ipv4 defanged", "198[.]51[.]100[.]7 198.51.100[.]8 198(.)51(.)100(.)9",
     "ipv4 198.51.100.7!; ipv4 198.51.100.8!; ipv4 198.51.100.9!"},
    {"ipv4 with port", "198.51.100.7:8080", "ipv4 198.51.100.7"},
    {"ipv4 too large, zeros, parts", "256.1.1.1 1.2.3 1.2.3.4.5 01.2.3.4", ""},
    {"version", "version 1.2.3.4, v1.2.3.4, Chrome/1.2.3.4", ""},
    {"cidr", "block 192.0.2.0/24 (all)", "cidr 192.0.2.0/24"},
    {"cidr at the end", "block 192.0.2[.]0/24.", "cidr 192.0.2.0/24!"},
    {"interface is an address", "192.0.2.7/24", "ipv4 192.0.2.7"},
    {"ipv6", "at 2001:DB8::1.", "ipv6 2001:db8::1"},
    {"ipv6 canonical", "2001:0db8:0000:0000:0000:0000:0000:0001", "ipv6 2001:db8::1"},
    {"ipv6 network", "2001:db8::/32", "cidr 2001:db8::/32"},
    {"ipv6 defanged", "2001[:]db8[:][:]1", "ipv6 2001:db8::1!"},
    {"ipv6 mapped is ipv4", "::ffff:192.0.2.7", "ipv4 192.0.2.7"},
    {"no ipv6", "std::string add::dead 10:20:30 aa:bb:cc:dd:ee:ff a::b ::", ""},
    {"domain", "Visit Evil-Site.Example.COM now", "domain evil-site.example.com"},
    {"domain defanged", "evil[.]com evil(dot)com evil[dot]net evil {.} com evil[.com evil.]com",
     "domain evil.com!; domain evil.com!; domain evil.net!; domain evil.com!; domain evil.com!"},
    {"domain idn", "xn--e1afmkfd.xn--p1ai", "domain xn--e1afmkfd.xn--p1ai"},
    {"domain beside chinese", "訪問evil.com，並下載", "domain evil.com"},
    {"files and code", "report.doc setup.sh a.py kernel32.dll System.Net ASP.NET x.zip os.name()",
     ""},
    {"one letter before the dot", "x.example", "domain x.example"},
    {"one letter in the first column", "x.example,seen twice", "domain x.example"},
    {"one letter in code", "f.directory = 1; say x.example", ""},
    {"one letter before no domain", "x.nothing", ""},
    {"paths", "C:\\dir\\evil.com /usr/lib/libfoo.so $obj.name", ""},
    {"not half of a word", "b\u00FCcher.example.com", ""},
    {"trailing dot and brackets", "(evil.com). <evil.org> \"evil.net\"",
     "domain evil.com; domain evil.org; domain evil.net"},
    {"email", "Mail to Bad.Guy+x@Evil.com!", "email bad.guy+x@evil.com"},
    {"email defanged", "bad[at]evil[.]com bad(@)evil.com bad [at] evil.com",
     "email bad@evil.com!; email bad@evil.com!; email bad@evil.com!"},
    {"email without domain", "root@localhost me@host", ""},
    {"url", "see https://Evil.com/Path?q=1#f, or", "url https://evil.com/Path?q=1#f"},
    {"url defanged", "hxxp://evil[.]com/a hXXps[:]//evil.com h**p://evil.com/ http[://]evil.com/b",
     "url http://evil.com/a!; url https://evil.com!; url http://evil.com/!; url "
     "http://evil.com/b!"},
    {"url dots in path", "hxxp://evil[.]com/a[.]php?x=[y]", "url http://evil.com/a.php?x=!"},
    {"url in markdown", "[text](http://evil.com/a_b) **http://evil.com/c**",
     "url http://evil.com/a_b; url http://evil.com/c"},
    {"url with brackets", "(https://en.wikipedia.org/wiki/A_(b))",
     "url https://en.wikipedia.org/wiki/A_(b)"},
    {"url escaped", "http:\\/\\/evil.com\\/a\\_b", "url http://evil.com/a_b"},
    {"url with address, port, user", "ftp://u:p@192.0.2.7:21/x http://[2001:db8::1]:80/",
     "url ftp://u:p@192.0.2.7:21/x; url http://[2001:db8::1]:80/"},
    {"url host need not be known", "http://intranet.corp/x", "url http://intranet.corp/x"},
    {"url before chinese", "http://evil.com/a，然後", "url http://evil.com/a"},
    {"url without host", "http:// and https://localhost/x http_x", ""},
    {"url without scheme", "evil[.]com/gate.php, evil.com:8080/x evil.com/",
     "url evil.com/gate.php!; url evil.com:8080/x; domain evil.com"},
    {"hashes", "MD5 " MD5 " SHA1:" SHA1 ", " SHA256, "md5 " MD5 "; sha1 " SHA1 "; sha256 " SHA256},
    {"hash upper case", "D41D8CD98F00B204E9800998ECF8427E", "md5 " MD5},
    {"hash as file name", MD5 ".exe", "md5 " MD5},
    {"no hash", MD5 "0 00000000000000000000000000000000 abcdefabcdefabcdefabcdefabcdefab", ""},
    {"cve", "cve-2021-44228 CVE\u20112021\u201144228 exploit-CVE-2017-0144.",
     "cve CVE-2021-44228; cve CVE-2021-44228; cve CVE-2017-0144"},
    {"no cve", "CVE-21-1234 CVE-2021-1 CVE-2021-123456789", ""},
    {"technique", "T1059, T1059.001. T0801",
     "technique T1059; technique T1059.001; technique T0801"},
    {"no technique", "T105 T10590 XT1059 t1059 T9999 T1059x", ""},
    {"many in one token", MD5 "." SHA1 "-T1059.001-T1060",
     "md5 " MD5 "; sha1 " SHA1 "; technique T1059.001; technique T1060"},
    {"technique with short sub", "T1059.1", "technique T1059"},
};

struct collected {
    struct bw_buf text;
    struct bw_view in;
};

static bool collect(void *ctx, const struct text_hit *h)
{
    struct collected *c = ctx;
    CHECK(h->span.from < h->span.to && h->span.to <= c->in.n);
    bw_buf_printf(&c->text, "%s%s %.*s%s", c->text.n ? "; " : "", text_kind_name(h->kind),
                  BW_VF(h->value), h->defanged ? "!" : "");
    return true;
}

BW_TEST(scan)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(1U << 20);
    REQUIRE(arena != NULL);
    for (size_t i = 0; i < BW_COUNT(SCAN); i++) {
        struct collected c = {BW_BUF_INIT(4096), bw_view_z(SCAN[i].in)};
        bool ok = CHECK(text_scan(c.in, arena, collect, &c, NULL) == BW_OK);
        SUBTEST(SCAN[i].name, ok && CHECK_VIEW(bw_buf_text(&c.text), SCAN[i].hits));
        bw_buf_done(&c.text);
        bw_arena_reset(arena);
    }
}

static bool first_only(void *ctx, const struct text_hit *h)
{
    *(struct text_hit *)ctx = *h;
    return false;
}

BW_TEST(spans_and_stop)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(1U << 20);
    struct text_hit h = {.kind = TEXT_KINDS};
    struct bw_view in = BW_V("go to hxxp://evil[.]com/x). Then evil.org");
    REQUIRE(arena && text_scan(in, arena, first_only, &h, NULL) == BW_OK);
    CHECK_VIEW(bw_view_of(in.p + h.span.from, h.span.to - h.span.from), "hxxp://evil[.]com/x");
    CHECK_INT(h.kind, TEXT_URL);
}

BW_TEST(memory)
{
    struct bw_err err;
    struct collected c = {BW_BUF_INIT(4096), BW_V("evil.com evil.org")};
    for (uint64_t nth = 1; nth < 20; nth++) {
        BW_AUTO(bw_arena) *arena = bw_arena_new(1U << 20);
        REQUIRE(arena != NULL);
        bw_fault_arm("alloc", nth, true);
        enum bw_rc rc = text_scan(c.in, arena, first_only, &(struct text_hit){0}, &err);
        bool hit = bw_fault_hits() >= nth;
        bw_fault_clear();
        CHECK_INT(rc, hit ? BW_MEMORY : BW_OK);
    }
    bw_buf_done(&c.text);
}

/* Time is linear: these took minutes if a token were read again and again. */
BW_TEST(hostile_texts)
{
    static const char *const PIECES[] = {"a.",
                                         "a-",
                                         "a@",
                                         "a%",
                                         "http://",
                                         "a:",
                                         "[.]",
                                         "::",
                                         "a[.]",
                                         "1.",
                                         "cve-",
                                         "http://a.b/(",
                                         "_",
                                         "\xC3\xA9",
                                         "\\",
                                         "a.b/",
                                         "a (at) ",
                                         "https://a@",
                                         "T1059.",
                                         "2001:db8:",
                                         "h**p",
                                         MD5 ".",
                                         MD5 "-",
                                         "CVE-2021-44228.",
                                         "CVE-2021-44228-",
                                         "a@b.c",
                                         "a[at]",
                                         "1:1:",
                                         "T1059-",
                                         "a.co[.)",
                                         "a.co[._",
                                         "a.co [.] ",
                                         "a.co\\.",
                                         "a.co(dot)",
                                         "1.2.3.4/",
                                         "a.co/",
                                         "a.co:",
                                         "1.2.3.4.",
                                         "a.co@",
                                         "a.co.-",
                                         "a.com_.",
                                         "http://a.co[",
                                         "http://a.co:1\\"};
    BW_AUTO(bw_arena) *arena = bw_arena_new(64U << 20);
    REQUIRE(arena != NULL);
    for (size_t i = 0; i < BW_COUNT(PIECES); i++) {
        struct collected c = {BW_BUF_INIT(1), {NULL, 0}};
        BW_AUTO_BUF in = BW_BUF_INIT(1U << 20), out = BW_BUF_INIT(8U << 20);
        while (in.n < (256U << 10))
            bw_buf_z(&in, PIECES[i]);
        c.in = bw_buf_text(&in);
        bool ok = CHECK(text_scan(c.in, arena, collect, &c, NULL) == BW_OK);
        text_refang(c.in, &out);
        text_fold(c.in, &out);
        SUBTEST(PIECES[i], ok && CHECK(out.rc == BW_OK));
        bw_buf_done(&c.text);
        bw_arena_reset(arena);
    }
}

static const struct {
    const char *in, *kind, *value;
} ONE[] = {
    {" evil.com ", "domain", "evil.com"},
    {"hxxps[:]//evil[.]com/a", "url", "https://evil.com/a"},
    {"example.sh", "domain", "example.sh"},
    {"host.internal", "domain", "host.internal"},
    {"System.Net", "domain", "system.net"},
    {"1.2.3.4", "ipv4", "1.2.3.4"},
    {"2001:db8::/32", "cidr", "2001:db8::/32"},
    {MD5, "md5", MD5},
    {"T1059", "technique", "T1059"},
    {"two evil.com", NULL, NULL},
    {"evil.com evil.org", NULL, NULL},
    {"evil.com.", NULL, NULL},
    {"word", NULL, NULL},
    {"", NULL, NULL},
};

BW_TEST(one_indicator)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(1U << 20);
    REQUIRE(arena != NULL);
    for (size_t i = 0; i < BW_COUNT(ONE); i++) {
        struct text_hit h;
        enum bw_rc rc = text_indicator(bw_view_z(ONE[i].in), arena, &h, NULL);
        bool ok = CHECK_INT(rc, ONE[i].kind ? BW_OK : BW_NOT_FOUND);
        if (rc == BW_OK && ok) {
            ok &= CHECK_VIEW(h.value, ONE[i].value);
            ok &= CHECK_VIEW(bw_view_z(text_kind_name(h.kind)), ONE[i].kind);
        }
        SUBTEST(ONE[i].in, ok);
    }
}

static const struct {
    const char *in, *refanged;
} REFANG[] = {
    {"hxxp://evil[.]com", "http://evil.com"},
    {"HXXPS[:]//evil(dot)com/[x]", "https://evil.com/[x]"},
    {"h**p[://]evil{.}com meow://a[.]b fxp://c.d", "http://evil.com http://a.b ftp://c.d"},
    {"a[at]b[.]c a (at) b d [at] e", "a@b.c a (at) b d@e"},
    {"[.] (.) array[.] x[.]", "[.] (.) array[.] x[.]"},
    {"meow: said the cat. hxxp", "meow: said the cat. hxxp"},
    {"http://plain.com/x", "http://plain.com/x"},
    {"", ""},
};

BW_TEST(refang)
{
    for (size_t i = 0; i < BW_COUNT(REFANG); i++) {
        BW_AUTO_BUF b = BW_BUF_INIT(4096);
        text_refang(bw_view_z(REFANG[i].in), &b);
        SUBTEST(REFANG[i].in, CHECK_VIEW(bw_buf_text(&b), REFANG[i].refanged));
    }
}

static const struct {
    const char *in, *defanged;
} DEFANG[] = {
    {"http://evil.com/a.php?x=1", "hxxp://evil[.]com/a.php?x=1"},
    {"HTTPS://EVIL.COM", "HxxPS://EVIL[.]COM"},
    {"see evil.com and 198.51.100.7.", "see evil[.]com and 198[.]51[.]100[.]7."},
    {"bad@evil.com", "bad[@]evil[.]com"},
    {"2001:db8::1 and 2001:db8::/32", "2001[:]db8::1 and 2001[:]db8::/32"},
    {"http://u:p@evil.com:80/x", "hxxp://u:p[@]evil[.]com:80/x"},
    {"ftp://evil.com/x evil.com/y", "ftp://evil[.]com/x evil[.]com/y"},
    {"hxxp://evil[.]com " MD5 " CVE-2021-44228 report.doc",
     "hxxp://evil[.]com " MD5 " CVE-2021-44228 report.doc"},
    {"", ""},
};

BW_TEST(defang)
{
    for (size_t i = 0; i < BW_COUNT(DEFANG); i++) {
        BW_AUTO_BUF b = BW_BUF_INIT(4096), twice = BW_BUF_INIT(4096);
        text_defang(bw_view_z(DEFANG[i].in), &b);
        text_defang(bw_buf_text(&b), &twice);
        bool ok = CHECK_VIEW(bw_buf_text(&b), DEFANG[i].defanged);
        SUBTEST(DEFANG[i].in, ok && CHECK(bw_view_eq(bw_buf_text(&b), bw_buf_text(&twice))));
    }
}

static const struct {
    const char *name, *in, *out;
    size_t markers;
} VISIBLE[] = {
    {"plain", "Plain text\n\twith 網絡\r\n", "Plain text\n\twith 網絡\r\n", 0},
    {"bidi override", "file\u202Egpj.exe", "file[U+202E]gpj.exe", 1},
    {"isolates", "\u2066a\u2069", "[U+2066]a[U+2069]", 2},
    {"zero width", "pay\u200Bpal\uFEFF\u00AD", "pay[U+200B]pal[U+FEFF][U+00AD]", 3},
    {"control bytes", "a\x1B[2J\x7F\r", "a[U+001B][2J[U+007F][U+000D]", 3},
    {"no utf-8", "a\xFF\xC3", "a[0xFF][0xC3]", 2},
    {"joiner in emoji", "\U0001F469\u200D\U0001F4BB \u2764\uFE0F",
     "\U0001F469\u200D\U0001F4BB \u2764\uFE0F", 0},
    {"joiner in persian", "\u0645\u06CC\u200C\u062E", "\u0645\u06CC\u200C\u062E", 0},
    {"joiner in a host", "pay\u200Dpal\uFE0F", "pay[U+200D]pal[U+FE0F]", 2},
    {"tags", "a\U000E0041", "a[U+E0041]", 1},
    {"hangul filler", "a\u3164b", "a[U+3164]b", 1},
    {"replacement character itself", "\uFFFD", "\uFFFD", 0},
};

BW_TEST(visible)
{
    for (size_t i = 0; i < BW_COUNT(VISIBLE); i++) {
        BW_AUTO_BUF b = BW_BUF_INIT(4096);
        size_t n = text_visible(bw_view_z(VISIBLE[i].in), &b);
        bool ok = CHECK_VIEW(bw_buf_text(&b), VISIBLE[i].out);
        ok &= CHECK_INT(n, VISIBLE[i].markers);
        SUBTEST(VISIBLE[i].name, ok);
    }
}

BW_TEST_MAIN()
