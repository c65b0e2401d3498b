/* SPDX-License-Identifier: Apache-2.0 */
/* taxii_api - discovery, API root, collections, and the room's routes (TAXII 2.1 sections 4 and 5).
 *
 * There are two collections. Which objects a client finds in the first depends on who asks, as on
 * every page; making a collection for each circle would tell which circles there are. */
#include "taxii_int.h"

#include "bw_random.h"
#include "json_write.h"

#include "sql_0025_taxii.h"

static const struct {
    const char *name, *title, *description;
} COLLECTIONS[TAXII_COLLECTIONS] = {
    [TAXII_COMMUNITY] = {"community", "Community",
                         "Everything that you may see: what members share, and what was imported."},
    [TAXII_CONTRIBUTE] = {"contribute", "Contribute",
                          "Objects added here are shared as your organisation: with every member "
                          "as TLP:GREEN, or as far as their own TLP marking allows."},
};

/* -- ids --------------------------------------------------------------------------------------- */

/* Sixteen bytes as a UUID of version 4, which is the form that TAXII's identifiers have. */
static struct taxii_uuid uuid_of(uint8_t b[16])
{
    static const char HEX[] = "0123456789abcdef";
    struct taxii_uuid u;
    size_t n = 0;
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            u.text[n++] = '-';
        u.text[n++] = HEX[b[i] >> 4];
        u.text[n++] = HEX[b[i] & 15];
    }
    u.text[n] = '\0';
    return u;
}

struct taxii_uuid taxii_uuid_new(void)
{
    uint8_t b[16];
    bw_random_bytes(BW_RANDOM_ID, b, sizeof(b));
    return uuid_of(b);
}

struct taxii_uuid taxii_collection_id(const struct hub *hub, enum taxii_collection c)
{
    struct crypto_public_key key = {{0}};
    if (hub->signer)
        key = crypto_signer_public(hub->signer);
    const struct bw_view parts[] = {BW_V("breakwater taxii collection\n"),
                                    bw_view_z(COLLECTIONS[c].name),
                                    {(const char *)key.b, sizeof(key.b)}};
    struct crypto_digest d = crypto_sha256_views(parts, BW_COUNT(parts));
    return uuid_of(d.b);
}

enum bw_rc taxii_collection_of(struct http_req *rq, enum taxii_collection *ret, struct bw_err *err)
{
    for (enum taxii_collection c = 0; c < TAXII_COLLECTIONS; c++) {
        struct taxii_uuid id = taxii_collection_id(req_hub(rq), c);
        if (bw_view_is(http_text(rq, "collection"), id.text)) {
            *ret = c;
            return BW_OK;
        }
    }
    return bw_fail(err, BW_NOT_FOUND, "there is no such collection");
}

enum bw_rc taxii_readable(struct http_req *rq, struct bw_err *err)
{
    enum taxii_collection c;
    BW_TRY(taxii_collection_of(rq, &c, err));
    if (c != TAXII_COMMUNITY)
        return bw_fail(err, BW_DENIED, "this collection can be added to but not read");
    return BW_OK;
}

struct bw_view taxii_time(int64_t us, char out[BW_TIME_MAX])
{
    struct bw_civil c;
    bw_civil_of(us, &c);
    int n = snprintf(out, BW_TIME_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", c.year, c.month,
                     c.day, c.hour, c.minute, c.second, c.micro);
    return bw_view_of(out, (size_t)n < BW_TIME_MAX ? (size_t)n : BW_TIME_MAX - 1);
}

/* -- negotiation ------------------------------------------------------------------------------- */

enum bw_rc taxii_error(struct http_resp *rs, int status, const char *title, struct bw_err *err)
{
    struct json_writer w;
    char code[16];
    snprintf(code, sizeof(code), "%d", status);
    http_status(rs, status);
    http_type(rs, TAXII_MEDIA_TYPE);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_kv_z(&w, "title", title);
    json_w_kv_z(&w, "http_status", code);
    json_w_object_end(&w);
    json_w_close(&w);
    return bw_buf_rc(http_out(rs), "answer", err);
}

