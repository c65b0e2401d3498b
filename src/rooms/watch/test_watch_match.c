/* SPDX-License-Identifier: Apache-2.0 */
/* The match snapshot against a search that looks at every claim, and the table of who is told. */
#include "watch_match.h"

#include "bw_random.h"
#include "bw_test.h"

#include <stdlib.h>

static struct bw_prefix prefix(const char *text)
{
    struct bw_prefix p = {0};
    struct bw_err err;
    BW_ASSERT(bw_prefix_parse(bw_view_z(text), &p, &err) == BW_OK);
    return p;
}

static struct bw_ip address(const char *text)
{
    struct bw_ip ip;
    BW_ASSERT(bw_ip_parse(bw_view_z(text), &ip));
    return ip;
}

static struct watch_match *make(const struct watch_claim *claims, size_t n)
{
    struct watch_match *m = NULL;
    struct bw_err err;
    BW_ASSERT(watch_match_new(claims, n, 1, &m, &err) == BW_OK);
    return m;
}

/* -- who is told ------------------------------------------------------------------------------- */

enum { A = 1, B = 2, C = 3 };
struct row_claim {
    const char *cidr;
    int organisation;
    bool verified;
};
static const struct {
    const char *name;
    struct row_claim claims[4];
    const char *ip;
    enum watch_told told;
    int organisation;
} TOLD[] = {
    {"no claims", {{0}}, "192.0.2.1", WATCH_TOLD_NOBODY, 0},
    {"beside the block", {{"192.0.2.0/25", A, true}}, "192.0.2.128", WATCH_TOLD_NOBODY, 0},
    {"in the block", {{"192.0.2.0/25", A, true}}, "192.0.2.127", WATCH_TOLD_ORGANISATION, A},
    {"unverified shows nothing", {{"192.0.2.0/24", A, false}}, "192.0.2.1", WATCH_TOLD_NOBODY, 0},
    {"the most specific",
     {{"192.0.2.0/24", A, true}, {"192.0.2.8/29", B, true}},
     "192.0.2.9",
     WATCH_TOLD_ORGANISATION,
     B},
    {"the wider one outside it",
     {{"192.0.2.0/24", A, true}, {"192.0.2.8/29", B, true}},
     "192.0.2.16",
     WATCH_TOLD_ORGANISATION,
     A},
    {"a pending claim takes nothing away",
     {{"192.0.2.0/24", A, true}, {"192.0.2.8/29", B, false}},
     "192.0.2.9",
     WATCH_TOLD_ORGANISATION,
     A},
    {"a pending rival neither",
     {{"192.0.2.0/24", A, true}, {"192.0.2.0/24", B, false}},
     "192.0.2.9",
     WATCH_TOLD_ORGANISATION,
     A},
    {"rivals: the operator's",
     {{"192.0.2.0/24", A, true}, {"192.0.2.0/24", B, true}},
     "192.0.2.9",
     WATCH_TOLD_STAFF,
     0},
    {"a specific one above rivals",
     {{"192.0.2.0/24", A, true}, {"192.0.2.0/24", B, true}, {"192.0.2.9/32", C, true}},
     "192.0.2.9",
     WATCH_TOLD_ORGANISATION,
     C},
    {"rivals within a provider",
     {{"192.0.0.0/16", C, true}, {"192.0.2.0/24", A, true}, {"192.0.2.0/24", B, true}},
     "192.0.2.9",
     WATCH_TOLD_STAFF,
     0},
    {"IPv6",
     {{"2001:db8::/32", A, true}, {"2001:db8:5::/48", B, true}},
     "2001:db8:5::1",
     WATCH_TOLD_ORGANISATION,
     B},
    {"a mapped address is IPv4",
     {{"192.0.2.0/24", A, true}},
     "::ffff:192.0.2.7",
     WATCH_TOLD_ORGANISATION,
     A},
    {"the first address of all", {{"0.0.0.0/8", A, true}}, "0.0.0.0", WATCH_TOLD_ORGANISATION, A},
    {"the last address of all",
     {{"255.0.0.0/8", A, true}},
     "255.255.255.255",
     WATCH_TOLD_ORGANISATION,
     A},
    {"the last IPv6 address",
     {{"ff00::/8", A, true}},
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     WATCH_TOLD_ORGANISATION,
     A},
    {"two halves",
     {{"192.0.2.0/25", A, true}, {"192.0.2.128/25", B, true}},
     "192.0.2.128",
     WATCH_TOLD_ORGANISATION,
     B},
};

