/* SPDX-License-Identifier: Apache-2.0 */
/* ops_int - handlers and what their templates print. */
#ifndef OPS_INT_H
#define OPS_INT_H

#include "intel.h"
#include "ops.h"
#include "page.h"
#include "watch.h"

/* Which of the operator's pages the reader may open: the row of links on each of them. */
struct desk_nav {
    bool queue, decide, members, terms, staff, approvals, statistics, privacy, system;
};
struct desk_nav desk_nav_of(const struct viewer *v);

struct ops_case {
    struct bw_view public_id, title, by, hint; /* hint: label of a network */
    int64_t since_us;
    struct bw_view lang_code;
    bool late, rival;
};
struct ops_queue_page {
    const struct ops_case *networks, *releases;
    size_t networks_n, releases_n;
    int64_t waiting, late;
    bool may_release, more;
    struct desk_nav nav;
    struct bw_view done; /* what was done just now, in words; may be empty */
};

struct ops_choice {
    struct bw_view public_id, name;
};
struct ops_members_page {
    const struct ops_choice *organisations, *sectors;
    size_t organisations_n, sectors_n;
    struct bw_view problem, done;
};

enum bw_rc ops_queue(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc ops_network_decide(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc ops_release(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc ops_release_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc ops_members(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc ops_organisation_add(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc ops_person_add(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
