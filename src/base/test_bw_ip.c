/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bw_ip: spellings taken and refused, RFC 5952 output, prefixes, special ranges; and a
 * cross check against inet_pton where both read the same language. */
#include "bw_ip.h"
#include "bw_random.h"
#include "bw_test.h"
#include <arpa/inet.h>

BW_TEST(addresses_taken)
{
    static const struct {
        const char *in, *out;
    } T[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:db8::", "2001:db8::"},
        {"2001:DB8::ABCD", "2001:db8::abcd"},
        {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, /* one zero group stays */
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    /* the first of equal runs */
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          /* the longest run */
        {"0:0:1::", "0:0:1::"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"}, /* "::" for one group */
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"1:0:0:4::8", "1:0:0:4::8"},
        {"0:0:0:0:0:0:0:0", "::"},
        {"fe80::a00:27ff:fe4e:66a1", "fe80::a00:27ff:fe4e:66a1"},
        {"::ffff:192.0.2.1", "192.0.2.1"}, /* mapped is IPv4 */
        {"::FFFF:c000:201", "192.0.2.1"},
        {"0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"},
        {"::192.0.2.1", "::c000:201"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_ip ip;
        char text[BW_IP_TEXT_MAX];
        bool ok = bw_ip_parse(bw_view_z(T[i].in), &ip);
        size_t n = ok ? bw_ip_format(&ip, text) : 0;
        SUBTEST(T[i].in, ok && n == strlen(text) && strcmp(text, T[i].out) == 0);
    }
}

BW_TEST(addresses_refused)
{
    static const char *const T[] = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.",
        ".1.2.3",
        "1..2.3",
        "1.2.3.256",
        "1.2.3.1000",
        "01.2.3.4",
        "1.2.3.00",
        "1.2.3.04",
        "0x1.2.3.4",
        "1.2.3.4 ",
        " 1.2.3.4",
        "+1.2.3.4",
        "-1.2.3.4",
        "1.2.3.4/32",
        "1,2,3,4",
        "16909060",
        ":",
        ":::",
        ":1",
        "1:",
        "1:2",
        "1::2::3",
        "::1::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8",
        "12345::",
        "::g",
        "::1%eth0",
        "fe80::1%1",
        "[::1]",
        "::1.2.3",
        "::1.2.3.256",
        "::01.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1.2.3.4:5",
        "1.2.3.4::",
        "::1 ",
        "0000:0000:0000:0000:0000:ffff:0255.0255.0255.0255",
        "１.2.3.4",
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_ip ip, before;
        memset(&ip, 0x5a, sizeof(ip));
        before = ip;
        bool ok = bw_ip_parse(bw_view_z(T[i]), &ip);
        SUBTEST(T[i][0] ? T[i] : "empty", !ok && bw_ip_cmp(&ip, &before) == 0);
    }
    struct bw_ip ip;
    CHECK(!bw_ip_parse(BW_V("1.2.3.4\0"), &ip));
}

/* Random spellings from the alphabet of addresses: we agree with libc but for leading zeros. */
BW_TEST(agrees_with_libc)
{
    static const char ALPHABET[] = "::::..0125faF";
    bw_random_fix(1);
    bool same = true;
    for (int round = 0; same && round < 200000; round++) {
        char text[24];
        size_t n = 2 + bw_random_below(BW_RANDOM_TEST, sizeof(text) - 3);
        for (size_t i = 0; i < n; i++)
            text[i] = ALPHABET[bw_random_below(BW_RANDOM_TEST, sizeof(ALPHABET) - 1)];
        text[n] = '\0';
        struct bw_ip ip, other;
        bool ok = bw_ip_parse(bw_view_of(text, n), &ip);
        bool libc = inet_pton(AF_INET6, text, other.b) == 1;
        if (strchr(text, ':'))
            same = ok == libc && (!ok || bw_ip_cmp(&ip, &other) == 0);
        if (!same)
            printf("# differs: %s\n", text);
    }
    bw_random_free_run();
    CHECK(same);
}

BW_TEST(format_comes_back)
{
    bw_random_fix(2);
    bool same = true;
    for (int round = 0; same && round < 100000; round++) {
        struct bw_ip ip, back, other;
        char text[BW_IP_TEXT_MAX];
        bw_random_bytes(BW_RANDOM_TEST, ip.b, sizeof(ip.b));
        uint64_t zeros = bw_random_below(BW_RANDOM_TEST, 256);
        for (size_t i = 0; i < 8; i++)
            if (zeros >> i & 1)
                ip.b[2 * i] = ip.b[2 * i + 1] = 0;
        size_t n = bw_ip_format(&ip, text);
        same = bw_ip_parse(bw_view_of(text, n), &back) && bw_ip_cmp(&ip, &back) == 0 &&
               inet_pton(AF_INET6, text, other.b) == 1 && bw_ip_cmp(&ip, &other) == 0;
    }
    bw_random_free_run();
    CHECK(same);
}

static struct bw_ip ip_of(const char *z)
{
    struct bw_ip ip = {{0}};
    BW_ASSERT(bw_ip_parse(bw_view_z(z), &ip));
    return ip;
}

BW_TEST(families_and_order)
{
    static const char *const UP[] = {"::",         "::1",         "0.0.0.0",   "192.0.2.1",
                                     "192.0.2.10", "255.0.0.0",   "64:ff9b::", "2001:db8::",
                                     "ffff::",     "ffff:ffff::1"};
    for (size_t i = 0; i < BW_COUNT(UP); i++) {
        struct bw_ip a = ip_of(UP[i]);
        CHECK_INT(bw_ip_is_v4(&a), strchr(UP[i], '.') != NULL);
        for (size_t k = 0; k < BW_COUNT(UP); k++) {
            struct bw_ip b = ip_of(UP[k]);
            CHECK_INT(bw_ip_cmp(&a, &b), (i > k) - (i < k));
        }
    }
}

static const struct {
    const char *in;
    bool special;
} SPECIAL[] = {
    {"0.0.0.0", true},
    {"0.255.255.255", true},
    {"1.0.0.0", false},
    {"9.255.255.255", false},
    {"10.0.0.0", true},
    {"10.255.255.255", true},
    {"11.0.0.0", false},
    {"100.63.255.255", false},
    {"100.64.0.0", true},
    {"100.100.100.200", true},
    {"100.127.255.255", true},
    {"100.128.0.0", false},
    {"126.255.255.255", false},
    {"127.0.0.1", true},
    {"127.255.255.255", true},
    {"128.0.0.0", false},
    {"168.63.129.16", true},
    {"168.63.129.17", false},
    {"169.254.169.254", true},
    {"169.253.255.255", false},
    {"172.15.255.255", false},
    {"172.16.0.1", true},
    {"172.31.255.255", true},
    {"172.32.0.0", false},
    {"192.0.0.192", true},
    {"192.0.1.0", false},
    {"192.0.2.1", true},
    {"192.88.99.1", true},
    {"192.167.255.255", false},
    {"192.168.1.1", true},
    {"198.17.255.255", false},
    {"198.18.0.0", true},
    {"198.19.255.255", true},
    {"198.20.0.0", false},
    {"198.51.100.9", true},
    {"203.0.113.200", true},
    {"203.0.114.0", false},
    {"223.255.255.255", false},
    {"224.0.0.1", true},
    {"239.255.255.250", true},
    {"240.0.0.1", true},
    {"255.255.255.255", true},
    {"8.8.8.8", false},
    {"::", true},
    {"::1", true},
    {"::2", true},
    {"::ffff:10.0.0.1", true},
    {"::ffff:8.8.8.8", false},
    {"::8.8.8.8", true},
    {"::ffff:0:8.8.8.8", true},
    {"64:ff9b::8.8.8.8", false},
    {"64:ff9b::10.0.0.1", true},
    {"64:ff9b::169.254.169.254", true},
    {"64:ff9b:1::1", true},
    {"100::1", true},
    {"1fff:ffff::", true},
    {"2001::1", true},
    {"2001:1ff:ffff::", true},
    {"2001:200::", false},
    {"2001:db8::1", true},
    {"2001:db7::1", false},
    {"2001:db9::1", false},
    {"2002:a00:1::", true},
    {"2003::1", false},
    {"2606:4700::1111", false},
    {"2a00:1450::1", false},
    {"3fff:0::1", true},
    {"3fff:fff::1", true},
    {"3fff:1000::1", false},
    {"4000::", true},
    {"5f00::1", true},
    {"fc00::1", true},
    {"fd00:ec2::254", true},
    {"fe80::1", true},
    {"fec0::1", true},
    {"ff02::1", true},
};

BW_TEST(special_ranges)
{
    for (size_t i = 0; i < BW_COUNT(SPECIAL); i++) {
        struct bw_ip ip = ip_of(SPECIAL[i].in);
        SUBTEST(SPECIAL[i].in, bw_ip_is_special(&ip) == SPECIAL[i].special);
    }
}

BW_TEST(prefixes_taken)
{
    static const struct {
        const char *in, *out, *last;
        uint8_t bits;
    } T[] = {
        {"192.0.2.0/24", "192.0.2.0/24", "192.0.2.255", 120},
        {"192.0.2.7", "192.0.2.7/32", "192.0.2.7", 128},
        {"192.0.2.7/32", "192.0.2.7/32", "192.0.2.7", 128},
        {"0.0.0.0/0", "0.0.0.0/0", "255.255.255.255", 96},
        {"128.0.0.0/1", "128.0.0.0/1", "255.255.255.255", 97},
        {"10.32.0.0/11", "10.32.0.0/11", "10.63.255.255", 107},
        {"::/0", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0},
        {"::", "::/128", "::", 128},
        {"2001:db8::/32", "2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 32},
        {"2001:db8:8000::/33", "2001:db8:8000::/33", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 33},
        {"2001:db8::1", "2001:db8::1/128", "2001:db8::1", 128},
        {"::ffff:192.0.2.0/120", "192.0.2.0/24", "192.0.2.255", 120},
        {"::ffff:0:0/96", "0.0.0.0/0", "255.255.255.255", 96},
        {"::fffe:0:0/95", "::fffe:0:0/95", "255.255.255.255", 95},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_prefix p = {0};
        struct bw_err err;
        char text[BW_PREFIX_TEXT_MAX];
        bool ok = bw_prefix_parse(bw_view_z(T[i].in), &p, &err) == BW_OK;
        size_t n = bw_prefix_format(&p, text);
        struct bw_ip last = bw_prefix_last(&p), want = ip_of(T[i].last);
        SUBTEST(T[i].in, ok && p.bits == T[i].bits && n == strlen(text) &&
                             strcmp(text, T[i].out) == 0 && bw_ip_cmp(&last, &want) == 0);
    }
}

BW_TEST(prefixes_refused)
{
    static const struct {
        const char *in, *hint; /* hint: part of the message */
    } T[] = {
        {"", "is not an IP address"},
        {"/24", "is not an IP address"},
        {"192.0.2/24", "is not an IP address"},
        {"192.0.2.0/", "from 0 to 32"},
        {"192.0.2.0/33", "from 0 to 32"},
        {"192.0.2.0/024", "from 0 to 32"},
        {"192.0.2.0/-1", "from 0 to 32"},
        {"192.0.2.0/+24", "from 0 to 32"},
        {"192.0.2.0/24 ", "from 0 to 32"},
        {"192.0.2.0/24/24", "from 0 to 32"},
        {"192.0.2.0/255.255.255.0", "from 0 to 32"},
        {"192.0.2.0/99999999999999999999", "from 0 to 32"},
        {"2001:db8::/129", "from 0 to 128"},
        {"::ffff:192.0.2.0/129", "from 0 to 128"},
        {"192.0.2.1/24", "probably meant: 192.0.2.0/24"},
        {"192.0.2.255/0", "probably meant: 0.0.0.0/0"},
        {"192.0.2.1/31", "probably meant: 192.0.2.0/31"},
        {"2001:db8::1/32", "probably meant: 2001:db8::/32"},
        {"::1/0", "probably meant: ::/0"},
        {"::ffff:192.0.2.0/24", "probably meant: ::/24"},
        {"fe80::1%eth0/64", "is not an IP address"},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_prefix p = {.bits = 77};
        struct bw_err err = {0};
        enum bw_rc rc = bw_prefix_parse(bw_view_z(T[i].in), &p, &err);
        SUBTEST(T[i].in[0] ? T[i].in : "empty",
                rc == BW_INVALID && p.bits == 77 && strstr(err.message, T[i].hint));
    }
    struct bw_prefix p;
    CHECK_INT(bw_prefix_parse(BW_V("x"), &p, NULL), BW_INVALID);
}

BW_TEST(prefix_has)
{
    static const struct {
        const char *prefix, *ip;
        bool has;
    } T[] = {
        {"192.0.2.0/24", "192.0.2.0", true},
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.0/24", "192.0.1.255", false},
        {"192.0.2.0/24", "::c000:201", false},
        {"10.32.0.0/11", "10.63.1.1", true},
        {"10.32.0.0/11", "10.64.1.1", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "8.8.8.8", true},
        {"::/0", "ffff::", true},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_prefix p = {0};
        struct bw_ip ip = ip_of(T[i].ip);
        char name[100];
        snprintf(name, sizeof(name), "%s in %s: %s", T[i].ip, T[i].prefix, T[i].has ? "yes" : "no");
        bool ok = bw_prefix_parse(bw_view_z(T[i].prefix), &p, NULL) == BW_OK;
        SUBTEST(name, ok && bw_prefix_has(&p, &ip) == T[i].has);
    }
}

BW_TEST_MAIN()
