/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix_pattern - indicators in STIX patterns (STIX 2.1 part 9) and observables, and back.
 *
 * A pattern is a small language; to match with it would need an engine, but what members look for
 * in logs are the constants that a thing is compared with for equality. So the pattern is cut into
 * tokens and read comparison by comparison: path, operator, constant. Negated comparisons, ranges
 * and regular expressions give nothing. Parentheses and brackets are counted, so no input can go
 * deep.
 *
 * Values get the form that text_scan gives them, so that the same address from a pattern and from a
 * sentence is one indicator. Pure; fuzzed by fuzz_intel_pattern. */
#include "intel_stix.h"

/* -- tokens ------------------------------------------------------------------------------------ */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_OTHER_LITERAL, TOKEN_SIGN, TOKEN_BAD };

struct token {
    enum token_kind kind;
    struct bw_view text; /* of a string: between the quotes, escapes as they are */
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+';
}

static void skip_blank(struct bw_view *v)
{
    while (v->n > 0) {
        size_t end = 0;
        if (*v->p == ' ' || (*v->p >= '\t' && *v->p <= '\r'))
            end = 1;
        else if (bw_view_starts(*v, BW_V("//")))
            end = bw_view_find_byte(*v, '\n');
        else if (bw_view_starts(*v, BW_V("/*")))
            end = bw_view_find(bw_view_from(*v, 2), BW_V("*/")) == SIZE_MAX
                      ? SIZE_MAX
                      : bw_view_find(bw_view_from(*v, 2), BW_V("*/")) + 4;
        if (end == 0)
            return;
        *v = bw_view_from(*v, end);
    }
}

/* V stands at the opening quote. */
static struct token read_string(struct bw_view *v)
{
    for (size_t i = 1; i < v->n; i++) {
        if (v->p[i] == '\\') {
            i++;
        } else if (v->p[i] == '\'') {
            struct token t = {TOKEN_STRING, bw_view_of(v->p + 1, i - 1)};
            *v = bw_view_from(*v, i + 1);
            return t;
        }
    }
    return (struct token){TOKEN_BAD, *v};
}

static struct token next(struct bw_view *v)
{
    skip_blank(v);
    if (v->n == 0)
        return (struct token){TOKEN_END, *v};
    if (*v->p == '\'')
        return read_string(v);
    if (v->n > 1 && v->p[1] == '\'' && strchr("thb", *v->p)) { /* time, hex, base64 */
        struct bw_view rest = bw_view_from(*v, 1);
        struct token t = read_string(&rest);
        *v = rest;
        return t.kind == TOKEN_STRING ? (struct token){TOKEN_OTHER_LITERAL, t.text} : t;
    }
    size_t n = 0;
    while (n < v->n && is_word(v->p[n]))
        n++;
    struct token t = {n ? TOKEN_WORD : TOKEN_SIGN, bw_view_head(*v, n ? n : 1)};
    if (n == 0 && v->n > 1 && strchr("<>!", *v->p) && (v->p[1] == '=' || v->p[1] == '>'))
        t.text.n = 2;
    if (n == 0 && !strchr("[]().:,=<>!*", *v->p))
        t.kind = TOKEN_BAD;
    *v = bw_view_from(*v, t.text.n);
    return t;
}

static bool sign(struct token t, const char *z)
{
    return t.kind == TOKEN_SIGN && bw_view_is(t.text, z);
}

static bool word(struct token t, const char *z)
{
    return t.kind == TOKEN_WORD && bw_view_is(t.text, z);
}

/* -- values ------------------------------------------------------------------------------------ */

static bool lower(struct bw_arena *arena, struct bw_view *v)
{
    char *p = bw_arena_get(arena, v->n);
    if (!p)
        return false;
    for (size_t i = 0; i < v->n; i++)
        p[i] = v->p[i] >= 'A' && v->p[i] <= 'Z' ? (char)(v->p[i] | 0x20) : v->p[i];
    *v = bw_view_of(p, v->n);
    return true;
}

