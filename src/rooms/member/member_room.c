/* SPDX-License-Identifier: Apache-2.0 */
/* member_room - the room's tables: migrations and routes. */
#include "member_int.h"

#include "permission.h"

#include "sql_0010_member.h"
#include "sql_0015_circle.h"

#define FORM "application/x-www-form-urlencoded"
enum { FORM_MAX = 8192 };

static const struct http_param ORGANISATION[] = {
    REQ_LANG,
    {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20},
};
static const struct http_param MEMBERS[] = {
    REQ_LANG,
    {"after", HTTP_ID, HTTP_IN_QUERY, 0, 0},
    {"sector", HTTP_ID, HTTP_IN_QUERY, 0, 0},
    {"class", HTTP_WORD, HTTP_IN_QUERY, 0, 20},
};
static const struct http_param KEY_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"label", HTTP_TEXT, HTTP_IN_FORM, 0, MEMBER_KEY_LABEL_MAX},
    {"scope", HTTP_WORD, HTTP_IN_FORM | HTTP_MANY, 0, 20},
    {"days", HTTP_INT, HTTP_IN_FORM, 1, MEMBER_KEY_DAYS_MAX},
};
static const struct http_param KEY_END[] = {
    REQ_LANG,
    REQ_CSRF,
    {"id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0},
};

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/{lang}/organisation", HTTP_LOOP, HTTP_PAGE, PERM_PEOPLE, ORGANISATION,
     BW_COUNT(ORGANISATION), 0, NULL, member_organisation_page,
     "one's own organisation, its people, one's API keys"},
    {HTTP_POST, "/{lang}/organisation/keys", HTTP_WORKER, HTTP_PAGE, PERM_KEY, KEY_POST,
     BW_COUNT(KEY_POST), FORM_MAX, FORM, member_key_post, "make an API key; shows it once"},
    {HTTP_POST, "/{lang}/organisation/keys/{id}/end", HTTP_WORKER, HTTP_PAGE, PERM_KEY, KEY_END,
     BW_COUNT(KEY_END), FORM_MAX, FORM, member_key_end_post, "end one's own API key"},
    {HTTP_GET, "/{lang}/members", HTTP_LOOP, HTTP_PAGE, PERM_READ, MEMBERS, BW_COUNT(MEMBERS), 0,
     NULL, member_directory_page, "the directory of organisations"},
    {HTTP_GET, "/api/v1/me", HTTP_LOOP, HTTP_API, PERM_READ, NULL, 0, 0, NULL, member_me_api,
     "whom an API key speaks for: person, organisation, role, scopes"},
};

static const struct db_migration MIGRATIONS[] = {{10, "0010_member", sql_0010_member},
                                                 {15, "0015_circle", sql_0015_circle}};

const struct room room_member = {
    .name = "member",
    .migrations = MIGRATIONS,
    .n_migrations = BW_COUNT(MIGRATIONS),
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
};
