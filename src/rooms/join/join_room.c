/* SPDX-License-Identifier: Apache-2.0 */
/* join_room - the room's routes, its clock, its tables. */
#include "join_page.h"

#include "bw_clock.h"

#include "sql_0027_join.h"

#define FORM "application/x-www-form-urlencoded"
#define FILE_FORM "application/x-www-form-urlencoded multipart/form-data"
enum { FORM_MAX = 32 * 1024, FILE_MAX = 8 * 1024 * 1024, TOKEN = JOIN_TOKEN_MAX };

#define TOKEN_IN(place)                                                 \
    {                                                                   \
        "t", HTTP_TEXT, (place) | HTTP_REQUIRED | HTTP_SECRET, 1, TOKEN \
    }
#define TEXT(name, max)                         \
    {                                           \
        name, HTTP_TEXT, HTTP_IN_FORM, 0, (max) \
    }
#define LINES(name, max)                                     \
    {                                                        \
        name, HTTP_TEXT, HTTP_IN_FORM | HTTP_LINES, 0, (max) \
    }
#define WORD(name)                           \
    {                                        \
        name, HTTP_WORD, HTTP_IN_FORM, 0, 20 \
    }
#define ID                                                \
    {                                                     \
        "id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0 \
    }
static const struct http_param PAGE[] = {REQ_LANG};
static const struct http_param BY_LINK[] = {REQ_LANG,
                                            TOKEN_IN(HTTP_IN_QUERY),
                                            {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20}};
static const struct http_param LINK_POST[] = {REQ_LANG,
                                              REQ_CSRF,
                                              TOKEN_IN(HTTP_IN_FORM),
                                              TEXT("name", 200),
                                              TEXT("title", 200),
                                              WORD("address")};
static const struct http_param APPLY[] = {
    REQ_LANG,
    REQ_CSRF,
    {"t", HTTP_TEXT, HTTP_IN_FORM | HTTP_SECRET, 0, TOKEN},
    WORD("action"),
    WORD("route"),
    TEXT("name_en", MEMBER_NAME_MAX),
    TEXT("name_hant", MEMBER_NAME_MAX),
    TEXT("name_hans", MEMBER_NAME_MAX),
    TEXT("registration", 100),
    {"class", HTTP_INT, HTTP_IN_FORM, 0, MEMBER_CLASSES - 1},
    {"size", HTTP_INT, HTTP_IN_FORM, 0, JOIN_SIZES - 1},
    TEXT("domain", 253),
    LINES("domains", 2000),
    LINES("networks", JOIN_TEXT_MAX),
    TEXT("group", MEMBER_NAME_MAX),
    {"sector", HTTP_ID, HTTP_IN_FORM | HTTP_MANY, 0, 0},
    TEXT("contact_name", MEMBER_NAME_MAX),
    TEXT("contact_email", MEMBER_NAME_MAX),
    TEXT("contact_phone", 60),
    TEXT("e1_name", MEMBER_NAME_MAX),
    TEXT("e1_phone", 60),
    TEXT("e1_email", MEMBER_NAME_MAX),
    TEXT("e2_name", MEMBER_NAME_MAX),
    TEXT("e2_phone", 60),
    TEXT("e2_email", MEMBER_NAME_MAX),
    TEXT("r1_name", MEMBER_NAME_MAX),
    TEXT("r1_email", MEMBER_NAME_MAX),
    WORD("r1_role"),
    TEXT("r2_name", MEMBER_NAME_MAX),
    TEXT("r2_email", MEMBER_NAME_MAX),
    WORD("r2_role"),
    TEXT("r3_name", MEMBER_NAME_MAX),
    TEXT("r3_email", MEMBER_NAME_MAX),
    WORD("r3_role"),
    {"signatory", HTTP_INT, HTTP_IN_FORM, 1, JOIN_FORM_SEATS},
    LINES("why", JOIN_TEXT_MAX),
};
static const struct http_param CASE[] = {REQ_LANG, ID, {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20}};
/* "done" is what a page that is sent again after a failure asks for. */
static const struct http_param CASE_POST[] = {REQ_LANG,
                                              REQ_CSRF,
                                              ID,
                                              {"action", HTTP_WORD, HTTP_IN_FORM | HTTP_REQUIRED, 1,
                                               20},
                                              LINES("reason", JOIN_REASON_MAX),
                                              {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20}};
static const struct http_param PROVE[] = {REQ_LANG,
                                          REQ_CSRF,
                                          TOKEN_IN(HTTP_IN_FORM),
                                          WORD("address"),
                                          {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20}};
static const struct http_param STANDING[] = {REQ_LANG,
                                             {"organisation", HTTP_ID, HTTP_IN_QUERY, 0, 0},
                                             {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20}};
static const struct http_param STANDING_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"organisation", HTTP_ID, HTTP_IN_FORM | HTTP_REQUIRED, 0, 0},
    WORD("standing"),
    TEXT("group", MEMBER_NAME_MAX),
    {"association", HTTP_FLAG, HTTP_IN_FORM, 0, 0},
    LINES("reason", JOIN_REASON_MAX),
    {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20},
};
static const struct http_param FILE_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"file", HTTP_FILE, HTTP_IN_FORM, 0, FILE_MAX},
};
static const struct http_param TAKE[] = {REQ_LANG,
                                         REQ_CSRF,
                                         {"import", HTTP_ID, HTTP_IN_FORM | HTTP_REQUIRED, 0, 0}};
