/* SPDX-License-Identifier: Apache-2.0 */
/* json_write - JSON onto a buffer, commas by itself.
 *
 * Why: output that is built by hand forgets a comma or an escape; here the only way to write text
 * is json_w_string. Misuse (a value where a key belongs, an end without a beginning) is a bug and
 * asserts. Running out of room is kept in the buffer: ask bw_buf_rc() once at the end.
 *
 *     struct json_writer w;
 *     json_w_open(&w, &out);
 *     json_w_object(&w);
 *     json_w_key(&w, "id");
 *     json_w_string(&w, id);
 *     json_w_object_end(&w);
 *     json_w_close(&w);
 *
 * Not well-formed UTF-8 in text is written as U+FFFD: the output always parses. */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include "bw_buf.h"
#include "bw_view.h"

struct json_writer {
    struct bw_buf *out;
    uint64_t in_object, not_first; /* bit d: container d is an object; has a member already */
    uint8_t depth;
    bool after_key, done, html_safe;
};

void json_w_open(struct json_writer *w, struct bw_buf *out);
/* From here on `<`, `>` and `&` are written as \u003c …, so that the text may stand in a <script>.
 */
void json_w_html_safe(struct json_writer *w);
void json_w_close(struct json_writer *w); /* asserts that one complete value was written */

void json_w_object(struct json_writer *w);
void json_w_object_end(struct json_writer *w);
void json_w_array(struct json_writer *w);
void json_w_array_end(struct json_writer *w);
void json_w_key(struct json_writer *w, const char *z);
void json_w_key_view(struct json_writer *w, struct bw_view key);
void json_w_string(struct json_writer *w, struct bw_view text); /* {NULL, 0} is "" */
void json_w_z(struct json_writer *w, const char *z);            /* NULL is null */
void json_w_int(struct json_writer *w, int64_t v);
void json_w_double(struct json_writer *w,
                   double v); /* shortest that reads back; not finite: null */
void json_w_bool(struct json_writer *w, bool v);
void json_w_null(struct json_writer *w);
/* A complete JSON value that was validated before (as received, or from another writer). */
void json_w_raw(struct json_writer *w, struct bw_view json);

/* Key and value in one. */
void json_w_kv(struct json_writer *w, const char *key, struct bw_view text);
void json_w_kv_z(struct json_writer *w, const char *key, const char *z);
void json_w_kv_int(struct json_writer *w, const char *key, int64_t v);
void json_w_kv_bool(struct json_writer *w, const char *key, bool v);
void json_w_kv_raw(struct json_writer *w, const char *key, struct bw_view json);

#endif
