/* SPDX-License-Identifier: Apache-2.0 */
/* req - see req.h. The order in req_begin() matters: language, who asks, whether the route is
 * theirs, whether the form is ours; a handler runs only behind all four. */
#include "req_int.h"

#include "bw_clock.h"
#include "bw_log.h"
#include "crypto_text.h"

struct req *req_of(struct http_req *rq)
{
    struct req *r = *http_app(rq);
    BW_ASSERT(r);
    return r;
}

struct hub *req_hub(struct http_req *rq)
{
    return http_context(rq);
}

enum bw_rc req_db(struct http_req *rq, struct db **ret, struct bw_err *err)
{
    struct req *r = req_of(rq);
    if (!r->db)
        BW_TRY(db_open(r->hub->db, &r->db, err));
    *ret = r->db;
    return BW_OK;
}

const struct viewer *req_viewer(struct http_req *rq)
{
    return req_of(rq)->viewer;
}

enum i18n_lang req_lang(struct http_req *rq)
{
    return req_of(rq)->lang;
}

struct bw_view req_display_name(struct http_req *rq)
{
    return req_of(rq)->display;
}

static void close_snapshot(struct req *r)
{
    db_close(r->db);
    r->db = NULL;
}

void req_db_done(struct http_req *rq)
{
    close_snapshot(req_of(rq));
}

enum bw_rc req_write(struct http_req *rq, db_write_fn fn, void *arg, struct bw_err *err)
{
    struct req *r = req_of(rq);
    BW_ASSERT(http_route_of(rq)->place != HTTP_LOOP);
    close_snapshot(r);
    return db_write(r->hub->db, fn, arg, err);
}

enum bw_rc req_recent(struct http_req *rq, bool *ret, struct bw_err *err)
{
    const struct hub *hub = req_hub(rq);
    *ret = true;
    return hub->recent ? hub->recent(rq, ret, err) : BW_OK;
}

/* -- forms ------------------------------------------------------------------------------------- */

struct bw_view req_csrf(struct http_req *rq)
{
    struct req *r = req_of(rq);
    BW_AUTO_BUF hex = BW_BUF_INIT(128);
    struct bw_err err;
    if (r->csrf.n || r->browser.n == 0)
        return r->csrf;
    struct crypto_digest d = crypto_hmac_sha256(r->browser, BW_V("breakwater form 1"));
    crypto_hex(bw_view_of((const char *)d.b, 16), &hex);
    if (hex.rc != BW_OK || bw_view_copy(http_arena(rq), bw_buf_text(&hex), &r->csrf, &err) != BW_OK)
        return (struct bw_view){NULL, 0};
    return r->csrf;
}

enum bw_rc req_browser_bind(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct req *r = req_of(rq);
    if (r->browser.n)
        return BW_OK;
    struct crypto_token token = crypto_token_new("");
    BW_TRY(bw_view_copy(http_arena(rq), bw_view_z(token.text), &r->browser, err));
    http_cookie_set(rs, &(struct http_cookie_spec){.name = session_cookie(r->hub),
                                                   .value = r->browser,
                                                   .same_site = HTTP_SAME_SITE_LAX,
                                                   .insecure = !r->hub->secure_cookies});
    return BW_OK;
}

/* scheme://authority of a request that came straight to us or through a trusted proxy. */
static bool is_own_origin(struct http_req *rq, struct bw_view origin)
{
    const struct hub *hub = req_hub(rq);
    struct bw_view host = http_header(rq, "Host");
    struct bw_view scheme = http_is_tls(rq) ? BW_V("https://") : BW_V("http://");
    if (bw_view_eq_nocase(origin, hub->url))
        return true;
    return bw_view_starts(origin, scheme) && host.n > 0 &&
           bw_view_eq_nocase(bw_view_from(origin, scheme.n), host);
}

/* security.md, CSRF: what the browser says about where the form came from, and the form's own
 * token. */
static enum bw_rc check_form(struct http_req *rq, struct bw_err *err)
{
    struct bw_view site = http_header(rq, "Sec-Fetch-Site");
    struct bw_view origin = http_header(rq, "Origin");
    struct bw_view want = req_csrf(rq);
    bool same = site.p ? bw_view_is(site, "same-origin") : origin.p && is_own_origin(rq, origin);
    if (!same || want.n == 0 || !crypto_equal(http_text(rq, "csrf"), want))
        return bw_fail_detail(err, BW_DENIED,
                              "this form is too old or came from another site: reload the page and "
                              "send it again",
                              "csrf: site %.*s origin %.*s", BW_VF(bw_view_head(site, 20)),
                              BW_VF(bw_view_head(origin, 80)));
    return BW_OK;
}

/* -- hooks ------------------------------------------------------------------------------------- */

static bool loopback_name(struct bw_view host)
{
    static const char *const NAMES[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < BW_COUNT(NAMES); i++) {
        struct bw_view name = bw_view_z(NAMES[i]);
        if (bw_view_eq_nocase(bw_view_head(host, name.n), name) &&
            (host.n == name.n || host.p[name.n] == ':'))
            return true;
    }
    return false;
}