/* One range of an Accept header: ours, without a version or with 2.1. */
static bool range_fits(struct bw_view range)
{
    struct bw_view type = bw_view_trim(bw_view_split(&range, ';'));
    if (bw_view_is(type, "*/*") || bw_view_is(type, "application/*"))
        return true;
    if (!bw_view_eq_nocase(type, BW_V("application/taxii+json")))
        return false;
    while (range.p) {
        struct bw_view value = bw_view_split(&range, ';');
        struct bw_view name = bw_view_trim(bw_view_split(&value, '='));
        value = bw_view_trim(value);
        if (bw_view_eq_nocase(name, BW_V("version")) && !bw_view_is(value, "2.1") &&
            !bw_view_is(value, "\"2.1\""))
            return false;
    }
    return true;
}

bool taxii_accepts(struct http_req *rq, struct http_resp *rs)
{
    struct bw_view rest = http_header(rq, "Accept");
    struct bw_err ignored;
    bool fits = rest.n == 0;
    while (rest.p && !fits)
        fits = range_fits(bw_view_split(&rest, ','));
    if (!fits)
        (void)!taxii_error(rs, 406, "The answer is " TAXII_MEDIA_TYPE " only.", &ignored);
    return fits;
}

/* -- handlers ---------------------------------------------------------------------------------- */

static enum bw_rc end(struct json_writer *w, struct http_resp *rs, struct bw_err *err)
{
    json_w_object_end(w);
    json_w_close(w);
    http_type(rs, TAXII_MEDIA_TYPE);
    return bw_buf_rc(http_out(rs), "answer", err);
}

static enum bw_rc discovery(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct settings *s = req_hub(rq)->settings;
    struct json_writer w;
    if (!taxii_accepts(rq, rs))
        return BW_OK;
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_kv(&w, "title", setting_text(s, SETTING_NAME));
    json_w_kv_z(&w, "default", "/taxii2/api/");
    json_w_key(&w, "api_roots");
    json_w_array(&w);
    json_w_z(&w, "/taxii2/api/");
    json_w_array_end(&w);
    return end(&w, rs, err);
}

static enum bw_rc api_root(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct settings *s = req_hub(rq)->settings;
    struct json_writer w;
    if (!taxii_accepts(rq, rs))
        return BW_OK;
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_kv(&w, "title", setting_text(s, SETTING_NAME));
    json_w_key(&w, "versions");
    json_w_array(&w);
    json_w_z(&w, TAXII_MEDIA_TYPE);
    json_w_array_end(&w);
    json_w_kv_int(&w, "max_content_length", (int64_t)TAXII_BODY_MAX);
    return end(&w, rs, err);
}

static void put_collection(struct http_req *rq, struct json_writer *w, enum taxii_collection c)
{
    struct taxii_uuid id = taxii_collection_id(req_hub(rq), c);
    bool may_add = permission_has(req_viewer(rq), PERM_IMPORT);
    json_w_kv_z(w, "id", id.text);
    json_w_kv_z(w, "title", COLLECTIONS[c].title);
    json_w_kv_z(w, "description", COLLECTIONS[c].description);
    json_w_kv_z(w, "alias", COLLECTIONS[c].name);
    json_w_kv_bool(w, "can_read", c == TAXII_COMMUNITY);
    json_w_kv_bool(w, "can_write", c == TAXII_CONTRIBUTE && may_add);
    json_w_key(w, "media_types");
    json_w_array(w);
    json_w_z(w, "application/stix+json;version=2.1");
    json_w_z(w, "application/stix+json;version=2.0");
    json_w_array_end(w);
}

static enum bw_rc collections(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct json_writer w;
    if (!taxii_accepts(rq, rs))
        return BW_OK;
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_key(&w, "collections");
    json_w_array(&w);
    for (enum taxii_collection c = 0; c < TAXII_COLLECTIONS; c++) {
        json_w_object(&w);
        put_collection(rq, &w, c);
        json_w_object_end(&w);
    }
    json_w_array_end(&w);
    return end(&w, rs, err);
}

static enum bw_rc collection(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    enum taxii_collection c;
    struct json_writer w;
    if (!taxii_accepts(rq, rs))
        return BW_OK;
    BW_TRY(taxii_collection_of(rq, &c, err));
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    put_collection(rq, &w, c);
    return end(&w, rs, err);
}

/* -- the room ---------------------------------------------------------------------------------- */

static const struct db_migration MIGRATIONS[] = {{25, "0025_taxii", sql_0025_taxii}};

