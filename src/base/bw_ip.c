/* SPDX-License-Identifier: Apache-2.0 */
/* bw_ip - own parser, because inet_pton() wants a terminated copy and because what counts as an
 * address decides who is blocked: every spelling that is read differently somewhere is refused.
 *
 * Text in: RFC 4291 section 2.2, IPv4 as four decimals without leading zeros. Text out: RFC 5952.
 * Import reads tens of millions of these, so nothing allocates. Fuzzed by fuzz_bw_text. */
#include "bw_ip.h"

enum { V4_AT = 12, V4_BITS_AT = 96, GROUPS = 8 };

static const uint8_t V4_HEAD[V4_AT] = {[10] = 0xff, [11] = 0xff};

/* Four decimals 0..255, whole view. */
static bool parse_v4(struct bw_view v, uint8_t out[4])
{
    size_t at = 0;
    for (size_t part = 0; part < 4; part++) {
        unsigned sum = 0;
        size_t start = at;
        if (part > 0) {
            if (at >= v.n || v.p[at] != '.')
                return false;
            start = ++at;
        }
        for (; at < v.n && at - start < 3 && v.p[at] >= '0' && v.p[at] <= '9'; at++)
            sum = sum * 10 + (unsigned)(v.p[at] - '0');
        if (at == start || sum > 255 || (at - start > 1 && v.p[start] == '0'))
            return false;
        out[part] = (uint8_t)sum;
    }
    return at == v.n;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One to four hexadecimal digits at *at. */
static bool parse_group(struct bw_view v, size_t *at, uint8_t out[2])
{
    unsigned sum = 0;
    size_t start = *at, i = start;
    for (int digit; i < v.n && i - start < 4 && (digit = hex_value(v.p[i])) >= 0; i++)
        sum = sum << 4 | (unsigned)digit;
    if (i == start)
        return false;
    out[0] = (uint8_t)(sum >> 8);
    out[1] = (uint8_t)sum;
    *at = i;
    return true;
}

/* Moves what stands behind "::" (found after GAP_AT bytes) to the end. */
static bool close_gap(uint8_t b[16], size_t gap_at, size_t used)
{
    if (gap_at == SIZE_MAX)
        return used == 16;
    if (used > 14) /* "::" stands for at least one group */
        return false;
    size_t behind = used - gap_at;
    memmove(b + 16 - behind, b + gap_at, behind);
    memset(b + gap_at, 0, 16 - used);
    return true;
}

static bool parse_v6(struct bw_view v, uint8_t out[16])
{
    uint8_t b[16];
    size_t used = 0, at = 0, gap_at = SIZE_MAX;
    if (bw_view_starts(v, BW_V("::"))) {
        gap_at = 0;
        at = 2;
    }
    while (at < v.n) {
        size_t start = at;
        if (used > 14 || !parse_group(v, &at, b + used))
            return false;
        if (at < v.n && v.p[at] == '.') { /* the last 32 bits as IPv4 */
            if (used > 12 || !parse_v4(bw_view_from(v, start), b + used))
                return false;
            used += 4;
            break;
        }
        used += 2;
        if (at == v.n)
            break;
        if (v.p[at++] != ':' || at == v.n)
            return false;
        if (v.p[at] == ':') {
            if (gap_at != SIZE_MAX)
                return false;
            gap_at = used;
            at++;
        }
    }
    if (!close_gap(b, gap_at, used))
        return false;
    memcpy(out, b, 16);
    return true;
}

/* *ret_v6_text: written with colons, so that a prefix length counts 128 bits. */
static bool parse_any(struct bw_view v, struct bw_ip *ret, bool *ret_v6_text)
{
    struct bw_ip ip;
    if (v.n < 2 || v.n >= BW_IP_TEXT_MAX)
        return false;
    *ret_v6_text = bw_view_find_byte(bw_view_head(v, 5), ':') != SIZE_MAX;
    if (*ret_v6_text) {
        if (!parse_v6(v, ip.b))
            return false;
    } else {
        memcpy(ip.b, V4_HEAD, V4_AT);
        if (!parse_v4(v, ip.b + V4_AT))
            return false;
    }
    *ret = ip;
    return true;
}

bool bw_ip_parse(struct bw_view v, struct bw_ip *ret)
{
    bool v6_text;
    return parse_any(v, ret, &v6_text);
}

bool bw_ip_is_v4(const struct bw_ip *ip)
{
    return memcmp(ip->b, V4_HEAD, V4_AT) == 0;
}

int bw_ip_cmp(const struct bw_ip *a, const struct bw_ip *b)
{
    int order = memcmp(a->b, b->b, 16);
    return (order > 0) - (order < 0);
}

static char *put_decimal(char *out, unsigned v)
{
    if (v >= 100)
        *out++ = (char)('0' + v / 100);
    if (v >= 10)
        *out++ = (char)('0' + v / 10 % 10);
    *out++ = (char)('0' + v % 10);
    return out;
}

static char *put_v4(char *out, const uint8_t b[4])
{
    for (size_t i = 0; i < 4; i++) {
        if (i)
            *out++ = '.';
        out = put_decimal(out, b[i]);
    }
    return out;
}

static char *put_group(char *out, unsigned v)
{
    static const char HEX[] = "0123456789abcdef";
    for (unsigned shift = 12; shift > 0; shift -= 4)
        if (v >> shift)
            *out++ = HEX[v >> shift & 15];
    *out++ = HEX[v & 15];
    return out;
}

/* RFC 5952 section 4.2: "::" for the longest run of at least two zero groups, the first of equals.
 */
static void longest_zeros(const unsigned groups[GROUPS], size_t *ret_at, size_t *ret_len)
{
    size_t best_at = GROUPS, best = 1;
    for (size_t i = 0; i < GROUPS; i++) {
        size_t len = 0;
        while (i + len < GROUPS && groups[i + len] == 0)
            len++;
        if (len > best) {
            best = len;
            best_at = i;
        }
        i += len;
    }
    *ret_at = best_at;
    *ret_len = best;
}

static char *put_v6(char *out, const uint8_t b[16])
{
    unsigned groups[GROUPS];
    size_t gap_at, gap_len;
    for (size_t i = 0; i < GROUPS; i++)
        groups[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
    longest_zeros(groups, &gap_at, &gap_len);
    for (size_t i = 0; i < GROUPS;) {
        if (i == gap_at) {
            *out++ = ':';
            *out++ = ':';
            i += gap_len;
            continue;
        }
        if (i > 0 && i != gap_at + gap_len)
            *out++ = ':';
        out = put_group(out, groups[i++]);
    }
    return out;
}

size_t bw_ip_format(const struct bw_ip *ip, char out[BW_IP_TEXT_MAX])
{
    char *end = bw_ip_is_v4(ip) ? put_v4(out, ip->b + V4_AT) : put_v6(out, ip->b);
    *end = '\0';
    return (size_t)(end - out);
}

/* The network mask's byte AT for a prefix of BITS. */
static uint8_t mask_byte(unsigned bits, unsigned at)
{
    if (bits >= 8 * (at + 1))
        return 0xff;
    return (uint8_t)(bits <= 8 * at ? 0 : 0xff00U >> (bits - 8 * at));
}

static bool same_front(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, more = bits % 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    return more == 0 || ((a[whole] ^ b[whole]) >> (8 - more)) == 0;
}

/* IANA IPv4 Special-Purpose Address Registry (RFC 6890), multicast (RFC 5771), former class E, and
 * the one cloud metadata address outside those ranges. 169.254.169.254 is link-local. */
static const struct {
    uint8_t b[4], bits;
} SPECIAL_V4[] = {
    {{0, 0, 0, 0}, 8},        {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10},  {{127, 0, 0, 0}, 8},
    {{168, 63, 129, 16}, 32}, {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},  {{192, 0, 0, 0}, 24},
    {{192, 0, 2, 0}, 24},     {{192, 88, 99, 0}, 24}, {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15},
    {{198, 51, 100, 0}, 24},  {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 3},
};

/* Exceptions inside 2000::/3, which is all of IPv6 that is given out for use on the Internet (RFC
 * 4291 section 2.4): protocol assignments with Teredo, documentation (two), 6to4. */
static const struct {
    uint8_t b[4], bits;
} SPECIAL_V6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23},
    {{0x20, 0x01, 0x0d, 0xb8}, 32},
    {{0x20, 0x02, 0x00, 0x00}, 16},
    {{0x3f, 0xff, 0x00, 0x00}, 20},
};

