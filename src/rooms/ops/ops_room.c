/* SPDX-License-Identifier: Apache-2.0 */
/* ops_room - the room's routes, and the answer to a monitor. */
#include "ops_int.h"

#include "json_write.h"

/* Says that the hub answers and reads its database; nothing that would interest anybody else. */
static enum bw_rc health(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct json_writer w;
    struct db *db;
    int64_t position;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(ledger_next(db, &position, err));
    page_json_type(rs);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_kv_z(&w, "status", "ok");
    json_w_kv_z(&w, "version", BW_VERSION);
    json_w_object_end(&w);
    json_w_close(&w);
    return BW_OK;
}

#define ID                                                \
    {                                                     \
        "id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0 \
    }
#define NAME(name, flags)                               \
    {                                                   \
        name, HTTP_TEXT, HTTP_IN_FORM | (flags), 0, 200 \
    }
static const struct http_param QUEUE[] = {REQ_LANG, {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20}};
static const struct http_param PAGE[] = {REQ_LANG};
static const struct http_param DECIDE[] =
    {REQ_LANG, REQ_CSRF, ID, {"decision", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1, 10}};
static const struct http_param RELEASE[] = {REQ_LANG, REQ_CSRF, ID};
static const struct http_param RELEASE_API[] = {ID};
static const struct http_param ORGANISATION[] = {REQ_LANG,
                                                 REQ_CSRF,
                                                 NAME("name_en", HTTP_REQUIRED),
                                                 NAME("name_hant", 0),
                                                 NAME("name_hans", 0),
                                                 {"domain", HTTP_TEXT, HTTP_IN_FORM, 0, 253}};
static const struct http_param PERSON[] = {
    REQ_LANG,
    REQ_CSRF,
    {"organisation", HTTP_ID, HTTP_IN_FORM | HTTP_REQUIRED, 0, 0},
    NAME("name", HTTP_REQUIRED),
    {"email", HTTP_TEXT, HTTP_IN_FORM | HTTP_REQUIRED, 3, 254},
    {"language", HTTP_WORD, HTTP_IN_FORM, 0, 10},
    {"role", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1, 20},
};
#define FORM "application/x-www-form-urlencoded multipart/form-data"
enum { FORM_MAX = 16 * 1024 };
#define PARAMS(p) (p), BW_COUNT(p)

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/health", HTTP_LOOP, HTTP_API, PERM_OPEN, NULL, 0, 0, NULL, health, "for monitors"},
    {HTTP_GET, "/{lang}/queue", HTTP_LOOP, HTTP_PAGE, PERM_QUEUE, PARAMS(QUEUE), 0, NULL, ops_queue,
     "what waits for the hub's staff"},
    {HTTP_POST, "/{lang}/queue/networks/{id}", HTTP_WORKER, HTTP_PAGE, PERM_RELEASE, PARAMS(DECIDE),
     FORM_MAX, FORM, ops_network_decide, "verify or refuse a network"},
    {HTTP_POST, "/{lang}/queue/items/{id}/release", HTTP_WORKER, HTTP_PAGE, PERM_RELEASE,
     PARAMS(RELEASE), FORM_MAX, FORM, ops_release, "release an item to the public zone"},
    {HTTP_POST, "/api/v1/items/{id}/release", HTTP_WORKER, HTTP_API, PERM_RELEASE,
     PARAMS(RELEASE_API), 1024, "application/json", ops_release_api,
     "release an item to the public zone"},
    {HTTP_GET, "/{lang}/queue/members", HTTP_LOOP, HTTP_PAGE, PERM_MEMBERS, PARAMS(PAGE), 0, NULL,
     ops_members, "forms to add organisations and people"},
    {HTTP_POST, "/{lang}/queue/members/organisations", HTTP_WORKER, HTTP_PAGE, PERM_MEMBERS,
     PARAMS(ORGANISATION), FORM_MAX, FORM, ops_organisation_add, "add an organisation"},
    {HTTP_POST, "/{lang}/queue/members/people", HTTP_WORKER, HTTP_PAGE, PERM_MEMBERS,
     PARAMS(PERSON), FORM_MAX, FORM, ops_person_add, "invite a person"},
};

const struct room room_ops = {.name = "ops", .routes = ROUTES, .n_routes = BW_COUNT(ROUTES)};
