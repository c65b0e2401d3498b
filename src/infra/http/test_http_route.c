/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_route - which row answers which method and path, and that a wrong table stops the
 * start. */
#include "bw_test.h"
#include "http_int.h"
#include <sys/wait.h>
#include <unistd.h>

static enum bw_rc h(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return BW_OK;
}

#define ID "abcdefghijklmnopqrstuvwx24"
#define FORM "application/x-www-form-urlencoded"
static const struct http_param BY_ID[] = {{"id", HTTP_ID, 0, 0, 0}};
static const struct http_param BY_WORD[] = {{"word", HTTP_WORD, 0, 0, 0}};
static const struct http_param BY_LANG[] = {{"lang", HTTP_WORD, 0, 2, 8}, {"id", HTTP_ID, 0, 0, 0}};
static const struct http_param BY_PAGE[] = {{"page", HTTP_INT, HTTP_IN_PATH, 1, 9}};
#define GET(path, face) HTTP_GET, path, HTTP_LOOP, face, 0
#define ROW(method, path, face, params, n, body, types)                 \
    {                                                                   \
        method, path, HTTP_LOOP, face, 0, params, n, body, types, h, "" \
    }
static const struct http_route R[] = {
    ROW(HTTP_GET, "/", HTTP_PAGE, NULL, 0, 0, NULL),
    ROW(HTTP_GET, "/items", HTTP_PAGE, NULL, 0, 0, NULL),
    ROW(HTTP_POST, "/items", HTTP_PAGE, NULL, 0, 10, FORM),
    ROW(HTTP_GET, "/items/new", HTTP_PAGE, NULL, 0, 0, NULL),
    ROW(HTTP_GET, "/items/{id}", HTTP_PAGE, BY_ID, 1, 0, NULL),
    ROW(HTTP_POST, "/items/{id}", HTTP_PAGE, BY_ID, 1, 10, FORM),
    ROW(HTTP_DELETE, "/items/{id}", HTTP_API, BY_ID, 1, 0, NULL),
    ROW(HTTP_GET, "/items/{word}/history", HTTP_PAGE, BY_WORD, 1, 0, NULL),
    ROW(HTTP_GET, "/taxii2/", HTTP_TAXII, NULL, 0, 0, NULL),
    ROW(HTTP_GET, "/{lang}/items/{id}", HTTP_PAGE, BY_LANG, 2, 0, NULL),
    ROW(HTTP_PUT, "/p/{page}", HTTP_API, BY_PAGE, 1, 10, "*/*"),
};

static const struct {
    const char *name;
    enum http_method method;
    const char *path;
    int row; /* -1: none */
    unsigned allow;
} CASES[] = {
    {"root", HTTP_GET, "/", 0, 1},
    {"list", HTTP_GET, "/items", 1, 3},
    {"method chooses", HTTP_POST, "/items", 2, 3},
    {"literal before parameter", HTTP_GET, "/items/new", 3, 1},
    {"parameter", HTTP_GET, "/items/" ID, 4, 11},
    {"parameter, other method", HTTP_DELETE, "/items/" ID, 6, 11},
    {"method of nobody", HTTP_PUT, "/items/" ID, -1, 11},
    {"literal has not the method, parameter does not fit", HTTP_POST, "/items/new", -1, 1},
    {"a value that is no id", HTTP_GET, "/items/nothing", -1, 0},
    {"deeper, another name of the parameter", HTTP_GET, "/items/x.y/history", 7, 1},
    {"trailing slash counts", HTTP_GET, "/taxii2/", 8, 1},
    {"missing slash counts", HTTP_GET, "/taxii2", -1, 0},
    {"slash too many", HTTP_GET, "/items/", -1, 0},
    {"language in front", HTTP_GET, "/zh/items/" ID, 9, 1},
    {"language too short", HTTP_GET, "/z/items/" ID, -1, 0},
    {"number in range", HTTP_PUT, "/p/9", 10, 4},
    {"number out of range", HTTP_PUT, "/p/10", -1, 0},
    {"unknown", HTTP_GET, "/nothing", -1, 0},
    {"deeper than anything", HTTP_GET, "/items/a/b/c", -1, 0},
};

