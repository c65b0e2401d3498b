/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_decode - paths, cookies, lists and media types, row by row. */
#include "bw_test.h"
#include "http_decode.h"

static const struct {
    const char *name, *in;
    enum bw_rc rc;
    const char *path, *segs; /* segments joined by '|' */
} PATHS[] = {
    {"the root has no segment", "/", BW_OK, "/", ""},
    {"plain segments", "/items/abc", BW_OK, "/items/abc", "items|abc"},
    {"a trailing slash is an empty last segment", "/taxii2/", BW_OK, "/taxii2/", "taxii2|"},
    {"escapes are decoded once", "/a%2541", BW_OK, "/a%41", "a%41"},
    {"an escaped letter is the letter", "/%69tems", BW_OK, "/items", "items"},
    {"UTF-8", "/%E4%BD%A0", BW_OK, "/\xe4\xbd\xa0", "\xe4\xbd\xa0"},
    {"a plus stays a plus", "/a+b", BW_OK, "/a+b", "a+b"},
    {"three dots are a name", "/...", BW_OK, "/...", "..."},
    {"no slash in front", "items", BW_INVALID, NULL, NULL},
    {"empty", "", BW_INVALID, NULL, NULL},
    {"absolute form", "http://host/", BW_INVALID, NULL, NULL},
    {"asterisk form", "*", BW_INVALID, NULL, NULL},
    {"dot dot", "/a/../b", BW_INVALID, NULL, NULL},
    {"escaped dot dot", "/a/%2e%2E/b", BW_INVALID, NULL, NULL},
    {"dot", "/a/./b", BW_INVALID, NULL, NULL},
    {"escaped slash", "/a%2fb", BW_INVALID, NULL, NULL},
    {"backslash", "/a\\b", BW_INVALID, NULL, NULL},
    {"escaped backslash", "/a%5cb", BW_INVALID, NULL, NULL},
    {"empty segment inside", "/a//b", BW_INVALID, NULL, NULL},
    {"two slashes", "//", BW_INVALID, NULL, NULL},
    {"NUL", "/a%00b", BW_INVALID, NULL, NULL},
    {"line break", "/a%0d%0ab", BW_INVALID, NULL, NULL},
    {"cut escape", "/a%4", BW_INVALID, NULL, NULL},
    {"wrong escape", "/a%zz", BW_INVALID, NULL, NULL},
    {"overlong UTF-8", "/%c0%ae%c0%ae", BW_INVALID, NULL, NULL},
    {"lone continuation", "/%80", BW_INVALID, NULL, NULL},
    {"too many segments", "/1/2/3/4/5/6/7/8/9", BW_INVALID, NULL, NULL},
};

BW_TEST(paths)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(65536);
    for (size_t i = 0; i < BW_COUNT(PATHS); i++) {
        struct bw_view segs[8], path;
        size_t n = 0;
        char joined[128] = "";
        enum bw_rc rc = http_split_path(bw_view_z(PATHS[i].in), a, segs, 8, &n, &path, NULL);
        bool ok = rc == PATHS[i].rc;
        if (rc == BW_OK && ok) {
            size_t at = 0;
            for (size_t k = 0; k < n; k++)
                at += (size_t)snprintf(joined + at, sizeof joined - at, "%s%.*s", k ? "|" : "",
                                       BW_VF(segs[k]));
            ok = bw_view_is(path, PATHS[i].path) && strcmp(joined, PATHS[i].segs) == 0;
        }
        SUBTEST(PATHS[i].name, ok);
    }
}

static const struct {
    const char *name, *header, *cookie, *value; /* value NULL: not there */
} COOKIES[] = {
    {"the only one", "sid=abc", "sid", "abc"},
    {"one of three", "a=1; sid=abc; b=2", "sid", "abc"},
    {"the first of two", "sid=1; sid=2", "sid", "1"},
    {"no white space needed", "a=1;sid=abc", "sid", "abc"},
    {"an equals sign in the value", "sid=a=b", "sid", "a=b"},
    {"quotes go", "sid=\"abc\"", "sid", "abc"},
    {"empty value", "sid=", "sid", ""},
    {"another case is another name", "SID=abc", "sid", NULL},
    {"a longer name is another", "xsid=abc", "sid", NULL},
    {"no equals sign", "sid", "sid", NULL},
    {"empty header", "", "sid", NULL},
    {"only separators", ";;;", "sid", NULL},
};

BW_TEST(cookies)
{
    for (size_t i = 0; i < BW_COUNT(COOKIES); i++) {
        struct bw_view v;
        bool found =
            http_cookie_find(bw_view_z(COOKIES[i].header), bw_view_z(COOKIES[i].cookie), &v);
        SUBTEST(COOKIES[i].name,
                found == (COOKIES[i].value != NULL) && (!found || bw_view_is(v, COOKIES[i].value)));
    }
}

static const struct {
    const char *name, *header;
    bool takes;
} CODINGS[] = {
    {"listed", "gzip, deflate, br", true},
    {"another case", "GZIP", true},
    {"with weight", "br;q=1.0, gzip;q=0.8", true},
    {"refused by weight", "gzip;q=0", false},
    {"refused by a long zero", "gzip; q=0.000", false},
    {"a weight close to zero is none", "gzip;q=0.001", true},
    {"star", "*", true},
    {"star, but not this one", "gzip;q=0, *", false},
    {"refused star", "*;q=0", false},
    {"others", "br, deflate", false},
    {"x-gzip is another name", "x-gzip", false},
    {"empty", "", false},
};

