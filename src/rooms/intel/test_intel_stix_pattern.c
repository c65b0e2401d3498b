/* SPDX-License-Identifier: Apache-2.0 */
/* test_intel_stix_pattern - which indicators a pattern gives, which none, and patterns made from
 * indicators that give the same again. */
#include "intel_stix.h"

#include "bw_test.h"

static struct bw_arena *arena;

static struct stix_finds finds(void)
{
    if (!arena)
        arena = bw_arena_new((size_t)64 << 20);
    bw_arena_reset(arena);
    return (struct stix_finds){.arena = arena};
}

/* "ipv4 198.51.100.7, domain bad.example" */
static void spell(const struct stix_finds *f, struct bw_buf *out)
{
    for (size_t i = 0; i < f->n; i++) {
        bw_buf_z(out, i ? ", " : "");
        bw_buf_printf(out, "%s %.*s", intel_ioc_word(f->list[i].ioc), BW_VF(f->list[i].value));
    }
}

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
static const struct {
    const char *name, *pattern;
    enum bw_rc rc;
    const char *found;
} T[] = {
    {"an address", "[ipv4-addr:value = '198.51.100.7']", BW_OK, "ipv4 198.51.100.7"},
    {"a network", "[ipv4-addr:value = '198.51.100.0/24']", BW_OK, "cidr 198.51.100.0/24"},
    {"a network of one", "[ipv4-addr:value = '198.51.100.7/32']", BW_OK, "ipv4 198.51.100.7"},
    {"a part of a network", "[ipv4-addr:value ISSUBSET '198.51.100.0/24']", BW_OK,
     "cidr 198.51.100.0/24"},
    {"IPv6 in its short form", "[ipv6-addr:value = '2001:DB8:0:0:0:0:0:1']", BW_OK,
     "ipv6 2001:db8::1"},
    {"a domain, in lower case", "[domain-name:value='Bad.EXAMPLE']", BW_OK, "domain bad.example"},
    {"a URL", "[url:value = 'http://bad.example/a?b=c']", BW_OK, "url http://bad.example/a?b=c"},
    {"a mail address", "[email-addr:value = 'Eve@Bad.example']", BW_OK, "email eve@bad.example"},
    {"the sender of a mail", "[email-message:from_ref.value = 'eve@bad.example']", BW_OK,
     "email eve@bad.example"},
    {"hashes by quoted and plain names",
     "[file:hashes.'SHA-256' = '" SHA256 "' AND file:hashes.MD5 = '" MD5 "']", BW_OK,
     "sha256 " SHA256 ", md5 " MD5},
    {"a hash of a wrong length", "[file:hashes.MD5 = '1234']", BW_OK, ""},
    {"a list", "[ipv4-addr:value IN ('198.51.100.7', '198.51.100.8')]", BW_OK,
     "ipv4 198.51.100.7, ipv4 198.51.100.8"},
    {"the same twice", "[ipv4-addr:value = '198.51.100.7'] OR [ipv4-addr:value = '198.51.100.7']",
     BW_OK, "ipv4 198.51.100.7"},
    {"several observations",
     "([ipv4-addr:value = '198.51.100.7'] FOLLOWEDBY [domain-name:value = 'bad.example'])"
     " WITHIN 300 SECONDS START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00.5Z'",
     BW_OK, "ipv4 198.51.100.7, domain bad.example"},
    {"round brackets inside",
     "[(domain-name:value = 'a.example' OR domain-name:value = 'b.example')]", BW_OK,
     "domain a.example, domain b.example"},
    {"an index in a path",
     "[network-traffic:dst_ref.value = '198.51.100.7' AND"
     " process:child_refs[*].name = 'x']",
     BW_OK, "ipv4 198.51.100.7"},
    {"an AS number", "[autonomous-system:number = 64500]", BW_OK, "asn as64500"},
    {"a file name", "[file:name = 'a\\'b\\\\c.exe']", BW_OK, "file-name a'b\\c.exe"},
    {"a registry key", "[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\Foo']", BW_OK,
     "registry HKEY_LOCAL_MACHINE\\Foo"},
    {"what is not equal", "[ipv4-addr:value != '198.51.100.7']", BW_OK, ""},
    {"what is negated", "[ipv4-addr:value NOT = '198.51.100.7']", BW_OK, ""},
    {"a negated list", "[ipv4-addr:value NOT IN ('198.51.100.7')]", BW_OK, ""},
    {"a regular expression", "[domain-name:value MATCHES '^bad']", BW_OK, ""},
    {"a wildcard", "[domain-name:value LIKE 'bad%']", BW_OK, ""},
    {"a number with a fraction", "[x-a:b = 1.5 AND ipv4-addr:value = '198.51.100.7']", BW_OK,
     "ipv4 198.51.100.7"},
    {"hex and base64", "[artifact:payload_bin = h'00ff' OR artifact:payload_bin = b'AA==']", BW_OK,
     ""},
    {"comments", "[/* here */ ipv4-addr:value = // there\n'198.51.100.7']", BW_OK,
     "ipv4 198.51.100.7"},
    {"a domain that is none", "[domain-name:value = 'localhost']", BW_OK, ""},
    {"an address that is none", "[ipv4-addr:value = '300.1.1.1']", BW_OK, ""},
    {"nothing", "", BW_INVALID, ""},
    {"no brackets", "ipv4-addr:value = '198.51.100.7'", BW_INVALID, ""},
    {"an open bracket", "[ipv4-addr:value = '198.51.100.7'", BW_INVALID, "ipv4 198.51.100.7"},
    {"an open string", "[ipv4-addr:value = '198.51.100.7]", BW_INVALID, ""},
    {"a bracket too much", "[ipv4-addr:value = '198.51.100.7']]", BW_INVALID, "ipv4 198.51.100.7"},
    {"crossed brackets", "[(ipv4-addr:value = '198.51.100.7'])", BW_INVALID, "ipv4 198.51.100.7"},
    {"an empty observation", "[]", BW_INVALID, ""},
    {"no constant", "[ipv4-addr:value = ]", BW_INVALID, ""},
    {"no path", "[ipv4-addr = '198.51.100.7']", BW_INVALID, ""},
    {"an observation in another", "[[ipv4-addr:value = '198.51.100.7']]", BW_INVALID, ""},
    {"SQL", "[a:b = ''; DROP TABLE x", BW_INVALID, ""},
};

