/* SPDX-License-Identifier: Apache-2.0 */
/* taxii_objects - pages of objects, manifests and versions (TAXII 2.1 section 5).
 *
 * An object goes out as the bytes that came in, copied once from the database's page into the
 * answer. */
#include "taxii_int.h"

#include "json_write.h"

/* A page on its way into the answer. */
struct answer {
    struct bw_buf *out;
    size_t n;
};

static void begin_element(struct answer *a, const char *member)
{
    if (a->n++ == 0)
        bw_buf_printf(a->out, "{\"%s\":[", member);
    else
        bw_buf_byte(a->out, ',');
}

static enum bw_rc put_object(void *arg, const struct intel_object *o, struct bw_err *err)
{
    struct answer *a = arg;
    (void)err;
    begin_element(a, "objects");
    bw_buf_view(a->out, o->bytes);
    return BW_OK;
}

static struct bw_view version_of(const struct intel_object *o, char text[BW_TIME_MAX])
{
    return o->version.n ? o->version : taxii_time(o->version_us, text);
}

static enum bw_rc put_record(void *arg, const struct intel_object *o, struct bw_err *err)
{
    struct answer *a = arg;
    char version[BW_TIME_MAX], added[BW_TIME_MAX];
    struct json_writer w;
    (void)err;
    begin_element(a, "objects");
    json_w_open(&w, a->out);
    json_w_object(&w);
    json_w_kv(&w, "id", o->stix_id);
    json_w_kv(&w, "date_added", taxii_time(o->added_us, added));
    json_w_kv(&w, "version", version_of(o, version));
    json_w_kv_z(&w, "media_type",
                bw_view_is(o->spec_version, "2.0") ? "application/stix+json;version=2.0"
                                                   : "application/stix+json;version=2.1");
    json_w_object_end(&w);
    json_w_close(&w);
    return BW_OK;
}

static enum bw_rc put_version(void *arg, const struct intel_object *o, struct bw_err *err)
{
    struct answer *a = arg;
    char version[BW_TIME_MAX];
    struct json_writer w;
    (void)err;
    begin_element(a, "versions");
    json_w_open(&w, a->out);
    json_w_string(&w, version_of(o, version));
    json_w_close(&w);
    return BW_OK;
}

static void set_time(struct http_resp *rs, const char *name, int64_t us)
{
    char text[BW_TIME_MAX];
    http_set(rs, name, taxii_time(us, text));
}

/* What stands behind the elements: the cursor; without elements nothing is in the object at all. */
static enum bw_rc end_answer(struct http_req *rq, struct http_resp *rs, struct answer *a,
                             const struct intel_object_page *page, struct bw_err *err)
{
    bw_buf_byte(a->out, a->n ? ']' : '{');
    if (page->more) {
        bw_buf_z(a->out, a->n ? ",\"more\":true,\"next\":\"" : "\"more\":true,\"next\":\"");
        BW_TRY(taxii_next_write(rq, page->last_id, a->out, err));
        bw_buf_byte(a->out, '"');
    }
    bw_buf_byte(a->out, '}');
    http_type(rs, TAXII_MEDIA_TYPE);
    if (a->n) {
        set_time(rs, "X-TAXII-Date-Added-First", page->first_added_us);
        set_time(rs, "X-TAXII-Date-Added-Last", page->last_added_us);
    }
    return bw_buf_rc(a->out, "answer", err);
}

typedef enum bw_rc (*put_fn)(void *arg, const struct intel_object *o, struct bw_err *err);

static enum bw_rc send_page(struct http_req *rq, struct http_resp *rs,
                            const struct intel_object_filter *f, put_fn put, size_t *ret_n,
                            struct bw_err *err)
{
    struct answer a = {.out = http_out(rs)};
    struct intel_object_page page;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(intel_object_page(db, req_viewer(rq), f, put, &a, &page, err));
    *ret_n = a.n;
    return end_answer(rq, rs, &a, &page, err);
}

/* -- handlers ---------------------------------------------------------------------------------- */

static enum bw_rc list(struct http_req *rq, struct http_resp *rs, put_fn put, struct bw_err *err)
{
    struct intel_object_filter f;
    size_t n;
    if (!taxii_accepts(rq, rs))
        return BW_OK;
    BW_TRY(taxii_readable(rq, err));
    BW_TRY(taxii_filter_read(rq, &f, err));
    f.bodies = put == put_object;
    return send_page(rq, rs, &f, put, &n, err);
}

enum bw_rc taxii_objects(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return list(rq, rs, put_object, err);
}

enum bw_rc taxii_manifest(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return list(rq, rs, put_record, err);
}

/* Nothing to see and nothing there are one answer. */
static enum bw_rc one(struct http_req *rq, struct http_resp *rs, put_fn put, struct bw_err *err)
{
    struct intel_object_filter f;
    struct bw_view id = http_text(rq, "object");
    size_t n;
    if (!taxii_accepts(rq, rs))
        return BW_OK;
    BW_TRY(taxii_readable(rq, err));
    BW_TRY(taxii_filter_read(rq, &f, err));
    f.ids = &id;
    f.n_ids = 1;
    f.bodies = put == put_object;
    if (put == put_version)
        f.versions.all = true;
    BW_TRY(send_page(rq, rs, &f, put, &n, err));
    if (n == 0 && f.after_id == 0 && f.added_after_us == 0 && f.n_specs == 0 &&
        f.versions.n_exact == 0)
        return bw_fail(err, BW_NOT_FOUND, "there is no such object");
    return BW_OK;
}

enum bw_rc taxii_object(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return one(rq, rs, put_object, err);
}

enum bw_rc taxii_versions(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return one(rq, rs, put_version, err);
}
