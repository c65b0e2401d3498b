/* SPDX-License-Identifier: Apache-2.0 */
/* join_alike - see join_alike.h. The tables are short on purpose: what a person in front of a
 * screen confuses, not what Unicode could. */
#include "join_alike.h"

/* Both columns in order: the first is searched, the second is what is seen. */
static const struct {
    uint16_t from;
    char to[3];
} SEEN[] = {
    {'0', "o"},    {'1', "l"},    {'i', "l"},   {'m', "rn"},  {'w', "vv"},   {0xDF, "b"},
    {0xE0, "a"},   {0xE1, "a"},   {0xE2, "a"},  {0xE3, "a"},  {0xE4, "a"},   {0xE5, "a"},
    {0xE7, "c"},   {0xE8, "e"},   {0xE9, "e"},  {0xEA, "e"},  {0xEB, "e"},   {0xEC, "l"},
    {0xED, "l"},   {0xEE, "l"},   {0xEF, "l"},  {0xF1, "n"},  {0xF2, "o"},   {0xF3, "o"},
    {0xF4, "o"},   {0xF5, "o"},   {0xF6, "o"},  {0xF8, "o"},  {0xF9, "u"},   {0xFA, "u"},
    {0xFB, "u"},   {0xFC, "u"},   {0xFD, "y"},  {0xFF, "y"},  {0x101, "a"},  {0x103, "a"},
    {0x105, "a"},  {0x107, "c"},  {0x109, "c"}, {0x10B, "c"}, {0x10D, "c"},  {0x10F, "d"},
    {0x111, "d"},  {0x113, "e"},  {0x115, "e"}, {0x117, "e"}, {0x119, "e"},  {0x11B, "e"},
    {0x11F, "g"},  {0x121, "g"},  {0x123, "g"}, {0x127, "h"}, {0x129, "l"},  {0x12B, "l"},
    {0x12F, "l"},  {0x131, "l"},  {0x137, "k"}, {0x13A, "l"}, {0x13C, "l"},  {0x142, "l"},
    {0x144, "n"},  {0x146, "n"},  {0x148, "n"}, {0x14D, "o"}, {0x151, "o"},  {0x155, "r"},
    {0x159, "r"},  {0x15B, "s"},  {0x15F, "s"}, {0x161, "s"}, {0x163, "t"},  {0x165, "t"},
    {0x16B, "u"},  {0x16F, "u"},  {0x171, "u"}, {0x17A, "z"}, {0x17C, "z"},  {0x17E, "z"},
    {0x1A1, "o"},  {0x1B0, "u"},  {0x251, "a"}, {0x261, "g"}, {0x269, "l"},  {0x3B1, "a"},
    {0x3B3, "y"},  {0x3B5, "e"},  {0x3B7, "n"}, {0x3B9, "l"}, {0x3BA, "k"},  {0x3BD, "v"},
    {0x3BF, "o"},  {0x3C1, "p"},  {0x3C3, "o"}, {0x3C4, "t"}, {0x3C5, "u"},  {0x3C7, "x"},
    {0x3C9, "vv"}, {0x3F2, "c"},  {0x430, "a"}, {0x432, "b"}, {0x433, "r"},  {0x435, "e"},
    {0x43A, "k"},  {0x43C, "rn"}, {0x43D, "h"}, {0x43E, "o"}, {0x43F, "n"},  {0x440, "p"},
    {0x441, "c"},  {0x442, "t"},  {0x443, "y"}, {0x445, "x"}, {0x44C, "b"},  {0x451, "e"},
    {0x455, "s"},  {0x456, "l"},  {0x457, "l"}, {0x458, "j"}, {0x461, "vv"}, {0x475, "v"},
    {0x4BB, "h"},  {0x4CF, "l"},  {0x501, "d"}, {0x51B, "q"}, {0x51D, "vv"}, {0x561, "vv"},
    {0x578, "n"},  {0x57D, "u"},  {0x585, "o"},
};

/* Endings of two labels under which anybody registers. Not the Public Suffix List: a domain that
 * is cut wrongly here is compared a little too coarsely, no more. */
static const char *const ENDINGS[] = {
    "com.hk", "org.hk", "edu.hk", "gov.hk", "net.hk", "idv.hk", "com.cn", "org.cn", "edu.cn",
    "gov.cn", "net.cn", "com.mo", "org.mo", "edu.mo", "gov.mo", "com.tw", "org.tw", "edu.tw",
    "gov.tw", "com.sg", "org.sg", "edu.sg", "gov.sg", "co.uk",  "org.uk", "ac.uk",  "gov.uk",
    "com.au", "org.au", "edu.au", "gov.au", "co.jp",  "or.jp",  "ac.jp",  "go.jp",  "co.kr",
    "or.kr",  "com.my", "co.th",  "co.in",  "com.br", "co.nz",  "com.ph", "com.vn",
};

