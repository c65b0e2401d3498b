/* SPDX-License-Identifier: Apache-2.0 */
/* text_scan - indicators in running text.
 *
 * The lexer gives tokens by form; here is decided what they are. Everything that reads on from a
 * token is bounded, and a token that is nothing is passed as a whole, so the time is linear in the
 * text whatever it holds. */
#include "text_int.h"

#include "bw_ip.h"

#define LOCAL_PART_MAX 64 /* RFC 5321 4.5.3.1.1 */
#define URL_MAX 4096      /* bytes as written */
#define USER_INFO_MAX 256
#define V6_TEXT_MAX 64
#define CVE_MIN 13 /* CVE-2021-1234: no other piece of a word is shorter but a technique */

struct scan {
    struct text_lexer l;
    const char *begin;
    struct bw_arena *arena;
    text_hit_fn fn;
    void *ctx;
    bool lenient, stopped, memory;
};

const char *text_kind_name(enum text_kind kind)
{
    static const char *const NAMES[TEXT_KINDS] = {
        [TEXT_IPV4] = "ipv4",
        [TEXT_IPV6] = "ipv6",
        [TEXT_CIDR] = "cidr",
        [TEXT_DOMAIN] = "domain",
        [TEXT_URL] = "url",
        [TEXT_EMAIL] = "email",
        [TEXT_MD5] = "md5",
        [TEXT_SHA1] = "sha1",
        [TEXT_SHA256] = "sha256",
        [TEXT_CVE] = "cve",
        [TEXT_TECHNIQUE] = "technique",
    };
    BW_ASSERT((unsigned)kind < TEXT_KINDS);
    return NAMES[kind];
}

/* Tells FN, with VALUE copied; the scan goes on behind TO. True, so that callers can return it. */
static bool hit(struct scan *s, enum text_kind kind, const char *from, const char *to,
                bool defanged, struct bw_view value)
{
    struct text_hit h = {.kind = kind,
                         .span = {(size_t)(from - s->begin), (size_t)(to - s->begin)},
                         .defanged = defanged};
    if (bw_view_copy(s->arena, value, &h.value, NULL) != BW_OK)
        s->memory = s->stopped = true;
    else if (!s->fn(s->ctx, &h))
        s->stopped = true;
    s->l.cursor = to;
    return true;
}

static struct bw_view rest_from(const struct scan *s, const char *p)
{
    return bw_view_of(p, (size_t)(s->l.limit - p));
}

static char before(const struct scan *s, const char *p)
{
    return p > s->begin ? p[-1] : '\0';
}

static struct bw_view cased(struct scan *s, struct bw_view v, bool upper)
{
    char *out = bw_arena_get(s->arena, v.n + 1);
    if (!out) {
        s->memory = s->stopped = true;
        return (struct bw_view){NULL, 0};
    }
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        out[i] = upper && c >= 'a' && c <= 'z' ? (char)(c - 0x20) : upper ? c : text_lower(c);
    }
    return bw_view_of(out, v.n);
}

/* Hashes, CVE ids and techniques: pieces of a word between hyphens and dots. */

static bool hash(struct scan *s, struct bw_view v)
{
    enum text_kind kind = v.n == 32 ? TEXT_MD5 : v.n == 40 ? TEXT_SHA1 : TEXT_SHA256;
    bool digit = false, varied = false;
    if (v.n != 32 && v.n != 40 && v.n != 64)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        if (!text_is_hex(v.p[i]))
            return false;
        digit |= text_is_digit(v.p[i]);
        varied |= v.p[i] != v.p[0];
    }
    if (!digit || !varied)
        return false;
    return hit(s, kind, v.p, v.p + v.n, false, cased(s, v, false));
}

static size_t digits(struct bw_view v)
{
    size_t n = 0;
    while (n < v.n && text_is_digit(v.p[n]))
        n++;
    return n;
}

/* CVE-2021-44228 at the begin of V. */
static bool cve(struct scan *s, struct bw_view v)
{
    if (v.n < CVE_MIN || (v.p[0] | 0x20) != 'c' ||
        !bw_view_eq_nocase(bw_view_head(v, 4), BW_V("cve-")))
        return false;
    if (digits(bw_view_from(v, 4)) != 4 || v.p[8] != '-')
        return false;
    size_t n = digits(bw_view_from(v, 9));
    if (n < 4 || n > 8 || (9 + n < v.n && text_is_alnum(v.p[9 + n])))
        return false;
    return hit(s, TEXT_CVE, v.p, v.p + 9 + n, false, cased(s, bw_view_head(v, 9 + n), true));
}