static void keep(struct stix_finds *out, enum intel_ioc ioc, struct bw_view value)
{
    if (value.n == 0 || value.n > INTEL_INDICATOR_BYTES_MAX || !bw_utf8_valid(value) ||
        bw_view_find_byte(value, '\0') != SIZE_MAX)
        return;
    for (size_t i = 0; i < out->n; i++)
        if (out->list[i].ioc == ioc && bw_view_eq(out->list[i].value, value))
            return;
    if (out->n == STIX_FOUND_MAX) {
        out->more = true;
        return;
    }
    if (out->n == out->room) {
        size_t room = out->room ? out->room * 2 : 4;
        struct intel_indicator *larger = BW_ARENA_ARRAY(out->arena, room, struct intel_indicator);
        if (!larger) {
            out->no_memory = true;
            return;
        }
        if (out->n)
            memcpy(larger, out->list, out->n * sizeof(*larger));
        out->list = larger;
        out->room = room;
    }
    out->list[out->n++] = (struct intel_indicator){ioc, value};
}

static bool is_hex(struct bw_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (!((v.p[i] >= '0' && v.p[i] <= '9') || (v.p[i] >= 'a' && v.p[i] <= 'f')))
            return false;
    return true;
}

/* Name of a host: labels of letters, digits, hyphen and underscore, two at least. */
static bool is_domain(struct bw_view v)
{
    size_t label = 0, labels = 0;
    if (v.n > 253)
        return false;
    for (size_t i = 0; i <= v.n; i++) {
        if (i == v.n || v.p[i] == '.') {
            if (label == 0 || label > 63)
                return false;
            labels++;
            label = 0;
        } else {
            char c = v.p[i];
            if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  (unsigned char)c >= 0x80))
                return false;
            label++;
        }
    }
    return labels >= 2;
}

static void keep_hash(struct stix_finds *out, struct bw_view value)
{
    static const struct {
        size_t digits;
        enum intel_ioc ioc;
    } KINDS[] = {{32, INTEL_IOC_MD5},
                 {40, INTEL_IOC_SHA1},
                 {64, INTEL_IOC_SHA256},
                 {128, INTEL_IOC_SHA512}};
    for (size_t i = 0; i < BW_COUNT(KINDS); i++)
        if (value.n == KINDS[i].digits && is_hex(value))
            keep(out, KINDS[i].ioc, value);
}

static void keep_address(struct stix_finds *out, struct bw_view value)
{
    struct bw_prefix p;
    struct bw_err ignored;
    char text[BW_PREFIX_TEXT_MAX];
    if (bw_prefix_parse(value, &p, &ignored) != BW_OK)
        return;
    enum intel_ioc ioc = INTEL_IOC_CIDR;
    size_t n;
    if (p.bits == 128) {
        ioc = bw_ip_is_v4(&p.first) ? INTEL_IOC_IPV4 : INTEL_IOC_IPV6;
        n = bw_ip_format(&p.first, text);
    } else {
        n = bw_prefix_format(&p, text);
    }
    struct bw_view kept;
    if (bw_view_copy(out->arena, bw_view_of(text, n), &kept, &ignored) != BW_OK)
        out->no_memory = true;
    else
        keep(out, ioc, kept);
}

/* What text_scan takes for an indicator has its form; the rest has to look like its kind at least.
 */
static void keep_name(struct stix_finds *out, struct bw_view value, bool url, bool email)
{
    struct text_hit hit;
    struct bw_err ignored;
    enum text_kind want = url ? TEXT_URL : email ? TEXT_EMAIL : TEXT_DOMAIN;
    if (text_indicator(value, out->arena, &hit, &ignored) == BW_OK && hit.kind == want)
        keep(out, intel_ioc_of_text(hit.kind), hit.value);
    else if (url && bw_view_find(value, BW_V("://")) != SIZE_MAX)
        keep(out, INTEL_IOC_URL, value);
    else if (email && bw_view_find_byte(value, '@') != SIZE_MAX && lower(out->arena, &value))
        keep(out, INTEL_IOC_EMAIL, value);
    else if (!url && !email && lower(out->arena, &value) && is_domain(value))
        keep(out, INTEL_IOC_DOMAIN, value);
}

static void keep_any(struct stix_finds *out, struct bw_view value)
{
    size_t before = out->n;
    keep_address(out, value);
    if (out->n == before)
        keep_name(out, value, false, bw_view_find_byte(value, '@') != SIZE_MAX);
}

static void keep_number(struct stix_finds *out, struct bw_view value)
{
    int64_t v;
    if (bw_view_int(value, &v) && v > 0 && v <= UINT32_MAX)
        keep(out, INTEL_IOC_ASN, bw_arena_printf(out->arena, "as%lld", (long long)v));
}