BW_TEST(patterns_give_indicators)
{
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        BW_AUTO_BUF got = BW_BUF_INIT(1 << 16);
        struct stix_finds f = finds();
        struct bw_err err;
        enum bw_rc rc = stix_pattern_scan(bw_view_z(T[i].pattern), &f, &err);
        spell(&f, &got);
        SUBTEST(T[i].name, CHECK_INT(rc, T[i].rc) && CHECK_VIEW(bw_buf_text(&got), T[i].found));
    }
}

BW_TEST(a_hundred_thousand_brackets)
{
    BW_AUTO_BUF deep = BW_BUF_INIT(1 << 20);
    struct stix_finds f = finds();
    struct bw_err err;
    bw_buf_byte(&deep, '[');
    for (int i = 0; i < 100000; i++)
        bw_buf_byte(&deep, '(');
    CHECK(stix_pattern_scan(bw_buf_text(&deep), &f, &err) == BW_INVALID);
}

BW_TEST(more_than_one_object_may_give)
{
    BW_AUTO_BUF many = BW_BUF_INIT(1 << 20);
    struct stix_finds f = finds();
    struct bw_err err;
    bw_buf_z(&many, "[ipv4-addr:value IN (");
    for (int i = 0; i < STIX_FOUND_MAX + 10; i++)
        bw_buf_printf(&many, "%s'198.51.%d.%d'", i ? "," : "", i / 200, i % 200);
    bw_buf_z(&many, ")]");
    CHECK(stix_pattern_scan(bw_buf_text(&many), &f, &err) == BW_OK);
    CHECK(f.more);
    CHECK_INT(f.n, STIX_FOUND_MAX);
}

BW_TEST(patterns_made_give_the_same_again)
{
    static const struct intel_indicator IN[] = {
        {INTEL_IOC_IPV4, BW_VIEW_INIT("198.51.100.7")},
        {INTEL_IOC_IPV6, BW_VIEW_INIT("2001:db8::1")},
        {INTEL_IOC_CIDR, BW_VIEW_INIT("198.51.100.0/24")},
        {INTEL_IOC_CIDR, BW_VIEW_INIT("2001:db8::/32")},
        {INTEL_IOC_DOMAIN, BW_VIEW_INIT("bad.example")},
        {INTEL_IOC_URL, BW_VIEW_INIT("http://bad.example/a'b\\c")},
        {INTEL_IOC_EMAIL, BW_VIEW_INIT("eve@bad.example")},
        {INTEL_IOC_MD5, BW_VIEW_INIT(MD5)},
        {INTEL_IOC_SHA256, BW_VIEW_INIT(SHA256)},
        {INTEL_IOC_FILE_NAME, BW_VIEW_INIT("x' OR '1' = '1")},
        {INTEL_IOC_MUTEX, BW_VIEW_INIT("Global\\x")},
        {INTEL_IOC_ASN, BW_VIEW_INIT("as64500")},
    };
    for (size_t i = 0; i < BW_COUNT(IN); i++) {
        BW_AUTO_BUF pattern = BW_BUF_INIT(1 << 16);
        struct stix_finds f = finds();
        struct bw_err err;
        CHECK(stix_pattern_of(&IN[i], &pattern));
        CHECK(stix_pattern_scan(bw_buf_text(&pattern), &f, &err) == BW_OK);
        bool same =
            f.n == 1 && f.list[0].ioc == IN[i].ioc && bw_view_eq(f.list[0].value, IN[i].value);
        if (!same)
            printf("# %.*s\n", BW_VF(bw_buf_text(&pattern)));
        SUBTEST(intel_ioc_word(IN[i].ioc), same);
    }
    static const struct intel_indicator NONE = {INTEL_IOC_CVE, BW_VIEW_INIT("CVE-2024-1")};
    BW_AUTO_BUF out = BW_BUF_INIT(100);
    CHECK(!stix_pattern_of(&NONE, &out));
    bw_arena_free(arena);
}

BW_TEST_MAIN()
