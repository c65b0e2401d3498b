/* SPDX-License-Identifier: Apache-2.0 */
/* taxii_int - what the room's files share. */
#ifndef TAXII_INT_H
#define TAXII_INT_H

#include "bw_clock.h"
#include "intel.h"
#include "taxii.h"

#define TAXII_MEDIA_TYPE "application/taxii+json;version=2.1"
#define TAXII_UUID_LEN 36
#define TAXII_IDS_MAX 200                  /* values of one match[...] */
#define TAXII_PAGE 100                     /* objects where a client does not say */
#define TAXII_PAGE_BYTES ((size_t)8 << 20) /* a page ends behind the object that passes this */
#define TAXII_BODY_MAX ((size_t)64 << 20)

/* The two collections, the same for every hub user: what one may see, and what one adds to. */
enum taxii_collection { TAXII_COMMUNITY, TAXII_CONTRIBUTE, TAXII_COLLECTIONS };

struct taxii_uuid {
    char text[TAXII_UUID_LEN + 1];
};
/* Made from the hub's ledger key, so that two hubs have different ones and a restored hub the same.
 */
struct taxii_uuid taxii_collection_id(const struct hub *hub, enum taxii_collection c);
struct taxii_uuid taxii_uuid_new(void);

/* False: the client does not take our media type; 406 is written. To be asked first by each
 * handler. */
bool taxii_accepts(struct http_req *rq, struct http_resp *rs);
/* TAXII's timestamp: always six digits behind the point (section 3.2). */
struct bw_view taxii_time(int64_t us, char out[BW_TIME_MAX]);
/* An error message resource (3.6.1) for what has no enum bw_rc. */
enum bw_rc taxii_error(struct http_resp *rs, int status, const char *title, struct bw_err *err);
/* The collection in the path, which must allow reading. BW_NOT_FOUND, BW_DENIED. */
BW_MUST_CHECK enum bw_rc taxii_readable(struct http_req *rq, struct bw_err *err);
BW_MUST_CHECK enum bw_rc taxii_collection_of(struct http_req *rq, enum taxii_collection *ret,
                                             struct bw_err *err);

/* taxii_filter.c: the query's filters; lists live in the request's arena. */
BW_MUST_CHECK enum bw_rc taxii_filter_read(struct http_req *rq, struct intel_object_filter *ret,
                                           struct bw_err *err);
/* The `next` of a page: opaque, and of use to this person only. */
BW_MUST_CHECK enum bw_rc taxii_next_write(struct http_req *rq, int64_t last_id, struct bw_buf *out,
                                          struct bw_err *err);

/* handlers */
enum bw_rc taxii_objects(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc taxii_manifest(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc taxii_object(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc taxii_versions(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc taxii_add(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc taxii_status(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
