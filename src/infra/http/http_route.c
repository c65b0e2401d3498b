/* SPDX-License-Identifier: Apache-2.0 */
/* http_route - from method and path to a row of the route table.
 *
 * Why a tree of segments: its cost is the number of segments, not of routes, and a literal segment
 * can win over {name} without regard to the order of rows. Where two rows could match, the literal
 * one is tried first and the other when its method or the kind of a path value does not fit, so
 * that /items/new and /items/{id} live side by side.
 *
 * The table is checked when the server starts: a wrong row is a bug of ours and stops the program.
 * Read-only afterwards; any thread. */
#include "bw_fault.h"
#include "bw_log.h"
#include "bw_random.h"
#include "http_int.h"

struct node {
    struct bw_view seg; /* literal; of the {name} child: unused */
    struct node **kids; /* sorted by seg */
    size_t n_kids;
    struct node *any; /* {name} */
    const struct http_route *row[HTTP_METHODS];
};

struct http_router {
    struct node root;
};

const char *http_method_name(enum http_method m)
{
    static const char *const NAMES[HTTP_METHODS] = {"GET", "POST", "PUT", "DELETE"};
    return NAMES[m];
}

/* ---- the table is right ---- */

__attribute__((noreturn)) static void wrong(const struct http_route *r, const char *name,
                                            const char *why)
{
    bw_log(BW_LOG_ERROR, "http.route", BW_FZ("method", http_method_name(r->method)),
           BW_FZ("path", r->path), BW_FZ("name", name), BW_FZ("why", why));
    bw_assert_failed("the route table is right", __FILE__, __LINE__, __func__);
}

static bool has_word(const char *list, const char *word)
{
    struct bw_view rest = bw_view_z(list);
    while (rest.p)
        if (bw_view_is(bw_view_split(&rest, ' '), word))
            return true;
    return false;
}

static bool in_path(const struct http_route *r, const char *name)
{
    struct bw_view rest = bw_view_z(r->path);
    while (rest.p) {
        struct bw_view seg = bw_view_split(&rest, '/');
        if (seg.n > 2 && seg.p[0] == '{' && bw_view_is(bw_view_of(seg.p + 1, seg.n - 2), name))
            return true;
    }
    return false;
}

static void check_param(const struct http_route *r, size_t at)
{
    const struct http_param *p = &r->params[at];
    unsigned in = http_param_in(r, p);
    bool sized = p->kind == HTTP_TEXT || p->kind == HTTP_FILE;
    for (size_t i = 0; i < at; i++)
        if (strcmp(r->params[i].name, p->name) == 0)
            wrong(r, p->name, "the parameter is there twice");
    if ((sized && p->max <= 0) || p->min > p->max)
        wrong(r, p->name, "the parameter has no limits");
    if ((in & HTTP_IN_PATH) && (in != HTTP_IN_PATH || !in_path(r, p->name) ||
                                (p->flags & HTTP_MANY) || p->kind == HTTP_FILE))
        wrong(r, p->name, "the parameter does not fit its place in the path");
    if (!(in & HTTP_IN_PATH) && in_path(r, p->name))
        wrong(r, p->name, "the path has a parameter of this name");
    if (p->kind == HTTP_FILE && (in != HTTP_IN_FORM || !has_word(r->types, "multipart/form-data")))
        wrong(r, p->name, "a file comes only with multipart/form-data");
    if ((in & HTTP_IN_FORM) && (!has_word(r->types, "application/x-www-form-urlencoded") &&
                                !has_word(r->types, "multipart/form-data")))
        wrong(r, p->name, "the route takes no form");
}

static void check_row(const struct http_route *r)
{
    struct bw_view rest = bw_view_z(r->path);
    size_t n = 0;
    if (!r->handle || !r->path || r->path[0] != '/' || (unsigned)r->method >= HTTP_METHODS)
        wrong(r, "", "no handler, path or method");
    if (r->n_params > HTTP_PARAMS_MAX)
        wrong(r, "", "too many parameters");
    if ((r->types != NULL) != (r->body_max > 0))
        wrong(r, "", "media types and body_max belong together");
    if (r->method == HTTP_GET && r->body_max)
        wrong(r, "", "a GET has no body");
    (void)bw_view_split(&rest, '/');
    while (rest.p) {
        struct bw_view seg = bw_view_split(&rest, '/');
        bool braces = bw_view_find_byte(seg, '{') != SIZE_MAX;
        if (++n > HTTP_SEGMENTS_MAX || (seg.n == 0 && rest.p))
            wrong(r, "", "too many segments or an empty one");
        if (braces && (seg.n < 3 || seg.p[0] != '{' || seg.p[seg.n - 1] != '}'))
            wrong(r, "", "a parameter is a whole segment");
    }
    for (size_t i = 0; i < r->n_params; i++)
        check_param(r, i);
    rest = bw_view_z(r->path);
    while (rest.p) {
        struct bw_view seg = bw_view_split(&rest, '/');
        bool known = seg.n == 0 || seg.p[0] != '{';
        for (size_t i = 0; i < r->n_params && !known; i++)
            known = bw_view_is(bw_view_of(seg.p + 1, seg.n - 2), r->params[i].name);
        if (!known)
            wrong(r, "", "a {name} of the path is not declared");
    }
}

