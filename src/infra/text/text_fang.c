/* SPDX-License-Identifier: Apache-2.0 */
/* text_fang - the ways in which indicators are written so that nothing can be clicked.
 *
 * One table of them serves the scanner, the search and the refanging of pasted text. Analysts'
 * customs, as met in public reports: hxxp, h**p, [.], (.), {.}, [dot], [at], [:]//, [://], and
 * halves of brackets. */
#include "text_int.h"

static const struct {
    struct bw_view fang, plain;
} FANGS[] = {
    {BW_VIEW_INIT("[.]"), BW_VIEW_INIT(".")},     {BW_VIEW_INIT("(.)"), BW_VIEW_INIT(".")},
    {BW_VIEW_INIT("{.}"), BW_VIEW_INIT(".")},     {BW_VIEW_INIT("[dot]"), BW_VIEW_INIT(".")},
    {BW_VIEW_INIT("(dot)"), BW_VIEW_INIT(".")},   {BW_VIEW_INIT("{dot}"), BW_VIEW_INIT(".")},
    {BW_VIEW_INIT(" [.] "), BW_VIEW_INIT(".")},   {BW_VIEW_INIT(" [dot] "), BW_VIEW_INIT(".")},
    {BW_VIEW_INIT("[@]"), BW_VIEW_INIT("@")},     {BW_VIEW_INIT("(@)"), BW_VIEW_INIT("@")},
    {BW_VIEW_INIT("{@}"), BW_VIEW_INIT("@")},     {BW_VIEW_INIT("[at]"), BW_VIEW_INIT("@")},
    {BW_VIEW_INIT("(at)"), BW_VIEW_INIT("@")},    {BW_VIEW_INIT("{at}"), BW_VIEW_INIT("@")},
    {BW_VIEW_INIT(" [@] "), BW_VIEW_INIT("@")},   {BW_VIEW_INIT(" [at] "), BW_VIEW_INIT("@")},
    {BW_VIEW_INIT("[://]"), BW_VIEW_INIT("://")}, {BW_VIEW_INIT("[:/]"), BW_VIEW_INIT(":/")},
    {BW_VIEW_INIT("[:]"), BW_VIEW_INIT(":")},     {BW_VIEW_INIT("[//]"), BW_VIEW_INIT("//")},
    {BW_VIEW_INIT("[/]"), BW_VIEW_INIT("/")},     {BW_VIEW_INIT("[."), BW_VIEW_INIT(".")},
    {BW_VIEW_INIT(".]"), BW_VIEW_INIT(".")},
};

static const struct {
    struct bw_view fang, plain;
} SCHEMES[] = {
    {BW_VIEW_INIT("https"), BW_VIEW_INIT("https")}, {BW_VIEW_INIT("http"), BW_VIEW_INIT("http")},
    {BW_VIEW_INIT("hxxps"), BW_VIEW_INIT("https")}, {BW_VIEW_INIT("hxxp"), BW_VIEW_INIT("http")},
    {BW_VIEW_INIT("h**ps"), BW_VIEW_INIT("https")}, {BW_VIEW_INIT("h**p"), BW_VIEW_INIT("http")},
    {BW_VIEW_INIT("htxps"), BW_VIEW_INIT("https")}, {BW_VIEW_INIT("htxp"), BW_VIEW_INIT("http")},
    {BW_VIEW_INIT("hxtps"), BW_VIEW_INIT("https")}, {BW_VIEW_INIT("hxtp"), BW_VIEW_INIT("http")},
    {BW_VIEW_INIT("meow"), BW_VIEW_INIT("http")},   {BW_VIEW_INIT("ftps"), BW_VIEW_INIT("ftps")},
    {BW_VIEW_INIT("ftp"), BW_VIEW_INIT("ftp")},     {BW_VIEW_INIT("fxp"), BW_VIEW_INIT("ftp")},
    {BW_VIEW_INIT("sftp"), BW_VIEW_INIT("sftp")},   {BW_VIEW_INIT("wss"), BW_VIEW_INIT("wss")},
    {BW_VIEW_INIT("ws"), BW_VIEW_INIT("ws")},       {BW_VIEW_INIT("tcp"), BW_VIEW_INIT("tcp")},
    {BW_VIEW_INIT("udp"), BW_VIEW_INIT("udp")},     {BW_VIEW_INIT("ldaps"), BW_VIEW_INIT("ldaps")},
    {BW_VIEW_INIT("ldap"), BW_VIEW_INIT("ldap")},   {BW_VIEW_INIT("rmi"), BW_VIEW_INIT("rmi")},
};

static bool starts(struct bw_view v, struct bw_view prefix)
{
    return v.n >= prefix.n && text_lower(v.p[0]) == prefix.p[0] &&
           bw_view_eq_nocase(bw_view_head(v, prefix.n), prefix);
}

/* Two bytes are enough to see that most places are none. */
static bool may_be_fang(struct bw_view v)
{
    if (v.n < 2)
        return false;
    switch (v.p[0]) {
    case '[':
        return v.n > 2 && (v.p[1] == '.' || v.p[2] == ']' || v.p[1] == ':' || v.p[1] == '/' ||
                           (v.p[1] | 0x20) == 'd' || (v.p[1] | 0x20) == 'a');
    case '(':
    case '{':
        return v.p[1] == '.' || v.p[1] == '@' || (v.p[1] | 0x20) == 'd' || (v.p[1] | 0x20) == 'a';
    case ' ':
        return v.p[1] == '[';
    case '.':
        return v.p[1] == ']';
    default:
        return false;
    }
}

