/* SPDX-License-Identifier: Apache-2.0 */
/* http_multipart - multipart/form-data (RFC 7578, RFC 2046 5.1) of a body that lies in one piece.
 *
 * The body is in memory or mapped, so that parts are views into it and a large file is never
 * copied. Content-Transfer-Encoding and nested multipart are not taken: no browser sends them.
 * Pure; fuzzed by fuzz_http_query.c. */
#include "http_int.h"

#define PARTS_MAX 1000
#define PART_HEAD_MAX 4096
#define BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */

static enum bw_rc broken(struct bw_err *err, const char *what)
{
    return bw_fail_detail(err, BW_INVALID, "The multipart form is broken.", "%s", what);
}

/* Where "\r\n--boundary" begins in BODY from AT on; SIZE_MAX: nowhere. MARK has the CRLF. */
static size_t next_mark(struct bw_view body, size_t at, struct bw_view mark)
{
    if (at >= body.n)
        return SIZE_MAX;
    const char *p = memmem(body.p + at, body.n - at, mark.p, mark.n);
    return p ? (size_t)(p - body.p) : SIZE_MAX;
}

/* Browsers send paths or odd characters in file names: the last component, controls as '_'. */
static bool clean_name(struct bw_view raw, struct bw_arena *arena, struct bw_view *ret)
{
    size_t begin = 0;
    for (size_t i = 0; i < raw.n; i++)
        if (raw.p[i] == '/' || raw.p[i] == '\\')
            begin = i + 1;
    struct bw_view v =
        bw_utf8_valid(raw) ? bw_utf8_head(bw_view_from(raw, begin), 255) : BW_V("file");
    char *out = bw_arena_get(arena, v.n);
    if (!out)
        return false;
    for (size_t i = 0; i < v.n; i++)
        out[i] = (unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f ? '_' : v.p[i];
    *ret = bw_view_of(out, v.n);
    return true;
}

/* The header lines of one part. */
static enum bw_rc read_head(struct bw_view head, struct bw_arena *arena, struct http_given *g,
                            struct bw_err *err)
{
    struct bw_view file, type = {NULL, 0};
    bool named = false;
    while (head.p) {
        struct bw_view value = bw_view_trim(bw_view_split(&head, '\n'));
        struct bw_view name = bw_view_split(&value, ':');
        if (bw_view_eq_nocase(name, BW_V("Content-Disposition"))) {
            named = http_header_param(value, "name", arena, &g->name);
            g->file = http_header_param(value, "filename", arena, &file);
        } else if (bw_view_eq_nocase(name, BW_V("Content-Type"))) {
            type = bw_view_trim(value);
        }
    }
    if (!named)
        return broken(err, "a part has no name");
    if (!g->file)
        return BW_OK;
    char *lower = bw_arena_get(arena, 128);
    if (!lower || !clean_name(file, arena, &g->file_name))
        return bw_fail_memory(err);
    if (!http_media_type(type, lower, 128, &g->file_type))
        g->file_type = BW_V("application/octet-stream");
    return BW_OK;
}

static enum bw_rc read_part(const struct http_route *r, struct bw_view part, struct bw_arena *arena,
                            struct http_values *vs, struct bw_err *err)
{
    struct http_given g = {0};
    size_t end = bw_view_find(bw_view_head(part, PART_HEAD_MAX), BW_V("\r\n\r\n"));
    if (end == SIZE_MAX)
        return broken(err, "the header of a part does not end");
    BW_TRY(read_head(bw_view_head(part, end), arena, &g, err));
    g.bytes = bw_view_from(part, end + 4);
    if (g.file && g.bytes.n == 0 && g.file_name.n == 0)
        return BW_OK; /* a file field that was left empty */
    return http_values_add(r, HTTP_IN_FORM, &g, arena, vs, err);
}

enum bw_rc http_values_multipart(const struct http_route *r, struct bw_view boundary,
                                 struct bw_view raw, struct bw_arena *arena, struct http_values *vs,
                                 struct bw_err *err)
{
    char mark_text[4 + BOUNDARY_MAX];
    if (boundary.n == 0 || boundary.n > BOUNDARY_MAX)
        return broken(err, "no boundary, or too long");
    memcpy(mark_text, "\r\n--", 4);
    memcpy(mark_text + 4, boundary.p, boundary.n);
    struct bw_view mark = bw_view_of(mark_text, boundary.n + 4), first = bw_view_from(mark, 2);
    size_t at;
    if (bw_view_starts(raw, first)) {
        at = first.n;
    } else { /* a preamble is allowed */
        at = next_mark(raw, 0, mark);
        if (at == SIZE_MAX)
            return broken(err, "no first boundary");
        at += mark.n;
    }
    for (int parts = 0;; parts++) {
        struct bw_view rest = bw_view_from(raw, at);
        if (bw_view_starts(rest, BW_V("--")))
            return BW_OK;
        while (rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t')) {
            rest = bw_view_from(rest, 1);
            at++;
        }
        if (!bw_view_starts(rest, BW_V("\r\n")))
            return broken(err, "a boundary does not end its line");
        if (parts == PARTS_MAX)
            return bw_fail(err, BW_LIMIT, "Too many parts in the form: at most %d.", PARTS_MAX);
        size_t end = next_mark(raw, at, mark);
        if (end == SIZE_MAX)
            return broken(err, "no last boundary");
        if (end > at) /* not an empty part */
            BW_TRY(read_part(r, bw_view_of(raw.p + at + 2, end < at + 2 ? 0 : end - at - 2), arena,
                             vs, err));
        at = end + mark.n;
    }
}
