/* SPDX-License-Identifier: Apache-2.0 */
/* signin_mail - mails about the safety of one's account: what happened follows the ledger, the link
 * to a new password is a job's work. One template; no mail tells a secret but the link itself.
 *
 * A mail's key is made of the event, or the job, and the person, so that what is handed over twice
 * is no second mail. */
#include "signin_mail.h"

#include "bw_log.h"
#include "json.h"
#include "signin_link.h"
#include "signin_view.h"

#include "signin_html.h"

enum { ARENA_CAP = 16 << 20, MAIL_BYTES_MAX = 1 << 18 };

static const struct {
    enum ledger_verb verb;
    enum i18n_msg subject, what;
} NEWS[] = {
    {LEDGER_DEVICE_NEW, MSG_signin_mail_device_subject, MSG_signin_mail_device_what},
    {LEDGER_PASSWORD_CHANGED, MSG_signin_mail_password_subject, MSG_signin_mail_password_what},
    {LEDGER_TOTP_CHANGED, MSG_signin_mail_app_subject, MSG_signin_mail_app_what},
    {LEDGER_PASSKEY_ADDED, MSG_signin_mail_passkey_subject, MSG_signin_mail_passkey_what},
    {LEDGER_PASSKEY_ENDED, MSG_signin_mail_passkey_gone_subject, MSG_signin_mail_passkey_gone_what},
    {LEDGER_PASSKEY_REFUSED, MSG_signin_mail_copied_subject, MSG_signin_mail_copied_what},
    {LEDGER_RECOVERY_MADE, MSG_signin_mail_made_subject, MSG_signin_mail_made_what},
    {LEDGER_RECOVERY_USED, MSG_signin_mail_used_subject, MSG_signin_mail_used_what},
};

/* -- one mail ---------------------------------------------------------------------------------- */

static struct bw_view host_of(struct bw_view url)
{
    size_t at = bw_view_find(url, BW_V("://"));
    struct bw_view host = at == SIZE_MAX ? url : bw_view_from(url, at + 3);
    size_t colon = bw_view_find_byte(host, ':');
    return colon == SIZE_MAX ? host : bw_view_head(host, colon);
}

static void put_text(const struct signin_mail_view *d, enum i18n_lang lang, struct bw_buf *out)
{
    I18N_PUT(out, lang, MSG_signin_mail_hello, I18N_TEXT("name", d->name));
    BW_BUF_LIT(out, "\n\n");
    bw_buf_view(out, i18n(lang, d->what_msg));
    BW_BUF_LIT(out, "\n");
    bw_buf_view(out, d->agent);
    BW_BUF_LIT(out, "\n\n");
    bw_buf_view(out, i18n(lang, d->do_msg));
    BW_BUF_LIT(out, "\n\n");
    bw_buf_view(out, d->link.text);
    BW_BUF_LIT(out, "\n\n-- \n");
    I18N_PUT(out, lang, MSG_signin_mail_why, I18N_TEXT("name", d->hub_name));
    BW_BUF_LIT(out, "\n");
}

/* A mail that no message can hold would come again for ever and hold back all behind it: it is left
 * out and logged. */
static enum bw_rc spool(const struct hub *hub, const struct mail_message *m, struct bw_err *err)
{
    enum bw_rc rc = mail_spool_batch(hub->mail, m, 1, NULL, err);
    if (rc != BW_INVALID && rc != BW_LIMIT)
        return rc;
    bw_log(BW_LOG_ERROR, "signin.mail_left_out", BW_FT("key", m->key), BW_FZ("why", err->message));
    return BW_OK;
}

static enum bw_rc send(const struct hub *hub, const struct member_recipient *to,
                       struct signin_mail_view *d, struct bw_view key, struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(MAIL_BYTES_MAX);
    BW_AUTO_BUF page = BW_BUF_INIT(MAIL_BYTES_MAX);
    BW_AUTO_BUF subject = BW_BUF_INIT(MAIL_HEADER_MAX);
    struct html h = {.out = &page,
                     .lang = to->lang,
                     .build = hub->build,
                     .zone_name = setting_text(hub->settings, SETTING_ZONE),
                     .zone_offset_min = (int)setting_int(hub->settings, SETTING_ZONE_OFFSET)};
    d->hub_name = setting_text(hub->settings, SETTING_NAME);
    d->name = to->name;
    bw_buf_view(&subject, d->hub_name);
    BW_BUF_LIT(&subject, ": ");
    bw_buf_view(&subject, i18n(to->lang, d->subject_msg));
    put_text(d, to->lang, &text);
    html_signin_mail(&h, d);
    BW_TRY(bw_buf_rc(&text, "mail", err));
    BW_TRY(bw_buf_rc(&page, "mail", err));
    BW_TRY(bw_buf_rc(&subject, "mail", err));
    const struct mail_message m = {
        .key = key,
        .from = {d->hub_name, setting_text(hub->settings, SETTING_MAIL_FROM)},
        .to = {to->name, to->email},
        .subject = bw_buf_text(&subject),
        .text = bw_buf_text(&text),
        .html = bw_buf_text(&page),
        .id_domain = host_of(hub->url),
        .date_us = d->at_us,
    };
    return spool(hub, &m, err);
}

