/* SPDX-License-Identifier: Apache-2.0 */
/* watch_room - the room's tables: migrations and routes. */
#include "watch_page.h"

#include "sql_0030_watch.h"

#define FORM "application/x-www-form-urlencoded"
enum { FORM_MAX = 4096, PASTE_MAX = 3 * WATCH_LINES_MAX };

static const struct http_param HOME[] = {
    REQ_LANG,
    {"after", HTTP_ID, HTTP_IN_QUERY, 0, 0},
    {"scope", HTTP_WORD, HTTP_IN_QUERY, 0, 10},
    {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20},
};
static const struct http_param NETWORKS[] = {
    REQ_LANG,
    REQ_CSRF,
    {"cidr", HTTP_TEXT, HTTP_IN_FORM, 0, 200},
    {"label", HTTP_TEXT, HTTP_IN_FORM, 0, 500},
    {"lines", HTTP_TEXT, HTTP_IN_FORM | HTTP_LINES, 0, WATCH_LINES_MAX},
};
static const struct http_param ONE[] = {
    REQ_LANG,
    {"id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0},
};
static const struct http_param ACT[] = {
    REQ_LANG,
    REQ_CSRF,
    {"id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0},
};
static const struct http_param FOR[] = {
    REQ_LANG,
    {"id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0},
    {"after", HTTP_ID, HTTP_IN_QUERY, 0, 0},
    {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20},
};
static const struct http_param FOR_NETWORK[] = {
    REQ_LANG,
    REQ_CSRF,
    {"id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0},
    {"cidr", HTTP_TEXT, HTTP_IN_FORM, 0, 200},
    {"label", HTTP_TEXT, HTTP_IN_FORM, 0, 500},
};
static const struct http_param FINDINGS[] = {
    {"after", HTTP_ID, HTTP_IN_QUERY, 0, 0},
    {"limit", HTTP_INT, HTTP_IN_QUERY, 1, WATCH_LIST_MAX},
    {"state", HTTP_WORD, HTTP_IN_QUERY, 0, 20},
};
static const struct http_param LIST[] = {{"state", HTTP_WORD, HTTP_IN_QUERY, 0, 20}};

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/{lang}/watch", HTTP_WORKER, HTTP_PAGE, PERM_READ, HOME, BW_COUNT(HOME), 0, NULL,
     watch_home_page, "my networks and what was seen on them"},
    {HTTP_POST, "/{lang}/watch/networks", HTTP_WORKER, HTTP_PAGE, PERM_NETWORK_CLAIM, NETWORKS,
     BW_COUNT(NETWORKS), PASTE_MAX, FORM, watch_networks_post, "enter networks of one's own"},
    {HTTP_GET, "/{lang}/watch/findings/{id}", HTTP_LOOP, HTTP_PAGE, PERM_READ, ONE, BW_COUNT(ONE),
     0, NULL, watch_finding_page, "one finding with its evidence"},
    {HTTP_POST, "/{lang}/watch/findings/{id}/acknowledge", HTTP_WORKER, HTTP_PAGE, PERM_FINDING_ACT,
     ACT, BW_COUNT(ACT), FORM_MAX, FORM, watch_acknowledge_post, "acknowledge a finding"},
    {HTTP_GET, "/{lang}/watch/for/{id}", HTTP_WORKER, HTTP_PAGE, PERM_READ, FOR, BW_COUNT(FOR), 0,
     NULL, watch_for_page, "networks and findings of a member for whom one acts"},
    {HTTP_POST, "/{lang}/watch/for/{id}/networks", HTTP_WORKER, HTTP_PAGE, PERM_NETWORK_CLAIM,
     FOR_NETWORK, BW_COUNT(FOR_NETWORK), FORM_MAX, FORM, watch_for_post,
     "enter a network of a member for whom one acts"},
    {HTTP_GET, "/api/v1/findings", HTTP_WORKER, HTTP_API, PERM_READ, FINDINGS, BW_COUNT(FINDINGS),
     0, NULL, watch_findings_api, "findings that I may see, worst first"},
    {HTTP_GET, "/api/v1/networks", HTTP_WORKER, HTTP_API, PERM_READ, LIST, BW_COUNT(LIST), 0, NULL,
     watch_networks_api, "networks of my organisation"},
    {HTTP_PUT, "/api/v1/networks", HTTP_WORKER, HTTP_API, PERM_NETWORK_CLAIM, NULL, 0,
     WATCH_CLAIMS_BYTES_MAX, "*/*", watch_networks_put_api, "enter networks as CSV"},
};

static const struct db_migration MIGRATIONS[] = {{30, "0030_watch", sql_0030_watch}};

static const struct ledger_consumer *const CONSUMERS[] = {&watch_delegate_consumer};

static void stop(struct hub *hub)
{
    watch_match_forget();
}

const struct room room_watch = {
    .name = "watch",
    .migrations = MIGRATIONS,
    .n_migrations = BW_COUNT(MIGRATIONS),
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
    .consumers = CONSUMERS,
    .n_consumers = BW_COUNT(CONSUMERS),
    .stop = stop,
};
