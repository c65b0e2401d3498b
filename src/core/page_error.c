/* SPDX-License-Identifier: Apache-2.0 */
/* page_error - how a failure looks: a helpful page for people, problem+json (RFC 9457) for
 * programs, a TAXII error (TAXII 2.1 section 3.6.1) for TAXII clients. The only place that turns rc
 * into words. */
#include "page_int.h"

#include "bw_log.h"
#include "json_write.h"
#include "req_int.h"

#include "core_html.h"

#include <stdio.h>

static const struct {
    enum bw_rc rc;
    enum i18n_msg title, what;
} WORDS[] = {
    {BW_NOT_FOUND, MSG_page_e404, MSG_page_e404_what},
    {BW_INVALID, MSG_page_e400, MSG_page_e400_what},
    {BW_LIMIT, MSG_page_e413, MSG_page_e413_what},
    {BW_UNSIGNED, MSG_page_e401, MSG_page_e401_what},
    {BW_DENIED, MSG_page_e403, MSG_page_e403_what},
    {BW_CONFLICT, MSG_page_e409, MSG_page_e409_what},
    {BW_BUSY, MSG_page_e429, MSG_page_e429_what},
    {BW_UNSUPPORTED, MSG_page_e400, MSG_page_e400_what},
    {BW_RESERVED, MSG_page_e501, MSG_page_e501_what},
    {BW_IO, MSG_page_e503, MSG_page_e503_what},
    {BW_MEMORY, MSG_page_e503, MSG_page_e503_what},
    {BW_BROKEN, MSG_page_e500, MSG_page_e500_what},
};

static struct bw_view said_of(enum bw_rc rc, const struct bw_err *err)
{
    bool ours = rc == BW_BROKEN || rc == BW_MEMORY;
    return ours ? (struct bw_view){NULL, 0} : bw_view_z(err->message);
}

static void error_page(struct http_req *rq, struct http_resp *rs, enum bw_rc rc,
                       const struct bw_err *err)
{
    size_t i = 0;
    struct bw_err ignored;
    struct bw_view lang = i18n_path_name(req_lang(rq));
    while (i + 1 < BW_COUNT(WORDS) && WORDS[i].rc != rc)
        i++;
    const struct page_error e = {
        .title_msg = WORDS[i].title,
        .what_msg = WORDS[i].what,
        .said = rc == BW_NOT_FOUND ? (struct bw_view){NULL, 0} : said_of(rc, err),
        /* "Not there" and "not for you" are the same bytes, also between two requests. */
        .request_id = rc == BW_NOT_FOUND ? (struct bw_view){NULL, 0} : http_request_id(rq),
        .home_link = html_url_or_hash(bw_arena_printf(http_arena(rq), "/%.*s/", BW_VF(lang))),
        .offer_sign_in = req_viewer(rq)->role == ROLE_NOBODY,
        .sign_in_link =
            html_url_or_hash(bw_arena_printf(http_arena(rq), "/%.*s/sign-in", BW_VF(lang))),
    };
    if (page_send(rq, rs,
                  &(struct page){.title_msg = e.title_msg, .body = html_page_error_slot(&e)},
                  &ignored) != BW_OK) {
        bw_buf_reset(http_out(rs));
        http_type(rs, "text/plain; charset=utf-8");
        bw_buf_z(http_out(rs), "The hub could not make this page.\n");
    }
    http_set(rs, "Cache-Control", BW_V("no-store"));
}

/* A TAXII client and an API client are told the same in two forms: only the names of members
 * differ. */
static void error_json(struct http_req *rq, struct http_resp *rs, enum bw_rc rc,
                       const struct bw_err *err, bool taxii)
{
    char status[8];
    struct json_writer w;
    struct bw_view said = said_of(rc, err);
    int code = http_status_of(rs);
    snprintf(status, sizeof(status), "%d", code);
    http_type(rs, taxii ? "application/taxii+json;version=2.1" : "application/problem+json");
    http_set(rs, "Cache-Control", BW_V("no-store"));
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_kv_z(&w, "title", bw_rc_name(rc));
    json_w_kv(&w, taxii ? "description" : "detail", said.n ? said : BW_V("internal error"));
    if (taxii)
        json_w_kv_z(&w, "http_status", status);
    else
        json_w_kv_int(&w, "status", code);
    if (rc != BW_NOT_FOUND)
        json_w_kv(&w, taxii ? "error_id" : "instance", http_request_id(rq));
    json_w_object_end(&w);
    json_w_close(&w);
}

static bool is_reserved(struct bw_view path)
{
    /* MISP's calls at its root paths (docs: reserved names). */
    static const char *const FIRST[] = {
        "events",
        "attributes",
        "objects",
        "tags",
        "sightings",
        "servers",
        "users",
        "admin",
        "roles",
        "organisations",
        "feeds",
        "galaxies",
        "sharing_groups",
        "auth_keys",
        "shadow_attributes",
        "sharingGroups",
        "warninglists",
        "taxonomies",
        "noticelists",
        "objectTemplates",
        "object_references",
        "objectReferences",
        "event_reports",
        "eventReports",
    };
    struct bw_view rest = bw_view_from(path, 1), segment = bw_view_split(&rest, '/');
    for (size_t i = 0; i < BW_COUNT(FIRST); i++)
        if (bw_view_is(segment, FIRST[i]))
            return true;
    return false;
}

/* And back to the page that was asked for. */
static void to_sign_in(struct http_req *rq, struct http_resp *rs, struct bw_view path)
{
    BW_AUTO_BUF next = BW_BUF_INIT(1000);
    html_percent(&next, bw_view_head(path, 300));
    page_to(rq, rs, "sign-in?next=%.*s", BW_VF(bw_buf_text(&next)));
}

void req_on_error(struct http_req *rq, struct http_resp *rs, enum bw_rc rc,
                  const struct bw_err *err)
{
    struct bw_err reserved;
    struct bw_view path = http_path(rq);
    bool json_path = bw_view_starts(path, BW_V("/api/")) || http_face_of(rq) == HTTP_API;
    bool taxii_path = bw_view_starts(path, BW_V("/taxii2/")) || http_face_of(rq) == HTTP_TAXII;

    if (rc == BW_BROKEN || rc == BW_IO || rc == BW_MEMORY || err->detail[0])
        bw_log_err(rc == BW_BROKEN ? BW_LOG_ERROR : BW_LOG_WARN, "http.error", err);
    if (!http_route_of(rq) && is_reserved(path)) {
        rc = bw_fail(&reserved, BW_RESERVED, "MISP's calls come with a later release");
        err = &reserved;
        http_status(rs, 501);
        json_path = true;
    }
    if (!req_make(rq)) {
        http_type(rs, "text/plain; charset=utf-8");
        bw_buf_z(http_out(rs), "out of memory\n");
        return;
    }
    if (rc == BW_UNSIGNED && (json_path || taxii_path))
        http_set(rs, "WWW-Authenticate",
                 taxii_path ? BW_V("Basic realm=\"breakwater\", charset=\"UTF-8\"")
                            : BW_V("Bearer realm=\"breakwater\""));
    if (json_path || taxii_path)
        error_json(rq, rs, rc, err, taxii_path);
    else if (rc == BW_UNSIGNED && http_face_of(rq) == HTTP_PAGE && http_method_of(rq) == HTTP_GET)
        to_sign_in(rq, rs, path);
    else
        error_page(rq, rs, rc, err);
}