BW_TEST(disclosure)
{
    for (size_t i = 0; i < BW_COUNT(TOLD); i++) {
        struct watch_claim claims[4];
        size_t n = 0;
        for (size_t j = 0; j < 4 && TOLD[i].claims[j].cidr; j++, n++)
            claims[n] =
                (struct watch_claim){prefix(TOLD[i].claims[j].cidr), (int64_t)(j + 1),
                                     TOLD[i].claims[j].organisation, TOLD[i].claims[j].verified};
        struct watch_match *m = make(claims, n);
        struct bw_ip ip = address(TOLD[i].ip);
        struct watch_disclosure d = watch_match_disclose(m, watch_match_find(m, &ip));
        SUBTEST(TOLD[i].name, d.told == TOLD[i].told && d.organisation_id == TOLD[i].organisation);
        watch_match_unref(m);
    }
}

BW_TEST(rivals_are_seen_from_both_sides)
{
    const struct watch_claim claims[] = {{prefix("10.0.0.0/16"), 1, A, true},
                                         {prefix("10.0.3.0/24"), 2, B, false},
                                         {prefix("10.9.0.0/24"), 3, C, true},
                                         {prefix("2001:db8::/32"), 4, C, true}};
    struct watch_match *m = make(claims, BW_COUNT(claims));
    CHECK(watch_match_rival(m, &claims[0].prefix, A));
    CHECK(watch_match_rival(m, &claims[1].prefix, B));
    CHECK(!watch_match_rival(m, &claims[2].prefix, C));
    CHECK(!watch_match_rival(m, &claims[3].prefix, C));
    struct bw_prefix inside = prefix("10.0.3.128/25"), apart = prefix("10.1.0.0/16");
    CHECK(watch_match_rival(m, &inside, B)); /* A holds the /16 around it */
    CHECK(!watch_match_rival(m, &apart, B));
    watch_match_unref(m);
}

/* -- against the slow reference ---------------------------------------------------------------- */

enum { CLAIMS = 400, LOOKUPS = 4000, ROUNDS = 12 };

static uint64_t below(uint64_t bound)
{
    return bw_random_below(BW_RANDOM_TEST, bound);
}

/* Few distinct bytes, so that blocks nest and touch; first and last addresses come up too. */
static struct bw_ip random_ip(bool v4)
{
    static const uint8_t bytes[] = {0, 0, 1, 10, 127, 128, 192, 255};
    struct bw_ip ip = {{0}};
    if (v4)
        ip.b[10] = ip.b[11] = 0xff;
    else
        ip.b[0] = below(4) ? 0x20 : 0xff;
    for (int i = v4 ? 12 : 1; i < 16; i++)
        ip.b[i] = below(6) ? bytes[below(BW_COUNT(bytes))] : (uint8_t)below(256);
    return ip;
}