/* ---- the tree ---- */

/* Where SEG is or belongs among the kids. */
static size_t kid_at(const struct node *n, struct bw_view seg, bool *ret_found)
{
    size_t low = 0, high = n->n_kids;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = bw_view_cmp(n->kids[mid]->seg, seg);
        if (c == 0) {
            *ret_found = true;
            return mid;
        }
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *ret_found = false;
    return low;
}

static struct node *kid_for(struct node *n, struct bw_view seg)
{
    if (seg.n > 0 && seg.p[0] == '{') {
        if (!n->any)
            n->any = bw_calloc(1, sizeof *n->any);
        return n->any;
    }
    bool found;
    size_t at = kid_at(n, seg, &found);
    if (found)
        return n->kids[at];
    struct node *kid = bw_calloc(1, sizeof *kid);
    struct node **kids = kid ? bw_realloc(n->kids, (n->n_kids + 1) * sizeof(struct node *)) : NULL;
    if (!kids) {
        free(kid);
        return NULL;
    }
    memmove(kids + at + 1, kids + at, (n->n_kids - at) * sizeof *kids);
    kid->seg = seg;
    kids[at] = kid;
    n->kids = kids;
    n->n_kids++;
    return kid;
}

struct http_router *http_router_new(const struct http_route *routes, size_t n, struct bw_err *err)
{
    BW_AUTO(http_router) *r = bw_calloc(1, sizeof *r);
    for (size_t i = 0; r && i < n; i++) {
        const struct http_route *row = &routes[i];
        struct node *at = &r->root;
        check_row(row);
        struct bw_view rest = bw_view_z(row->path + 1);
        while (rest.p && row->path[1] && at)
            at = kid_for(at, bw_view_split(&rest, '/'));
        if (!at) {
            (void)bw_fail_memory(err);
            return NULL;
        }
        if (at->row[row->method])
            wrong(row, at->row[row->method]->path, "two rows have this method and path");
        at->row[row->method] = row;
    }
    if (!r)
        (void)bw_fail_memory(err);
    return BW_TAKE(r);
}

static void node_done(struct node *n) /* as deep as a path of the table */
{
    for (size_t i = 0; i < n->n_kids; i++) {
        node_done(n->kids[i]);
        free(n->kids[i]);
    }
    if (n->any)
        node_done(n->any);
    free(n->any);
    free(n->kids);
}

void http_router_free(struct http_router *r)
{
    if (!r)
        return;
    node_done(&r->root);
    free(r);
}

/* Do the path values fit their kinds? Text that must be rewritten cannot be in a path (no
 * controls). */
static bool values_fit(const struct http_route *row, const struct bw_view *segs, size_t n)
{
    struct bw_view rest = bw_view_z(row->path + 1);
    for (size_t i = 0; i < n && rest.p; i++) {
        struct bw_view want = bw_view_split(&rest, '/');
        if (want.n < 2 || want.p[0] != '{')
            continue;
        for (size_t k = 0; k < row->n_params; k++) {
            struct http_value v;
            bool given;
            if (!bw_view_is(bw_view_of(want.p + 1, want.n - 2), row->params[k].name))
                continue;
            if (http_value_read(&row->params[k], segs[i], NULL, &v, &given, NULL) != BW_OK ||
                !given)
                return false;
        }
    }
    return true;
}

static bool walk(const struct node *at, enum http_method m, const struct bw_view *segs, size_t i,
                 size_t n, struct http_match *ret)
{
    if (i == n) {
        for (unsigned k = 0; k < HTTP_METHODS; k++) {
            const struct http_route *row = at->row[k];
            if (!row || !values_fit(row, segs, n))
                continue;
            if (!ret->allow)
                ret->face = row->face;
            ret->allow |= 1u << k;
            if (k == m)
                ret->route = row;
        }
        if (ret->route)
            ret->face = ret->route->face;
        return ret->route != NULL;
    }
    bool found;
    size_t kid = kid_at(at, segs[i], &found);
    if (found && walk(at->kids[kid], m, segs, i + 1, n, ret))
        return true;
    return at->any && segs[i].n > 0 && walk(at->any, m, segs, i + 1, n, ret);
}

void http_router_match(const struct http_router *r, enum http_method m, const struct bw_view *segs,
                       size_t n, struct http_match *ret)
{
    *ret = (struct http_match){.face = HTTP_PAGE};
    (void)walk(&r->root, m, segs, 0, n, ret);
}