void stix_find(struct stix_finds *out, struct bw_view type, struct bw_view property,
               struct bw_view value)
{
    bool is_value = bw_view_is(property, "value");
    value = bw_view_trim(value);
    if (value.n == 0 || value.n > INTEL_INDICATOR_BYTES_MAX)
        return;
    if (bw_view_starts(property, BW_V("hashes."))) {
        if (lower(out->arena, &value))
            keep_hash(out, value);
    } else if (bw_view_ends(property, BW_V("_ref.value"))) {
        keep_any(out, value);
    } else if (is_value && (bw_view_is(type, "ipv4-addr") || bw_view_is(type, "ipv6-addr"))) {
        keep_address(out, value);
    } else if (is_value && bw_view_is(type, "domain-name")) {
        keep_name(out, value, false, false);
    } else if (is_value && bw_view_is(type, "url")) {
        keep_name(out, value, true, false);
    } else if (is_value && bw_view_is(type, "email-addr")) {
        keep_name(out, value, false, true);
    } else if (is_value && bw_view_is(type, "mac-addr")) {
        if (lower(out->arena, &value) && value.n == 17)
            keep(out, INTEL_IOC_MAC, value);
    } else if (bw_view_is(type, "autonomous-system") && bw_view_is(property, "number")) {
        keep_number(out, value);
    } else if (bw_view_is(type, "file") && bw_view_is(property, "name")) {
        keep(out, INTEL_IOC_FILE_NAME, value);
    } else if (bw_view_is(type, "mutex") && bw_view_is(property, "name")) {
        keep(out, INTEL_IOC_MUTEX, value);
    } else if (bw_view_is(type, "windows-registry-key") && bw_view_is(property, "key")) {
        keep(out, INTEL_IOC_REGISTRY, value);
    }
}

/* -- patterns ---------------------------------------------------------------------------------- */

struct scan {
    struct bw_view rest;
    struct token t; /* the present one */
    struct stix_finds *out;
    struct bw_view type;
    char property[128]; /* parts joined by '.', without quotes and indexes */
    size_t n_property;
};

static void step(struct scan *s)
{
    s->t = next(&s->rest);
}

/* Quotes and backslashes are the only escapes. */
static struct bw_view plain(struct scan *s, struct bw_view v)
{
    if (bw_view_find_byte(v, '\\') == SIZE_MAX)
        return v;
    char *p = bw_arena_get(s->out->arena, v.n);
    size_t n = 0;
    if (!p) {
        s->out->no_memory = true;
        return bw_view_of(NULL, 0);
    }
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '\\' && i + 1 < v.n)
            i++;
        p[n++] = v.p[i];
    }
    return bw_view_of(p, n);
}

static void add_part(struct scan *s, struct bw_view part)
{
    size_t dot = s->n_property > 0;
    if (s->n_property + dot + part.n > sizeof(s->property)) {
        s->n_property = 0; /* a path this long is none that is looked for */
        return;
    }
    if (dot)
        s->property[s->n_property++] = '.';
    memcpy(s->property + s->n_property, part.p, part.n);
    s->n_property += part.n;
}

/* type ':' part ('.' part | '[' index ']')*; stands behind the type. */
static bool read_path(struct scan *s)
{
    s->n_property = 0;
    for (const char *before = ":"; sign(s->t, before); before = ".") {
        step(s);
        if (s->t.kind != TOKEN_WORD && s->t.kind != TOKEN_STRING)
            return false;
        add_part(s, s->t.text);
        step(s);
        while (sign(s->t, "[")) {
            step(s);
            if (s->t.kind != TOKEN_WORD && !sign(s->t, "*"))
                return false;
            step(s);
            if (!sign(s->t, "]"))
                return false;
            step(s);
        }
    }
    return s->n_property > 0;
}

static bool read_constant(struct scan *s, bool wanted)
{
    if (s->t.kind != TOKEN_STRING && s->t.kind != TOKEN_WORD && s->t.kind != TOKEN_OTHER_LITERAL)
        return false;
    bool text = s->t.kind == TOKEN_STRING;
    struct bw_view value = text ? plain(s, s->t.text) : s->t.text;
    if (wanted && s->t.kind != TOKEN_OTHER_LITERAL)
        stix_find(s->out, s->type, bw_view_of(s->property, s->n_property), value);
    step(s);
    if (!text && sign(s->t, ".")) { /* the fraction of a number */
        step(s);
        step(s);
    }
    return true;
}

static bool read_list(struct scan *s, bool wanted)
{
    if (!sign(s->t, "("))
        return false;
    do {
        step(s);
        if (sign(s->t, ")"))
            break;
        if (!read_constant(s, wanted))
            return false;
    } while (sign(s->t, ","));
    bool closed = sign(s->t, ")");
    step(s);
    return closed;
}

