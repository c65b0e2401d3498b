/* SPDX-License-Identifier: Apache-2.0 */
/* join_mail - the mails of an application: each is asked for by the step that it tells of, in the
 * same transaction (join_mail_ask), and written here when the ledger has it. A mail carries the one
 * link that it is for, and nothing that others said. What cannot be made is left out and logged:
 * it would come again for ever. */
#include "join_int.h"

#include "bw_log.h"
#include "html.h"
#include "join_html.h"
#include "join_view.h"

enum { ARENA_CAP = 8 << 20, MAIL_BYTES_MAX = 256 << 10 };

static const struct kind {
    enum i18n_msg subject, text, link;
    const char *path; /* NULL: no link */
    bool needs_link;
} KINDS[JOIN_MAILS] = {
    [JOIN_MAIL_CONFIRM] = {MSG_join_mail_confirm, MSG_join_mail_confirm_text,
                           MSG_join_mail_confirm_link, "confirm", true},
    [JOIN_MAIL_ENLISTED] = {MSG_join_mail_enlisted, MSG_join_mail_enlisted_text,
                            MSG_join_mail_confirm_link, "confirm", true},
    [JOIN_MAIL_DOMAIN] = {MSG_join_mail_domain, MSG_join_mail_domain_text,
                          MSG_join_mail_domain_link, "domain", true},
    [JOIN_MAIL_STEP] = {MSG_join_mail_step, MSG_join_mail_step_text, MSG_join_mail_step_link,
                        "progress", false},
    [JOIN_MAIL_SIGN] = {MSG_join_mail_sign, MSG_join_mail_sign_text, MSG_join_mail_sign_link,
                        "sign", true},
    [JOIN_MAIL_REJECTED] = {MSG_join_mail_rejected, MSG_join_mail_rejected_text,
                            MSG_join_mail_step_link, NULL, false},
    [JOIN_MAIL_WITHDRAWN] = {MSG_join_mail_withdrawn, MSG_join_mail_withdrawn_text,
                             MSG_join_mail_step_link, NULL, false},
    [JOIN_MAIL_ACTIVE] = {MSG_join_mail_active, MSG_join_mail_active_text, MSG_join_mail_step_link,
                          NULL, false},
};

struct mail {
    int64_t application_id, link_id;
    enum join_mail_kind kind;
    enum i18n_lang lang;
    struct bw_view name, email, token, organisation, state, sponsor;
};

static enum bw_rc read_row(struct db *db, struct bw_view public_id, struct bw_arena *arena,
                           struct mail *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT application_id, kind, lang, name, email, link_id FROM join_mail"
                    " WHERE public_id = ?1",
                    &st, err));
    db_bind_text(st, 1, public_id);
    BW_TRY(db_row(st, err));
    *ret = (struct mail){.application_id = db_int(st, 0),
                         .kind = (enum join_mail_kind)db_int(st, 1),
                         .lang = (enum i18n_lang)db_int(st, 2),
                         .link_id = db_int(st, 5)};
    BW_TRY(bw_view_copy(arena, db_text(st, 3), &ret->name, err));
    return bw_view_copy(arena, db_text(st, 4), &ret->email, err);
}

/* BW_NOT_FOUND: the link has ended meanwhile, and with it the mail's sense. */
static enum bw_rc read_mail(const struct hub *hub, struct db *db, struct bw_view public_id,
                            struct bw_arena *arena, struct mail *ret, struct bw_err *err)
{
    const struct viewer *system = viewer_system("joining: mails name the applicant");
    BW_AUTO_BUF token = BW_BUF_INIT(CRYPTO_TOKEN_MAX);
    struct join_application *a = BW_ARENA_NEW(arena, struct join_application);
    struct member_organisation sponsor;
    if (!a)
        return bw_fail_memory(err);
    BW_TRY(read_row(db, public_id, arena, ret, err));
    BW_TRY(join_get_key(db, system, ret->application_id, arena, a, err));
    ret->organisation = member_name(&a->names, ret->lang);
    ret->state = i18n(ret->lang, join_state_msg(a->state));
    if (a->sponsor_id) {
        BW_TRY(member_organisation_get(db, system, a->sponsor_id, arena, &sponsor, err));
        ret->sponsor = member_name(&sponsor.names, ret->lang);
    }
    if (ret->link_id == 0)
        return KINDS[ret->kind].needs_link ? BW_NOT_FOUND : BW_OK;
    enum bw_rc rc = join_link_token(db, hub->keyring, ret->link_id, &token, err);
    if (rc == BW_NOT_FOUND && !KINDS[ret->kind].needs_link)
        return BW_OK;
    BW_TRY(rc);
    rc = bw_view_copy(arena, bw_buf_text(&token), &ret->token, err);
    crypto_wipe(token.p, token.n);
    return rc;
}