/* Words of a name that say what kind of body it is. */
static const char *const FORMS[] = {"limited", "ltd", "company", "co",  "inc", "incorporated",
                                    "corp",    "plc", "llc",     "the", "hk",  "corporation"};

static uint32_t lower(uint32_t c)
{
    if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) ||
        (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
        return c + 32;
    if (c >= 0x400 && c <= 0x40F)
        return c + 80;
    if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177) || (c >= 0x460 && c <= 0x52F))
        return c == 0x4C0 ? 0x4CF : c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
        return c & 1 ? c + 1 : c;
    if (c >= 0xFF01 && c <= 0xFF5E) /* full width */
        return lower(c - 0xFEE0);
    return c;
}

static void put(struct join_skeleton *s, uint32_t c)
{
    if (s->n < JOIN_SKELETON_MAX)
        s->c[s->n++] = c;
}

static void put_seen(struct join_skeleton *s, uint32_t c)
{
    size_t low = 0, high = BW_COUNT(SEEN);
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (SEEN[mid].from < c)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == BW_COUNT(SEEN) || SEEN[low].from != c) {
        put(s, c);
        return;
    }
    for (const char *to = SEEN[low].to; *to; to++)
        put(s, (uint32_t)*to);
}

static bool same(const struct join_skeleton *a, const struct join_skeleton *b)
{
    return a->n == b->n && memcmp(a->c, b->c, a->n * sizeof(a->c[0])) == 0;
}

bool join_one_edit(const struct join_skeleton *a, const struct join_skeleton *b)
{
    size_t head = 0, x = a->n, y = b->n;
    while (head < x && head < y && a->c[head] == b->c[head])
        head++;
    while (x > head && y > head && a->c[x - 1] == b->c[y - 1]) {
        x--;
        y--;
    }
    x -= head;
    y -= head;
    if (x <= 1 && y <= 1)
        return true;
    return x == 2 && y == 2 && a->c[head] == b->c[head + 1] && a->c[head + 1] == b->c[head];
}

/* -- punycode (RFC 3492) ----------------------------------------------------------------------- */

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / 700 : delta / 2;
    for (delta += delta / points; delta > 455; k += 36)
        delta /= 35;
    return k + 36 * delta / (delta + 38);
}

static int digit(char c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    return c >= '0' && c <= '9' ? c - '0' + 26 : -1;
}

/* One generalized integer; false: not punycode. */
static bool read_delta(struct bw_view *rest, uint32_t bias, uint32_t *ret_i)
{
    uint32_t weight = 1;
    for (uint32_t k = 36;; k += 36) {
        int d = rest->n ? digit(rest->p[0]) : -1;
        if (d < 0)
            return false;
        *rest = bw_view_from(*rest, 1);
        if ((uint32_t)d > (UINT32_MAX - *ret_i) / weight)
            return false;
        *ret_i += (uint32_t)d * weight;
        uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        if ((uint32_t)d < t)
            return true;
        if (weight > UINT32_MAX / (36 - t))
            return false;
        weight *= 36 - t;
    }
}

/* What stands behind "xn--". False: it is none, and *ret is undefined. */
static bool unpunycode(struct bw_view text, struct join_skeleton *ret)
{
    uint32_t n = 128, i = 0, bias = 72;
    size_t basic = 0;
    for (size_t at = 0; at < text.n; at++)
        if (text.p[at] == '-')
            basic = at;
    ret->n = 0;
    for (size_t at = 0; at < basic; at++)
        put(ret, lower((unsigned char)text.p[at]));
    for (struct bw_view rest = bw_view_from(text, basic ? basic + 1 : 0); rest.n;) {
        uint32_t old = i, points = (uint32_t)ret->n + 1;
        if (!read_delta(&rest, bias, &i) || points > JOIN_SKELETON_MAX)
            return false;
        bias = adapt(i - old, points, old == 0);
        if (i / points > 0x10FFFF - n)
            return false;
        n += i / points;
        i %= points;
        memmove(ret->c + i + 1, ret->c + i, (ret->n - i) * sizeof(ret->c[0]));
        ret->c[i++] = n;
        ret->n++;
    }
    return true;
}

/* -- domains ----------------------------------------------------------------------------------- */

static struct bw_view trim_domain(struct bw_view v)
{
    v = bw_view_trim(v);
    while (v.n && v.p[v.n - 1] == '.')
        v.n--;
    while (v.n && v.p[0] == '.')
        v = bw_view_from(v, 1);
    return v;
}

/* Where the last N labels begin. */
static size_t last_labels(struct bw_view v, int n)
{
    size_t at = v.n;
    while (at > 0 && (v.p[at - 1] != '.' || --n > 0))
        at--;
    return at;
}