/* The same with dashes of other kinds, which the lexer has recognised. */
static bool cve_dashes(struct scan *s, struct bw_view v)
{
    char plain[32] = "CVE-";
    size_t n = 4;
    for (size_t i = 3; i < v.n; i++) {
        if (text_is_digit(v.p[i]))
            plain[n++] = v.p[i];
        if (n == 8) {
            plain[n++] = '-';
        }
    }
    return hit(s, TEXT_CVE, v.p, v.p + v.n, false, bw_view_of(plain, n));
}

/* T1059 and T1059.001: V is all of a word. */
static bool technique(struct scan *s, struct bw_view v)
{
    if (v.n < 5 || v.p[0] != 'T' || (v.p[1] != '0' && v.p[1] != '1'))
        return false;
    size_t n = 1 + digits(bw_view_from(v, 1));
    if (n != 5)
        return false;
    if (v.n >= 9 && v.p[5] == '.' && digits(bw_view_from(v, 6)) == 3)
        n = 9;
    if (n < v.n && (text_is_alnum(v.p[n]) || v.p[n] == '_'))
        return false;
    return hit(s, TEXT_TECHNIQUE, v.p, v.p + n, false, bw_view_head(v, n));
}

/* All pieces of the token V that are one of these. The scan goes on behind V whatever was found, so
 * that a long token is lexed once. */
static bool pieces(struct scan *s, struct bw_view v)
{
    bool any = false;
    for (size_t at = 0; at < v.n && !s->stopped;) {
        size_t n = 0;
        while (at + n < v.n && text_is_alnum(v.p[at + n]))
            n++;
        struct bw_view here = bw_view_from(v, at);
        if (n && (hash(s, bw_view_head(here, n)) || cve(s, here) || technique(s, here))) {
            any = true;
            at = (size_t)(s->l.cursor - v.p);
        } else {
            at += n ? n : 1;
        }
    }
    s->l.cursor = v.p + v.n;
    return any;
}

/* Mail addresses: P is the begin of the local part. */
static bool email(struct scan *s, const char *p)
{
    struct bw_view v = rest_from(s, p), plain = {NULL, 0};
    size_t n = 0;
    while (n < v.n && n <= LOCAL_PART_MAX &&
           (text_is_alnum(v.p[n]) || (v.p[n] && strchr("._%+-", v.p[n]))))
        n++;
    if (n == 0 || n > LOCAL_PART_MAX || !text_is_alnum(v.p[n - 1]))
        return false;
    size_t at = text_fang(bw_view_from(v, n), v.p[n - 1], &plain);
    bool defanged = at > 0;
    if (at ? plain.p[0] != '@' : !(n < v.n && v.p[n] == '@'))
        return false;
    at = at ? at : 1;
    struct text_host h;
    text_host_read(bw_view_from(v, n + at), &h);
    defanged |= h.defanged;
    if (!text_host_is_domain(&h, !defanged && !s->lenient))
        return false;
    char text[LOCAL_PART_MAX + 1 + TEXT_HOST_MAX];
    for (size_t i = 0; i < n; i++)
        text[i] = text_lower(v.p[i]);
    text[n] = '@';
    memcpy(text + n + 1, h.text, h.n);
    return hit(s, TEXT_EMAIL, p, p + n + at + h.length, defanged, bw_view_of(text, n + 1 + h.n));
}

/* The character behind a word lets it be a local part. */
static bool may_be_email(const struct scan *s)
{
    switch (*s->l.cursor) {
    case '@':
    case '[':
    case '(':
    case '{':
    case '.':
    case '_':
    case '%':
    case '+':
    case '-':
        return true;
    case ' ':
        return s->l.cursor[1] == '[';
    default:
        return false;
    }
}

