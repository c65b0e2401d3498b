/* SPDX-License-Identifier: Apache-2.0 */
/* page - the shell around every page; see page.h. */
#include "page_int.h"

#include "req_int.h"

#include "core_html.h"

#include <stdio.h>

/* Navigation is a table: what it is called, where it goes, who sees it. */
static const struct {
    enum nav nav;
    enum i18n_msg msg;
    const char *path;
    enum permission permission;
    bool visitors;
} NAVS[] = {
    {NAV_HOME, MSG_page_nav_home, "home", PERM_READ, false},
    {NAV_ITEMS, MSG_page_nav_items, "items", PERM_READ, false},
    {NAV_WRITE, MSG_page_nav_write, "write", PERM_SHARE, false},
    {NAV_WATCH, MSG_page_nav_watch, "watch", PERM_READ, false},
    {NAV_ORGANISATION, MSG_page_nav_organisation, "organisation", PERM_PEOPLE, false},
    {NAV_QUEUE, MSG_page_nav_queue, "queue", PERM_QUEUE, false},
    {NAV_STATISTICS, MSG_page_nav_statistics, "statistics", PERM_AUDIT, false},
    {NAV_SYSTEM, MSG_page_nav_system, "system", PERM_SYSTEM, false},
    {NAV_PUBLIC, MSG_page_nav_public, "", PERM_OPEN, true},
};

static struct html_url link_to(struct http_req *rq, enum i18n_lang lang, const char *path)
{
    struct bw_view text =
        bw_arena_printf(http_arena(rq), "/%.*s/%s", BW_VF(i18n_path_name(lang)), path);
    return text.p ? html_url_or_hash(text) : HTML_URL("#");
}

static size_t fill_navs(struct http_req *rq, const struct page *p, struct page_nav_row *rows)
{
    const struct viewer *viewer = req_viewer(rq);
    size_t n = 0;
    for (size_t i = 0; i < BW_COUNT(NAVS); i++) {
        if (!permission_has(viewer, NAVS[i].permission))
            continue;
        rows[n++] = (struct page_nav_row){NAVS[i].msg, link_to(rq, req_lang(rq), NAVS[i].path),
                                          NAVS[i].nav == p->here};
    }
    return n;
}

/* The same page in another language: only the first segment changes; a search keeps its words. */
static struct html_url in_language(struct http_req *rq, enum i18n_lang lang, struct bw_view query)
{
    struct bw_view path = http_path(rq), rest = bw_view_from(path, 1);
    enum i18n_lang now;
    BW_AUTO_BUF out = BW_BUF_INIT(8192);
    if (!i18n_from_path(bw_view_split(&rest, '/'), &now) || http_method_of(rq) != HTTP_GET)
        return link_to(rq, lang, "");
    bw_buf_printf(&out, "/%.*s", BW_VF(i18n_path_name(lang)));
    while (rest.p) {
        bw_buf_byte(&out, '/');
        html_percent(&out, bw_view_split(&rest, '/'));
    }
    if (query.n) {
        BW_BUF_LIT(&out, "?q=");
        html_percent(&out, query);
    }
    struct bw_view text;
    struct bw_err err;
    if (out.rc != BW_OK || bw_view_copy(http_arena(rq), bw_buf_text(&out), &text, &err) != BW_OK)
        return link_to(rq, lang, "");
    return html_url_or_hash(text);
}

static void fill_langs(struct http_req *rq, const struct page *p, struct page_lang_row *rows)
{
    static const char *const marks[I18N_LANGS] = {"EN", "繁", "简"};
    for (int i = 0; i < I18N_LANGS; i++) {
        enum i18n_lang lang = (enum i18n_lang)i;
        rows[i] = (struct page_lang_row){.code = i18n_html_name(lang),
                                         .own_name = i18n_own_name(lang),
                                         .mark = bw_view_z(marks[i]),
                                         .link = in_language(rq, lang, p->query),
                                         .here = lang == req_lang(rq)};
    }
}

