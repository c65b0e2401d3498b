/* SPDX-License-Identifier: Apache-2.0 */
/* taxii_filter - the filters and the cursor of a query (TAXII 2.1 sections 3.4 and 3.5).
 *
 * The cursor holds the place in the order of adding, which must not leave the hub: it is sealed,
 * for this person, so that it tells nothing and of two people's cursors neither can be compared. */
#include "taxii_int.h"

#include "bw_clock.h"
#include "crypto_text.h"

#include <endian.h>

/* -- next -------------------------------------------------------------------------------------- */

static void place_of(struct http_req *rq, char *out, size_t room, struct bw_view *ret)
{
    int n = snprintf(out, room, "taxii/%lld/next", (long long)req_viewer(rq)->person_id);
    *ret = bw_view_of(out, (size_t)n);
}

enum bw_rc taxii_next_write(struct http_req *rq, int64_t last_id, struct bw_buf *out,
                            struct bw_err *err)
{
    BW_AUTO_BUF sealed = BW_BUF_INIT(256);
    char place[64];
    struct bw_view aad;
    uint64_t be = htobe64((uint64_t)last_id);
    place_of(rq, place, sizeof(place), &aad);
    BW_TRY(crypto_seal(req_hub(rq)->keyring, bw_view_of((const char *)&be, sizeof(be)), aad,
                       &sealed, err));
    BW_TRY(bw_buf_rc(&sealed, "cursor", err));
    crypto_base64(bw_buf_text(&sealed), CRYPTO_BASE64_URL, out);
    return BW_OK;
}

static enum bw_rc read_next(struct http_req *rq, int64_t *ret, struct bw_err *err)
{
    BW_AUTO_BUF sealed = BW_BUF_INIT(256);
    BW_AUTO_BUF plain = BW_BUF_INIT(64);
    struct bw_view text = http_text(rq, "next"), aad;
    struct bw_err ignored;
    char place[64];
    uint64_t be;
    if (text.n == 0)
        return BW_OK;
    place_of(rq, place, sizeof(place), &aad);
    if (!crypto_unbase64(text, CRYPTO_BASE64_URL, &sealed) ||
        crypto_open(req_hub(rq)->keyring, bw_buf_text(&sealed), aad, &plain, &ignored) != BW_OK ||
        plain.n != sizeof(be))
        return bw_fail(err, BW_INVALID, "next: this is no cursor that you were given");
    memcpy(&be, plain.p, sizeof(be));
    *ret = (int64_t)be64toh(be);
    return BW_OK;
}

/* -- match ------------------------------------------------------------------------------------- */

static enum bw_rc read_list(struct http_req *rq, const char *name, const struct bw_view **ret,
                            size_t *ret_n, struct bw_err *err)
{
    struct bw_view rest = http_text(rq, name);
    size_t n = 0, room = 1;
    if (rest.n == 0)
        return BW_OK;
    for (size_t i = 0; i < rest.n; i++)
        room += rest.p[i] == ',';
    if (room > TAXII_IDS_MAX)
        return bw_fail(err, BW_INVALID, "%s: more than %d values", name, TAXII_IDS_MAX);
    struct bw_view *list = BW_ARENA_ARRAY(http_arena(rq), room, struct bw_view);
    if (!list)
        return bw_fail_memory(err);
    while (rest.p)
        list[n++] = bw_view_trim(bw_view_split(&rest, ','));
    *ret = list;
    *ret_n = n;
    return BW_OK;
}

static enum bw_rc read_versions(struct http_req *rq, struct intel_versions *ret, struct bw_err *err)
{
    const struct bw_view *list = NULL;
    size_t n = 0;
    BW_TRY(read_list(rq, "match[version]", &list, &n, err));
    int64_t *exact = n ? BW_ARENA_ARRAY(http_arena(rq), n, int64_t) : NULL;
    if (n > 0 && !exact)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct bw_err ignored;
        if (bw_view_is(list[i], "last"))
            ret->last = true;
        else if (bw_view_is(list[i], "first"))
            ret->first = true;
        else if (bw_view_is(list[i], "all"))
            ret->all = true;
        else if (bw_time_parse(list[i], &exact[ret->n_exact], &ignored) == BW_OK)
            ret->n_exact++;
        else
            return bw_fail(err, BW_INVALID,
                           "match[version]: neither last, first, all nor a timestamp");
    }
    ret->exact_us = exact;
    return BW_OK;
}

static bool declares(struct http_req *rq, const char *name)
{
    const struct http_route *route = http_route_of(rq);
    for (size_t i = 0; i < route->n_params; i++)
        if (strcmp(route->params[i].name, name) == 0)
            return true;
    return false;
}

enum bw_rc taxii_filter_read(struct http_req *rq, struct intel_object_filter *ret,
                             struct bw_err *err)
{
    struct bw_view after = http_text(rq, "added_after");
    struct bw_err ignored;
    int64_t limit = http_int(rq, "limit", TAXII_PAGE);
    *ret = (struct intel_object_filter){.bytes_max = TAXII_PAGE_BYTES};
    ret->limit = limit > INTEL_OBJECTS_MAX ? INTEL_OBJECTS_MAX : (size_t)limit;
    if (after.n && bw_time_parse(after, &ret->added_after_us, &ignored) != BW_OK)
        return bw_fail(err, BW_INVALID, "added_after: not a timestamp");
    if (after.n && ret->added_after_us == 0)
        ret->added_after_us = -1; /* 1970, and 0 says that there is none */
    BW_TRY(read_next(rq, &ret->after_id, err));
    BW_TRY(read_list(rq, "match[spec_version]", &ret->specs, &ret->n_specs, err));
    if (declares(rq, "match[version]"))
        BW_TRY(read_versions(rq, &ret->versions, err));
    if (!declares(rq, "match[id]"))
        return BW_OK;
    BW_TRY(read_list(rq, "match[id]", &ret->ids, &ret->n_ids, err));
    return read_list(rq, "match[type]", &ret->types, &ret->n_types, err);
}