BW_TEST(routes)
{
    struct bw_err err;
    BW_AUTO(http_router) *r = http_router_new(R, BW_COUNT(R), &err);
    BW_AUTO(bw_arena) *a = bw_arena_new(65536);
    REQUIRE(r && a);
    for (size_t i = 0; i < BW_COUNT(CASES); i++) {
        struct bw_view segs[8], path;
        struct http_match m;
        size_t n = 0;
        if (http_split_path(bw_view_z(CASES[i].path), a, segs, 8, &n, &path, &err) != BW_OK)
            n = 0;
        http_router_match(r, CASES[i].method, segs, n, &m);
        int row = m.route ? (int)(m.route - R) : -1;
        SUBTEST(CASES[i].name, row == CASES[i].row && m.allow == CASES[i].allow);
        if (row != CASES[i].row || m.allow != CASES[i].allow)
            printf("# row %d, allow %u\n", row, m.allow);
    }
}

BW_TEST(face_of_a_path)
{
    struct bw_err err;
    BW_AUTO(http_router) *r = http_router_new(R, BW_COUNT(R), &err);
    struct bw_view segs[2] = {BW_V("taxii2"), BW_V("")};
    struct http_match m;
    REQUIRE(r);
    http_router_match(r, HTTP_POST, segs, 2, &m);
    CHECK(!m.route);
    CHECK_INT(m.face, HTTP_TAXII);
}

BW_TEST(place_of_a_parameter)
{
    static const struct http_param q = {"q", HTTP_TEXT, 0, 0, 9}, id = {"id", HTTP_ID, 0, 0, 0};
    CHECK_INT(http_param_in(&R[4], &id), HTTP_IN_PATH);
    CHECK_INT(http_param_in(&R[1], &q), HTTP_IN_QUERY);
    CHECK_INT(http_param_in(&R[2], &q), HTTP_IN_FORM);
}

static const struct http_param TEXT_OPEN[] = {{"t", HTTP_TEXT, 0, 0, 0}};
static const struct http_param TWICE[] = {{"t", HTTP_FLAG, 0, 0, 0}, {"t", HTTP_INT, 0, 0, 0}};
static const struct http_param STRAY[] = {{"t", HTTP_WORD, HTTP_IN_PATH, 0, 0}};
static const struct http_param A_FILE[] = {{"t", HTTP_FILE, HTTP_IN_FORM, 0, 9}};
static const struct http_param A_FORM[] = {{"t", HTTP_FLAG, HTTP_IN_FORM, 0, 0}};
static const struct {
    const char *name;
    struct http_route row[2];
    size_t n;
} WRONG[] = {
    {"row twice",
     {ROW(HTTP_GET, "/a", 0, NULL, 0, 0, NULL), ROW(HTTP_GET, "/a", 0, NULL, 0, 0, NULL)},
     2},
    {"shape twice",
     {ROW(HTTP_GET, "/{id}", 0, BY_ID, 1, 0, NULL),
      ROW(HTTP_GET, "/{word}", 0, BY_WORD, 1, 0, NULL)},
     2},
    {"undeclared {name}", {ROW(HTTP_GET, "/{id}", 0, NULL, 0, 0, NULL)}, 1},
    {"text without limit", {ROW(HTTP_GET, "/a", 0, TEXT_OPEN, 1, 0, NULL)}, 1},
    {"parameter twice", {ROW(HTTP_GET, "/a", 0, TWICE, 2, 0, NULL)}, 1},
    {"path parameter that is not in the path", {ROW(HTTP_GET, "/a", 0, STRAY, 1, 0, NULL)}, 1},
    {"part of a segment", {ROW(HTTP_GET, "/a{t}", 0, NULL, 0, 0, NULL)}, 1},
    {"no leading slash", {ROW(HTTP_GET, "a", 0, NULL, 0, 0, NULL)}, 1},
    {"body of a GET", {ROW(HTTP_GET, "/a", 0, NULL, 0, 9, "a/b")}, 1},
    {"types without size", {ROW(HTTP_POST, "/a", 0, NULL, 0, 0, "a/b")}, 1},
    {"file without multipart", {ROW(HTTP_POST, "/a", 0, A_FILE, 1, 9, FORM)}, 1},
    {"form without its type", {ROW(HTTP_POST, "/a", 0, A_FORM, 1, 9, "text/csv")}, 1},
};

BW_TEST(wrong_tables_stop_the_program)
{
    for (size_t i = 0; i < BW_COUNT(WRONG); i++) {
        int status = 0;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            struct bw_err err;
            if (!freopen("/dev/null", "w", stderr))
                _exit(1);
            (void)!http_router_new(WRONG[i].row, WRONG[i].n, &err);
            _exit(0);
        }
        SUBTEST(WRONG[i].name, waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    }
}

BW_TEST_MAIN()