/* The script keeps the choice in a cookie so that a page does not flash in the wrong colours. */
static const char *theme_of(struct http_req *rq)
{
    struct bw_view theme = http_cookie(rq, "theme");
    return bw_view_is(theme, "dark") ? "dark" : bw_view_is(theme, "light") ? "light" : NULL;
}

static bool holds_limit(struct http_req *rq, enum limit limit)
{
    return viewer_holds(req_viewer(rq), (struct grant){GRANT_LIMIT, limit});
}

enum bw_rc page_send(struct http_req *rq, struct http_resp *rs, const struct page *p,
                     struct bw_err *err)
{
    const struct hub *hub = req_hub(rq);
    enum i18n_lang lang = req_lang(rq);
    struct page_nav_row navs[BW_COUNT(NAVS)];
    struct page_lang_row langs[I18N_LANGS];
    bool signed_in = req_viewer(rq)->role != ROLE_NOBODY;
    bool reads = permission_has(req_viewer(rq), PERM_READ); /* who runs the machine does not */
    struct html h;

    struct page_shell shell = {
        .title = p->title.n ? p->title : i18n(lang, p->title_msg),
        .hub_name = setting_text(hub->settings, SETTING_NAME),
        .zone = setting_text(hub->settings, SETTING_ZONE),
        .tlp = bw_view_z(p->tlp),
        .display = req_display_name(rq),
        .query = p->query,
        .live = reads ? "/live" : NULL,
        .navs = navs,
        .navs_n = fill_navs(rq, p, navs),
        .langs = langs,
        .langs_n = I18N_LANGS,
        .signed_in = signed_in,
        .narrow = p->narrow,
        .slim = p->slim,
        .bare = p->bare,
        .theme = theme_of(rq),
        .reads = reads,
        .search_link = link_to(rq, lang, reads ? "search" : "advisories"),
        .home_link = link_to(rq, lang,
                             reads       ? "home"
                             : signed_in ? "system"
                                         : ""),
        .bell_link = link_to(rq, lang, "home"),
        .organisation_link = link_to(rq, lang, "organisation"),
        .account_link = link_to(rq, lang, "account"),
        .sign_out_link = link_to(rq, lang, "sign-out"),
        .sign_in_link = link_to(rq, lang, "sign-in"),
        .limited_terms = holds_limit(rq, LIMIT_TERMS),
        .limited_expired = holds_limit(rq, LIMIT_EXPIRED),
        .terms_link = link_to(rq, lang, "terms"),
        .body = p->body,
    };
    fill_langs(rq, p, langs);
    req_html_init(rq, http_out(rs), &h);
    http_type(rs, "text/html; charset=utf-8");
    if (signed_in || req_csrf(rq).n)
        http_set(rs, "Cache-Control", BW_V("no-store"));
    html_page_shell(&h, &shell);
    return bw_buf_rc(http_out(rs), "page", err);
}

struct page_statement page_statement_of(struct http_req *rq, enum i18n_msg purpose)
{
    return (struct page_statement){purpose,
                                   setting_text(req_hub(rq)->settings, SETTING_PRIVACY_CONTACT)};
}

void page_to(struct http_req *rq, struct http_resp *rs, const char *fmt, ...)
{
    char path[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(path, sizeof(path), fmt, ap);
    va_end(ap);
    BW_ASSERT(n >= 0 && (size_t)n < sizeof(path));
    struct bw_view to =
        bw_arena_printf(http_arena(rq), "/%.*s/%s", BW_VF(i18n_path_name(req_lang(rq))), path);
    http_redirect(rs, 303, to.p ? to : BW_V("/"));
}

void page_confirm(struct http_req *rq, struct http_resp *rs, const char *path)
{
    page_to(rq, rs, "account/confirm?next=/%.*s/%s", BW_VF(i18n_path_name(req_lang(rq))), path);
}

void page_json_type(struct http_resp *rs)
{
    http_type(rs, "application/json");
    http_set(rs, "Cache-Control", BW_V("no-store"));
}