/* IPv6, from its first character. */
static bool ipv6(struct scan *s, const char *p)
{
    char text[V6_TEXT_MAX + 1];
    size_t n = 0, colons = 0, have_digit = 0;
    const char *q = p;
    bool defanged = false;
    if (before(s, p) == ':' || text_is_alnum(before(s, p)))
        return false;
    while (q < s->l.limit && n < V6_TEXT_MAX) {
        if (bw_view_starts(rest_from(s, q), BW_V("[:]"))) {
            text[n++] = ':';
            colons++;
            defanged = true;
            q += 3;
        } else if (*q == ':' || *q == '.' || text_is_hex(*q)) {
            colons += *q == ':';
            have_digit += text_is_digit(*q);
            text[n++] = *q++;
        } else {
            break;
        }
    }
    while (n > 2 && (text[n - 1] == '.' || (text[n - 1] == ':' && text[n - 2] != ':'))) {
        colons -= text[n - 1] == ':';
        n--;
        q--;
    }
    struct bw_ip ip;
    if (colons < 2 || n < 3 || (!have_digit && colons < 4 && !s->lenient) || text_is_alnum(*q) ||
        *q == '_' || !bw_ip_parse(bw_view_of(text, n), &ip))
        return false;
    char out[BW_PREFIX_TEXT_MAX];
    enum text_kind kind = bw_ip_is_v4(&ip) ? TEXT_IPV4 : TEXT_IPV6;
    size_t out_n = bw_ip_format(&ip, out);
    if (out_n < 3) /* :: is no place */
        return false;
    size_t bits = *q == '/' ? digits(rest_from(s, q + 1)) : 0;
    if (bits && bits <= 3 && kind == TEXT_IPV6) {
        struct bw_prefix prefix;
        memcpy(out + out_n, q, bits + 1);
        if (bw_prefix_parse(bw_view_of(out, out_n + bits + 1), &prefix, NULL) == BW_OK)
            return hit(s, TEXT_CIDR, p, q + 1 + bits, defanged,
                       bw_view_of(out, bw_prefix_format(&prefix, out)));
    }
    return hit(s, kind, p, q, defanged, bw_view_of(out, out_n));
}

/* URLs. */

/* A URL while its plain form is built. */
struct url {
    char text[URL_MAX + 16];
    size_t n;
    bool defanged;
};

static void url_add(struct url *u, struct bw_view v)
{
    size_t room = sizeof(u->text) - u->n;
    if (v.n <= room) {
        memcpy(u->text + u->n, v.p, v.n);
        u->n += v.n;
    }
}

static bool is_url_char(char c)
{
    return text_is_alnum(c) || (c && strchr("-._~:/?#@!$&()*+,;=%[]", c));
}

/* Brackets that were opened in the tail and are closed in it belong to it. */
static bool closes_nothing(char c, int *round)
{
    if (c == '(')
        ++*round;
    if (c == ')')
        return --*round < 0;
    return c == ']';
}

/* Reads port, path, query, fragment from P; returns where they end, punctuation behind not counted.
 */
static const char *url_tail(struct scan *s, struct url *u, const char *p)
{
    const char *from = p, *end = p;
    size_t plain_n = u->n;
    int round = 0;
    while (p < s->l.limit && p - from < URL_MAX && u->n < URL_MAX) {
        struct bw_view plain = bw_view_of(p, 1);
        size_t n = strchr("[({", *p) ? text_fang(rest_from(s, p), 'a', &plain) : 0;
        if (n) {
            u->defanged = true;
        } else if (*p == '\\') { /* as Markdown and JSON escape */
            while (n < 3 && p[n] == '\\')
                n++;
            if (!p[n] || !strchr("/_-.&~*", p[n]))
                break;
            plain = bw_view_of(p + n++, 1);
        } else if (!is_url_char(*p) || *p == '[' || closes_nothing(*p, &round)) {
            break;
        } else {
            n = 1;
        }
        url_add(u, plain);
        p += n;
        if (!strchr(".,;:!?*_~(", plain.p[plain.n - 1])) { /* what may be the last character */
            end = p;
            plain_n = u->n;
        }
    }
    u->n = plain_n;
    return end;
}

/* The host at P into U; its end, or NULL. Any last label of letters will do: the scheme has told.
 */
static const char *url_host(struct scan *s, struct url *u, const char *p)
{
    struct text_host h;
    if (*p == '[') { /* RFC 3986 3.2.2 */
        const char *close =
            memchr(p, ']', rest_from(s, p).n < V6_TEXT_MAX ? rest_from(s, p).n : V6_TEXT_MAX);
        struct bw_ip ip;
        if (!close || !bw_ip_parse(bw_view_of(p + 1, (size_t)(close - p - 1)), &ip))
            return NULL;
        url_add(u, bw_view_of(p, (size_t)(close + 1 - p)));
        return close + 1;
    }
    text_host_read(rest_from(s, p), &h);
    if (!h.is_v4 && !text_host_is_domain(&h, false))
        return NULL;
    u->defanged |= h.defanged;
    url_add(u, bw_view_of(h.text, h.n));
    return p + h.length;
}

/* Length of "user:secret@" at P, or 0. */
static size_t user_info(const struct scan *s, const char *p)
{
    size_t n = 0;
    while (n < USER_INFO_MAX && is_url_char(p[n]) && !strchr("/?#@[]", p[n]))
        n++;
    return n && p[n] == '@' && p + n < s->l.limit ? n + 1 : 0;
}