static bool v4_is_special(const uint8_t b[4])
{
    for (size_t i = 0; i < BW_COUNT(SPECIAL_V4); i++)
        if (same_front(b, SPECIAL_V4[i].b, SPECIAL_V4[i].bits))
            return true;
    return false;
}

bool bw_ip_is_special(const struct bw_ip *ip)
{
    static const uint8_t NAT64[V4_AT] = {0x00, 0x64, 0xff, 0x9b}; /* RFC 6052 */
    if (bw_ip_is_v4(ip) || memcmp(ip->b, NAT64, V4_AT) == 0)
        return v4_is_special(ip->b + V4_AT);
    if (ip->b[0] >> 5 != 1)
        return true;
    for (size_t i = 0; i < BW_COUNT(SPECIAL_V6); i++)
        if (same_front(ip->b, SPECIAL_V6[i].b, SPECIAL_V6[i].bits))
            return true;
    return false;
}

/* Decimal without leading zeros, at most MOST. */
static bool parse_bits(struct bw_view v, unsigned most, unsigned *ret)
{
    int64_t bits;
    if (v.n == 0 || v.n > 3 || v.p[0] == '-' || (v.n > 1 && v.p[0] == '0') ||
        !bw_view_int(v, &bits) || bits > most)
        return false;
    *ret = (unsigned)bits;
    return true;
}