struct bw_view join_ending(struct bw_view domain)
{
    struct bw_view two = bw_view_from(domain, last_labels(domain, 2));
    for (size_t i = 0; i < BW_COUNT(ENDINGS); i++)
        if (bw_view_eq_nocase(two, bw_view_z(ENDINGS[i])))
            return two;
    return bw_view_from(domain, last_labels(domain, 1));
}

struct bw_view join_registered(struct bw_view domain)
{
    domain = trim_domain(domain);
    struct bw_view ending = join_ending(domain);
    size_t rest = domain.n - ending.n;
    if (rest == 0)
        return domain;
    struct bw_view before = bw_view_head(domain, rest - 1);
    return bw_view_from(domain, last_labels(before, 1));
}

bool join_domain_within(struct bw_view a, struct bw_view b)
{
    struct bw_view x = join_registered(a), y = join_registered(b);
    return x.n && bw_view_eq_nocase(x, y);
}

static void read_label(struct bw_view label, struct join_skeleton *ret)
{
    if (label.n > 4 && bw_view_eq_nocase(bw_view_head(label, 4), BW_V("xn--")) &&
        unpunycode(bw_view_from(label, 4), ret))
        return;
    ret->n = 0;
    for (size_t len; label.n; label = bw_view_from(label, len))
        put(ret, lower(bw_utf8_next(label, &len)));
}

void join_domain_read(struct bw_view text, struct join_domain *ret)
{
    struct bw_view registered = join_registered(text);
    ret->text = registered;
    ret->ending = join_ending(registered);
    size_t label = registered.n - join_ending(registered).n;
    read_label(bw_view_head(registered, label ? label - 1 : registered.n), &ret->label);
    ret->folded.n = ret->tight.n = 0;
    for (size_t i = 0; i < ret->label.n; i++) {
        put_seen(&ret->folded, ret->label.c[i]);
        if (ret->label.c[i] != '-')
            put_seen(&ret->tight, ret->label.c[i]);
    }
}

enum { LABEL_EDIT_MIN = 4, NAME_EDIT_MIN = 6 }; /* shorter ones are too often one letter apart */

enum join_alike join_domain_alike(const struct join_domain *a, const struct join_domain *b)
{
    if (a->label.n == 0 || b->label.n == 0)
        return JOIN_ALIKE_NOT;
    if (same(&a->label, &b->label))
        return bw_view_eq_nocase(a->ending, b->ending) ? JOIN_ALIKE_SAME : JOIN_ALIKE_ENDING;
    if (same(&a->folded, &b->folded))
        return JOIN_ALIKE_GLYPH;
    if (a->tight.n && same(&a->tight, &b->tight))
        return JOIN_ALIKE_HYPHEN;
    if (a->label.n < LABEL_EDIT_MIN || b->label.n < LABEL_EDIT_MIN)
        return JOIN_ALIKE_NOT;
    return join_one_edit(&a->label, &b->label) || join_one_edit(&a->folded, &b->folded)
               ? JOIN_ALIKE_LETTER
               : JOIN_ALIKE_NOT;
}

/* -- names ------------------------------------------------------------------------------------- */

static bool is_gap(uint32_t c)
{
    return c <= ' ' || (c < 128 && strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", (int)c)) ||
           c == 0xA0 || c == 0x3000 || c == 0x30FB || (c >= 0x2000 && c <= 0x206F);
}

static bool is_form(const uint32_t *c, size_t n)
{
    for (size_t i = 0; i < BW_COUNT(FORMS); i++) {
        size_t at = 0;
        while (at < n && FORMS[i][at] && c[at] == (uint32_t)FORMS[i][at])
            at++;
        if (at == n && FORMS[i][at] == '\0')
            return true;
    }
    return false;
}

void join_name_read(struct bw_view text, struct join_name *ret)
{
    ret->written.n = ret->folded.n = 0;
    for (size_t len; text.n; text = bw_view_from(text, len))
        put(&ret->written, lower(bw_utf8_next(text, &len)));
    const struct join_skeleton *w = &ret->written;
    for (size_t at = 0, end; at < w->n; at = end + 1) {
        for (end = at; end < w->n && !is_gap(w->c[end]); end++)
            ;
        if (is_form(w->c + at, end - at))
            continue;
        for (size_t i = at; i < end; i++)
            put_seen(&ret->folded, w->c[i]);
    }
}

enum join_alike join_name_alike(const struct join_name *a, const struct join_name *b)
{
    if (a->folded.n == 0 || b->folded.n == 0)
        return JOIN_ALIKE_NOT;
    if (same(&a->written, &b->written))
        return JOIN_ALIKE_SAME;
    if (same(&a->folded, &b->folded))
        return JOIN_ALIKE_GLYPH;
    if (a->folded.n < NAME_EDIT_MIN || b->folded.n < NAME_EDIT_MIN)
        return JOIN_ALIKE_NOT;
    return join_one_edit(&a->folded, &b->folded) ? JOIN_ALIKE_LETTER : JOIN_ALIKE_NOT;
}