static struct bw_prefix random_prefix(void)
{
    bool v4 = below(2);
    struct bw_prefix p = {random_ip(v4), (uint8_t)(v4 ? 96 + 1 + below(32) : 1 + below(128))};
    for (int bit = p.bits; bit < 128; bit++)
        p.first.b[bit / 8] &= (uint8_t) ~(0x80 >> (bit % 8));
    return p;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static size_t all_slow(const struct watch_claim *claims, size_t n, const struct bw_ip *ip,
                       int64_t *out)
{
    size_t got = 0;
    for (size_t i = 0; i < n; i++)
        if (bw_prefix_has(&claims[i].prefix, ip) &&
            (claims[i].prefix.bits >= 96) >= bw_ip_is_v4(ip))
            out[got++] = claims[i].network_id;
    return got;
}

static size_t all_fast(const struct watch_match *m, const struct bw_ip *ip, int64_t *out)
{
    size_t got = 0;
    const struct watch_claim *claims;
    for (uint32_t node = watch_match_find(m, ip); node != WATCH_NO_NODE;) {
        size_t n = watch_match_node(m, node, &claims, &node);
        for (size_t i = 0; i < n; i++)
            out[got++] = claims[i].network_id;
    }
    return got;
}

static bool told_right(const struct watch_claim *claims, size_t n, const struct bw_ip *ip,
                       struct watch_disclosure d)
{
    int best = -1;
    int64_t who = 0;
    bool rivals = false;
    for (size_t i = 0; i < n; i++) {
        const struct watch_claim *c = &claims[i];
        if (!c->verified || !bw_prefix_has(&c->prefix, ip) ||
            (c->prefix.bits < 96 && bw_ip_is_v4(ip)))
            continue;
        if (c->prefix.bits > best) {
            best = c->prefix.bits;
            who = c->organisation_id;
            rivals = false;
        } else if (c->prefix.bits == best && c->organisation_id != who) {
            rivals = true;
        }
    }
    enum watch_told told = best < 0 ? WATCH_TOLD_NOBODY
                           : rivals ? WATCH_TOLD_STAFF
                                    : WATCH_TOLD_ORGANISATION;
    return d.told == told && (told != WATCH_TOLD_ORGANISATION || d.organisation_id == who);
}

/* An address near the edge of some block: where mistakes are. */
static struct bw_ip edge(const struct watch_claim *c)
{
    struct bw_ip ip = below(2) ? c->prefix.first : bw_prefix_last(&c->prefix);
    int by = (int)below(3) - 1;
    for (int i = 15; i >= (bw_ip_is_v4(&ip) ? 12 : 0) && by; i--) {
        int v = ip.b[i] + by;
        ip.b[i] = (uint8_t)v;
        by = v < 0 ? -1 : v > 255 ? 1 : 0;
    }
    return ip;
}

static bool round_is_right(size_t n, int64_t *matched)
{
    static struct watch_claim claims[CLAIMS];
    static int64_t slow[CLAIMS], fast[CLAIMS];
    for (size_t i = 0; i < n; i++)
        claims[i] = (struct watch_claim){random_prefix(), (int64_t)(i + 1), 1 + (int64_t)below(5),
                                         below(3) > 0};
    struct watch_match *m = make(claims, n);
    bool ok = true;
    for (size_t i = 0; i < LOOKUPS && ok; i++) {
        struct bw_ip ip = n && below(2) ? edge(&claims[below(n)]) : random_ip(below(2));
        size_t a = all_slow(claims, n, &ip, slow), b = all_fast(m, &ip, fast);
        qsort(slow, a, sizeof(*slow), by_number);
        qsort(fast, b, sizeof(*fast), by_number);
        ok = a == b && memcmp(slow, fast, a * sizeof(*slow)) == 0 &&
             told_right(claims, n, &ip, watch_match_disclose(m, watch_match_find(m, &ip)));
        *matched += b > 0;
    }
    watch_match_unref(m);
    return ok;
}

BW_TEST(equals_the_linear_search)
{
    static const size_t sizes[ROUNDS] = {0, 1, 2, 3, 5, 10, 30, 60, 100, 200, 300, CLAIMS};
    int64_t matched = 0;
    bw_random_fix(20261121);
    for (size_t i = 0; i < ROUNDS; i++)
        CHECK(round_is_right(sizes[i], &matched));
    CHECK(matched > LOOKUPS); /* the test looks at something */
    bw_random_free_run();
}

BW_TEST(whoever_holds_it_may_go_on)
{
    const struct watch_claim claim = {prefix("192.0.2.0/24"), 1, A, true};
    struct watch_match *m = make(&claim, 1), *again = watch_match_ref(m);
    struct bw_ip ip = address("192.0.2.1");
    watch_match_unref(m);
    CHECK(watch_match_find(again, &ip) != WATCH_NO_NODE);
    CHECK_INT(watch_match_version(again), 1);
    watch_match_unref(again);
    watch_match_unref(NULL);
}

BW_TEST_MAIN()