enum bw_rc bw_prefix_parse(struct bw_view v, struct bw_prefix *ret, struct bw_err *err)
{
    struct bw_ip ip;
    bool v6_text;
    struct bw_view shown = bw_utf8_head(v, BW_PREFIX_TEXT_MAX);
    size_t slash = bw_view_find_byte(v, '/');
    if (!parse_any(bw_view_head(v, slash), &ip, &v6_text))
        return bw_fail(
            err, BW_INVALID,
            "\"%.*s\" is not an IP address or network like 192.0.2.0/24 or 2001:db8::/32",
            BW_VF(shown));
    unsigned most = v6_text ? 128 : 32, bits = most;
    if (slash != SIZE_MAX && !parse_bits(bw_view_from(v, slash + 1), most, &bits))
        return bw_fail(err, BW_INVALID, "\"%.*s\": the prefix length must be a number from 0 to %u",
                       BW_VF(shown), most);
    struct bw_prefix p = {.first = ip, .bits = (uint8_t)(bits + (v6_text ? 0 : V4_BITS_AT))};
    for (unsigned i = 0; i < 16; i++)
        p.first.b[i] &= mask_byte(p.bits, i);
    if (bw_ip_cmp(&p.first, &ip) != 0) {
        char meant[BW_PREFIX_TEXT_MAX];
        bw_prefix_format(&p, meant);
        return bw_fail(err, BW_INVALID,
                       "\"%.*s\" has bits set behind its prefix; probably meant: %s", BW_VF(shown),
                       meant);
    }
    *ret = p;
    return BW_OK;
}

size_t bw_prefix_format(const struct bw_prefix *p, char out[BW_PREFIX_TEXT_MAX])
{
    bool v4 = p->bits >= V4_BITS_AT && bw_ip_is_v4(&p->first);
    size_t n = bw_ip_format(&p->first, out);
    out[n] = '/';
    char *end = put_decimal(out + n + 1, p->bits - (v4 ? (unsigned)V4_BITS_AT : 0));
    *end = '\0';
    return (size_t)(end - out);
}

struct bw_ip bw_prefix_last(const struct bw_prefix *p)
{
    struct bw_ip last = p->first;
    for (unsigned i = 0; i < 16; i++)
        last.b[i] = (uint8_t)(last.b[i] | (uint8_t)~mask_byte(p->bits, i));
    return last;
}

bool bw_prefix_has(const struct bw_prefix *p, const struct bw_ip *ip)
{
    return same_front(p->first.b, ip->b, p->bits);
}
