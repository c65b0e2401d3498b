/* SPDX-License-Identifier: Apache-2.0 */
/* watch_page - what the room's templates print, and the words only they need. */
#ifndef WATCH_PAGE_H
#define WATCH_PAGE_H

#include "i18n.h"
#include "page.h"
#include "watch_int.h"

const char *watch_severity_fill(int severity); /* "f-critical": bars of the chart */
enum i18n_msg watch_level_msg(enum watch_level level);
enum i18n_msg watch_advice_msg(enum watch_level level);

struct watch_step { /* of the meter */
    const char *class_;
    int x;
};
struct watch_bar { /* of the chart, and a row of its table */
    enum i18n_msg msg;
    const char *class_, *fill;
    int y_text, y_bar, width, x_value;
    int64_t open, fresh;
};
struct watch_why_view {
    enum i18n_msg rsit_msg, severity_msg;
    const char *severity_class;
    int64_t count, last_us;
};
struct watch_finding_view {
    struct bw_view public_id, place, family, network, organisation; /* place: address with port */
    struct bw_view report, protocol;
    enum i18n_msg rsit_msg, severity_msg, state_msg;
    const char *severity_class, *state_class;
    int64_t first_us, last_us, count;
    bool may_acknowledge;
};
struct watch_network_view {
    struct bw_view cidr, label;
    enum i18n_msg state_msg;
    const char *state_class, *icon;
    bool rival;
};
struct watch_report_view {
    struct bw_view report;
    int64_t imported_us, newest_us;
    bool fresh;
};
/* What the form for networks held, and what was wrong. */
struct watch_network_form {
    struct bw_view cidr, label, lines, error; /* error: English, as the API says it */
    bool bad_cidr, bad_lines;
    int64_t taken, same;
    const struct watch_refusal *refusals;
    size_t refusals_n;
};
struct watch_home {
    struct bw_view organisation; /* who sees this page */
    enum i18n_msg done_msg;
    bool done, staff, everybody; /* everybody: findings of all organisations */
    bool may_import, may_claim;
    enum i18n_msg level_msg, advice_msg;
    int level;
    const struct watch_step *steps;
    size_t steps_n;
    const struct watch_why_view *why;
    size_t why_n;
    int64_t verified, newest_report_us;
    const struct watch_bar *bars;
    size_t bars_n;
    struct bw_view chart_words;
    const struct watch_finding_view *findings;
    size_t findings_n;
    bool first;          /* first page of the list */
    struct bw_view next; /* cursor of the next page */
    const struct watch_network_view *networks;
    size_t networks_n;
    int64_t networks_all, networks_more;             /* more: not shown here */
    const struct watch_report_view *reports, *older; /* older: folded away */
    size_t reports_n, older_n;
    struct watch_network_form form;
};

struct watch_cell_view {
    struct bw_view name, value;
};
struct watch_finding_page {
    struct watch_finding_view finding;
    enum i18n_msg advice_msg;
    const struct watch_cell_view *cells;
    size_t cells_n;
    struct bw_view line; /* evidence that has no columns */
};

struct watch_for { /* what one sees of a member for whom one acts */
    struct bw_view id, name, error, cidr, label;
    bool done, bad, may_claim, first;
    const struct watch_finding_view *findings;
    size_t findings_n;
    struct bw_view next;
    const struct watch_network_view *networks;
    size_t networks_n;
};

/* watch_view.c: from rows to what is printed. */
BW_MUST_CHECK enum bw_rc watch_home_fill(struct http_req *rq, struct watch_home *d,
                                         struct bw_err *err);
BW_MUST_CHECK enum bw_rc watch_networks_fill(struct http_req *rq, struct db *db,
                                             int64_t organisation_id,
                                             const struct watch_network_view **ret, size_t *ret_n,
                                             struct bw_err *err);
BW_MUST_CHECK enum bw_rc watch_finding_fill(struct http_req *rq, struct db *db,
                                            const struct watch_finding *f,
                                            struct watch_finding_view *ret, struct bw_err *err);

#define WATCH_LINES_MAX (256 * 1024) /* pasted lines of the form */
#define WATCH_LIST_MAX 1000          /* findings in one answer of the API */

/* watch_delegate.c */
extern const struct ledger_consumer watch_delegate_consumer;
enum bw_rc watch_for_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc watch_for_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

/* watch_page.c */
enum bw_rc watch_home_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc watch_networks_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc watch_finding_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc watch_acknowledge_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

/* watch_api.c */
enum bw_rc watch_findings_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc watch_networks_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc watch_networks_put_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
