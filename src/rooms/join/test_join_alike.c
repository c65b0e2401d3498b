/* SPDX-License-Identifier: Apache-2.0 */
/* Who looks like whom: a table of pairs, and that 3,000 members cost no time worth telling. */
#include "join_alike.h"

#include "bw_clock.h"
#include "bw_test.h"

static const struct {
    const char *name, *a, *b;
    enum join_alike alike;
} DOMAINS[] = {
    {"the same domain", "bank.example", "bank.example", JOIN_ALIKE_SAME},
    {"case and a dot at the end", "Bank.Example.", "bank.example", JOIN_ALIKE_SAME},
    {"a name within a member's domain", "login.bank.com.hk", "bank.com.hk", JOIN_ALIKE_SAME},
    {"www is no difference", "www.bank.example", "bank.example", JOIN_ALIKE_SAME},
    {"a Cyrillic a", "b\xd0\xb0nk.example", "bank.example", JOIN_ALIKE_GLYPH},
    {"the same in punycode", "xn--bnk-6cd.example", "bank.example", JOIN_ALIKE_GLYPH},
    {"all of it Cyrillic", "\xd1\x81\xd0\xb0\xd1\x80\xd0\xb5.example", "cape.example",
     JOIN_ALIKE_GLYPH},
    {"a Greek o", "harb\xce\xbfur.example", "harbour.example", JOIN_ALIKE_GLYPH},
    {"an accent", "harb\xc3\xb4ur.example", "harbour.example", JOIN_ALIKE_GLYPH},
    {"a zero for an o", "harb0ur.example", "harbour.example", JOIN_ALIKE_GLYPH},
    {"a one for an l", "1antern.example", "lantern.example", JOIN_ALIKE_GLYPH},
    {"an i for an l", "iantern.example", "lantern.example", JOIN_ALIKE_GLYPH},
    {"rn for m", "sarnpan.example", "sampan.example", JOIN_ALIKE_GLYPH},
    {"vv for w", "vvharves.example", "wharves.example", JOIN_ALIKE_GLYPH},
    {"full width letters", "\xef\xbd\x82\xef\xbd\x81nk.example", "bank.example", JOIN_ALIKE_SAME},
    {"a hyphen more", "harbour-bank.example", "harbourbank.example", JOIN_ALIKE_HYPHEN},
    {"a hyphen elsewhere", "har-bourbank.example", "harbour-bank.example", JOIN_ALIKE_HYPHEN},
    {"another ending", "harbourbank.com", "harbourbank.com.hk", JOIN_ALIKE_ENDING},
    {"one letter other", "harbaurbank.com.hk", "harbourbank.com.hk", JOIN_ALIKE_LETTER},
    {"one letter more", "harbourrbank.com.hk", "harbourbank.com.hk", JOIN_ALIKE_LETTER},
    {"one letter fewer", "harborbank.com.hk", "harbourbank.com.hk", JOIN_ALIKE_LETTER},
    {"two swapped", "harbuorbank.com.hk", "harbourbank.com.hk", JOIN_ALIKE_LETTER},
    {"one letter other under another ending", "harbaurbank.com", "harbourbank.com.hk",
     JOIN_ALIKE_LETTER},
    {"two letters other", "harbaarbenk.example", "harbourbank.example", JOIN_ALIKE_NOT},
    {"two swapped that are not neighbours", "rahbour.example", "harbour.example", JOIN_ALIKE_NOT},
    {"short labels are often one letter apart", "hku.hk", "hkt.hk", JOIN_ALIKE_NOT},
    {"the same ending alone", "lantern.com.hk", "sampan.com.hk", JOIN_ALIKE_NOT},
    {"nothing resembles nothing", "", "", JOIN_ALIKE_NOT},
    {"an empty domain and one", "", "bank.example", JOIN_ALIKE_NOT},
    {"broken punycode is its letters", "xn--\xff!.example", "bank.example", JOIN_ALIKE_NOT},
    {"a domain of one label", "localhost", "localhost", JOIN_ALIKE_SAME},
};

BW_TEST(domains)
{
    for (size_t i = 0; i < BW_COUNT(DOMAINS); i++) {
        struct join_domain a, b;
        join_domain_read(bw_view_z(DOMAINS[i].a), &a);
        join_domain_read(bw_view_z(DOMAINS[i].b), &b);
        enum join_alike there = join_domain_alike(&a, &b), back = join_domain_alike(&b, &a);
        if (there != DOMAINS[i].alike || back != there)
            printf("# %s: %d and %d, not %d\n", DOMAINS[i].name, there, back, DOMAINS[i].alike);
        SUBTEST(DOMAINS[i].name, there == DOMAINS[i].alike && back == there);
    }
}

