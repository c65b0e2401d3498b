/* SPDX-License-Identifier: Apache-2.0 */
/* signin_account - the page of one's own account; what its forms do is in signin_account_post.c. */
#include "signin_account.h"

#include "signin_form.h"

#include "signin_html.h"

static const struct page_notice NOTICES[] = {
    {"password", MSG_signin_account_password_done},
    {"app", MSG_signin_account_app_done},
    {"passkey", MSG_signin_account_passkey_done},
    {"passkey-ended", MSG_signin_account_passkey_gone},
    {"session", MSG_signin_account_session_done},
    {"device", MSG_signin_account_device_done},
};

/* -- what browsers call themselves ------------------------------------------------------------- */

static const char *first_of(struct bw_view agent, const char *const (*words)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bw_view_find(agent, bw_view_z(words[i][0])) != SIZE_MAX)
            return words[i][1];
    return NULL;
}

/* The order matters: browsers name those that they want to be taken for, too. */
struct bw_view signin_agent_words(struct bw_arena *arena, struct bw_view agent)
{
    static const char *const BROWSERS[][2] = {
        {"Edg/", "Edge"},        {"OPR/", "Opera"},      {"SamsungBrowser/", "Samsung Internet"},
        {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},  {"CriOS/", "Chrome"},
        {"Chrome/", "Chrome"},   {"Version/", "Safari"},
    };
    static const char *const SYSTEMS[][2] = {
        {"iPhone", "iPhone"},   {"iPad", "iPad"},       {"Android", "Android"},
        {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"CrOS", "ChromeOS"},
        {"Linux", "Linux"},
    };
    const char *browser = first_of(agent, BROWSERS, BW_COUNT(BROWSERS));
    const char *system = first_of(agent, SYSTEMS, BW_COUNT(SYSTEMS));
    struct bw_view words = agent;
    if (browser && system)
        words = bw_arena_printf(arena, "%s, %s", browser, system);
    else if (browser || system)
        words = bw_view_z(browser ? browser : system);
    return words.n ? words : BW_V("?");
}

/* -- parts ------------------------------------------------------------------------------------- */

static enum i18n_msg way_msg(enum signin_way way)
{
    switch (way) {
    case SIGNIN_BY_PASSKEY:
    case SIGNIN_BY_PASSKEY_ALONE:
        return MSG_signin_way_passkey;
    case SIGNIN_BY_RECOVERY:
        return MSG_signin_way_recovery;
    case SIGNIN_BY_CODE:
        break;
    }
    return MSG_signin_way_code;
}

static enum bw_rc fill_passkeys(struct http_req *rq, struct db *db, const struct signin_person *p,
                                struct signin_account_view *v, struct bw_err *err)
{
    const struct signin_state state = {.kind = SIGNIN_REGISTER,
                                       .person_id = p->id,
                                       .expires_us = bw_now_us() + SIGNIN_STEP_US};
    struct signin_account_passkey *rows;
    struct signin_passkey *keys;
    struct bw_view text;
    size_t n;
    BW_TRY(signin_passkeys_of(db, p->id, http_arena(rq), &keys, &n, err));
    rows = BW_ARENA_ARRAY(http_arena(rq), n, struct signin_account_passkey);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct signin_account_passkey){keys[i].public_id, keys[i].name,
                                                  keys[i].created_us, keys[i].used_us};
    v->passkeys = rows;
    BW_TRY(
        signin_state_seal(req_hub(rq)->keyring, req_csrf(rq), &state, http_arena(rq), &text, err));
    BW_TRY(signin_passkey_ask(rq, p->id, text, false, &v->ask, &v->passkeys_n, err));
    v->ask.user = p->public_id;
    v->ask.account = p->email;
    v->ask.display = p->name;
    return BW_OK;
}

static enum bw_rc fill_sessions(struct http_req *rq, struct db *db, struct signin_account_view *v,
                                struct bw_err *err)
{
    struct bw_arena *arena = http_arena(rq);
    struct signin_session_row *found;
    size_t n;
    BW_TRY(signin_sessions_of(db, req_hub(rq)->settings, req_viewer(rq), arena, &found, &n, err));
    struct signin_account_session *rows = BW_ARENA_ARRAY(arena, n, struct signin_account_session);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        rows[i] =
            (struct signin_account_session){.public_id = found[i].public_id,
                                            .agent = signin_agent_words(arena, found[i].agent),
                                            .way_msg = way_msg(found[i].way),
                                            .created_us = found[i].created_us,
                                            .seen_us = found[i].seen_us,
                                            .here = found[i].here};
    v->sessions = rows;
    v->sessions_n = n;
    v->other_sessions = n > 1;
    return BW_OK;
}

static enum bw_rc fill_devices(struct http_req *rq, struct db *db, int64_t person_id,
                               struct signin_account_view *v, struct bw_err *err)
{
    struct signin_device_row *rows;
    struct signin_device here;
    signin_device_read(rq, &here);
    signin_device_done(&here);
    BW_TRY(signin_devices_of(db, person_id, here.has_old ? &here.old : NULL, http_arena(rq), &rows,
                             &v->devices_n, err));
    for (size_t i = 0; i < v->devices_n; i++)
        rows[i].agent = signin_agent_words(http_arena(rq), rows[i].agent);
    v->devices = rows;
    return BW_OK;
}

static void fill_words(struct http_req *rq, const struct signin_account_fault *fault,
                       struct signin_account_view *v)
{
    struct bw_view word = fault ? (struct bw_view){NULL, 0} : http_text(rq, "done");
    for (size_t i = 0; i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(word, NOTICES[i].word)) {
            v->done = true;
            v->done_msg = NOTICES[i].msg;
        }
    if (!fault)
        return;
    v->failed = true;
    v->error = fault->error;
    v->error_field = fault->field;
    v->bad_current = strcmp(fault->field, "current") == 0;
    v->bad_password = strcmp(fault->field, "password") == 0;
    v->bad_passkey = strcmp(fault->field, "name") == 0;
}

enum bw_rc signin_account_show(struct http_req *rq, struct http_resp *rs,
                               const struct signin_account_fault *fault, struct bw_err *err)
{
    struct signin_account_view v = {
        .shortest = setting_int(req_hub(rq)->settings, SETTING_PASSWORD_LENGTH)};
    struct signin_person p;
    struct db *db;
    BW_TRY(signin_self(rq, &p, err));
    BW_TRY(req_db(rq, &db, err));
    v.name = p.name;
    v.email = p.email;
    fill_words(rq, fault, &v);
    BW_TRY(fill_passkeys(rq, db, &p, &v, err));
    BW_TRY(signin_recovery_left(db, p.id, &v.recovery_left, &v.recovery_made_us, err));
    BW_TRY(fill_sessions(rq, db, &v, err));
    BW_TRY(fill_devices(rq, db, p.id, &v, err));
    if (fault)
        http_status(rs, SIGNIN_REFUSED);
    return signin_send(rq, rs, MSG_signin_account_title, v.failed, false,
                       html_signin_account_slot(&v), err);
}

enum bw_rc signin_account_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return signin_account_show(rq, rs, NULL, err);
}