size_t text_fang(struct bw_view v, char before, struct bw_view *ret)
{
    if (BW_LIKELY(!may_be_fang(v)))
        return 0;
    for (size_t i = 0; i < BW_COUNT(FANGS); i++) {
        struct bw_view fang = FANGS[i].fang;
        if (!starts(v, fang))
            continue;
        char behind = v.n > fang.n ? v.p[fang.n] : '\0';
        char what = FANGS[i].plain.p[0];
        /* A dot and an @ stand between names; else it may be prose: "(at)", a list in brackets. */
        bool names = text_is_name(before) && text_is_name(behind);
        if ((what == '.' || what == '@') && !names)
            continue;
        *ret = FANGS[i].plain;
        return fang.n;
    }
    return 0;
}

size_t text_fang_scheme(struct bw_view v, struct bw_view *ret)
{
    for (size_t i = 0; i < BW_COUNT(SCHEMES); i++) {
        struct bw_view fang = SCHEMES[i].fang;
        if (starts(v, fang) && v.n > fang.n && (v.p[fang.n] == ':' || v.p[fang.n] == '[')) {
            *ret = SCHEMES[i].plain;
            return fang.n;
        }
    }
    return 0;
}

/* A scheme that is written in another way, at a word's begin; its length. */
static size_t scheme_at(struct bw_view here, struct bw_view *ret)
{
    size_t n = text_fang_scheme(here, ret);
    if (!n || bw_view_eq_nocase(bw_view_head(here, n), *ret))
        return 0;
    struct bw_view colon = bw_view_from(here, n); /* "meow: ..." is no scheme */
    bool is = bw_view_starts(colon, BW_V("://")) || bw_view_starts(colon, BW_V("[:")) ||
              bw_view_starts(colon, BW_V(":[//]")) || bw_view_starts(colon, BW_V(":[/]"));
    return is ? n : 0;
}

/* What has to be replaced at AT: its length, or 0. */
static size_t replacement(struct bw_view v, size_t at, struct bw_view *ret)
{
    char c = v.p[at], before = at ? v.p[at - 1] : '\0';
    struct bw_view here = bw_view_from(v, at);
    if (c == '[' || c == '(' || c == '{' || c == ' ' || c == '.')
        return text_fang(here, before, ret);
    c = (char)(c | 0x20);
    if ((c != 'h' && c != 'm' && c != 'f') || text_is_alnum(before))
        return 0;
    return scheme_at(here, ret);
}

void text_refang(struct bw_view v, struct bw_buf *out)
{
    size_t from = 0, at = 0;
    while (at < v.n) {
        struct bw_view plain;
        size_t n = replacement(v, at, &plain);
        if (!n) {
            at++;
            continue;
        }
        bw_buf_add(out, v.p + from, at - from);
        bw_buf_view(out, plain);
        at += n;
        from = at;
    }
    bw_buf_view(out, bw_view_from(v, from));
}

/* text_defang: each indicator that the scanner finds is rewritten in place. */
struct defanging {
    struct bw_view text;
    size_t done; /* bytes of text that are written */
    struct bw_buf *out;
};

/* Copies [done, to), with the dots (and the @) of hosts put in brackets. */
static void copy_marked(struct defanging *d, size_t to)
{
    for (; d->done < to; d->done++) {
        char c = d->text.p[d->done];
        if (c == '.' || c == '@')
            bw_buf_printf(d->out, "[%c]", c);
        else
            bw_buf_byte(d->out, c);
    }
}

/* Behind the host (with user and port) that begins at FROM. */
static size_t host_end(struct bw_view text, size_t from, size_t to)
{
    while (from < to && !strchr("/?#", text.p[from]))
        from++;
    return from;
}

static bool defang_hit(void *ctx, const struct text_hit *hit)
{
    struct defanging *d = ctx;
    size_t from = hit->span.from, to = hit->span.to;
    if (hit->defanged || hit->kind >= TEXT_MD5)
        return true;
    bw_buf_add(d->out, d->text.p + d->done, from - d->done);
    d->done = from;
    if (hit->kind == TEXT_IPV6 ||
        (hit->kind == TEXT_CIDR && !memchr(d->text.p + from, '.', to - from))) {
        size_t colon = bw_view_find_byte(bw_view_from(d->text, from), ':');
        bw_buf_add(d->out, d->text.p + from, colon);
        BW_BUF_LIT(d->out, "[:]");
        d->done = from + colon + 1;
        return true;
    }
    if (hit->kind == TEXT_URL) {
        size_t scheme = bw_view_find(bw_view_of(d->text.p + from, to - from), BW_V("://"));
        if (scheme != SIZE_MAX) {
            if (scheme >= 4 && (d->text.p[from] | 0x20) == 'h') {
                bw_buf_byte(d->out, d->text.p[from]);
                BW_BUF_LIT(d->out, "xx");
                bw_buf_add(d->out, d->text.p + from + 3, scheme);
            } else {
                bw_buf_add(d->out, d->text.p + from, scheme + 3);
            }
            from = d->done = from + scheme + 3;
        }
        copy_marked(d, host_end(d->text, from, to));
        return true;
    }
    copy_marked(d, to);
    return true;
}

void text_defang(struct bw_view v, struct bw_buf *out)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(SIZE_MAX / 2);
    struct defanging d = {v, 0, out};
    if (!arena || text_scan(v, arena, defang_hit, &d, NULL) != BW_OK) {
        if (out->rc == BW_OK)
            out->rc = BW_MEMORY;
        return;
    }
    bw_buf_view(out, bw_view_from(v, d.done));
}