static const struct {
    const char *name, *a, *b;
    enum join_alike alike;
} NAMES[] = {
    {"the same", "Example Harbour Bank", "example harbour bank", JOIN_ALIKE_SAME},
    {"legal form", "Example Harbour Bank Limited", "Example Harbour Bank", JOIN_ALIKE_GLYPH},
    {"blanks and points", "Example-Harbour  Bank, Ltd.", "Example Harbour Bank", JOIN_ALIKE_GLYPH},
    {"a Cyrillic letter", "Ex\xd0\xb0mple Harbour Bank", "Example Harbour Bank", JOIN_ALIKE_GLYPH},
    {"one letter", "Example Harbor Bank", "Example Harbour Bank", JOIN_ALIKE_LETTER},
    {"one character of six", "港島第一銀行", "港島第二銀行", JOIN_ALIKE_LETTER},
    {"one character of four is another name", "中国银行", "中华银行", JOIN_ALIKE_NOT},
    {"another name", "Lantern Clinic", "Example Harbour Bank", JOIN_ALIKE_NOT},
    {"a name of legal forms alone", "The Company Limited", "The Corporation", JOIN_ALIKE_NOT},
    {"no name", "", "Example Harbour Bank", JOIN_ALIKE_NOT},
};

BW_TEST(names)
{
    for (size_t i = 0; i < BW_COUNT(NAMES); i++) {
        struct join_name a, b;
        join_name_read(bw_view_z(NAMES[i].a), &a);
        join_name_read(bw_view_z(NAMES[i].b), &b);
        enum join_alike there = join_name_alike(&a, &b), back = join_name_alike(&b, &a);
        if (there != NAMES[i].alike || back != there)
            printf("# %s: %d and %d, not %d\n", NAMES[i].name, there, back, NAMES[i].alike);
        SUBTEST(NAMES[i].name, there == NAMES[i].alike && back == there);
    }
}

static const struct {
    const char *domain, *registered;
} REGISTERED[] = {
    {"mail.bank.com.hk", "bank.com.hk"},
    {"bank.com.hk", "bank.com.hk"},
    {"com.hk", "com.hk"},
    {"a.b.example", "b.example"},
    {"example", "example"},
    {"", ""},
    {" bank.example. ", "bank.example"},
    {"..", ""},
    {".com.hk", "com.hk"},
};

BW_TEST(what_somebody_registered)
{
    for (size_t i = 0; i < BW_COUNT(REGISTERED); i++)
        CHECK_VIEW(join_registered(bw_view_z(REGISTERED[i].domain)), REGISTERED[i].registered);
    CHECK(join_domain_within(BW_V("a.bank.example"), BW_V("B.Bank.example")));
    CHECK(!join_domain_within(BW_V("a.com.hk"), BW_V("b.com.hk")));
    CHECK(!join_domain_within(BW_V(""), BW_V("")));
}

/* The cost is bounded by the work, not by a clock: 3,000 comparisons of the longest labels. */
BW_TEST(three_thousand_members)
{
    static struct join_domain members[3000];
    static char text[3000][80];
    struct join_domain applicant;
    size_t found = 0;
    for (size_t i = 0; i < BW_COUNT(members); i++) {
        snprintf(text[i], sizeof(text[i]), "member-of-the-harbour-community-%04zu.com.hk", i);
        join_domain_read(bw_view_z(text[i]), &members[i]);
    }
    int64_t began = bw_mono_us();
    join_domain_read(BW_V("member-of-the-harbour-community-O123.com.hk"), &applicant);
    for (size_t i = 0; i < BW_COUNT(members); i++)
        found += join_domain_alike(&applicant, &members[i]) != JOIN_ALIKE_NOT;
    printf("# 3,000 comparisons: %lld us\n", (long long)(bw_mono_us() - began));
    /* 0123 looks the same; 1123 .. 9123 and 0023, 0223 .. 0129 are one letter away, and so are
     * those in which two digits are swapped. */
    CHECK(found >= 30 && found <= 60);
}

BW_TEST_MAIN()
