/* SPDX-License-Identifier: Apache-2.0 */
/* circle_room - the room's tables: routes and what follows the ledger. The schema is with the
 * groups that it is of (room member, 0015). */
#include "circle_export.h"

#include "permission.h"

#define FORM "application/x-www-form-urlencoded multipart/form-data"
enum { FORM_MAX = 64 * 1024, JSON_MAX = 16 * 1024 };
#define PARAMS(p) (p), BW_COUNT(p)
#define ID                                                \
    {                                                     \
        "id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0 \
    }
#define NAME(name, max)                       \
    {                                         \
        name, HTTP_TEXT, HTTP_IN_FORM, 0, max \
    }
#define NAMES NAME("name_en", 200), NAME("name_hant", 200), NAME("name_hans", 200)
#define REASON NAME("reason", CIRCLE_TEXT_MAX)
#define PREVIEW                                                               \
    {                                                                         \
        "preview", HTTP_TEXT, HTTP_IN_FORM | HTTP_SECRET, 0, CIRCLE_TOKEN_MAX \
    }
#define WORD(name)                           \
    {                                        \
        name, HTTP_WORD, HTTP_IN_FORM, 0, 20 \
    }
#define DONE                                    \
    {                                           \
        "done", HTTP_WORD, HTTP_IN_QUERY, 0, 20 \
    }
#define PURPOSE(name)                                                  \
    {                                                                  \
        name, HTTP_TEXT, HTTP_IN_FORM | HTTP_LINES, 0, CIRCLE_TEXT_MAX \
    }
#define FACTS                                                                       \
    NAMES, PURPOSE("purpose_en"), PURPOSE("purpose_hant"), PURPOSE("purpose_hans"), \
        WORD("ceiling"), WORD("joining")

static const struct http_param PAGE[] = {REQ_LANG, DONE};
static const struct http_param ONE[] = {REQ_LANG, ID, DONE};
static const struct http_param ADD[] = {REQ_LANG, REQ_CSRF, FACTS, NAME("owner", 254)};
static const struct http_param EDIT[] = {REQ_LANG, REQ_CSRF, ID, FACTS};
static const struct http_param OWNER[] = {REQ_LANG, REQ_CSRF, ID, WORD("action"), NAME("who", 254)};
static const struct http_param MEMBER[] = {REQ_LANG,       REQ_CSRF,         ID,
                                           WORD("action"), NAME("who", 254), PURPOSE("reason"),
                                           PREVIEW};
static const struct http_param ASK[] = {REQ_LANG, REQ_CSRF, ID, PURPOSE("reason")};
static const struct http_param LEAVE[] = {REQ_LANG, REQ_CSRF, ID, PREVIEW};
static const struct http_param DECIDE[] = {REQ_LANG,         REQ_CSRF,          ID,
                                           WORD("decision"), PURPOSE("reason"), PREVIEW};
static const struct http_param SECTOR_ADD[] = {REQ_LANG,
                                               REQ_CSRF,
                                               NAMES,
                                               {"parent", HTTP_ID, HTTP_IN_FORM, 0, 0}};
static const struct http_param SECTOR_NAME[] = {REQ_LANG, REQ_CSRF, ID, NAMES};
static const struct http_param SECTOR_MOVE[] = {REQ_LANG,
                                                REQ_CSRF,
                                                ID,
                                                {"parent", HTTP_ID, HTTP_IN_FORM, 0, 0},
                                                PREVIEW};
static const struct http_param GROUPS[] = {REQ_LANG,
                                           REQ_CSRF,
                                           ID,
                                           WORD("class"),
                                           {"sector", HTTP_ID, HTTP_IN_FORM | HTTP_MANY, 0, 0},
                                           PREVIEW};
static const struct http_param MERGE[] = {REQ_LANG,
                                          REQ_CSRF,
                                          ID,
                                          {"survivor", HTTP_ID, HTTP_IN_FORM, 0, 0},
                                          {"circle", HTTP_ID, HTTP_IN_FORM | HTTP_MANY, 0, 0},
                                          PURPOSE("reason"),
                                          PREVIEW};
static const struct http_param STATE[] = {REQ_LANG, REQ_CSRF, ID, WORD("state"), PURPOSE("reason")};
static const struct http_param SECOND[] = {REQ_LANG, REQ_CSRF, ID, WORD("decision")};
static const struct http_param LANG_ONLY[] = {REQ_LANG};
static const struct http_param LINK_GET[] = {REQ_LANG,
                                             {"t", HTTP_TEXT,
                                              HTTP_IN_QUERY | HTTP_REQUIRED | HTTP_SECRET, 1,
                                              CIRCLE_TOKEN_MAX}};
static const struct http_param LINK_POST[] = {REQ_LANG,
                                              REQ_CSRF,
                                              {"t", HTTP_TEXT,
                                               HTTP_IN_FORM | HTTP_REQUIRED | HTTP_SECRET, 1,
                                               CIRCLE_TOKEN_MAX}};
static const struct http_param API_ONE[] = {ID};

#define GET(path, perm, params, fn, text)                                               \
    {                                                                                   \
        HTTP_GET, path, HTTP_READER, HTTP_PAGE, perm, PARAMS(params), 0, NULL, fn, text \
    }
#define POST(path, perm, params, fn, text)                                                      \
    {                                                                                           \
        HTTP_POST, path, HTTP_WORKER, HTTP_PAGE, perm, PARAMS(params), FORM_MAX, FORM, fn, text \
    }

static const struct http_route ROUTES[] = {
    GET("/{lang}/circles", PERM_READ, PAGE, circle_list_page, "circles that one is told of"),
    POST("/{lang}/circles", PERM_DECIDE, ADD, circle_add_post, "add a circle"),
    GET("/{lang}/circles/{id}", PERM_READ, ONE, circle_one_page, "one circle"),
    POST("/{lang}/circles/{id}/edit", PERM_READ, EDIT, circle_edit_post,
         "change a circle, by its owner"),
    POST("/{lang}/circles/{id}/owners", PERM_DECIDE, OWNER, circle_owner_post,
         "give or end the ownership of a circle"),
    POST("/{lang}/circles/{id}/members", PERM_READ, MEMBER, circle_member_post,
         "let somebody into a circle or out of it, by its owner"),
    POST("/{lang}/circles/{id}/invite", PERM_READ, MEMBER, circle_invite_post,
         "invite an organisation into a circle, by its owner"),
    POST("/{lang}/circles/{id}/ask", PERM_READ, ASK, circle_ask_post, "ask to be let in"),
    POST("/{lang}/circles/{id}/leave", PERM_READ, LEAVE, circle_leave_post, "leave a circle"),
    POST("/{lang}/circle-requests/{id}", PERM_READ, DECIDE, circle_decide_post,
         "decide on a request or an invitation"),
    GET("/{lang}/queue/sectors", PERM_DECIDE, PAGE, circle_sectors_page, "the tree of sectors"),
    POST("/{lang}/queue/sectors", PERM_DECIDE, SECTOR_ADD, circle_sector_add_post, "add a sector"),
    POST("/{lang}/queue/sectors/{id}/name", PERM_DECIDE, SECTOR_NAME, circle_sector_name_post,
         "rename a sector"),
    POST("/{lang}/queue/sectors/{id}/move", PERM_DECIDE, SECTOR_MOVE, circle_sector_move_post,
         "move a sector in the tree"),
    GET("/{lang}/members/{id}", PERM_READ, ONE, circle_organisation_page, "one organisation"),
    POST("/{lang}/queue/organisations/{id}/groups", PERM_DECIDE, GROUPS, circle_groups_post,
         "change an organisation's sectors and class"),
    POST("/{lang}/queue/organisations/{id}/merge", PERM_DECIDE, MERGE, circle_merge_post,
         "merge an organisation into another"),
    POST("/{lang}/queue/organisations/{id}/state", PERM_DECIDE, STATE, circle_state_post,
         "suspend an organisation, take that back, or end its membership"),
    POST("/{lang}/queue/decisions/{id}", PERM_DECIDE, SECOND, circle_second_post,
         "the second person on a suspension or an end"),
    {HTTP_GET, "/{lang}/organisation/export", HTTP_WORKER, HTTP_PAGE, PERM_OWN_PEOPLE,
     PARAMS(LANG_ONLY), 0, NULL, circle_export_get, "take one's organisation's data along"},
    GET("/{lang}/export", PERM_OPEN, LINK_GET, circle_link_page,
        "the link of a membership that has ended"),
    POST("/{lang}/export", PERM_OPEN, LINK_POST, circle_link_post,
         "take the data of a membership that has ended"),
    {HTTP_GET, "/api/v1/circles", HTTP_READER, HTTP_API, PERM_READ, NULL, 0, 0, NULL,
     circle_list_api, "circles that one is told of"},
    {HTTP_GET, "/api/v1/circles/{id}", HTTP_READER, HTTP_API, PERM_READ, PARAMS(API_ONE), 0, NULL,
     circle_one_api, "one circle"},
    {HTTP_POST, "/api/v1/circles/{id}/members", HTTP_WORKER, HTTP_API, PERM_SHARE, PARAMS(API_ONE),
     JSON_MAX, "application/json", circle_member_api,
     "let somebody into a circle or out of it, by its owner"},
};
static const struct ledger_consumer *const CONSUMERS[] = {&circle_mail_consumer};

const struct room room_circle = {
    .name = "circle",
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
    .consumers = CONSUMERS,
    .n_consumers = BW_COUNT(CONSUMERS),
};
