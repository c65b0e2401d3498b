/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_http_query - path, query, form, multipart and the small header grammars. What is taken must
 * keep the promises that handlers rely on: no NUL, no "..", valid UTF-8, within the declared
 * limits. */
#include "http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum bw_rc no_handler(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return BW_OK;
}

static const struct http_param P[] = {
    {"t", HTTP_TEXT, HTTP_IN_FORM, 0, 16},
    {"l", HTTP_TEXT, HTTP_IN_FORM | HTTP_LINES | HTTP_MANY, 0, 64},
    {"n", HTTP_INT, HTTP_IN_FORM, -5, 99},
    {"i", HTTP_ID, HTTP_IN_FORM, 0, 0},
    {"w", HTTP_WORD, HTTP_IN_FORM | HTTP_MANY, 0, 9},
    {"f", HTTP_FLAG, HTTP_IN_FORM, 0, 0},
    {"x", HTTP_FILE, HTTP_IN_FORM | HTTP_MANY, 0, 64},
};
static const struct http_route ROUTE =
    {HTTP_POST,   "/x", HTTP_WORKER,
     HTTP_PAGE,   0,    P,
     BW_COUNT(P), 4096, "application/x-www-form-urlencoded multipart/form-data",
     no_handler,  ""};

static void check_values(const struct http_values *vs)
{
    for (size_t i = 0; i < vs->n; i++) {
        const struct http_value *v = &vs->v[i];
        const struct http_param *p = v->param;
        if (p->kind == HTTP_TEXT || p->kind == HTTP_FILE)
            BW_ASSERT((int64_t)v->text.n <= p->max);
        if (p->kind != HTTP_FILE) {
            BW_ASSERT(bw_utf8_valid(v->text));
            BW_ASSERT(bw_view_find_byte(v->text, '\0') == SIZE_MAX);
            BW_ASSERT(bw_view_find_byte(v->text, '\r') == SIZE_MAX);
        } else {
            BW_ASSERT(bw_utf8_valid(v->file_name) && http_is_field_value(v->file_name));
            BW_ASSERT(bw_view_find_byte(v->file_name, '/') == SIZE_MAX);
        }
        if (p->kind == HTTP_INT)
            BW_ASSERT(v->number >= p->min && v->number <= p->max);
    }
}

static void fuzz_path(struct bw_view v, struct bw_arena *a)
{
    struct bw_view segs[8], path;
    size_t n;
    if (http_split_path(v, a, segs, 8, &n, &path, NULL) != BW_OK)
        return;
    BW_ASSERT(n <= 8 && path.n > 0 && path.p[0] == '/' && path.n <= v.n);
    BW_ASSERT(bw_utf8_valid(path) && bw_view_find_byte(path, '\0') == SIZE_MAX);
    BW_ASSERT(bw_view_find(path, BW_V("/../")) == SIZE_MAX);
    for (size_t i = 0; i < n; i++)
        BW_ASSERT(bw_view_find_byte(segs[i], '/') == SIZE_MAX && !bw_view_is(segs[i], ".."));
}

static void fuzz_headers(struct bw_view v, struct bw_arena *a)
{
    struct bw_view r;
    struct bw_ip ip;
    char type[64];
    if (http_cookie_find(v, BW_V("s"), &r))
        BW_ASSERT(bw_view_find_byte(r, ';') == SIZE_MAX);
    (void)http_accepts_coding(v, BW_V("gzip"));
    (void)http_etag_listed(v, BW_V("v1"));
    (void)http_forwarded_ip(v, &ip);
    if (http_media_type(v, type, sizeof type, &r))
        BW_ASSERT(r.n <= sizeof type && bw_view_find_byte(r, '/') != SIZE_MAX);
    if (http_header_param(v, "name", a, &r))
        BW_ASSERT(r.n <= v.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(1 << 20);
    struct http_values vs = {0}, parts = {0};
    struct bw_view v = bw_view_of((const char *)data, size);
    if (!a || size > 65536)
        return 0;
    fuzz_path(v, a);
    fuzz_headers(v, a);
    (void)http_values_pairs(&ROUTE, HTTP_IN_FORM, v, a, &vs, NULL);
    check_values(&vs);
    (void)http_values_multipart(&ROUTE, BW_V("B"), v, a, &parts, NULL);
    check_values(&parts);
    return 0;
}