static bool has_param(const struct http_route *route, const char *name)
{
    for (size_t i = 0; route && i < route->n_params; i++)
        if (strcmp(route->params[i].name, name) == 0)
            return true;
    return false;
}

static struct bw_view first_segment(struct bw_view path)
{
    struct bw_view rest = bw_view_from(path, 1);
    return bw_view_split(&rest, '/');
}

static enum i18n_lang language(struct http_req *rq, bool *ret_known)
{
    enum i18n_lang lang;
    *ret_known = i18n_from_path(first_segment(http_path(rq)), &lang);
    return *ret_known ? lang : i18n_accept(http_header(rq, "Accept-Language"), I18N_EN);
}

/* The slot is made by whichever hook comes first: errors before `begin` have a page too. */
struct req *req_make(struct http_req *rq)
{
    struct req *r = *http_app(rq);
    bool known;
    if (r)
        return r;
    r = BW_ARENA_NEW(http_arena(rq), struct req);
    if (!r)
        return NULL;
    r->hub = http_context(rq);
    r->viewer = viewer_public();
    r->lang = language(rq, &known);
    *http_app(rq) = r;
    return r;
}

static enum bw_rc find_viewer(struct http_req *rq, struct req *r, struct bw_err *err)
{
    switch (http_face_of(rq)) {
    case HTTP_API:
    case HTTP_TAXII:
        return api_key_find(rq, r, err);
    case HTTP_PAGE:
    case HTTP_STREAM:
        return session_find(rq, r, err);
    case HTTP_ASSET:
        return BW_OK;
    }
    BW_ASSERT(false);
}

/* Large bodies are taken only from whom the route is for: a visitor's upload must not fill the
 * spool. Asked again in req_begin(): a body takes long, and rights may end while it comes. */
static enum bw_rc admit_upload(struct http_req *rq, struct bw_err *err)
{
    enum { LARGE = 1024 * 1024 };
    const struct http_route *route = http_route_of(rq);
    struct req *r;
    if (route->body_max <= LARGE || route->permission == PERM_OPEN)
        return BW_OK;
    r = req_make(rq);
    if (!r)
        return bw_fail_memory(err);
    BW_TRY(find_viewer(rq, r, err));
    BW_TRY(permission_check(r->viewer, (enum permission)route->permission, err));
    close_snapshot(r);
    r->viewer = viewer_public();
    r->display = (struct bw_view){NULL, 0};
    return BW_OK;
}

/* Another site's name that was made to point here (DNS rebinding) must not be answered as ours. */
enum bw_rc req_admit(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct hub *hub = req_hub(rq);
    struct bw_view host = http_header(rq, "Host");
    size_t at = bw_view_find(hub->url, BW_V("://"));
    (void)rs;
    if (hub->any_host || loopback_name(host) ||
        (at != SIZE_MAX && bw_view_eq_nocase(bw_view_from(hub->url, at + 3), host)))
        return admit_upload(rq, err);
    return bw_fail(err, BW_INVALID, "this hub is not reached under that name: use %.*s",
                   BW_VF(hub->url));
}

enum bw_rc req_begin(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct http_route *route = http_route_of(rq);
    struct req *r = req_make(rq);
    bool known;
    (void)rs;
    if (!r)
        return bw_fail_memory(err);
    language(rq, &known);
    if (has_param(route, "lang") && !known)
        return bw_fail(err, BW_NOT_FOUND, "there is no such page");
    BW_TRY(find_viewer(rq, r, err));
    BW_TRY(permission_check(r->viewer, (enum permission)route->permission, err));
    if (route->face == HTTP_PAGE && route->method != HTTP_GET)
        BW_TRY(check_form(rq, err));
    return BW_OK;
}

void req_end(struct http_req *rq, int status)
{
    struct req *r = *http_app(rq);
    const struct http_route *route = http_route_of(rq);
    if (r)
        close_snapshot(r);
    bw_log(status >= 500 ? BW_LOG_WARN : BW_LOG_DEBUG, "http.request",
           BW_FZ("method", http_method_name(http_method_of(rq))),
           BW_FZ("route", route ? route->path : ""), BW_FI("status", status),
           BW_FI("us", bw_mono_us() - http_began_us(rq)), BW_FT("id", http_request_id(rq)));
}

void req_html_init(struct http_req *rq, struct bw_buf *out, struct html *ret)
{
    struct req *r = req_of(rq);
    *ret =
        (struct html){.out = out,
                      .lang = r->lang,
                      .csrf = req_csrf(rq),
                      .build = r->hub->build,
                      .zone_name = setting_text(r->hub->settings, SETTING_ZONE),
                      .zone_offset_min = (int)setting_int(r->hub->settings, SETTING_ZONE_OFFSET)};
}
