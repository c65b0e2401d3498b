/* SPDX-License-Identifier: Apache-2.0 */
/* member_room - the room's tables: migrations and routes. */
#include "member_int.h"

#include "member_delegate.h"
#include "member_key.h"
#include "member_people.h"
#include "permission.h"

#include "sql_0010_member.h"
#include "sql_0012_standing.h"
#include "sql_0014_people.h"
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
#define PERSON_FIELD                          \
    {                                         \
        "person", HTTP_ID, HTTP_IN_FORM, 0, 0 \
    }
static const struct http_param KEY_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    PERSON_FIELD,
    {"networks", HTTP_TEXT, HTTP_IN_FORM, 0, MEMBER_KEY_NETWORKS_MAX},
    {"label", HTTP_TEXT, HTTP_IN_FORM, 0, MEMBER_KEY_LABEL_MAX},
    {"scope", HTTP_WORD, HTTP_IN_FORM | HTTP_MANY, 0, 20},
    {"days", HTTP_INT, HTTP_IN_FORM, 1, MEMBER_KEY_DAYS_MAX},
};
static const struct http_param KEY_END[] = {
    REQ_LANG,
    REQ_CSRF,
    PERSON_FIELD,
    {"id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0},
};

#define ID                                                \
    {                                                     \
        "id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0 \
    }
#define DONE                                    \
    {                                           \
        "done", HTTP_WORD, HTTP_IN_QUERY, 0, 20 \
    }
#define REASON                                                  \
    {                                                           \
        "reason", HTTP_TEXT, HTTP_IN_FORM, 0, MEMBER_REASON_MAX \
    }
static const struct http_param PEOPLE[] = {REQ_LANG, {"of", HTTP_ID, HTTP_IN_QUERY, 0, 0}, DONE};
static const struct http_param INVITE[] = {
    REQ_LANG,
    REQ_CSRF,
    {"of", HTTP_ID, HTTP_IN_FORM, 0, 0},
    {"name", HTTP_TEXT, HTTP_IN_FORM, 0, MEMBER_NAME_MAX},
    {"email", HTTP_TEXT, HTTP_IN_FORM, 0, 254},
    {"language", HTTP_WORD, HTTP_IN_FORM, 0, 10},
    {"role", HTTP_WORD, HTTP_IN_FORM, 0, 20},
};
static const struct http_param PERSON[] = {REQ_LANG, ID, DONE};
static const struct http_param PERSON_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    ID,
    {"name", HTTP_TEXT, HTTP_IN_FORM, 0, MEMBER_NAME_MAX},
    {"language", HTTP_WORD, HTTP_IN_FORM, 0, 10},
    {"role", HTTP_WORD, HTTP_IN_FORM, 0, 20},
    {"signatory", HTTP_WORD, HTTP_IN_FORM, 0, 5},
};
static const struct http_param PERSON_STEP[] = {REQ_LANG, REQ_CSRF, ID};
static const struct http_param PERSON_STATE[] = {
    REQ_LANG, REQ_CSRF, ID, {"state", HTTP_WORD, HTTP_IN_FORM, 0, 20}, REASON,
};
static const struct http_param PERSON_MAIL[] = {
    REQ_LANG,
    REQ_CSRF,
    ID,
    {"email", HTTP_TEXT, HTTP_IN_FORM, 0, 254},
};
static const struct http_param REVIEW[] = {REQ_LANG, DONE};
static const struct http_param REVIEW_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"answer", HTTP_TEXT, HTTP_IN_FORM | HTTP_MANY, 0, 40},
};
static const struct http_param OFFER_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"answer", HTTP_WORD, HTTP_IN_FORM, 0, 20},
};
static const struct http_param LEAVE_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"sure", HTTP_WORD, HTTP_IN_FORM, 0, 5},
    REASON,
};
static const struct http_param LINK_GET[] = {
    REQ_LANG,
    {"t", HTTP_TEXT, HTTP_IN_QUERY | HTTP_REQUIRED | HTTP_SECRET, 1, MEMBER_LINK_MAX},
};
static const struct http_param LINK_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"t", HTTP_TEXT, HTTP_IN_FORM | HTTP_REQUIRED | HTTP_SECRET, 1, MEMBER_LINK_MAX},
};
static const struct http_param DELEGATION_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"provider", HTTP_TEXT, HTTP_IN_FORM, 0, 253},
    {"scope", HTTP_WORD, HTTP_IN_FORM | HTTP_MANY, 0, 20},
    {"days", HTTP_INT, HTTP_IN_FORM, 1, MEMBER_DELEGATE_DAYS_MAX},
};
#define PARAMS(p) (p), BW_COUNT(p)

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/{lang}/organisation", HTTP_LOOP, HTTP_PAGE, PERM_PEOPLE, ORGANISATION,
     BW_COUNT(ORGANISATION), 0, NULL, member_organisation_page,
     "one's own organisation, its people, one's API keys"},
    {HTTP_POST, "/{lang}/organisation/keys", HTTP_WORKER, HTTP_PAGE, PERM_KEY, KEY_POST,
     BW_COUNT(KEY_POST), FORM_MAX, FORM, member_key_post, "make an API key; shows it once"},
    {HTTP_POST, "/{lang}/organisation/keys/{id}/end", HTTP_WORKER, HTTP_PAGE, PERM_KEY, KEY_END,
     BW_COUNT(KEY_END), FORM_MAX, FORM, member_key_end_post, "end one's own API key"},
    {HTTP_POST, "/{lang}/organisation/keys/{id}/rotate", HTTP_WORKER, HTTP_PAGE, PERM_KEY, KEY_END,
     BW_COUNT(KEY_END), FORM_MAX, FORM, member_key_rotate_post,
     "a second key in place of one, which lives on for some days"},
    {HTTP_POST, "/{lang}/organisation/offer", HTTP_WORKER, HTTP_PAGE, PERM_ACCOUNT,
     PARAMS(OFFER_POST), FORM_MAX, FORM, member_offer_post,
     "take the administrator's role, or not"},
    {HTTP_POST, "/{lang}/organisation/leave", HTTP_WORKER, HTTP_PAGE, PERM_ACCOUNT,
     PARAMS(LEAVE_POST), FORM_MAX, FORM, member_leave_post, "leave the hub oneself"},
    {HTTP_GET, "/{lang}/people", HTTP_READER, HTTP_PAGE, PERM_STAFFING, PARAMS(PEOPLE), 0, NULL,
     member_people_page, "the people of an organisation, for who looks after them"},
    {HTTP_POST, "/{lang}/people", HTTP_WORKER, HTTP_PAGE, PERM_STAFFING, PARAMS(INVITE), FORM_MAX,
     FORM, member_people_post, "invite a person"},
    {HTTP_GET, "/{lang}/people/review", HTTP_READER, HTTP_PAGE, PERM_STAFFING, PARAMS(REVIEW), 0,
     NULL, member_review_page, "the yearly list: who is still there"},
    {HTTP_POST, "/{lang}/people/review", HTTP_WORKER, HTTP_PAGE, PERM_STAFFING, PARAMS(REVIEW_POST),
     4 * FORM_MAX, FORM, member_review_post, "say who is still there"},
    {HTTP_GET, "/{lang}/people/{id}", HTTP_LOOP, HTTP_PAGE, PERM_STAFFING, PARAMS(PERSON), 0, NULL,
     member_person_page, "one person"},
    {HTTP_POST, "/{lang}/people/{id}", HTTP_WORKER, HTTP_PAGE, PERM_STAFFING, PARAMS(PERSON_POST),
     FORM_MAX, FORM, member_person_post, "change name, language, role, signatory"},
    {HTTP_POST, "/{lang}/people/{id}/invite", HTTP_WORKER, HTTP_PAGE, PERM_STAFFING,
     PARAMS(PERSON_STEP), FORM_MAX, FORM, member_person_again_post,
     "send the invitation again; the old link dies"},
    {HTTP_POST, "/{lang}/people/{id}/state", HTTP_WORKER, HTTP_PAGE, PERM_STAFFING,
     PARAMS(PERSON_STATE), FORM_MAX, FORM, member_person_state_post,
     "suspend, take back, or say that somebody has left"},
    {HTTP_POST, "/{lang}/people/{id}/mail", HTTP_WORKER, HTTP_PAGE, PERM_STAFFING,
     PARAMS(PERSON_MAIL), FORM_MAX, FORM, member_person_mail_post,
     "ask a new address to confirm itself"},
    {HTTP_POST, "/{lang}/people/{id}/offer", HTTP_WORKER, HTTP_PAGE, PERM_OWN_PEOPLE,
     PARAMS(PERSON_STEP), FORM_MAX, FORM, member_person_offer_post,
     "offer the administrator's role to a colleague"},
    {HTTP_GET, "/{lang}/delegations", HTTP_LOOP, HTTP_PAGE, PERM_PEOPLE, PARAMS(REVIEW), 0, NULL,
     member_delegations_page, "who acts for us, and for whom we act"},
    {HTTP_POST, "/{lang}/delegations", HTTP_WORKER, HTTP_PAGE, PERM_OWN_PEOPLE,
     PARAMS(DELEGATION_POST), FORM_MAX, FORM, member_delegation_post, "let another member act"},
    {HTTP_POST, "/{lang}/delegations/{id}/end", HTTP_WORKER, HTTP_PAGE, PERM_STAFFING,
     PARAMS(PERSON_STEP), FORM_MAX, FORM, member_delegation_end_post, "end a delegation"},
    {HTTP_GET, "/{lang}/confirm-address", HTTP_LOOP, HTTP_PAGE, PERM_OPEN, PARAMS(LINK_GET), 0,
     NULL, member_mail_get, "a new address: is it yours?"},
    {HTTP_POST, "/{lang}/confirm-address", HTTP_WORKER, HTTP_PAGE, PERM_OPEN, PARAMS(LINK_POST),
     FORM_MAX, FORM, member_mail_post, "a new address confirms itself"},
    {HTTP_GET, "/{lang}/still-here", HTTP_LOOP, HTTP_PAGE, PERM_OPEN, PARAMS(LINK_GET), 0, NULL,
     member_here_get, "a dormant account: are you still there?"},
    {HTTP_POST, "/{lang}/still-here", HTTP_WORKER, HTTP_PAGE, PERM_OPEN, PARAMS(LINK_POST),
     FORM_MAX, FORM, member_here_post, "a sign of life by mail"},
    {HTTP_GET, "/{lang}/members", HTTP_LOOP, HTTP_PAGE, PERM_READ, MEMBERS, BW_COUNT(MEMBERS), 0,
     NULL, member_directory_page, "the directory of organisations"},
    {HTTP_GET, "/api/v1/me", HTTP_LOOP, HTTP_API, PERM_READ, NULL, 0, 0, NULL, member_me_api,
     "whom an API key speaks for: person, organisation, role, scopes"},
};

static const struct db_migration MIGRATIONS[] = {{10, "0010_member", sql_0010_member},
                                                 {12, "0012_standing", sql_0012_standing},
                                                 {14, "0014_people", sql_0014_people},
                                                 {15, "0015_circle", sql_0015_circle}};

static const struct ledger_consumer *const CONSUMERS[] = {&member_letter_consumer};
static const struct job_kind JOBS[] = {
    {.name = "member.people", .run = member_job_day, .tries_max = 3, .every_us = BW_HOUR_US},
    {.name = "member.minute", .run = member_job_minute, .tries_max = 3, .every_us = BW_MINUTE_US},
};

const struct room room_member = {
    .name = "member",
    .migrations = MIGRATIONS,
    .n_migrations = BW_COUNT(MIGRATIONS),
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
    .consumers = CONSUMERS,
    .n_consumers = BW_COUNT(CONSUMERS),
    .jobs = JOBS,
    .n_jobs = BW_COUNT(JOBS),
};
