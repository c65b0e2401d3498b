/* SPDX-License-Identifier: Apache-2.0 */
/* feed_room - the room's tables: migrations and routes. */
#include "feed_page.h"

#include "sql_0035_feed.h"

enum { FORM_EXTRA = 64 * 1024 }; /* the multipart form around the file */

static const struct http_param PAGE[] = {REQ_LANG};
static const struct http_param FORM[] = {
    REQ_LANG,
    REQ_CSRF,
    {"file", HTTP_FILE, HTTP_IN_FORM, 0, FEED_BODY_MAX},
    {"tlp", HTTP_TEXT, HTTP_IN_FORM, 0, 20},
    {"audience", HTTP_WORD, HTTP_IN_FORM, 0, 20},
};
static const struct http_param API[] = {
    {"name", HTTP_TEXT, HTTP_IN_QUERY, 0, FEED_NAME_MAX},
    {"tlp", HTTP_TEXT, HTTP_IN_QUERY, 0, 20},
    {"audience", HTTP_WORD, HTTP_IN_QUERY, 0, 20},
    {"file", HTTP_FILE, HTTP_IN_FORM, 0, FEED_BODY_MAX},
};

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/{lang}/import", HTTP_LOOP, HTTP_PAGE, PERM_IMPORT, PAGE, BW_COUNT(PAGE), 0, NULL,
     feed_page_get, "the form for importing a file"},
    {HTTP_POST, "/{lang}/import", HTTP_WORKER, HTTP_PAGE, PERM_IMPORT, FORM, BW_COUNT(FORM),
     FEED_BODY_MAX + FORM_EXTRA, "multipart/form-data application/x-www-form-urlencoded",
     feed_page_post, "import a file by the form"},
    {HTTP_POST, "/api/v1/import", HTTP_WORKER, HTTP_API, PERM_IMPORT, API, BW_COUNT(API),
     FEED_BODY_MAX, "*/* multipart/form-data", feed_import_api,
     "import a file: STIX 2.1, a report as CSV, a plain list"},
};

static const struct db_migration MIGRATIONS[] = {{35, "0035_feed", sql_0035_feed}};

const struct room room_feed = {
    .name = "feed",
    .migrations = MIGRATIONS,
    .n_migrations = BW_COUNT(MIGRATIONS),
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
};
