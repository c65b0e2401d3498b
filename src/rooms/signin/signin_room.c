/* SPDX-License-Identifier: Apache-2.0 */
/* signin_room - the room's tables: migration, routes, mails, the job that sends a link. */
#include "signin_account.h"
#include "signin_form.h"
#include "signin_link.h"
#include "signin_mail.h"

#include "permission.h"

#include "sql_0011_signin.h"

#define FORM "application/x-www-form-urlencoded"
enum {
    FORM_MAX = 8192,
    PASSKEY_FORM_MAX = 32768,
    ID_TEXT_MAX = 1400, /* base64url of WEBAUTHN_ID_MAX */
    CLIENT_DATA_TEXT_MAX = 5600,
    DATA_TEXT_MAX = 11000,
    SIGNATURE_TEXT_MAX = 400,
    USER_TEXT_MAX = 100,
    CODE_TEXT_MAX = 20,
    RECOVERY_TEXT_MAX = 40,
};

#define SECRET_TEXT(name, max)                              \
    {                                                       \
        name, HTTP_TEXT, HTTP_IN_FORM | HTTP_SECRET, 0, max \
    }
#define STATE SECRET_TEXT("state", SIGNIN_STATE_MAX)
#define PASSWORD(name) SECRET_TEXT(name, CRYPTO_PASSWORD_BYTES_MAX)
#define EMAIL                                    \
    {                                            \
        "email", HTTP_TEXT, HTTP_IN_FORM, 0, 254 \
    }
#define NEXT(place)                       \
    {                                     \
        "next", HTTP_TEXT, place, 0, 1000 \
    }
#define ASSERTION                                                                            \
    STATE, SECRET_TEXT("id", ID_TEXT_MAX), SECRET_TEXT("client_data", CLIENT_DATA_TEXT_MAX), \
        SECRET_TEXT("authenticator_data", DATA_TEXT_MAX),                                    \
        SECRET_TEXT("signature", SIGNATURE_TEXT_MAX), SECRET_TEXT("user", USER_TEXT_MAX)

static const struct http_param LANG_ONLY[] = {REQ_LANG};
static const struct http_param LANG_FORM[] = {REQ_LANG, REQ_CSRF};
static const struct http_param SIGNIN_GET[] = {REQ_LANG,
                                               NEXT(HTTP_IN_QUERY),
                                               {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20}};
static const struct http_param SIGNIN_POST[] = {REQ_LANG, REQ_CSRF, EMAIL, PASSWORD("password"),
                                                NEXT(HTTP_IN_FORM)};
static const struct http_param CODE_POST[] = {REQ_LANG, REQ_CSRF, STATE,
                                              SECRET_TEXT("code", CODE_TEXT_MAX)};
static const struct http_param RECOVERY_POST[] = {REQ_LANG, REQ_CSRF, STATE,
                                                  SECRET_TEXT("recovery", RECOVERY_TEXT_MAX)};
static const struct http_param PASSKEY_POST[] = {REQ_LANG, REQ_CSRF, ASSERTION};
static const struct http_param FORGOT_POST[] = {REQ_LANG, REQ_CSRF, EMAIL};
static const struct http_param LINK_GET[] = {
    REQ_LANG,
    {"t", HTTP_TEXT, HTTP_IN_QUERY | HTTP_REQUIRED | HTTP_SECRET, 1, SIGNIN_LINK_MAX},
};
static const struct http_param LINK_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"t", HTTP_TEXT, HTTP_IN_FORM | HTTP_REQUIRED | HTTP_SECRET, 1, SIGNIN_LINK_MAX},
    PASSWORD("password"),
};
static const struct http_param ACCOUNT[] = {REQ_LANG, {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20}};
static const struct http_param CONFIRM_GET[] = {REQ_LANG, NEXT(HTTP_IN_QUERY)};
static const struct http_param CONFIRM_POST[] = {REQ_LANG, REQ_CSRF, PASSWORD("password"),
                                                 NEXT(HTTP_IN_FORM)};
