/* SPDX-License-Identifier: Apache-2.0 */
/* http_decode - the small grammars of a request: path, query, cookies, media types, lists.
 *
 * Pure: no I/O, no clock; memory only from the caller's arena. Any thread. Fuzzed by
 * fuzz_http_query.c. */
#ifndef HTTP_DECODE_H
#define HTTP_DECODE_H

#include "bw_arena.h"
#include "bw_ip.h"

/* Percent-decoding, once (RFC 3986 2.1). PLUS: '+' is a space (form and query). Without an escape
 * RAW itself comes back. BW_INVALID: a broken escape; BW_MEMORY. */
enum bw_rc http_unescape(struct bw_view raw, bool plus, struct bw_arena *arena, struct bw_view *ret,
                         struct bw_err *err);

/* TARGET up to the '?': decoded segments and the whole decoded path. A trailing slash gives an
 * empty last segment; "/" gives none. BW_INVALID: no leading slash, an encoded slash, control
 * characters, "." or
 * "..", an empty segment inside, bad UTF-8, more than MAX segments. */
enum bw_rc http_split_path(struct bw_view target, struct bw_arena *arena, struct bw_view *segs,
                           size_t max, size_t *ret_n, struct bw_view *ret_path, struct bw_err *err);

/* The first cookie called NAME in a Cookie header (RFC 6265 4.2.1); quotes around it are taken off.
 */
bool http_cookie_find(struct bw_view header, struct bw_view name, struct bw_view *ret);
/* Does Accept-Encoding take CODING ("gzip", or "*", q > 0; RFC 9110 12.5.3)? */
bool http_accepts_coding(struct bw_view header, struct bw_view coding);
/* Is TAG one of If-None-Match, compared weakly (RFC 9110 13.1.2)? "*" is. */
bool http_etag_listed(struct bw_view header, struct bw_view tag);
/* "Text/HTML; charset=x" -> "text/html" in OUT. False: not type/subtype or longer than OUT. */
bool http_media_type(struct bw_view header, char *out, size_t out_max, struct bw_view *ret);
/* Parameter NAME of a media type or disposition; quoted-string is unquoted into ARENA. */
bool http_header_param(struct bw_view header, const char *name, struct bw_arena *arena,
                       struct bw_view *ret);
/* One element of X-Forwarded-For: address, "address:port", "[v6]:port". */
bool http_forwarded_ip(struct bw_view v, struct bw_ip *ret);

bool http_is_token(struct bw_view v);       /* RFC 9110 5.6.2, not empty */
bool http_is_field_value(struct bw_view v); /* no control characters */

#endif
