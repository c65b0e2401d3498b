/* SPDX-License-Identifier: Apache-2.0 */
/* circle_mail - the mail to the last administrator of a membership that has ended: the link to the
 * organisation's own data. Follows the ledger; an event that comes again is no second mail. */
#include "circle_export.h"

#include "bw_clock.h"
#include "circle_html.h"

enum { ARENA_MAX = 8 << 20, MAIL_BYTES = 64 << 10 };

struct letter {
    struct hub *hub;
    struct bw_arena *arena;
    struct member_recipient to;
    struct member_organisation o;
    struct bw_view token;
    int64_t until_us;
};

/* The administrator who was here last; without one, who was here last. */
static enum bw_rc last_admin(struct db *db, int64_t organisation_id, struct bw_arena *arena,
                             struct member_recipient *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("whom an ended member's data is offered to"),
                    "SELECT p.id FROM v_person p WHERE p.organisation_id = ?1 ORDER BY"
                    " CASE p.role WHEN 2 THEN 0 ELSE 1 END, coalesce((SELECT max(s.seen_us)"
                    " FROM session s WHERE s.person_id = p.id), 0) DESC, p.id LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    BW_TRY(db_row(st, err));
    return member_person_get(db, db_int(st, 0), arena, ret, err);
}

/* BW_NOT_FOUND: the event is of nothing that is mailed. */
static enum bw_rc prepare(struct db *db, struct bw_view public_id, struct letter *l,
                          struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    const struct viewer *hub = viewer_system("the organisation whose membership has ended");
    BW_TRY(db_query(db, hub, "SELECT id FROM v_organisation WHERE public_id = ?1 AND state = 2",
                    &st, err));
    db_bind_text(st, 1, public_id);
    BW_TRY(db_row(st, err));
    BW_TRY(member_organisation_get(db, hub, db_int(st, 0), l->arena, &l->o, err));
    BW_TRY(
        circle_export_token(db, l->hub->keyring, l->o.id, l->arena, &l->token, &l->until_us, err));
    return last_admin(db, l->o.id, l->arena, &l->to, err);
}

static enum bw_rc spool(const struct letter *l, const struct ledger_event *e, struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(MAIL_BYTES);
    BW_AUTO_BUF page = BW_BUF_INIT(MAIL_BYTES);
    BW_AUTO_BUF subject = BW_BUF_INIT(1024);
    const struct settings *s = l->hub->settings;
    struct circle_mail_export d = {.hub_name = setting_text(s, SETTING_NAME),
                                   .organisation = member_name(&l->o.names, l->to.lang),
                                   .days = setting_int(s, SETTING_EXPORT_DAYS),
                                   .link = html_url_or_hash(
                                       bw_arena_printf(l->arena, "%.*s/%.*s/export?t=%.*s",
                                                       BW_VF(l->hub->url),
                                                       BW_VF(i18n_path_name(l->to.lang)),
                                                       BW_VF(l->token)))};
    struct html h = {.out = &page,
                     .lang = l->to.lang,
                     .build = l->hub->build,
                     .zone_name = setting_text(s, SETTING_ZONE),
                     .zone_offset_min = (int)setting_int(s, SETTING_ZONE_OFFSET)};
    html_circle_mail_export(&h, &d);
    I18N_PUT(&subject, l->to.lang, MSG_circle_mail_ended_subject, I18N_TEXT("name", d.hub_name));
    I18N_PUT(&text, l->to.lang, MSG_circle_mail_ended_text, I18N_TEXT("name", d.hub_name),
             I18N_TEXT("organisation", d.organisation));
    BW_BUF_LIT(&text, "\n\n");
    I18N_PUT(&text, l->to.lang, MSG_circle_mail_ended_export, I18N_NUMBER("n", d.days));
    BW_BUF_LIT(&text, "\n\n");
    bw_buf_view(&text, d.link.text);
    BW_BUF_LIT(&text, "\n");
    BW_TRY(bw_buf_rc(&subject, "mail", err));
    BW_TRY(bw_buf_rc(&text, "mail", err));
    BW_TRY(bw_buf_rc(&page, "mail", err));
    const struct mail_message m = {.key = bw_arena_printf(l->arena, "ended-%lld",
                                                          (long long)e->position),
                                   .from = {setting_text(s, SETTING_NAME),
                                            setting_text(s, SETTING_MAIL_FROM)},
                                   .to = {l->to.name, l->to.email},
                                   .subject = bw_buf_text(&subject),
                                   .text = bw_buf_text(&text),
                                   .html = bw_buf_text(&page),
                                   .id_domain = BW_V("breakwater.invalid"),
                                   .date_us = e->added_us};
    return mail_spool_batch(l->hub->mail, &m, 1, NULL, err);
}

static enum bw_rc take(void *arg, struct db_engine *e, const struct ledger_event *events, size_t n,
                       struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    if (!arena)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct letter l = {.hub = arg, .arena = arena};
        enum bw_rc rc;
        if (events[i].verb != LEDGER_ORGANISATION_DECIDED)
            continue;
        bw_arena_reset(arena);
        {
            BW_AUTO(db) *db = NULL;
            BW_TRY(db_open(e, &db, err));
            rc = prepare(db, events[i].object, &l, err);
        }
        if (rc == BW_OK)
            rc = spool(&l, &events[i], err);
        if (rc != BW_NOT_FOUND && rc != BW_INVALID && rc != BW_LIMIT)
            BW_TRY(rc);
    }
    return BW_OK;
}

const struct ledger_consumer circle_mail_consumer = {"circle.mail", true, take};
