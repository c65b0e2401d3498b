/* SPDX-License-Identifier: Apache-2.0 */
/* programme_room - the room's tables. */
#include "programme_int.h"

#include "sql_0017_programme.h"

#define TEXT(name, max)                         \
    {                                           \
        name, HTTP_TEXT, HTTP_IN_FORM, 0, (max) \
    }
#define LINES(name)                                                       \
    {                                                                     \
        name, HTTP_TEXT, HTTP_IN_FORM | HTTP_LINES, 0, PROGRAMME_TEXT_MAX \
    }
static const struct http_param PLAIN[] = {REQ_LANG};
static const struct http_param PAGE[] = {REQ_LANG, {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20}};
static const struct http_param EDIT[] = {REQ_LANG,
                                         REQ_CSRF,
                                         TEXT("name_en", MEMBER_NAME_MAX),
                                         TEXT("name_hant", MEMBER_NAME_MAX),
                                         TEXT("name_hans", MEMBER_NAME_MAX),
                                         TEXT("phase", 20),
                                         TEXT("from", 20),
                                         TEXT("until", 20),
                                         TEXT("fee", PROGRAMME_LINE_MAX),
                                         TEXT("contact", PROGRAMME_LINE_MAX),
                                         LINES("eligibility_en"),
                                         LINES("eligibility_hant"),
                                         LINES("eligibility_hans")};
static const struct http_param AGREEMENT[] = {REQ_LANG,
                                              REQ_CSRF,
                                              TEXT("kind", 20),
                                              TEXT("title", PROGRAMME_LINE_MAX),
                                              TEXT("parties", PROGRAMME_LINE_MAX),
                                              TEXT("place", PROGRAMME_LINE_MAX),
                                              TEXT("from", 20),
                                              TEXT("until", 20)};
static const struct http_param END[] = {REQ_LANG,
                                        REQ_CSRF,
                                        {"id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0}};
static const struct http_param ADVISORY[] = {REQ_LANG,
                                             REQ_CSRF,
                                             TEXT("kind", 20),
                                             TEXT("title", PROGRAMME_LINE_MAX),
                                             TEXT("met", 20),
                                             LINES("body"),
                                             {"members", HTTP_FLAG, HTTP_IN_FORM, 0, 0}};
#define FORM "application/x-www-form-urlencoded multipart/form-data"
enum { FORM_MAX = 128 * 1024 };
#define PARAMS(p) (p), BW_COUNT(p)

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/{lang}/programme", HTTP_LOOP, HTTP_PAGE, PERM_OPEN, PARAMS(PLAIN), 0, NULL,
     programme_show, "what the programme is, who may join, what it costs"},
    {HTTP_GET, "/{lang}/queue/programme", HTTP_LOOP, HTTP_PAGE, PERM_AUDIT, PARAMS(PAGE), 0, NULL,
     programme_edit, "the programme, agreements and advisory group, to be kept"},
    {HTTP_POST, "/{lang}/queue/programme", HTTP_WORKER, HTTP_PAGE, PERM_OWNER, PARAMS(EDIT),
     FORM_MAX, FORM, programme_post, "change the programme"},
    {HTTP_POST, "/{lang}/queue/programme/agreements", HTTP_WORKER, HTTP_PAGE, PERM_OWNER,
     PARAMS(AGREEMENT), FORM_MAX, FORM, programme_agreement_post, "enter an agreement"},
    {HTTP_POST, "/{lang}/queue/programme/agreements/{id}/end", HTTP_WORKER, HTTP_PAGE, PERM_OWNER,
     PARAMS(END), FORM_MAX, FORM, programme_agreement_end, "an agreement has ended"},
    {HTTP_POST, "/{lang}/queue/programme/advisory", HTTP_WORKER, HTTP_PAGE, PERM_OWNER,
     PARAMS(ADVISORY), FORM_MAX, FORM, programme_advisory_post,
     "enter a paper or a decision of the advisory group"},
};

static const struct db_migration MIGRATIONS[] = {{17, "0017_programme", sql_0017_programme}};

static enum bw_rc write_remind(struct db_tx *tx, void *arg, struct bw_err *err)
{
    int64_t n;
    return agreement_remind(tx, &n, err);
}

static enum bw_rc job_remind(struct job *job, struct bw_err *err)
{
    const struct hub *hub = job_arg(job);
    return db_write(hub->db, write_remind, NULL, err);
}

static const struct job_kind JOBS[] = {
    {.name = "programme.remind", .run = job_remind, .tries_max = 2, .every_us = BW_DAY_US},
};

const struct room room_programme = {
    .name = "programme",
    .migrations = MIGRATIONS,
    .n_migrations = BW_COUNT(MIGRATIONS),
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
    .jobs = JOBS,
    .n_jobs = BW_COUNT(JOBS),
};