BW_TEST(codings)
{
    for (size_t i = 0; i < BW_COUNT(CODINGS); i++)
        SUBTEST(CODINGS[i].name, http_accepts_coding(bw_view_z(CODINGS[i].header), BW_V("gzip")) ==
                                     CODINGS[i].takes);
}

static const struct {
    const char *name, *header;
    bool listed;
} TAGS[] = {
    {"the same", "\"v1\"", true},
    {"weak", "W/\"v1\"", true},
    {"second in a list", "\"v0\", \"v1\"", true},
    {"star", " * ", true},
    {"a tag with a comma", "\"a,b\", \"v1\"", true},
    {"another", "\"v2\"", false},
    {"without quotes", "v1", false},
    {"open quote", "\"v1", false},
    {"inside another tag", "\"xv1\"", false},
    {"empty", "", false},
};

BW_TEST(entity_tags)
{
    for (size_t i = 0; i < BW_COUNT(TAGS); i++)
        SUBTEST(TAGS[i].name,
                http_etag_listed(bw_view_z(TAGS[i].header), BW_V("v1")) == TAGS[i].listed);
}

static const struct {
    const char *name, *header, *type; /* NULL: none */
} TYPES[] = {
    {"plain", "text/csv", "text/csv"},
    {"lower case, parameters off", "Text/HTML ; charset=utf-8", "text/html"},
    {"suffix", "application/taxii+json;version=2.1", "application/taxii+json"},
    {"no slash", "text", NULL},
    {"no subtype", "text/", NULL},
    {"space inside", "text/ csv", NULL},
    {"two slashes", "a/b/c", NULL},
    {"empty", "", NULL},
    {"too long", "application/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL},
};

BW_TEST(media_types)
{
    for (size_t i = 0; i < BW_COUNT(TYPES); i++) {
        char out[32];
        struct bw_view v;
        bool is = http_media_type(bw_view_z(TYPES[i].header), out, sizeof out, &v);
        SUBTEST(TYPES[i].name,
                is == (TYPES[i].type != NULL) && (!is || bw_view_is(v, TYPES[i].type)));
    }
}

static const struct {
    const char *name, *header, *param, *value;
} PARAMS[] = {
    {"token", "multipart/form-data; boundary=xyz", "boundary", "xyz"},
    {"quoted", "form-data; name=\"a b\"; filename=\"x;y.txt\"", "filename", "x;y.txt"},
    {"escaped quote", "form-data; name=\"a\\\"b\"", "name", "a\"b"},
    {"backslash of a path stays", "form-data; filename=\"C:\\dir\\f\"", "filename", "C:\\dir\\f"},
    {"name in another case", "x; Boundary=1", "boundary", "1"},
    {"not part of another name", "form-data; filename=\"f\"", "name", NULL},
    {"open quote", "x; name=\"abc", "name", NULL},
    {"no value", "x; name; name=1", "name", "1"},
    {"nothing", "x", "name", NULL},
    {"only semicolons", "x;;;", "name", NULL},
};

BW_TEST(header_params)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(65536);
    for (size_t i = 0; i < BW_COUNT(PARAMS); i++) {
        struct bw_view v;
        bool found = http_header_param(bw_view_z(PARAMS[i].header), PARAMS[i].param, a, &v);
        SUBTEST(PARAMS[i].name,
                found == (PARAMS[i].value != NULL) && (!found || bw_view_is(v, PARAMS[i].value)));
    }
}

static const struct {
    const char *name, *in, *ip;
} FORWARDED[] = {
    {"IPv4", " 192.0.2.7 ", "192.0.2.7"},
    {"IPv4 with port", "192.0.2.7:1234", "192.0.2.7"},
    {"IPv6", "2001:db8::1", "2001:db8::1"},
    {"IPv6 with port", "[2001:db8::1]:443", "2001:db8::1"},
    {"open bracket", "[2001:db8::1", NULL},
    {"a word", "unknown", NULL},
    {"hidden", "_hidden", NULL},
    {"empty", "", NULL},
};

BW_TEST(forwarded)
{
    for (size_t i = 0; i < BW_COUNT(FORWARDED); i++) {
        struct bw_ip ip, want;
        bool is = http_forwarded_ip(bw_view_z(FORWARDED[i].in), &ip);
        SUBTEST(FORWARDED[i].name, is == (FORWARDED[i].ip != NULL) &&
                                       (!is || (bw_ip_parse(bw_view_z(FORWARDED[i].ip), &want) &&
                                                bw_ip_cmp(&ip, &want) == 0)));
    }
}

BW_TEST(unescape_reports_memory)
{
    BW_AUTO(bw_arena) *a = bw_arena_new(1024);
    struct bw_err err;
    struct bw_view v;
    char big[4096];
    memset(big, '+', sizeof big);
    CHECK(http_unescape(bw_view_of(big, sizeof big), true, a, &v, &err) == BW_MEMORY);
    CHECK(http_unescape(BW_V("a+b%20c"), true, a, &v, &err) == BW_OK);
    CHECK_VIEW(v, "a b c");
}

BW_TEST_MAIN()