static enum bw_rc put(struct bw_arena *arena, const struct hub *hub, const struct mail *m,
                      enum i18n_msg msg, struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(16384);
    I18N_PUT(&out, m->lang, msg, I18N_TEXT("name", setting_text(hub->settings, SETTING_NAME)),
             I18N_TEXT("organisation", m->organisation), I18N_TEXT("state", m->state),
             I18N_TEXT("sponsor", m->sponsor));
    BW_TRY(bw_buf_rc(&out, "mail", err));
    return bw_view_copy(arena, bw_buf_text(&out), ret, err);
}

static struct bw_view host_of(struct bw_view url)
{
    size_t at = bw_view_find(url, BW_V("://"));
    struct bw_view host = at == SIZE_MAX ? url : bw_view_from(url, at + 3);
    return bw_view_head(host, bw_view_find_byte(host, ':'));
}

static enum bw_rc spool(const struct hub *hub, const struct ledger_event *event,
                        struct bw_arena *arena, const struct mail *m, struct join_mail_view *d,
                        struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(MAIL_BYTES_MAX);
    BW_AUTO_BUF page = BW_BUF_INIT(MAIL_BYTES_MAX);
    struct html h = {.out = &page,
                     .lang = m->lang,
                     .build = hub->build,
                     .zone_name = setting_text(hub->settings, SETTING_ZONE),
                     .zone_offset_min = (int)setting_int(hub->settings, SETTING_ZONE_OFFSET)};
    html_mail_join(&h, d);
    bw_buf_view(&text, d->text);
    if (d->has_link) {
        BW_BUF_LIT(&text, "\n\n");
        bw_buf_view(&text, d->link.text);
    }
    BW_BUF_LIT(&text, "\n\n-- \n");
    bw_buf_view(&text, d->ignore);
    BW_BUF_LIT(&text, "\n");
    BW_TRY(bw_buf_rc(&text, "mail", err));
    BW_TRY(bw_buf_rc(&page, "mail", err));
    const struct mail_message message = {
        .key = bw_arena_printf(arena, "join-%lld", (long long)event->position),
        .from = {setting_text(hub->settings, SETTING_NAME),
                 setting_text(hub->settings, SETTING_MAIL_FROM)},
        .to = {m->name, m->email},
        .subject = d->title,
        .id_domain = host_of(hub->url),
        .date_us = event->added_us,
        .text = bw_buf_text(&text),
        .html = bw_buf_text(&page),
    };
    return message.key.p ? mail_spool_batch(hub->mail, &message, 1, NULL, err)
                         : bw_fail_memory(err);
}

static enum bw_rc mail_one(const struct hub *hub, struct db_engine *e,
                           const struct ledger_event *event, struct bw_arena *arena,
                           struct bw_err *err)
{
    struct join_mail_view d = {.has_link = false};
    struct mail m;
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(e, &db, err));
        BW_TRY(read_mail(hub, db, event->object, arena, &m, err));
    }
    const struct kind *k = &KINDS[m.kind];
    BW_TRY(put(arena, hub, &m, k->subject, &d.title, err));
    BW_TRY(put(arena, hub, &m, k->text, &d.text, err));
    BW_TRY(put(arena, hub, &m, MSG_join_mail_ignore, &d.ignore, err));
    if (m.token.n && k->path) {
        d.has_link = true;
        d.link_text = i18n(m.lang, k->link);
        d.link = html_url_or_hash(bw_arena_printf(arena, "%.*s/%.*s/join/%s?t=%.*s",
                                                  BW_VF(hub->url), BW_VF(i18n_path_name(m.lang)),
                                                  k->path, BW_VF(m.token)));
    }
    return spool(hub, event, arena, &m, &d, err);
}

static enum bw_rc take(void *arg, struct db_engine *e, const struct ledger_event *events, size_t n,
                       struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    if (!arena)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (events[i].verb != LEDGER_APPLICATION_MAILED)
            continue;
        bw_arena_reset(arena);
        enum bw_rc rc = mail_one(arg, e, &events[i], arena, err);
        if (rc == BW_NOT_FOUND)
            continue; /* the link has ended before its mail was written */
        if (rc == BW_INVALID || rc == BW_LIMIT) {
            bw_log(BW_LOG_ERROR, "join.mail_left_out", BW_FI("event", events[i].position),
                   BW_FZ("message", err->message));
            continue;
        }
        BW_TRY(rc);
    }
    return BW_OK;
}

const struct ledger_consumer join_mail_consumer = {"join.mail", true, take};
