/* SPDX-License-Identifier: Apache-2.0 */
/* desk_room - tables of the operator's pages: migration, routes, jobs. */
#include "approval.h"
#include "desk_int.h"
#include "privacy.h"
#include "statistic.h"

#include "sql_0016_desk.h"

#define ID                                                \
    {                                                     \
        "id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0 \
    }
#define DONE                                    \
    {                                           \
        "done", HTTP_WORD, HTTP_IN_QUERY, 0, 20 \
    }
#define REASON                                                    \
    {                                                             \
        "reason", HTTP_TEXT, HTTP_IN_FORM, 0, APPROVAL_REASON_MAX \
    }
static const struct http_param PAGE[] = {REQ_LANG, DONE};
static const struct http_param PLAIN[] = {REQ_LANG};
static const struct http_param STAFF_ROLE[] = {
    REQ_LANG,
    REQ_CSRF,
    REASON,
    {"person", HTTP_ID, HTTP_IN_FORM | HTTP_REQUIRED, 0, 0},
    {"role", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1, 20},
};
static const struct http_param STAFF_BODY[] = {
    REQ_LANG,
    REQ_CSRF,
    REASON,
    {"organisation", HTTP_ID, HTTP_IN_FORM | HTTP_REQUIRED, 0, 0},
    {"what", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1, 10},
};
static const struct http_param DECIDE[] = {
    REQ_LANG,
    REQ_CSRF,
    ID,
    REASON,
    {"decision", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1, 10},
    {"digest", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1, 64},
};
#define TEXT(name, flags, max)                          \
    {                                                   \
        name, HTTP_TEXT, HTTP_IN_FORM | (flags), 0, max \
    }
static const struct http_param ASK[] = {
    REQ_LANG,
    REQ_CSRF,
    {"kind", HTTP_WORD, HTTP_IN_FORM, 0, 20},
    TEXT("text", HTTP_LINES, PRIVACY_TEXT_MAX),
};
static const struct http_param ANSWER[] = {
    REQ_LANG,
    REQ_CSRF,
    ID,
    {"decision", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1, 10},
    TEXT("answer", HTTP_LINES, PRIVACY_TEXT_MAX),
};
static const struct http_param HOLD[] = {REQ_LANG, REQ_CSRF, REASON,
                                         TEXT("who", HTTP_REQUIRED, 254)};
static const struct http_param LIFT[] = {REQ_LANG, REQ_CSRF, REASON, ID};
static const struct http_param DISCLOSE[] = {
    REQ_LANG,
    REQ_CSRF,
    REASON,
    TEXT("who", HTTP_REQUIRED, 254),
    TEXT("to_whom", 0, PRIVACY_TEXT_MAX),
    TEXT("what", 0, PRIVACY_TEXT_MAX),
    {"tell", HTTP_FLAG, HTTP_IN_FORM, 0, 0},
};
#define FORM "application/x-www-form-urlencoded multipart/form-data"
enum { FORM_MAX = 16 * 1024 };
#define PARAMS(p) (p), BW_COUNT(p)

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/{lang}/system", HTTP_READER, HTTP_PAGE, PERM_SYSTEM, PARAMS(PLAIN), 0, NULL,
     desk_system, "security self-check: what the hub knows of its own state"},
    {HTTP_GET, "/{lang}/queue/staff", HTTP_READER, HTTP_PAGE, PERM_OWNER, PARAMS(PAGE), 0, NULL,
     desk_staff, "who works for the hub"},
    {HTTP_POST, "/{lang}/queue/staff/role", HTTP_WORKER, HTTP_PAGE, PERM_OWNER, PARAMS(STAFF_ROLE),
     FORM_MAX, FORM, desk_staff_role, "give or end a role of the hub"},
    {HTTP_POST, "/{lang}/queue/staff/body", HTTP_WORKER, HTTP_PAGE, PERM_OWNER, PARAMS(STAFF_BODY),
     FORM_MAX, FORM, desk_staff_body, "an organisation begins or ends to run the programme"},
    {HTTP_GET, "/{lang}/queue/approvals", HTTP_READER, HTTP_PAGE, PERM_AUDIT, PARAMS(PAGE), 0, NULL,
     desk_approvals, "what waits for a second person"},
    {HTTP_POST, "/{lang}/queue/approvals/{id}", HTTP_WORKER, HTTP_PAGE, PERM_DECIDE, PARAMS(DECIDE),
     FORM_MAX, FORM, desk_approval_decide, "decide on what another person asked for"},
    {HTTP_GET, "/{lang}/statistics", HTTP_LOOP, HTTP_PAGE, PERM_AUDIT, PARAMS(PLAIN), 0, NULL,
     desk_statistics, "figures of the programme"},
    {HTTP_GET, "/{lang}/statistics/csv", HTTP_LOOP, HTTP_PAGE, PERM_AUDIT, PARAMS(PLAIN), 0, NULL,
     desk_statistics_csv, "the same figures as CSV"},
    {HTTP_GET, "/{lang}/members/csv", HTTP_READER, HTTP_PAGE, PERM_READ, PARAMS(PLAIN), 0, NULL,
     desk_export_csv, "the directory as CSV"},
    {HTTP_GET, "/api/v1/members", HTTP_READER, HTTP_API, PERM_READ, NULL, 0, 0, NULL,
     desk_export_api, "the directory"},
    {HTTP_GET, "/{lang}/privacy", HTTP_READER, HTTP_PAGE, PERM_ACCOUNT, PARAMS(PAGE), 0, NULL,
     desk_mine, "what the hub holds on me"},
    {HTTP_GET, "/{lang}/privacy/data", HTTP_READER, HTTP_PAGE, PERM_ACCOUNT, PARAMS(PLAIN), 0, NULL,
     desk_mine_json, "the same as JSON"},
    {HTTP_POST, "/{lang}/privacy/requests", HTTP_WORKER, HTTP_PAGE, PERM_ACCOUNT, PARAMS(ASK),
     FORM_MAX, FORM, desk_mine_ask, "ask for access to one's data or its correction"},
    {HTTP_GET, "/{lang}/queue/privacy", HTTP_READER, HTTP_PAGE, PERM_AUDIT, PARAMS(PAGE), 0, NULL,
     desk_privacy, "requests on personal data, holds, disclosures, retention"},
    {HTTP_POST, "/{lang}/queue/privacy/requests/{id}", HTTP_WORKER, HTTP_PAGE, PERM_DECIDE,
     PARAMS(ANSWER), FORM_MAX, FORM, desk_privacy_answer, "answer a request on personal data"},
    {HTTP_POST, "/{lang}/queue/privacy/holds", HTTP_WORKER, HTTP_PAGE, PERM_DECIDE, PARAMS(HOLD),
     FORM_MAX, FORM, desk_privacy_hold, "keep what would be purged"},
    {HTTP_POST, "/{lang}/queue/privacy/holds/{id}/lift", HTTP_WORKER, HTTP_PAGE, PERM_DECIDE,
     PARAMS(LIFT), FORM_MAX, FORM, desk_privacy_lift, "lift a legal hold"},
    {HTTP_POST, "/{lang}/queue/privacy/disclosures", HTTP_WORKER, HTTP_PAGE, PERM_DECIDE,
     PARAMS(DISCLOSE), FORM_MAX, FORM, desk_privacy_disclose, "record a disclosure"},
};

static const struct db_migration MIGRATIONS[] = {{16, "0016_desk", sql_0016_desk}};

static const struct job_kind JOBS[] = {
    {.name = "desk.ledger", .run = check_job_ledger, .tries_max = 2, .every_us = BW_DAY_US},
    {.name = "desk.purge", .run = privacy_job, .tries_max = 2, .every_us = BW_DAY_US},
    {.name = "desk.statistics", .run = statistic_job, .tries_max = 2, .every_us = 5 * BW_MINUTE_US},
};

enum bw_rc ops_statistics_rebuild(struct hub *hub, struct bw_err *err)
{
    return statistic_rebuild(hub->db, (int)setting_int(hub->settings, SETTING_ZONE_OFFSET), err);
}

const struct room room_desk = {
    .name = "desk",
    .migrations = MIGRATIONS,
    .n_migrations = BW_COUNT(MIGRATIONS),
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
    .jobs = JOBS,
    .n_jobs = BW_COUNT(JOBS),
};