/* Stands at the type of a path. */
static bool read_comparison(struct scan *s)
{
    s->type = s->t.text;
    step(s);
    if (!sign(s->t, ":") || !read_path(s))
        return false;
    bool negated = word(s->t, "NOT");
    if (negated)
        step(s);
    struct token op = s->t;
    bool equal = sign(op, "=") || word(op, "ISSUBSET");
    step(s);
    if (word(op, "IN"))
        return read_list(s, !negated);
    if (sign(op, "=") && sign(s->t, "=")) /* "==" is met in the wild */
        step(s);
    return (op.kind == TOKEN_SIGN || op.kind == TOKEN_WORD) && read_constant(s, equal && !negated);
}

enum bw_rc stix_pattern_scan(struct bw_view pattern, struct stix_finds *out, struct bw_err *err)
{
    struct scan s = {.rest = pattern, .out = out};
    size_t round = 0, inside_round = 0, comparisons = 0;
    bool inside = false, right = true;
    step(&s);
    while (right && s.t.kind != TOKEN_END) {
        if (inside && s.t.kind == TOKEN_WORD && !word(s.t, "AND") && !word(s.t, "OR") &&
            !word(s.t, "NOT") && !word(s.t, "EXISTS")) {
            right = read_comparison(&s);
            comparisons++;
            continue;
        }
        if (sign(s.t, "[")) {
            right = !inside;
            inside = true;
            inside_round = round;
        } else if (sign(s.t, "]")) {
            right = inside && round == inside_round;
            inside = false;
        } else if (sign(s.t, "(")) {
            round++;
        } else if (sign(s.t, ")")) {
            right = round > (inside ? inside_round : 0);
            round--;
        } else {
            right = s.t.kind == TOKEN_WORD || (!inside && s.t.kind == TOKEN_OTHER_LITERAL) ||
                    (!inside && sign(s.t, "."));
        }
        step(&s);
    }
    if (out->no_memory)
        return bw_fail_memory(err);
    if (!right || inside || round > 0 || comparisons == 0)
        return bw_fail(err, BW_INVALID, "\"pattern\" is no STIX pattern");
    return BW_OK;
}

/* -- and back ---------------------------------------------------------------------------------- */

static void quote(struct bw_view v, struct bw_buf *out)
{
    bw_buf_byte(out, '\'');
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '\'' || v.p[i] == '\\')
            bw_buf_byte(out, '\\');
        bw_buf_byte(out, v.p[i]);
    }
    bw_buf_byte(out, '\'');
}

static const char *path_of(const struct intel_indicator *in)
{
    switch (in->ioc) {
    case INTEL_IOC_IPV4:
        return "ipv4-addr:value";
    case INTEL_IOC_IPV6:
        return "ipv6-addr:value";
    case INTEL_IOC_CIDR:
        return bw_view_find_byte(in->value, ':') == SIZE_MAX ? "ipv4-addr:value"
                                                             : "ipv6-addr:value";
    case INTEL_IOC_DOMAIN:
        return "domain-name:value";
    case INTEL_IOC_URL:
        return "url:value";
    case INTEL_IOC_EMAIL:
        return "email-addr:value";
    case INTEL_IOC_MD5:
        return "file:hashes.MD5";
    case INTEL_IOC_SHA1:
        return "file:hashes.'SHA-1'";
    case INTEL_IOC_SHA256:
        return "file:hashes.'SHA-256'";
    case INTEL_IOC_SHA512:
        return "file:hashes.'SHA-512'";
    case INTEL_IOC_FILE_NAME:
        return "file:name";
    case INTEL_IOC_MAC:
        return "mac-addr:value";
    case INTEL_IOC_REGISTRY:
        return "windows-registry-key:key";
    case INTEL_IOC_MUTEX:
        return "mutex:name";
    default:
        return NULL;
    }
}

bool stix_pattern_of(const struct intel_indicator *in, struct bw_buf *out)
{
    const char *path = path_of(in);
    if (in->ioc == INTEL_IOC_ASN) {
        struct bw_view v = in->value;
        while (v.n > 0 && (*v.p < '0' || *v.p > '9'))
            v = bw_view_from(v, 1);
        bw_buf_printf(out, "[autonomous-system:number = %.*s]", BW_VF(v));
        return v.n > 0;
    }
    if (!path)
        return false;
    bw_buf_printf(out, "[%s = ", path);
    quote(in->value, out);
    bw_buf_byte(out, ']');
    return true;
}
