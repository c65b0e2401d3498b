/* SPDX-License-Identifier: Apache-2.0 */
/* feed_page - what the import page prints, and the room's handlers. */
#ifndef FEED_PAGE_H
#define FEED_PAGE_H

#include "feed_int.h"
#include "page.h"

#define FEED_NAME_MAX 255

struct feed_choice {
    const char *word, *label, *class_; /* label: TLP, never translated */
    enum i18n_msg msg;
    bool chosen;
};
struct feed_page {
    struct bw_view name, error; /* error: English, as the API says it */
    bool done;                  /* a file was imported: the figures are there */
    bool nothing;               /* of which nothing was taken or there already */
    struct bw_view kind;
    int64_t taken, same, refused, more; /* more: refused beyond the reasons shown */
    const struct intel_reason *reasons;
    size_t reasons_n;
    const struct feed_choice *tlps, *audiences;
    size_t tlps_n, audiences_n;
    int64_t most_mib;
};

enum bw_rc feed_page_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc feed_page_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc feed_import_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