/* The token is a scheme with its colon and slashes. */
static bool url(struct scan *s)
{
    struct url u = {.n = 0};
    struct bw_view token = bw_view_of(s->l.from, (size_t)(s->l.cursor - s->l.from)), scheme;
    size_t n = text_fang_scheme(token, &scheme);
    if (!n)
        return false;
    u.defanged = !bw_view_eq_nocase(bw_view_head(token, n), scheme) ||
                 memchr(token.p + n, '[', token.n - n) != NULL;
    url_add(&u, scheme);
    url_add(&u, BW_V("://"));
    const char *p = s->l.cursor;
    while (p < s->l.limit && *p == '/')
        p++;
    size_t user = user_info(s, p);
    url_add(&u, bw_view_of(p, user));
    const char *host = url_host(s, &u, p + user);
    if (!host)
        return false;
    const char *end = host;
    bool more = *host && strchr(":/?#", *host);
    more |= (*host == '[' || *host == '\\') && host[1] && strchr(":/", host[1]);
    if (host < s->l.limit && more)
        end = url_tail(s, &u, host);
    return hit(s, TEXT_URL, s->l.from, end, u.defanged, bw_view_of(u.text, u.n));
}

/* Hosts. */

/* 1.2.3.4 that is the number of a version: "version 1.2.3.4", "Chrome/1.2.3.4". */
static bool is_version(const struct scan *s, const char *p)
{
    static const struct bw_view WORDS[] = {BW_VIEW_INIT("version"), BW_VIEW_INIT("versions"),
                                           BW_VIEW_INIT("ver"),     BW_VIEW_INIT("v"),
                                           BW_VIEW_INIT("build"),   BW_VIEW_INIT("release")};
    if (before(s, p) == '/' && p - s->begin > 1 && text_is_alnum(p[-2]))
        return true;
    while (p > s->begin && (p[-1] == ' ' || p[-1] == '.' || p[-1] == ':'))
        p--;
    const char *end = p;
    while (p > s->begin && text_is_alnum(p[-1]) && end - p < 12)
        p--;
    for (size_t i = 0; i < BW_COUNT(WORDS); i++)
        if (bw_view_eq_nocase(bw_view_of(p, (size_t)(end - p)), WORDS[i]))
            return true;
    return false;
}

/* An address, a network, or a URL without scheme. */
static bool address(struct scan *s, const struct text_host *h)
{
    const char *from = s->l.from, *end = from + h->length;
    char text[BW_PREFIX_TEXT_MAX];
    if (!h->defanged && !s->lenient && is_version(s, from))
        return false;
    size_t bits = *end == '/' ? digits(rest_from(s, end + 1)) : 0;
    if (bits && bits <= 2 && !text_is_alnum(end[1 + bits]) && h->n + bits + 1 < sizeof(text)) {
        struct bw_prefix prefix;
        memcpy(text, h->text, h->n);
        text[h->n] = '/';
        memcpy(text + h->n + 1, end + 1, bits);
        if (bw_prefix_parse(bw_view_of(text, h->n + 1 + bits), &prefix, NULL) == BW_OK)
            return hit(s, TEXT_CIDR, from, end + 1 + bits, h->defanged,
                       bw_view_of(text, h->n + 1 + bits));
    }
    return hit(s, TEXT_IPV4, from, end, h->defanged, bw_view_of(h->text, h->n));
}

/* Behind HOST at END stands a path: then it is a URL that was written without its scheme. */
static bool bare_url(struct scan *s, const struct text_host *h, const char *end)
{
    const char *p = end;
    if (*p == ':') {
        size_t port = digits(rest_from(s, p + 1));
        p += port && port <= 5 ? port + 1 : 0;
    }
    if (*p != '/' || !is_url_char(p[1]) || p[1] == '/')
        return false;
    size_t bits = digits(rest_from(s, p + 1));
    if (h->is_v4 && bits && bits <= 2 && !text_is_alnum(p[1 + bits]) && p[1 + bits] != '/')
        return false; /* a network */
    struct url u = {.defanged = h->defanged};
    url_add(&u, bw_view_of(h->text, h->n));
    const char *tail = url_tail(s, &u, end);
    if (tail <= p + 1)
        return false;
    return hit(s, TEXT_URL, s->l.from, tail, u.defanged, bw_view_of(u.text, u.n));
}

