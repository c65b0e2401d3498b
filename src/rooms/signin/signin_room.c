/* SPDX-License-Identifier: Apache-2.0 */
/* signin_room - the room's routes. Its tables came with the room member (0010). */
#include "signin_int.h"
#include "welcome_int.h"

#include "permission.h"

#define FORM "application/x-www-form-urlencoded"
enum { FORM_MAX = 8192 };

static const struct http_param SIGNIN_GET[] = {
    REQ_LANG,
    {"next", HTTP_TEXT, HTTP_IN_QUERY, 0, 1000},
    {"done", HTTP_WORD, HTTP_IN_QUERY, 0, 20},
};
static const struct http_param SIGNIN_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"email", HTTP_TEXT, HTTP_IN_FORM, 0, 254},
    {"password", HTTP_TEXT, HTTP_IN_FORM | HTTP_SECRET, 0, CRYPTO_PASSWORD_BYTES_MAX},
    {"next", HTTP_TEXT, HTTP_IN_FORM, 0, 1000},
};
static const struct http_param CODE_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"state", HTTP_TEXT, HTTP_IN_FORM | HTTP_SECRET, 0, SIGNIN_STATE_MAX},
    {"code", HTTP_TEXT, HTTP_IN_FORM | HTTP_SECRET, 0, 20},
};
static const struct http_param WELCOME_GET[] = {
    REQ_LANG,
    {"t", HTTP_TEXT, HTTP_IN_QUERY | HTTP_REQUIRED | HTTP_SECRET, 1, WELCOME_TOKEN_MAX},
};
static const struct http_param WELCOME_POST[] = {
    REQ_LANG,
    REQ_CSRF,
    {"t", HTTP_TEXT, HTTP_IN_FORM | HTTP_REQUIRED | HTTP_SECRET, 1, WELCOME_TOKEN_MAX},
    {"password", HTTP_TEXT, HTTP_IN_FORM | HTTP_SECRET, 0, CRYPTO_PASSWORD_BYTES_MAX},
};
static const struct http_param LANG_ONLY[] = {REQ_LANG};
static const struct http_param LANG_FORM[] = {REQ_LANG, REQ_CSRF};

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/{lang}/sign-in", HTTP_LOOP, HTTP_PAGE, PERM_OPEN, SIGNIN_GET, BW_COUNT(SIGNIN_GET),
     0, NULL, signin_password_get, "sign in: e-mail and password"},
    {HTTP_POST, "/{lang}/sign-in", HTTP_SLOW, HTTP_PAGE, PERM_OPEN, SIGNIN_POST,
     BW_COUNT(SIGNIN_POST), FORM_MAX, FORM, signin_password_post, "check e-mail and password"},
    {HTTP_GET, "/{lang}/sign-in/code", HTTP_LOOP, HTTP_PAGE, PERM_OPEN, LANG_ONLY,
     BW_COUNT(LANG_ONLY), 0, NULL, signin_code_get, "back to the first step of signing in"},
    {HTTP_POST, "/{lang}/sign-in/code", HTTP_WORKER, HTTP_PAGE, PERM_OPEN, CODE_POST,
     BW_COUNT(CODE_POST), FORM_MAX, FORM, signin_code_post, "check the code and sign in"},
    {HTTP_POST, "/{lang}/sign-out", HTTP_WORKER, HTTP_PAGE, PERM_OPEN, LANG_FORM,
     BW_COUNT(LANG_FORM), FORM_MAX, FORM, signin_out_post, "sign out"},
    {HTTP_GET, "/{lang}/welcome", HTTP_LOOP, HTTP_PAGE, PERM_OPEN, WELCOME_GET,
     BW_COUNT(WELCOME_GET), 0, NULL, welcome_get, "an invited person chooses a password"},
    {HTTP_POST, "/{lang}/welcome", HTTP_SLOW, HTTP_PAGE, PERM_OPEN, WELCOME_POST,
     BW_COUNT(WELCOME_POST), FORM_MAX, FORM, welcome_post, "keep the password that was chosen"},
};

const struct room room_signin = {
    .name = "signin",
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
};