#define UUID_IN(name)                                                                 \
    {                                                                                 \
        name, HTTP_WORD, HTTP_IN_PATH | HTTP_REQUIRED, TAXII_UUID_LEN, TAXII_UUID_LEN \
    }
#define COLLECTION UUID_IN("collection")
#define OBJECT                                                    \
    {                                                             \
        "object", HTTP_TEXT, HTTP_IN_PATH | HTTP_REQUIRED, 1, 300 \
    }
#define QUERY(name, max)                       \
    {                                          \
        name, HTTP_TEXT, HTTP_IN_QUERY, 0, max \
    }
#define PAGING \
    QUERY("added_after", 60), {"limit", HTTP_INT, HTTP_IN_QUERY, 1, INT64_MAX}, QUERY("next", 200)
#define SPEC QUERY("match[spec_version]", 60)
#define VERSION QUERY("match[version]", 2000)

static const struct http_param COLLECTION_PARAMS[] = {COLLECTION};
static const struct http_param OBJECTS_PARAMS[] =
    {COLLECTION, PAGING, QUERY("match[id]", 8000), QUERY("match[type]", 4000), VERSION, SPEC};
static const struct http_param OBJECT_PARAMS[] = {COLLECTION, OBJECT, PAGING, VERSION, SPEC};
static const struct http_param VERSIONS_PARAMS[] = {COLLECTION, OBJECT, PAGING, SPEC};
static const struct http_param STATUS_PARAMS[] = {UUID_IN("status")};

#define PARAMS(list) (list), BW_COUNT(list)
#define ROOT "/taxii2/api/"
#define ONE ROOT "collections/{collection}/"

/* Pages of objects are a reader's: a thousand of them take longer than a loop may. */
static const struct http_route ROUTES[] = {
    {HTTP_GET, "/taxii2/", HTTP_LOOP, HTTP_TAXII, PERM_TAXII, NULL, 0, 0, NULL, discovery,
     "TAXII 2.1: discovery"},
    {HTTP_GET, ROOT, HTTP_LOOP, HTTP_TAXII, PERM_TAXII, NULL, 0, 0, NULL, api_root,
     "TAXII 2.1: the API root"},
    {HTTP_GET, ROOT "collections/", HTTP_LOOP, HTTP_TAXII, PERM_TAXII, NULL, 0, 0, NULL,
     collections, "TAXII 2.1: collections"},
    {HTTP_GET, ONE, HTTP_LOOP, HTTP_TAXII, PERM_TAXII, PARAMS(COLLECTION_PARAMS), 0, NULL,
     collection, "TAXII 2.1: one collection"},
    {HTTP_GET, ONE "objects/", HTTP_READER, HTTP_TAXII, PERM_TAXII, PARAMS(OBJECTS_PARAMS), 0, NULL,
     taxii_objects, "TAXII 2.1: objects, oldest first"},
    {HTTP_POST, ONE "objects/", HTTP_WORKER, HTTP_TAXII, PERM_TAXII, PARAMS(COLLECTION_PARAMS),
     TAXII_BODY_MAX, "application/taxii+json", taxii_add, "TAXII 2.1: add objects"},
    {HTTP_GET, ONE "objects/{object}/", HTTP_READER, HTTP_TAXII, PERM_TAXII, PARAMS(OBJECT_PARAMS),
     0, NULL, taxii_object, "TAXII 2.1: the versions of one object"},
    {HTTP_GET, ONE "objects/{object}/versions/", HTTP_READER, HTTP_TAXII, PERM_TAXII,
     PARAMS(VERSIONS_PARAMS), 0, NULL, taxii_versions, "TAXII 2.1: which versions of it there are"},
    {HTTP_GET, ONE "manifest/", HTTP_READER, HTTP_TAXII, PERM_TAXII, PARAMS(OBJECTS_PARAMS), 0,
     NULL, taxii_manifest, "TAXII 2.1: ids and versions of objects"},
    {HTTP_GET, ROOT "status/{status}/", HTTP_LOOP, HTTP_TAXII, PERM_TAXII, PARAMS(STATUS_PARAMS), 0,
     NULL, taxii_status, "TAXII 2.1: what became of added objects"},
};

const struct room room_taxii = {
    .name = "taxii",
    .migrations = MIGRATIONS,
    .n_migrations = BW_COUNT(MIGRATIONS),
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
};
