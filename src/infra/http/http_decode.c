/* SPDX-License-Identifier: Apache-2.0 */
/* http_decode - see http_decode.h. One pass each, no allocation where nothing has to be rewritten.
 */
#include "http_decode.h"

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

enum bw_rc http_unescape(struct bw_view raw, bool plus, struct bw_arena *arena, struct bw_view *ret,
                         struct bw_err *err)
{
    size_t at = 0;
    while (at < raw.n && raw.p[at] != '%' && !(plus && raw.p[at] == '+'))
        at++;
    if (at == raw.n) {
        *ret = raw;
        return BW_OK;
    }
    char *out = bw_arena_get(arena, raw.n);
    if (!out)
        return bw_fail_memory(err);
    memcpy(out, raw.p, at);
    size_t n = at;
    while (at < raw.n) {
        char c = raw.p[at++];
        if (c == '+' && plus) {
            c = ' ';
        } else if (c == '%') {
            int high = at + 1 < raw.n ? hex_of(raw.p[at]) : -1;
            int low = at + 1 < raw.n ? hex_of(raw.p[at + 1]) : -1;
            if (high < 0 || low < 0)
                return bw_fail(err, BW_INVALID, "The address or form has a broken %%-escape.");
            c = (char)(unsigned char)(high * 16 + low);
            at += 2;
        }
        out[n++] = c;
    }
    *ret = bw_view_of(out, n);
    return BW_OK;
}

/* A decoded segment that no file system, log or template could misread. */
static bool segment_ok(struct bw_view s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c == 0x7f || c == '/' || c == '\\')
            return false;
    }
    return !bw_view_is(s, ".") && !bw_view_is(s, "..") && bw_utf8_valid(s);
}

enum bw_rc http_split_path(struct bw_view target, struct bw_arena *arena, struct bw_view *segs,
                           size_t max, size_t *ret_n, struct bw_view *ret_path, struct bw_err *err)
{
    if (target.n == 0 || target.p[0] != '/')
        return bw_fail(err, BW_INVALID, "The address must start with a slash.");
    char *path = bw_arena_get(arena, target.n); /* decoding never grows */
    if (!path)
        return bw_fail_memory(err);
    size_t n = 0, n_path = 0;
    struct bw_view rest = bw_view_from(target, 1);
    path[n_path++] = '/';
    while (rest.p && target.n > 1) {
        struct bw_view raw = bw_view_split(&rest, '/'), seg;
        BW_TRY(http_unescape(raw, false, arena, &seg, err));
        if (!segment_ok(seg) || (seg.n == 0 && rest.p))
            return bw_fail(err, BW_INVALID, "The address has a part that is not allowed.");
        if (n == max)
            return bw_fail(err, BW_INVALID, "The address has too many parts.");
        memcpy(path + n_path, seg.p ? seg.p : "", seg.n);
        segs[n++] = bw_view_of(path + n_path, seg.n);
        n_path += seg.n;
        if (rest.p)
            path[n_path++] = '/';
    }
    *ret_n = n;
    *ret_path = bw_view_of(path, n_path);
    return BW_OK;
}

bool http_cookie_find(struct bw_view header, struct bw_view name, struct bw_view *ret)
{
    while (header.p) {
        struct bw_view value = bw_view_trim(bw_view_split(&header, ';'));
        size_t eq = bw_view_find_byte(value, '=');
        if (eq == SIZE_MAX || !bw_view_eq(bw_view_head(value, eq), name))
            continue;
        value = bw_view_from(value, eq + 1);
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = bw_view_of(value.p + 1, value.n - 2);
        *ret = value;
        return true;
    }
    return false;
}

/* "q=0", "q=0.0", ... say no; anything else, a broken one too, says yes. */
static bool weight_is_zero(struct bw_view params)
{
    while (params.p) {
        struct bw_view p = bw_view_trim(bw_view_split(&params, ';'));
        if (p.n < 3 || lower(p.p[0]) != 'q' || p.p[1] != '=' || p.p[2] != '0')
            continue;
        size_t i = 3;
        while (i < p.n && (p.p[i] == '0' || p.p[i] == '.'))
            i++;
        return i == p.n;
    }
    return false;
}

bool http_accepts_coding(struct bw_view header, struct bw_view coding)
{
    bool any = false;
    while (header.p) {
        struct bw_view params = bw_view_split(&header, ',');
        struct bw_view name = bw_view_trim(bw_view_split(&params, ';'));
        if (bw_view_eq_nocase(name, coding))
            return !weight_is_zero(params);
        if (bw_view_is(name, "*"))
            any = !weight_is_zero(params);
    }
    return any;
}

