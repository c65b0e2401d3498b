/* SPDX-License-Identifier: Apache-2.0 */
/* page - the shell that every page is put into: header, navigation, language switch, footer.
 *
 *     return page_send(rq, rs, &(struct page){
 *         .title = item->title, .here = NAV_ITEMS, .body = html_item_page_slot(&data)}, err); */
#ifndef PAGE_H
#define PAGE_H

#include "i18n.h"
#include "req.h"

enum nav {
    NAV_NONE,
    NAV_HOME,
    NAV_ITEMS,
    NAV_WRITE,
    NAV_WATCH,
    NAV_ORGANISATION,
    NAV_QUEUE,
    NAV_PUBLIC,
    NAV_STATISTICS,
    NAV_SYSTEM,
    NAV_COUNT
};

struct page {
    struct bw_view title;    /* text; the hub's name is put behind it */
    enum i18n_msg title_msg; /* used where title is empty */
    enum nav here;
    bool narrow;          /* text and forms: a column of 50 rem */
    bool slim;            /* sign-in: 27 rem; for visitors, drafts kept on the device are dropped */
    bool bare;            /* the body brings its own widths (a hero) */
    const char *tlp;      /* label printed on every printed page; NULL: none */
    struct bw_view query; /* what stands in the search box */
    struct html_slot body;
};
BW_MUST_CHECK enum bw_rc page_send(struct http_req *rq, struct http_resp *rs, const struct page *p,
                                   struct bw_err *err);

/* What a form says of the personal data that it asks for: {{>page_statement s}}, see
 * page_statement_of(). PURPOSE says for what it is used. */
struct page_statement {
    enum i18n_msg purpose;
    struct bw_view contact; /* setting privacy_contact; may be empty */
};
struct page_statement page_statement_of(struct http_req *rq, enum i18n_msg purpose);

/* A message after a redirect: `?done=word` names one of these; anything else shows nothing. */
struct page_notice {
    const char *word;
    enum i18n_msg msg;
};
/* Rows of 50 with a stable cursor. */
#define PAGE_ROWS 50

/* Small JSON answers. The writer is open on the response's body; page_json_end() sets the type. */
void page_json_type(struct http_resp *rs);

/* To "confirm that it is you", and from there back to /<lang>/<PATH>; see req_recent(). */
void page_confirm(struct http_req *rq, struct http_resp *rs, const char *path);
/* Redirects (303) to /<lang>/<path>, e.g. page_to(rq, rs, "items/%.*s?done=published", ...). */
void page_to(struct http_req *rq, struct http_resp *rs, const char *fmt, ...) BW_PRINTF(3, 4);

#endif
