/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_json - the reader on any bytes: no view outside the input, the three ways through a document
 * agree, a document that is taken survives being written anew, and resync always moves on. */
#include "json.h"
#include "json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct bw_view v, struct bw_view in)
{
    BW_ASSERT(v.n == 0 || (v.p >= in.p && v.p + v.n <= in.p + in.n));
}

/* Reads by events and writes the same document. */
static bool rewrite(struct bw_view in, struct bw_arena *arena, struct bw_buf *out)
{
    struct json_reader r;
    struct json_writer w;
    json_open(&r, in, arena, NULL);
    json_w_open(&w, out);
    for (;;) {
        enum json_event e = json_next(&r);
        struct bw_view text;
        inside(r.value.raw, in);
        if (e == JSON_ERROR)
            return false;
        if (e == JSON_END)
            break;
        if (e == JSON_KEY || e == JSON_STRING) {
            BW_ASSERT(json_text(&r.value, arena, &text, NULL) == BW_OK && bw_utf8_valid(text));
            BW_ASSERT(r.value.has_nul == (text.n && memchr(text.p, 0, text.n)));
        }
        if (e == JSON_KEY)
            json_w_key_view(&w, text);
        else if (e == JSON_STRING)
            json_w_string(&w, text);
        else if (e == JSON_OBJECT)
            json_w_object(&w);
        else if (e == JSON_OBJECT_END)
            json_w_object_end(&w);
        else if (e == JSON_ARRAY)
            json_w_array(&w);
        else if (e == JSON_ARRAY_END)
            json_w_array_end(&w);
        else
            json_w_raw(&w, r.value.raw);
    }
    json_w_close(&w);
    return true;
}

/* Reads the document as an import does. */
static void tolerant(struct bw_view in, struct bw_arena *arena)
{
    static const struct bw_view NAMES[] = {BW_VIEW_INIT("a"), BW_VIEW_INIT("id")};
    struct json_reader r;
    json_open(&r, in, arena, NULL);
    if (json_next(&r) != JSON_ARRAY)
        return;
    for (size_t last = 0;;) {
        struct json_mark mark = json_mark(&r);
        struct json_value v[2];
        struct bw_view raw;
        struct bw_err err;
        enum json_event e = json_next(&r);
        if (e == JSON_ARRAY_END)
            break;
        enum bw_rc rc = BW_INVALID;
        if (e == JSON_OBJECT)
            rc = json_fields(&r, NAMES, 2, v, &raw, &err);
        else if (e != JSON_ERROR)
            rc = json_raw(&r, &raw, &err);
        if (rc != BW_OK && json_resync(&r, &mark, &raw, &err) != BW_OK) {
            BW_ASSERT(bw_utf8_valid(bw_view_z(err.message)));
            return;
        }
        inside(raw, in);
        BW_ASSERT(json_offset(&r) > last && json_depth(&r) == 1);
        last = json_offset(&r);
    }
    struct bw_err err;
    if (json_finish(&r, &err) != BW_OK)
        BW_ASSERT(bw_utf8_valid(bw_view_z(err.message)) && err.message[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bw_arena *arena;
    arena = arena ? arena : bw_arena_new(64U << 20);
    BW_ASSERT(arena != NULL);
    struct bw_view in = {(const char *)data, size};
    BW_AUTO_BUF out = BW_BUF_INIT(SIZE_MAX / 2), again = BW_BUF_INIT(SIZE_MAX / 2);
    struct json_reader r;
    struct bw_err err;
    json_open(&r, in, arena, NULL);
    bool taken = json_finish(&r, &err) == BW_OK;
    BW_ASSERT(taken || bw_utf8_valid(bw_view_z(err.message)));
    BW_ASSERT(rewrite(in, arena, &out) == taken);
    if (taken) {
        BW_ASSERT(rewrite(bw_buf_text(&out), arena, &again));
        BW_ASSERT(bw_view_eq(bw_buf_text(&out), bw_buf_text(&again)));
        BW_ASSERT(size > 4096 || json_same(in, bw_buf_text(&out)));
    }
    tolerant(in, arena);
    bw_arena_reset(arena);
    return 0;
}