static const struct http_param CONFIRM_PASSKEY[] = {REQ_LANG, REQ_CSRF, ASSERTION,
                                                    NEXT(HTTP_IN_FORM)};
static const struct http_param CHANGE[] = {REQ_LANG, REQ_CSRF, PASSWORD("current"),
                                           PASSWORD("password")};
static const struct http_param PASSKEY_ADD[] = {
    REQ_LANG,
    REQ_CSRF,
    STATE,
    {"name", HTTP_TEXT, HTTP_IN_FORM, 0, SIGNIN_PASSKEY_NAME_MAX},
    SECRET_TEXT("client_data", CLIENT_DATA_TEXT_MAX),
    SECRET_TEXT("attestation", DATA_TEXT_MAX),
};
static const struct http_param OWN_ROW[] = {REQ_LANG,
                                            REQ_CSRF,
                                            {"id", HTTP_ID, HTTP_IN_PATH | HTTP_REQUIRED, 0, 0}};

#define GET(path, place, permission, params, handler, text)                                       \
    {                                                                                             \
        HTTP_GET, path, place, HTTP_PAGE, permission, params, BW_COUNT(params), 0, NULL, handler, \
            text                                                                                  \
    }
#define POST(path, place, permission, params, max, handler, text)                           \
    {                                                                                       \
        HTTP_POST, path, place, HTTP_PAGE, permission, params, BW_COUNT(params), max, FORM, \
            handler, text                                                                   \
    }