bool http_etag_listed(struct bw_view header, struct bw_view tag)
{
    header = bw_view_trim(header);
    if (bw_view_is(header, "*"))
        return true;
    size_t at = 0;
    while (at < header.n) { /* tags may hold commas: read quote by quote */
        size_t open = bw_view_find_byte(bw_view_from(header, at), '"');
        if (open == SIZE_MAX)
            return false;
        at += open + 1;
        size_t len = bw_view_find_byte(bw_view_from(header, at), '"');
        if (len == SIZE_MAX)
            return false;
        if (bw_view_eq(bw_view_of(header.p + at, len), tag))
            return true;
        at += len + 1;
    }
    return false;
}

/* RFC 9110 5.6.2 tchar; a table, since every header name of every request is looked at. */
static const bool TCHAR[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1,         ['&'] = 1,         ['\''] = 1,
    ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1,         ['^'] = 1,         ['_'] = 1,
    ['`'] = 1, ['|'] = 1, ['~'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

bool http_is_token(struct bw_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (!TCHAR[(unsigned char)v.p[i]])
            return false;
    return v.n > 0;
}

bool http_is_field_value(struct bw_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        if (c < 0x20 || c == 0x7f)
            return false;
    }
    return true;
}

bool http_media_type(struct bw_view header, char *out, size_t out_max, struct bw_view *ret)
{
    struct bw_view type = bw_view_trim(bw_view_split(&header, ';'));
    size_t slash = bw_view_find_byte(type, '/');
    if (slash == SIZE_MAX || type.n > out_max || !http_is_token(bw_view_head(type, slash)) ||
        !http_is_token(bw_view_from(type, slash + 1)))
        return false;
    for (size_t i = 0; i < type.n; i++)
        out[i] = lower(type.p[i]);
    *ret = bw_view_of(out, type.n);
    return true;
}

/* What is behind the opening quote at V[0], up to the closing one; *ret_len counts both quotes. */
static bool unquote(struct bw_view v, struct bw_arena *arena, struct bw_view *ret, size_t *ret_len)
{
    char *out = bw_arena_get(arena, v.n);
    size_t n = 0;
    if (!out)
        return false;
    for (size_t i = 1; i < v.n; i++) {
        if (v.p[i] == '"') {
            *ret = bw_view_of(out, n);
            *ret_len = i + 1;
            return true;
        }
        /* Browsers escape a quote as %22 and leave backslashes alone, so that only \" and \\ count.
         */
        if (v.p[i] == '\\' && i + 1 < v.n && (v.p[i + 1] == '"' || v.p[i + 1] == '\\'))
            i++;
        out[n++] = v.p[i];
    }
    return false;
}

bool http_header_param(struct bw_view header, const char *name, struct bw_arena *arena,
                       struct bw_view *ret)
{
    size_t at = bw_view_find_byte(header, ';');
    while (at < header.n) {
        while (at < header.n &&
               (header.p[at] == ';' || header.p[at] == ' ' || header.p[at] == '\t'))
            at++;
        size_t begin = at;
        while (at < header.n && header.p[at] != '=' && header.p[at] != ';')
            at++;
        if (at == header.n || header.p[at] == ';')
            continue;
        struct bw_view key = bw_view_trim(bw_view_of(header.p + begin, at - begin));
        struct bw_view value;
        at++;
        if (at < header.n && header.p[at] == '"') {
            size_t len = 0;
            if (!unquote(bw_view_from(header, at), arena, &value, &len))
                return false;
            at += len;
        } else {
            begin = at;
            while (at < header.n && header.p[at] != ';')
                at++;
            value = bw_view_trim(bw_view_of(header.p + begin, at - begin));
        }
        if (bw_view_eq_nocase(key, bw_view_z(name))) {
            *ret = value;
            return true;
        }
    }
    return false;
}

bool http_forwarded_ip(struct bw_view v, struct bw_ip *ret)
{
    v = bw_view_trim(v);
    if (v.n > 0 && v.p[0] == '[') {
        size_t end = bw_view_find_byte(v, ']');
        return end != SIZE_MAX && bw_ip_parse(bw_view_of(v.p + 1, end - 1), ret);
    }
    if (bw_ip_parse(v, ret))
        return true;
    size_t colon = bw_view_find_byte(v, ':');
    return colon != SIZE_MAX && bw_ip_parse(bw_view_head(v, colon), ret) && bw_ip_is_v4(ret);
}
