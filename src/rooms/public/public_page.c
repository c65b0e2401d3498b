/* SPDX-License-Identifier: Apache-2.0 */
/* public_page - the public zone's pages: home, list and search, item. */
#include "public_int.h"

#include "public_html.h"

enum { HOME_ROWS = 8 };

/* Reads a page of released items and turns them into rows of the reader's language. */
static enum bw_rc read_rows(struct http_req *rq, const struct intel_filter *f,
                            struct public_list *ret, struct bw_err *err)
{
    const struct viewer *visitor = viewer_public();
    struct bw_arena *arena = http_arena(rq);
    struct intel_item *items;
    struct db *db;
    size_t n;
    bool more;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(intel_item_list(db, visitor, f, arena, &items, &n, &more, err));
    struct intel_row_view *rows = BW_ARENA_ARRAY(arena, n, struct intel_row_view);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        BW_TRY(intel_row_of(db, visitor, &items[i], req_lang(rq), arena, &rows[i], err));
        rows[i].section = "advisories";
    }
    *ret = (struct public_list){.rows = rows,
                                .rows_n = n,
                                .query = f->query,
                                .searched = f->query.n > 0,
                                .first = f->after.n == 0,
                                .signed_in = req_viewer(rq)->role != ROLE_NOBODY};
    if (more && n > 0)
        ret->next = items[n - 1].public_id;
    return BW_OK;
}

static struct intel_filter filter(size_t limit)
{
    return (struct intel_filter){.kind = -1,
                                 .severity = -1,
                                 .tlp = -1,
                                 .state = INTEL_PUBLISHED,
                                 .public_only = true,
                                 .limit = limit};
}

static enum bw_rc home(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct public_list list;
    const struct intel_filter f = filter(HOME_ROWS);
    BW_TRY(read_rows(rq, &f, &list, err));
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_page_nav_public,
                                    .here = NAV_PUBLIC,
                                    .bare = true,
                                    .body = html_public_home_slot(&list)},
                     err);
}

static enum bw_rc list_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct public_list list;
    struct intel_filter f = filter(PAGE_ROWS);
    f.query = bw_view_trim(http_text(rq, "q"));
    f.after = http_text(rq, "after");
    BW_TRY(read_rows(rq, &f, &list, err));
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_public_advisories,
                                    .here = NAV_PUBLIC,
                                    .query = f.query,
                                    .body = html_public_list_slot(&list)},
                     err);
}

static enum bw_rc item_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct intel_item item;
    struct intel_row_view row;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(intel_item_get(db, viewer_public(), http_text(rq, "id"), http_arena(rq), &item, err));
    if (item.state != INTEL_PUBLISHED) /* withdrawn: the public is not shown the title either */
        return bw_fail(err, BW_NOT_FOUND, "there is no such item");
    BW_TRY(intel_row_of(db, viewer_public(), &item, req_lang(rq), http_arena(rq), &row, err));
    const struct public_item d = {.title = item.title,
                                  .body = item.body,
                                  .lang_code = row.lang_code,
                                  .tlp = row.tlp,
                                  .tlp_class = row.tlp_class,
                                  .severity_class = row.severity_class,
                                  .icon = row.icon,
                                  .severity_msg = row.severity_msg,
                                  .kind_msg = row.kind_msg,
                                  .published_us = item.published_us,
                                  .other_lang = row.other_lang};
    return page_send(rq, rs,
                     &(struct page){.title = item.title,
                                    .here = NAV_PUBLIC,
                                    .narrow = true,
                                    .tlp = tlp_name(item.tlp),
                                    .body = html_public_item_slot(&d)},
                     err);
}

/* "/" and "/en": to the start page in the reader's language. */
static enum bw_rc to_home(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    (void)err;
    http_set(rs, "Vary", BW_V("Accept-Language"));
    page_to(rq, rs, "%s", "");
    return BW_OK;
}

static const struct http_param LANG[] = {REQ_LANG};
static const struct http_param LIST[] = {
    REQ_LANG,
    {"q", HTTP_TEXT, HTTP_IN_QUERY, 0, 400},
    {"after", HTTP_ID, HTTP_IN_QUERY, 0, 0},
};
static const struct http_param ITEM[] = {REQ_LANG,
                                         {"id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0}};

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/", HTTP_LOOP, HTTP_PAGE, PERM_OPEN, NULL, 0, 0, NULL, to_home,
     "to the start page"},
    {HTTP_GET, "/{lang}", HTTP_LOOP, HTTP_PAGE, PERM_OPEN, LANG, BW_COUNT(LANG), 0, NULL, to_home,
     "to the start page"},
    {HTTP_GET, "/{lang}/", HTTP_LOOP, HTTP_PAGE, PERM_OPEN, LANG, BW_COUNT(LANG), 0, NULL, home,
     "the public zone's start page"},
    /* Nor a search: one long text that repeats its words is enough. */
    {HTTP_GET, "/{lang}/advisories", HTTP_READER, HTTP_PAGE, PERM_OPEN, LIST, BW_COUNT(LIST), 0,
     NULL, list_page, "released items, newest first, and search"},
    /* Not on the loop: a hostile text of the largest size takes Markdown 0.1 s. */
    {HTTP_GET, "/{lang}/advisories/{id}", HTTP_READER, HTTP_PAGE, PERM_OPEN, ITEM, BW_COUNT(ITEM),
     0, NULL, item_page, "one released item"},
};

const struct room room_public = {.name = "public", .routes = ROUTES, .n_routes = BW_COUNT(ROUTES)};