static const struct http_route ROUTES[] = {
    GET("/{lang}/sign-in", HTTP_LOOP, PERM_OPEN, SIGNIN_GET, signin_password_get,
        "sign in: e-mail and password, or a passkey"),
    POST("/{lang}/sign-in", HTTP_SLOW, PERM_OPEN, SIGNIN_POST, FORM_MAX, signin_password_post,
         "check e-mail and password"),
    GET("/{lang}/sign-in/code", HTTP_LOOP, PERM_OPEN, LANG_ONLY, signin_code_get,
        "back to the first step of signing in"),
    POST("/{lang}/sign-in/code", HTTP_WORKER, PERM_OPEN, CODE_POST, FORM_MAX, signin_code_post,
         "check the code and sign in"),
    POST("/{lang}/sign-in/recovery", HTTP_WORKER, PERM_OPEN, RECOVERY_POST, FORM_MAX,
         signin_recovery_post, "check a recovery code and sign in"),
    POST("/{lang}/sign-in/passkey", HTTP_WORKER, PERM_OPEN, PASSKEY_POST, PASSKEY_FORM_MAX,
         signin_passkey_post, "check a passkey and sign in"),
    POST("/{lang}/sign-out", HTTP_WORKER, PERM_OPEN, LANG_FORM, FORM_MAX, signin_out_post,
         "sign out"),
    GET("/{lang}/sign-in/forgot", HTTP_LOOP, PERM_OPEN, LANG_ONLY, signin_forgot_get,
        "ask for a link to a new password"),
    POST("/{lang}/sign-in/forgot", HTTP_WORKER, PERM_OPEN, FORGOT_POST, FORM_MAX,
         signin_forgot_post, "send a link to a new password, where there is such an account"),
    GET("/{lang}/sign-in/reset", HTTP_LOOP, PERM_OPEN, LINK_GET, signin_reset_get,
        "choose a new password"),
    POST("/{lang}/sign-in/reset", HTTP_SLOW, PERM_OPEN, LINK_POST, FORM_MAX, signin_reset_post,
         "keep the new password and end every session"),
    GET("/{lang}/welcome", HTTP_LOOP, PERM_OPEN, LINK_GET, welcome_get,
        "an invited person chooses a password"),
    POST("/{lang}/welcome", HTTP_SLOW, PERM_OPEN, LINK_POST, FORM_MAX, welcome_post,
         "keep the password that was chosen"),
    GET("/{lang}/account", HTTP_READER, PERM_ACCOUNT, ACCOUNT, signin_account_get,
        "one's own account: password, second step, passkeys, sessions"),
    POST("/{lang}/account/password", HTTP_SLOW, PERM_ACCOUNT, CHANGE, FORM_MAX,
         signin_account_password, "change one's password"),
    POST("/{lang}/account/app", HTTP_WORKER, PERM_ACCOUNT, LANG_FORM, FORM_MAX, signin_account_app,
         "show the secret of another authenticator app"),
    POST("/{lang}/account/app/keep", HTTP_WORKER, PERM_ACCOUNT, CODE_POST, FORM_MAX,
         signin_account_app_keep, "use the other app from now on"),
    POST("/{lang}/account/passkeys", HTTP_WORKER, PERM_ACCOUNT, PASSKEY_ADD, PASSKEY_FORM_MAX,
         signin_account_passkey_add, "add a passkey"),
    POST("/{lang}/account/passkeys/{id}/end", HTTP_WORKER, PERM_ACCOUNT, OWN_ROW, FORM_MAX,
         signin_account_passkey_end, "remove a passkey"),
    POST("/{lang}/account/recovery", HTTP_WORKER, PERM_ACCOUNT, LANG_FORM, FORM_MAX,
         signin_account_recovery, "make recovery codes; shows them once"),
    POST("/{lang}/account/sessions/end", HTTP_WORKER, PERM_ACCOUNT, LANG_FORM, FORM_MAX,
         signin_account_sessions_end, "end all one's other sessions"),
    POST("/{lang}/account/sessions/{id}/end", HTTP_WORKER, PERM_ACCOUNT, OWN_ROW, FORM_MAX,
         signin_account_session_end, "end one of one's sessions"),
    POST("/{lang}/account/devices/{id}/end", HTTP_WORKER, PERM_ACCOUNT, OWN_ROW, FORM_MAX,
         signin_account_device_end, "forget a browser and end its sessions"),
    GET("/{lang}/account/confirm", HTTP_READER, PERM_ACCOUNT, CONFIRM_GET, signin_confirm_get,
        "show again who one is, before a sensitive step"),
    POST("/{lang}/account/confirm", HTTP_SLOW, PERM_ACCOUNT, CONFIRM_POST, FORM_MAX,
         signin_confirm_post, "confirm with the password"),
    POST("/{lang}/account/confirm/passkey", HTTP_WORKER, PERM_ACCOUNT, CONFIRM_PASSKEY,
         PASSKEY_FORM_MAX, signin_confirm_passkey, "confirm with a passkey"),
};

static const struct db_migration MIGRATIONS[] = {{11, "0011_signin", sql_0011_signin}};
static const struct ledger_consumer *const CONSUMERS[] = {&signin_mail_consumer};
static const struct job_kind JOBS[] = {{SIGNIN_RESET_JOB, signin_reset_job, 0, 0, 0}};

static enum bw_rc start(struct hub *hub, struct bw_err *err)
{
    static const struct member_watcher watcher = {.person_erased = signin_erase};
    hub->recent = signin_recent;
    member_watch(&watcher);
    return signin_breach_load(setting_text(hub->settings, SETTING_PASSWORD_LIST).p, err);
}

static void stop(struct hub *hub)
{
    hub->recent = NULL;
    signin_breach_free();
}

const struct room room_signin = {
    .name = "signin",
    .migrations = MIGRATIONS,
    .n_migrations = BW_COUNT(MIGRATIONS),
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
    .consumers = CONSUMERS,
    .n_consumers = BW_COUNT(CONSUMERS),
    .jobs = JOBS,
    .n_jobs = BW_COUNT(JOBS),
    .start = start,
    .stop = stop,
};
