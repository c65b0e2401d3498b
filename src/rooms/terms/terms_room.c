/* SPDX-License-Identifier: Apache-2.0 */
/* terms_room - the room's tables: migration, routes, jobs, mails. */
#include "terms_page.h"

#include "sql_0013_terms.h"

#define FORM "application/x-www-form-urlencoded multipart/form-data"
enum { FORM_MAX = 16 * 1024, DRAFT_MAX = 4 << 20, VERSION_MAX = 1000000 };

#define ID                                                \
    {                                                     \
        "id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0 \
    }
#define DONE                                    \
    {                                           \
        "done", HTTP_WORD, HTTP_IN_QUERY, 0, 20 \
    }
#define REASON                                                 \
    {                                                          \
        "reason", HTTP_TEXT, HTTP_IN_FORM, 0, TERMS_REASON_MAX \
    }
#define TEXT(name)                                                    \
    {                                                                 \
        name, HTTP_TEXT, HTTP_IN_FORM | HTTP_LINES, 0, TERMS_TEXT_MAX \
    }
static const struct http_param PAGE[] = {REQ_LANG};
static const struct http_param PAGE_DONE[] = {REQ_LANG, DONE};
static const struct http_param BUTTON[] = {REQ_LANG, REQ_CSRF};
static const struct http_param SHOW[] = {REQ_LANG,
                                         {"version", HTTP_INT, HTTP_IN_QUERY, 1, VERSION_MAX},
                                         DONE};
static const struct http_param PDF[] = {REQ_LANG,
                                        {"version", HTTP_INT, HTTP_IN_QUERY | HTTP_REQUIRED, 1,
                                         VERSION_MAX}};
static const struct http_param ACCEPT[] = {REQ_LANG,
                                           REQ_CSRF,
                                           {"number", HTTP_INT, HTTP_IN_FORM | HTTP_REQUIRED, 1,
                                            VERSION_MAX},
                                           {"hash", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1,
                                            TERMS_HASH_HEX},
                                           {"agree", HTTP_FLAG, HTTP_IN_FORM, 0, 0}};
static const struct http_param RECORD[] = {REQ_LANG, ID};
#define SIGNATORY                                            \
    {"person", HTTP_ID, HTTP_IN_FORM | HTTP_REQUIRED, 0, 0}, \
        {"step", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1, 10}, REASON
static const struct http_param OWN_POST[] = {REQ_LANG, REQ_CSRF, SIGNATORY};
static const struct http_param OF[] = {REQ_LANG, ID, DONE};
static const struct http_param OF_SIGNATORY[] = {REQ_LANG, REQ_CSRF, ID, SIGNATORY};
static const struct http_param OF_MEMBERSHIP[] = {REQ_LANG,
                                                  REQ_CSRF,
                                                  ID,
                                                  {"date", HTTP_TEXT, HTTP_IN_FORM, 0, 20},
                                                  REASON};
static const struct http_param DESK[] = {REQ_LANG, DONE, {"after", HTTP_ID, HTTP_IN_QUERY, 0, 0}};
static const struct http_param DRAFT[] = {REQ_LANG,
                                          REQ_CSRF,
                                          {"date", HTTP_TEXT, HTTP_IN_FORM, 0, 20},
                                          TEXT("text_en"),
                                          TEXT("text_hant"),
                                          TEXT("text_hans")};
static const struct http_param DECIDE[] = {REQ_LANG,
                                           REQ_CSRF,
                                           {"step", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1, 10},
                                           {"hash", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1,
                                            TERMS_HASH_HEX},
                                           REASON};
#define PARAMS(p) (p), BW_COUNT(p)

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/{lang}/terms", HTTP_READER, HTTP_PAGE, PERM_OPEN, PARAMS(SHOW), 0, NULL, terms_get,
     "the terms, what has changed, and accepting them"},
    {HTTP_POST, "/{lang}/terms/accept", HTTP_WORKER, HTTP_PAGE, PERM_ACCOUNT, PARAMS(ACCEPT),
     FORM_MAX, FORM, terms_accept_post, "accept the terms for oneself"},
    {HTTP_POST, "/{lang}/terms/sign", HTTP_WORKER, HTTP_PAGE, PERM_ACCOUNT, PARAMS(ACCEPT),
     FORM_MAX, FORM, terms_sign_post, "sign the terms for one's organisation"},
    {HTTP_GET, "/{lang}/terms/pdf", HTTP_READER, HTTP_PAGE, PERM_ACCOUNT, PARAMS(PDF), 0, NULL,
     terms_pdf, "one version of the terms as PDF"},
    {HTTP_GET, "/{lang}/terms/acceptances/{id}", HTTP_READER, HTTP_PAGE, PERM_ACCOUNT,
     PARAMS(RECORD), 0, NULL, terms_acceptance_show, "what was accepted, by whom and when"},
    {HTTP_GET, "/{lang}/terms/acceptances/{id}/pdf", HTTP_READER, HTTP_PAGE, PERM_ACCOUNT,
     PARAMS(RECORD), 0, NULL, terms_acceptance_pdf, "the same as PDF"},
    {HTTP_GET, "/{lang}/organisation/terms", HTTP_LOOP, HTTP_PAGE, PERM_OWN_PEOPLE,
     PARAMS(PAGE_DONE), 0, NULL, terms_own_get, "who signs for one's organisation, who accepted"},
    {HTTP_POST, "/{lang}/organisation/terms", HTTP_WORKER, HTTP_PAGE, PERM_OWN_PEOPLE,
     PARAMS(OWN_POST), FORM_MAX, FORM, terms_own_post, "name or end a signatory of one's own"},
    {HTTP_GET, "/{lang}/queue/terms", HTTP_READER, HTTP_PAGE, PERM_AUDIT, PARAMS(DESK), 0, NULL,
     terms_desk_get, "the desk: versions of the terms and who has accepted"},
    {HTTP_GET, "/{lang}/queue/terms/people.csv", HTTP_READER, HTTP_PAGE, PERM_AUDIT, PARAMS(PAGE),
     0, NULL, terms_csv, "who has accepted and who has not, as CSV"},
    {HTTP_GET, "/{lang}/queue/terms/draft", HTTP_READER, HTTP_PAGE, PERM_DECIDE, PARAMS(PAGE), 0,
     NULL, terms_draft_get, "the draft of the next version"},
    {HTTP_POST, "/{lang}/queue/terms/draft", HTTP_WORKER, HTTP_PAGE, PERM_DECIDE, PARAMS(DRAFT),
     DRAFT_MAX, FORM, terms_draft_post, "keep the draft"},
    {HTTP_POST, "/{lang}/queue/terms/decide", HTTP_WORKER, HTTP_PAGE, PERM_DECIDE, PARAMS(DECIDE),
     FORM_MAX, FORM, terms_decide_post, "propose, announce or take back the draft"},
    {HTTP_POST, "/{lang}/queue/terms/remind", HTTP_WORKER, HTTP_PAGE, PERM_DECIDE, PARAMS(BUTTON),
     FORM_MAX, FORM, terms_remind_post, "remind who has not accepted, now"},
    {HTTP_GET, "/{lang}/queue/terms/organisations/{id}", HTTP_READER, HTTP_PAGE, PERM_AUDIT,
     PARAMS(OF), 0, NULL, terms_of_get, "one organisation: signatories, acceptances, membership"},
    {HTTP_POST, "/{lang}/queue/terms/organisations/{id}/signatory", HTTP_WORKER, HTTP_PAGE,
     PERM_DECIDE, PARAMS(OF_SIGNATORY), FORM_MAX, FORM, terms_of_signatory_post,
     "name or end a signatory of an organisation"},
    {HTTP_POST, "/{lang}/queue/terms/organisations/{id}/membership", HTTP_WORKER, HTTP_PAGE,
     PERM_DECIDE, PARAMS(OF_MEMBERSHIP), FORM_MAX, FORM, terms_of_membership_post,
     "set until when an organisation is a member"},
};

static const struct db_migration MIGRATIONS[] = {{13, "0013_terms", sql_0013_terms}};
static const struct ledger_consumer *const CONSUMERS[] = {&terms_mail_consumer};

static enum bw_rc start(struct hub *hub, struct bw_err *err)
{
    return terms_tick(hub->db, err);
}

const struct room room_terms = {
    .name = "terms",
    .migrations = MIGRATIONS,
    .n_migrations = BW_COUNT(MIGRATIONS),
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
    .consumers = CONSUMERS,
    .n_consumers = BW_COUNT(CONSUMERS),
    .jobs = terms_jobs,
    .n_jobs = TERMS_JOBS,
    .start = start,
};
