/* SPDX-License-Identifier: Apache-2.0 */
/* intel - the room's tables: migrations and routes.
 *
 * Lists and search run on workers: a filter that fits nothing walks the whole index, and how long
 * that is grows with the hub. Everything else that reads is bounded. */
#include "intel_form.h"

#include "sql_0020_intel.h"
#include "sql_0021_stix.h"

static const struct db_migration MIGRATIONS[] = {
    {20, "0020_intel", sql_0020_intel},
    {21, "0021_stix", sql_0021_stix},
};

#define FORM_TYPES "application/x-www-form-urlencoded multipart/form-data"
#define FORM_BYTES \
    (4 * 1024 * 1024) /* a body of 256 KiB is three times that when percent-encoded */
#define SMALL_FORM_BYTES 4096
#define API_BYTES (2 * 1024 * 1024)
#define ITEM_ID                                           \
    {                                                     \
        "id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0 \
    }
#define DONE                                    \
    {                                           \
        "done", HTTP_WORD, HTTP_IN_QUERY, 0, 20 \
    }
#define AFTER                                 \
    {                                         \
        "after", HTTP_ID, HTTP_IN_QUERY, 0, 0 \
    }

static const struct http_param LIST_PARAMS[] = {REQ_LANG,
                                                {"kind", HTTP_WORD, HTTP_IN_QUERY, 0, 40},
                                                {"severity", HTTP_WORD, HTTP_IN_QUERY, 0, 20},
                                                {"tlp", HTTP_TEXT, HTTP_IN_QUERY, 0, 20},
                                                AFTER,
                                                DONE};
static const struct http_param DRAFTS_PARAMS[] = {REQ_LANG, AFTER, DONE};
static const struct http_param ITEM_PARAMS[] = {REQ_LANG, ITEM_ID, DONE};
static const struct http_param EXPORT_PARAMS[] = {REQ_LANG,
                                                  ITEM_ID,
                                                  {"form", HTTP_WORD, HTTP_IN_QUERY, 0, 20}};
static const struct http_param WITHDRAW_PARAMS[] = {REQ_LANG, ITEM_ID, REQ_CSRF};
static const struct http_param WRITE_PARAMS[] = {REQ_LANG};
static const struct http_param WRITE_FORM[] = {REQ_LANG, INTEL_FORM_PARAMS};
static const struct http_param EDIT_PARAMS[] = {REQ_LANG, ITEM_ID, DONE};
static const struct http_param EDIT_FORM[] = {REQ_LANG, ITEM_ID, INTEL_FORM_PARAMS};
static const struct http_param INDICATOR_PARAMS[] = {REQ_LANG,
                                                     {"value", HTTP_TEXT, HTTP_IN_QUERY, 0,
                                                      INTEL_INDICATOR_BYTES_MAX},
                                                     {"q", HTTP_TEXT, HTTP_IN_QUERY, 0,
                                                      INTEL_INDICATOR_BYTES_MAX}};
static const struct http_param SEARCH_PARAMS[] = {REQ_LANG,
                                                  {"q", HTTP_TEXT, HTTP_IN_QUERY, 0,
                                                   2 * TEXT_QUERY_MAX},
                                                  AFTER};
static const struct http_param API_LIST_PARAMS[] = {{"q", HTTP_TEXT, HTTP_IN_QUERY, 0,
                                                     TEXT_QUERY_MAX},
                                                    AFTER,
                                                    {"limit", HTTP_INT, HTTP_IN_QUERY, 1, 200}};
static const struct http_param API_ITEM_PARAMS[] = {ITEM_ID};

#define PARAMS(list) (list), BW_COUNT(list)

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/{lang}/items", HTTP_WORKER, HTTP_PAGE, PERM_READ, PARAMS(LIST_PARAMS), 0, NULL,
     intel_list_page, "items that one may see, newest first"},
    {HTTP_GET, "/{lang}/drafts", HTTP_LOOP, HTTP_PAGE, PERM_SHARE, PARAMS(DRAFTS_PARAMS), 0, NULL,
     intel_drafts_page, "one's own drafts"},
    {HTTP_GET, "/{lang}/items/{id}", HTTP_READER, HTTP_PAGE, PERM_READ, PARAMS(ITEM_PARAMS), 0,
     NULL, intel_item_page, "one item"},
    {HTTP_GET, "/{lang}/items/{id}/indicators", HTTP_WORKER, HTTP_PAGE, PERM_READ,
     PARAMS(EXPORT_PARAMS), 0, NULL, intel_item_export,
     "its indicators as plain, defanged, csv or stix"},
    {HTTP_GET, "/{lang}/items/{id}/edit", HTTP_WORKER, HTTP_PAGE, PERM_SHARE, PARAMS(EDIT_PARAMS),
     0, NULL, intel_edit_page, "one's own draft to go on with"},
    {HTTP_POST, "/{lang}/items/{id}/edit", HTTP_WORKER, HTTP_PAGE, PERM_SHARE, PARAMS(EDIT_FORM),
     FORM_BYTES, FORM_TYPES, intel_edit_post, "saves, previews or publishes the draft"},
    {HTTP_GET, "/{lang}/items/{id}/withdraw", HTTP_LOOP, HTTP_PAGE, PERM_SHARE, PARAMS(ITEM_PARAMS),
     0, NULL, intel_withdraw_page, "asks before it is withdrawn"},
    {HTTP_POST, "/{lang}/items/{id}/withdraw", HTTP_WORKER, HTTP_PAGE, PERM_SHARE,
     PARAMS(WITHDRAW_PARAMS), SMALL_FORM_BYTES, FORM_TYPES, intel_withdraw_post,
     "withdraws an item, throws a draft away"},
    {HTTP_GET, "/{lang}/write", HTTP_WORKER, HTTP_PAGE, PERM_SHARE, PARAMS(WRITE_PARAMS), 0, NULL,
     intel_write_page, "the form for a new item"},
    {HTTP_POST, "/{lang}/write", HTTP_WORKER, HTTP_PAGE, PERM_SHARE, PARAMS(WRITE_FORM), FORM_BYTES,
     FORM_TYPES, intel_write_post, "previews, saves or publishes a new item"},
    {HTTP_GET, "/{lang}/indicator", HTTP_LOOP, HTTP_PAGE, PERM_READ, PARAMS(INDICATOR_PARAMS), 0,
     NULL, intel_indicator_page, "one indicator and where it was seen"},
    {HTTP_GET, "/{lang}/search", HTTP_WORKER, HTTP_PAGE, PERM_READ, PARAMS(SEARCH_PARAMS), 0, NULL,
     intel_search_page, "search over items and indicators"},
    {HTTP_GET, "/api/v1/items", HTTP_WORKER, HTTP_API, PERM_READ, PARAMS(API_LIST_PARAMS), 0, NULL,
     intel_api_list, "items, newest first; q searches"},
    {HTTP_POST, "/api/v1/items", HTTP_WORKER, HTTP_API, PERM_SHARE, NULL, 0, API_BYTES,
     "application/json", intel_api_post, "a new item: draft or published"},
    {HTTP_GET, "/api/v1/items/{id}", HTTP_LOOP, HTTP_API, PERM_READ, PARAMS(API_ITEM_PARAMS), 0,
     NULL, intel_api_get, "one item with its indicators"},
    {HTTP_POST, "/api/v1/items/{id}/withdraw", HTTP_WORKER, HTTP_API, PERM_SHARE,
     PARAMS(API_ITEM_PARAMS), SMALL_FORM_BYTES, "application/json", intel_api_withdraw,
     "withdraws an item"},
};

const struct room room_intel = {
    .name = "intel",
    .migrations = MIGRATIONS,
    .n_migrations = BW_COUNT(MIGRATIONS),
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
};