/* What stands around a host that was not defanged and makes it a file, a call, a member. */
static bool is_code(const struct scan *s, const struct text_host *h, const char *end)
{
    char front = before(s, s->l.from), back = *end;
    if (front == '\\' || front == '$' || back == '(' || back == '\\' || back == '@')
        return true;
    if (front == '/' && !(s->l.from - s->begin > 1 && s->l.from[-2] == '/'))
        return true;
    char first = h->last_first;
    bool all_upper =
        first >= 'A' && first <= 'Z' && end > s->begin && end[-1] >= 'A' && end[-1] <= 'Z';
    return first >= 'A' && first <= 'Z' && !all_upper; /* System.Net */
}

static bool host(struct scan *s)
{
    struct text_host h;
    const char *from = s->l.from;
    text_host_read(rest_from(s, from), &h);
    const char *end = from + h.length;
    s->l.cursor = end > s->l.cursor ? end : s->l.cursor;
    if (h.is_v4)
        return bare_url(s, &h, end) || address(s, &h);
    if (may_be_email(s) && email(s, from))
        return true;
    h.alone = from == s->begin && (*end == '\0' || strchr(",;|\t", *end));
    if (text_host_is_domain(&h, !s->lenient) && (h.defanged || s->lenient || !is_code(s, &h, end)))
        return bare_url(s, &h, end) ||
               hit(s, TEXT_DOMAIN, from, end, h.defanged, bw_view_of(h.text, h.n));
    return pieces(s, bw_view_of(from, (size_t)(s->l.cursor - from)));
}

static bool word(struct scan *s)
{
    struct bw_view v = bw_view_of(s->l.from, (size_t)(s->l.cursor - s->l.from));
    char back = *s->l.cursor;
    if (v.n <= 4 && (back == ':' || back == '[') && text_is_hex(v.p[0]) && ipv6(s, v.p))
        return true;
    if (may_be_email(s) && email(s, v.p))
        return true;
    if (v.n < CVE_MIN) /* most words */
        return v.p[0] == 'T' && technique(s, v);
    return pieces(s, v);
}

void text_scan_z(struct bw_view z, struct bw_arena *arena, bool lenient, text_hit_fn fn, void *ctx,
                 bool *ret_memory)
{
    struct scan s = {.l = {z.p, z.p, z.p + z.n},
                     .begin = z.p,
                     .arena = arena,
                     .fn = fn,
                     .ctx = ctx,
                     .lenient = lenient};
    while (!s.stopped) {
        enum text_token token = text_lex(&s.l);
        struct bw_view v = bw_view_of(s.l.from, (size_t)(s.l.cursor - s.l.from));
        if (token == TEXT_LEX_END)
            break;
        if (token == TEXT_LEX_SCHEME)
            url(&s);
        else if (token == TEXT_LEX_HOST)
            host(&s);
        else if (token == TEXT_LEX_WORD)
            word(&s);
        else if (token == TEXT_LEX_CVE)
            cve_dashes(&s, v);
        else if (token == TEXT_LEX_COLONS)
            ipv6(&s, s.l.from);
    }
    *ret_memory = s.memory;
}

enum bw_rc text_scan(struct bw_view v, struct bw_arena *arena, text_hit_fn fn, void *ctx,
                     struct bw_err *err)
{
    struct bw_view z;
    bool memory = false;
    BW_TRY(bw_view_copy(arena, v, &z, err));
    text_scan_z(z, arena, false, fn, ctx, &memory);
    return memory ? bw_fail_memory(err) : BW_OK;
}

struct only {
    struct text_hit hit;
    unsigned n;
};

static bool keep_one(void *ctx, const struct text_hit *h)
{
    struct only *only = ctx;
    only->hit = *h;
    return ++only->n < 2;
}

enum bw_rc text_indicator(struct bw_view v, struct bw_arena *arena, struct text_hit *ret,
                          struct bw_err *err)
{
    struct only only = {.n = 0};
    struct bw_view z;
    bool memory = false;
    BW_TRY(bw_view_copy(arena, bw_view_trim(v), &z, err));
    text_scan_z(z, arena, true, keep_one, &only, &memory);
    if (memory)
        return bw_fail_memory(err);
    if (only.n != 1 || only.hit.span.from != 0 || only.hit.span.to != z.n)
        return bw_fail(err, BW_NOT_FOUND, "This is not one indicator.");
    size_t lead = (size_t)(bw_view_trim(v).p - v.p);
    only.hit.span.from += lead;
    only.hit.span.to += lead;
    *ret = only.hit;
    return BW_OK;
}