#define PARAMS(p) (p), BW_COUNT(p)
#define GET(path, place, perm, params, handler, text)                                             \
    {                                                                                             \
        HTTP_GET, "/{lang}/" path, place, HTTP_PAGE, perm, PARAMS(params), 0, NULL, handler, text \
    }
#define POST(path, perm, params, handler, text)                                                   \
    {                                                                                             \
        HTTP_POST, "/{lang}/" path, HTTP_WORKER, HTTP_PAGE, perm, PARAMS(params), FORM_MAX, FORM, \
            handler, text                                                                         \
    }
#define UPLOAD(path, perm, handler, text)                                                      \
    {                                                                                          \
        HTTP_POST, "/{lang}/" path, HTTP_WORKER, HTTP_PAGE, perm, PARAMS(FILE_POST), FILE_MAX, \
            FILE_FORM, handler, text                                                           \
    }

static const struct http_route ROUTES[] = {
    GET("join", HTTP_LOOP, PERM_OPEN, PAGE, join_page_get, "apply for membership"),
    POST("join", PERM_OPEN, APPLY, join_page_post, "keep a draft, or have its confirmation mailed"),
    GET("join/progress", HTTP_LOOP, PERM_OPEN, BY_LINK, join_progress_get,
        "an applicant's draft or progress, by private link"),
    POST("join/prove", PERM_OPEN, PROVE, join_prove_post, "mail a link to the applicant's domain"),
    POST("join/withdraw", PERM_OPEN, PROVE, join_withdraw_post, "withdraw an application"),
    GET("join/confirm", HTTP_LOOP, PERM_OPEN, BY_LINK, join_confirm_get,
        "the mailed link that submits an application"),
    POST("join/confirm", PERM_OPEN, LINK_POST, join_confirm_post, "submit an application"),
    GET("join/domain", HTTP_LOOP, PERM_OPEN, BY_LINK, join_domain_get,
        "the link that was mailed to the applicant's domain"),
    POST("join/domain", PERM_OPEN, LINK_POST, join_domain_post, "prove the domain"),
    GET("join/sign", HTTP_LOOP, PERM_OPEN, BY_LINK, join_sign_get, "the signatory's link"),
    POST("join/sign", PERM_OPEN, LINK_POST, join_sign_post, "sign for the organisation"),

    GET("applications", HTTP_LOOP, PERM_SHARE, PAGE, join_asked_get,
        "applications about which members are asked"),
    GET("applications/{id}", HTTP_LOOP, PERM_SHARE, CASE, join_ask_get,
        "one application, as members see it"),
    POST("applications/{id}", PERM_SHARE, CASE_POST, join_ask_post,
         "vouch for an applicant, or object"),
    GET("enlist", HTTP_LOOP, PERM_OWN_PEOPLE, PAGE, join_enlist_get,
        "an association enlists its members"),
    UPLOAD("enlist", PERM_OWN_PEOPLE, join_enlist_post,
           "look at a list of an association's members"),
    POST("enlist/take", PERM_OWN_PEOPLE, TAKE, join_enlist_take, "take the rows that are right"),

    GET("queue/applications", HTTP_LOOP, PERM_DECIDE, PAGE, join_desk_get,
        "applications to work on"),
    GET("queue/applications/new", HTTP_LOOP, PERM_OWNER, PAGE, join_founding_get,
        "enter a founding member"),
    POST("queue/applications/new", PERM_OWNER, APPLY, join_founding_post,
         "enter a founding member"),
    GET("queue/applications/import", HTTP_LOOP, PERM_DECIDE, PAGE, join_import_get,
        "import organisations from a list"),
    UPLOAD("queue/applications/import", PERM_DECIDE, join_import_post,
           "look at a list of organisations"),
    POST("queue/applications/take", PERM_DECIDE, TAKE, join_import_take,
         "take the rows that are right"),
    GET("queue/standing", HTTP_LOOP, PERM_DECIDE, STANDING, join_standing_get,
        "how far a member is trusted"),
    POST("queue/standing/change", PERM_DECIDE, STANDING_POST, join_standing_post,
         "change how far a member is trusted"),
    GET("queue/applications/{id}", HTTP_READER, PERM_DECIDE, CASE, join_case_get,
        "one application"),
    POST("queue/applications/{id}", PERM_DECIDE, CASE_POST, join_case_post,
         "check an application or decide on it"),
};

