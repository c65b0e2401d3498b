/* SPDX-License-Identifier: Apache-2.0 */
/* http_table - the two things that the route table gives: which row answers, and which inputs it
 * takes.
 *
 * Pure but for the arena; any thread. Include http_int.h or this; outside the folder nobody does.
 */
#ifndef HTTP_TABLE_H
#define HTTP_TABLE_H

#include "http.h"

#define HTTP_SEGMENTS_MAX 24
#define HTTP_PARAMS_MAX 64
#define HTTP_PAIRS_MAX 4000 /* name=value pairs of one query or form */

/* ---- routes (http_route.c) ---- */
struct http_router;
struct http_match {
    const struct http_route *route; /* NULL: none for this method */
    enum http_face face;
    unsigned allow; /* 1 << method of every row with this path */
};
/* Logs the wrong row and asserts. */
struct http_router *http_router_new(const struct http_route *routes, size_t n, struct bw_err *err);
void http_router_free(struct http_router *r);
BW_AUTO_TYPE(http_router, http_router_free);
/* SEGS are decoded. Path values that do not fit their kind make the row not match. */
void http_router_match(const struct http_router *r, enum http_method m, const struct bw_view *segs,
                       size_t n, struct http_match *ret);

/* ---- declared values (http_value.c) ---- */
struct http_value {
    const struct http_param *param;
    struct bw_view text; /* HTTP_FILE: the bytes */
    int64_t number;      /* HTTP_INT, HTTP_FLAG */
    struct bw_view file_name, file_type;
};
struct http_values {
    struct http_value *v;
    size_t n, room, dropped;
    uint16_t count[HTTP_PARAMS_MAX]; /* by row of the route's table */
};
/* One value as it came: is it of P's kind? Pure but for ARENA (newlines). *ret_given false: counts
 * as absent. */
enum bw_rc http_value_read(const struct http_param *p, struct bw_view raw, struct bw_arena *arena,
                           struct http_value *ret, bool *ret_given, struct bw_err *err);
enum bw_rc http_values_path(const struct http_route *r, const struct bw_view *segs, size_t n,
                            struct bw_arena *arena, struct http_values *vs, struct bw_err *err);
/* WHERE: HTTP_IN_QUERY or HTTP_IN_FORM; RAW is urlencoded. */
enum bw_rc http_values_pairs(const struct http_route *r, unsigned where, struct bw_view raw,
                             struct bw_arena *arena, struct http_values *vs, struct bw_err *err);
/* RAW is multipart/form-data with BOUNDARY (http_multipart.c). */
enum bw_rc http_values_multipart(const struct http_route *r, struct bw_view boundary,
                                 struct bw_view raw, struct bw_arena *arena, struct http_values *vs,
                                 struct bw_err *err);
/* One value as it came; file: a part with a file name. Undeclared ones are counted and dropped. */
struct http_given {
    struct bw_view name, bytes, file_name, file_type;
    bool file;
};
enum bw_rc http_values_add(const struct http_route *r, unsigned where, const struct http_given *g,
                           struct bw_arena *arena, struct http_values *vs, struct bw_err *err);
/* After everything was read: what is required of WHERE is there. */
enum bw_rc http_values_complete(const struct http_route *r, unsigned where,
                                const struct http_values *vs, struct bw_err *err);

#endif