static struct html_url link_to(const struct hub *hub, struct bw_arena *arena, enum i18n_lang lang,
                               const char *path, struct bw_view token)
{
    return html_url_or_hash(bw_arena_printf(arena, "%.*s/%.*s/%s%.*s", BW_VF(hub->url),
                                            BW_VF(i18n_path_name(lang)), path, BW_VF(token)));
}

/* -- what happened ----------------------------------------------------------------------------- */

/* {"agent": "..."} */
static struct bw_view agent_of(struct bw_view payload, struct bw_arena *arena)
{
    static const struct bw_view NAMES[] = {BW_VIEW_INIT("agent")};
    struct json_value value[1];
    struct json_reader r;
    struct bw_view agent = {NULL, 0};
    struct bw_err ignored;
    json_open(&r, payload, arena, NULL);
    if (json_next(&r) != JSON_OBJECT || json_fields(&r, NAMES, 1, value, NULL, &ignored) != BW_OK ||
        value[0].type != JSON_STRING || json_text(&value[0], arena, &agent, &ignored) != BW_OK)
        return (struct bw_view){NULL, 0};
    return signin_agent_words(arena, agent);
}

static enum bw_rc mail_news(const struct hub *hub, struct db_engine *e,
                            const struct ledger_event *v, size_t which, struct bw_arena *arena,
                            struct bw_err *err)
{
    struct member_recipient to;
    int64_t person_id;
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(e, &db, err));
        enum bw_rc rc = member_person_key(db, v->object, &person_id, err);
        if (rc == BW_NOT_FOUND)
            return BW_OK; /* erased meanwhile */
        BW_TRY(rc);
        BW_TRY(member_person_get(db, person_id, arena, &to, err));
    }
    struct signin_mail_view d = {.subject_msg = NEWS[which].subject,
                                 .what_msg = NEWS[which].what,
                                 .do_msg = MSG_signin_mail_do,
                                 .link_msg = MSG_signin_mail_link,
                                 .link = link_to(hub, arena, to.lang, "account", BW_V("")),
                                 .at_us = v->added_us};
    if (v->verb == LEDGER_DEVICE_NEW)
        d.agent = agent_of(v->payload, arena);
    return send(hub, &to, &d,
                bw_arena_printf(arena, "account-%lld-%lld", (long long)v->position,
                                (long long)person_id),
                err);
}

static enum bw_rc take(void *arg, struct db_engine *e, const struct ledger_event *events, size_t n,
                       struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    if (!arena)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < BW_COUNT(NEWS); k++)
            if (events[i].verb == NEWS[k].verb) {
                bw_arena_reset(arena);
                BW_TRY(mail_news(arg, e, &events[i], k, arena, err));
            }
    return BW_OK;
}

const struct ledger_consumer signin_mail_consumer = {"signin.mail", true, take};

/* -- a new password ---------------------------------------------------------------------------- */

/* Nobody has that address, or they were invited and have no password yet: nothing is sent. */
static enum bw_rc find(struct db_engine *e, struct bw_view email, struct bw_arena *arena,
                       struct signin_person *ret, struct member_recipient *ret_to,
                       struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(e, &db, err));
    BW_TRY(signin_by_email(db, email, arena, ret, err));
    if (ret->password_hash.n == 0)
        return bw_fail(err, BW_NOT_FOUND, "there is no password yet");
    return member_person_get(db, ret->id, arena, ret_to, err);
}

enum bw_rc signin_reset_job(struct job *job, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    const struct hub *hub = job_arg(job);
    struct member_recipient to;
    struct signin_person p;
    struct bw_view token;
    int64_t now_us = bw_now_us();
    if (!arena)
        return bw_fail_memory(err);
    enum bw_rc rc = find(job_engine(job), job_args(job), arena, &p, &to, err);
    if (rc == BW_NOT_FOUND)
        return BW_OK;
    BW_TRY(rc);
    BW_TRY(signin_link_make(hub->keyring, SIGNIN_LINK_RESET, &p, now_us + SIGNIN_RESET_US, arena,
                            &token, err));
    struct signin_mail_view d = {.subject_msg = MSG_signin_mail_reset_subject,
                                 .what_msg = MSG_signin_mail_reset_what,
                                 .do_msg = MSG_signin_mail_reset_do,
                                 .link_msg = MSG_signin_mail_reset_link,
                                 .link = link_to(hub, arena, to.lang, "sign-in/reset?t=", token),
                                 .at_us = now_us};
    return send(hub, &to, &d, bw_arena_printf(arena, "reset-%s", job_public_id(job)), err);
}