/* -- what time does ---------------------------------------------------------------------------- */

struct due {
    const struct hub *hub;
    int64_t id;
    enum join_state to;
};

static enum bw_rc move_due(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct due *d = arg;
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    const struct viewer *system = viewer_system("joining: windows close and drafts run out");
    struct join_application a;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(join_get_key(db_tx_db(tx), system, d->id, arena, &a, err));
    BW_TRY(join_people_read(db_tx_db(tx), system, arena, &a, err));
    return join_step(tx, &a,
                     &(struct join_step_in){.hub = d->hub,
                                            .to = d->to,
                                            .by = JOIN_BY_CLOCK,
                                            .reason = BW_V("time")},
                     err);
}

static enum bw_rc find_due(const struct hub *hub, struct due *list, size_t max, size_t *ret_n,
                           struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    int64_t now = bw_now_us();
    BW_TRY(db_open(hub->db, &db, err));
    BW_TRY(db_query(db, viewer_system("joining: what is due"),
                    "SELECT id, state FROM v_application WHERE (state = 4 AND"
                    " objections_until_us <= ?1) OR (state = 0 AND since_us <= ?2)"
                    " ORDER BY id LIMIT 100",
                    &st, err));
    db_bind_int(st, 1, now);
    db_bind_int(st, 2, now - setting_int(hub->settings, SETTING_JOIN_DRAFT_DAYS) * BW_DAY_US);
    *ret_n = 0;
    while ((rc = db_row(st, err)) == BW_OK && *ret_n < max)
        list[(*ret_n)++] =
            (struct due){hub, db_int(st, 0),
                         db_int(st, 1) == JOIN_DRAFT ? JOIN_WITHDRAWN : JOIN_COMMITTEE};
    return rc == BW_OK || rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc join_clock(const struct hub *hub, struct bw_err *err)
{
    struct due list[100];
    size_t n;
    BW_TRY(find_due(hub, list, BW_COUNT(list), &n, err));
    for (size_t i = 0; i < n; i++) {
        enum bw_rc rc = db_write(hub->db, move_due, &list[i], err);
        if (rc != BW_OK && rc != BW_CONFLICT) /* somebody else was faster */
            return rc;
    }
    return BW_OK;
}

static enum bw_rc run_clock(struct job *job, struct bw_err *err)
{
    return join_clock(job_arg(job), err);
}

static const struct job_kind JOBS[] = {{"join.clock", run_clock, 3, 10 * BW_MINUTE_US, 0}};
static const struct ledger_consumer *const CONSUMERS[] = {&join_mail_consumer};
static const struct db_migration MIGRATIONS[] = {{27, "0027_join", sql_0027_join}};

const struct room room_join = {
    .name = "join",
    .migrations = MIGRATIONS,
    .n_migrations = BW_COUNT(MIGRATIONS),
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
    .consumers = CONSUMERS,
    .n_consumers = BW_COUNT(CONSUMERS),
    .jobs = JOBS,
    .n_jobs = BW_COUNT(JOBS),
};
