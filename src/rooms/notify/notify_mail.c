/* SPDX-License-Identifier: Apache-2.0 */
/* notify_mail - one mail per event and recipient, in the recipient's language.
 *
 * A file's name is made of the event's position and the person, so that an event that is handed
 * over twice (after a crash) is no second mail. What may stand in it, by label (product.md, Mail):
 *
 *     CLEAR, GREEN     title and text
 *     AMBER            title and text where every mail goes out by verified TLS; else as below
 *     AMBER+STRICT     neutral subject and a link (OpenPGP comes later)
 *     RED, findings    the same: a notice alone
 *
 * A mail that cannot be made (a name or text that no message can hold) is left out and logged: it
 * would come again for ever, and hold back every mail behind it. */
#include "notify_int.h"

#include "bw_fault.h"
#include "bw_log.h"
#include "json.h"
#include "notify_html.h"
#include "signin.h"

enum {
    ARENA_CAP = 256 << 20,
    MAIL_BYTES_MAX = 1 << 20,
    MAIL_BODY_MAX = 64 << 10, /* of an item's text; the rest is behind the link */
    BATCH = 128,
};

struct outbox {
    struct hub *hub;
    const struct ledger_event *event;
    struct bw_arena *arena; /* of the event: recipients, the item */
    struct bw_arena *batch; /* of the mails that are not spooled yet */
    struct mail_message mails[BATCH];
    size_t n;
};

static bool is_unmakeable(enum bw_rc rc)
{
    return rc == BW_INVALID || rc == BW_LIMIT;
}

static void leave_out(const struct outbox *o, const struct member_recipient *to,
                      const struct bw_err *why)
{
    bw_log(BW_LOG_ERROR, "notify.mail_left_out", BW_FI("event", o->event->position),
           BW_FI("person", to ? to->person_id : 0), BW_FZ("message", why->message));
}

static enum bw_rc spool_each(struct outbox *o, size_t n, struct bw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct bw_err why = {0};
        enum bw_rc rc = mail_spool_batch(o->hub->mail, &o->mails[i], 1, NULL, &why);
        if (is_unmakeable(rc)) {
            leave_out(o, NULL, &why);
        } else if (rc != BW_OK) {
            *err = why;
            return rc;
        }
    }
    return BW_OK;
}

static enum bw_rc flush(struct outbox *o, struct bw_err *err)
{
    size_t n = o->n;
    o->n = 0;
    enum bw_rc rc = n ? mail_spool_batch(o->hub->mail, o->mails, n, NULL, err) : BW_OK;
    if (is_unmakeable(rc))
        rc = spool_each(o, n, err);
    bw_arena_reset(o->batch);
    return rc;
}

static struct bw_view host_of(struct bw_view url)
{
    size_t at = bw_view_find(url, BW_V("://"));
    struct bw_view host = at == SIZE_MAX ? url : bw_view_from(url, at + 3);
    size_t colon = bw_view_find_byte(host, ':');
    return colon == SIZE_MAX ? host : bw_view_head(host, colon);
}

/* Adds one mail; the bodies are copied into the batch's arena. */
static enum bw_rc put(struct outbox *o, const struct member_recipient *to, struct bw_view subject,
                      const struct bw_buf *text, const struct bw_buf *html, bool need_tls,
                      struct bw_err *err)
{
    struct mail_message *m = &o->mails[o->n];
    *m = (struct mail_message){
        .key = bw_arena_printf(o->batch, "event-%lld-%lld", (long long)o->event->position,
                               (long long)to->person_id),
        .from = {setting_text(o->hub->settings, SETTING_NAME),
                 setting_text(o->hub->settings, SETTING_MAIL_FROM)},
        .to = {to->name, to->email},
        .subject = subject,
        .id_domain = host_of(o->hub->url),
        .date_us = o->event->added_us,
        .need_tls = need_tls,
    };
    if (!m->key.p)
        return bw_fail_memory(err);
    enum bw_rc rc = bw_buf_rc(text, "mail", err);
    if (rc == BW_OK)
        rc = bw_buf_rc(html, "mail", err);
    if (is_unmakeable(rc)) {
        leave_out(o, to, err);
        return BW_OK;
    }
    BW_TRY(rc);
    BW_TRY(bw_view_copy(o->batch, bw_buf_text(text), &m->text, err));
    BW_TRY(bw_view_copy(o->batch, bw_buf_text(html), &m->html, err));
    return ++o->n == BATCH ? flush(o, err) : BW_OK;
}

static void html_init(const struct hub *hub, enum i18n_lang lang, struct bw_buf *out,
                      struct html *ret)
{
    *ret = (struct html){.out = out,
                         .lang = lang,
                         .build = hub->build,
                         .zone_name = setting_text(hub->settings, SETTING_ZONE),
                         .zone_offset_min = (int)setting_int(hub->settings, SETTING_ZONE_OFFSET)};
}

static struct html_url link_to(struct outbox *o, enum i18n_lang lang, const char *place,
                               struct bw_view id)
{
    struct bw_view url =
        bw_arena_printf(o->batch, "%.*s/%.*s/%s%s%.*s", BW_VF(o->hub->url),
                        BW_VF(i18n_path_name(lang)), place, id.n ? "/" : "", BW_VF(id));
    return html_url_or_hash(url);
}

/* -- items ------------------------------------------------------------------------------------- */

static bool full_text_allowed(const struct hub *hub, enum tlp tlp)
{
    return tlp <= TLP_GREEN ||
           (tlp == TLP_AMBER && setting_int(hub->settings, SETTING_SMTP_TLS) != 0);
}

static struct bw_view item_subject(struct outbox *o, const struct intel_item *item, bool full,
                                   enum i18n_lang lang)
{
    BW_AUTO_BUF out = BW_BUF_INIT(2048);
    struct bw_view copy = BW_V("Breakwater");
    struct bw_err ignored;
    bw_buf_printf(&out, "[%s] ", tlp_name(item->tlp));
    if (full) {
        bw_buf_view(&out, i18n(lang, intel_kind_msg(item->kind)));
        BW_BUF_LIT(&out, ": ");
        bw_buf_view(&out, bw_utf8_head(item->title, 200));
    } else {
        I18N_PUT(&out, lang, MSG_notify_neutral_subject,
                 I18N_TEXT("name", setting_text(o->hub->settings, SETTING_NAME)));
    }
    if (out.rc == BW_OK && bw_view_copy(o->batch, bw_buf_text(&out), &copy, &ignored) != BW_OK)
        return BW_V("Breakwater");
    return copy;
}

static void item_text(const struct notify_mail_item *d, enum i18n_lang lang, struct bw_buf *out)
{
    bw_buf_printf(out, "%.*s  ", BW_VF(d->tlp));
    bw_buf_view(out, i18n(lang, d->severity_msg));
    BW_BUF_LIT(out, " / ");
    bw_buf_view(out, i18n(lang, d->kind_msg));
    BW_BUF_LIT(out, "\n\n");
    if (d->full) {
        bw_buf_view(out, d->title);
        BW_BUF_LIT(out, "\n");
        I18N_PUT(out, lang, MSG_notify_shared_by, I18N_TEXT("by", d->by));
        BW_BUF_LIT(out, "\n\n");
        bw_buf_view(out, d->body);
    } else {
        bw_buf_view(out, i18n(lang, MSG_notify_held_back));
    }
    BW_BUF_LIT(out, "\n\n");
    bw_buf_view(out, d->link.text);
    BW_BUF_LIT(out, "\n\n-- \n");
    I18N_PUT(out, lang, MSG_notify_why, I18N_TEXT("name", d->hub_name));
    BW_BUF_LIT(out, "\n");
}

static enum bw_rc mail_item_to(struct outbox *o, struct notify_mail_item d,
                               const struct intel_item *item, const struct member_recipient *to,
                               struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(MAIL_BYTES_MAX);
    BW_AUTO_BUF page = BW_BUF_INIT(MAIL_BYTES_MAX);
    struct html h;
    d.name = to->name;
    d.link = link_to(o, to->lang, "items", item->public_id);
    html_init(o->hub, to->lang, &page, &h);
    html_mail_item(&h, &d);
    item_text(&d, to->lang, &text);
    return put(o, to, item_subject(o, item, d.full, to->lang), &text, &page,
               item->tlp == TLP_AMBER && d.full, err);
}

/* Told is who was in the audience when it happened and still is. */
static enum bw_rc recipients(struct outbox *o, struct db *db, int64_t audience_now,
                             struct member_recipient **ret, size_t *ret_n, struct bw_err *err)
{
    struct member_recipient *now;
    size_t now_n, kept = 0;
    BW_TRY(member_recipients(db, o->event->audience_id, o->arena, ret, ret_n, err));
    if (audience_now == o->event->audience_id)
        return BW_OK;
    BW_TRY(member_recipients(db, audience_now, o->arena, &now, &now_n, err));
    for (size_t i = 0, j = 0; i < *ret_n; i++) {
        while (j < now_n && now[j].person_id < (*ret)[i].person_id)
            j++;
        if (j < now_n && now[j].person_id == (*ret)[i].person_id)
            (*ret)[kept++] = (*ret)[i];
    }
    *ret_n = kept;
    return BW_OK;
}

/* Staff see what they may have to moderate; they are mailed what was meant for them. */
static bool only_as_staff(const struct audience_info *a, const struct member_recipient *to)
{
    return role_is_staff(to->role) && !audience_has(a, (struct grant){GRANT_EVERYBODY, 0}) &&
           !audience_has(a, (struct grant){GRANT_ORGANISATION, to->organisation_id}) &&
           !audience_has(a, (struct grant){GRANT_PERSON, to->person_id});
}

static enum bw_rc mail_item(struct outbox *o, struct db_engine *e, struct bw_err *err)
{
    struct intel_item item;
    struct member_recipient *to;
    struct member_organisation author = {0};
    struct audience_info audience;
    size_t n;
    {
        BW_AUTO(db) *db = NULL;
        const struct viewer *system = viewer_system("mail: recipients are asked for one by one");
        BW_TRY(db_open(e, &db, err));
        enum bw_rc rc = intel_item_get(db, system, o->event->object, o->arena, &item, err);
        if (rc == BW_NOT_FOUND || (rc == BW_OK && item.state != INTEL_PUBLISHED))
            return BW_OK; /* withdrawn meanwhile */
        BW_TRY(rc);
        BW_TRY(recipients(o, db, item.audience_id, &to, &n, err));
        BW_TRY(audience_get(db, o->event->audience_id, &audience, err));
        BW_TRY(member_organisation_get(db, system, item.author_organisation_id, o->arena, &author,
                                       err));
    }
    const struct notify_mail_item base = {
        .hub_name = setting_text(o->hub->settings, SETTING_NAME),
        .title = item.title,
        .body = bw_utf8_head(item.body, MAIL_BODY_MAX),
        .tlp = bw_view_z(tlp_name(item.tlp)),
        .lang_code = i18n_html_name(item.lang),
        .kind_msg = intel_kind_msg(item.kind),
        .severity_msg = intel_severity_msg(item.severity),
        .full = full_text_allowed(o->hub, item.tlp),
    };
    for (size_t i = 0; i < n; i++) {
        struct notify_mail_item d = base;
        if (to[i].person_id == item.author_person_id || only_as_staff(&audience, &to[i]))
            continue;
        d.by = member_name(&author.names, to[i].lang);
        BW_TRY(mail_item_to(o, d, &item, &to[i], err));
    }
    return flush(o, err);
}

/* -- findings ---------------------------------------------------------------------------------- */

static enum bw_rc mail_finding_to(struct outbox *o, struct notify_mail_finding d,
                                  const struct member_recipient *to, struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(MAIL_BYTES_MAX);
    BW_AUTO_BUF page = BW_BUF_INIT(MAIL_BYTES_MAX);
    BW_AUTO_BUF subject = BW_BUF_INIT(1024);
    struct bw_view subject_copy;
    struct html h;
    d.name = to->name;
    d.link = link_to(o, to->lang, "watch", BW_V(""));
    html_init(o->hub, to->lang, &page, &h);
    html_mail_finding(&h, &d);
    I18N_PUT(&text, to->lang, MSG_notify_finding_title, I18N_NUMBER("n", d.count));
    BW_BUF_LIT(&text, "\n\n");
    bw_buf_view(&text, d.link.text);
    BW_BUF_LIT(&text, "\n\n-- \n");
    I18N_PUT(&text, to->lang, MSG_notify_why, I18N_TEXT("name", d.hub_name));
    BW_BUF_LIT(&text, "\n");
    BW_BUF_LIT(&subject, "[TLP:AMBER+STRICT] ");
    I18N_PUT(&subject, to->lang, MSG_notify_neutral_subject, I18N_TEXT("name", d.hub_name));
    BW_TRY(bw_buf_rc(&subject, "mail", err));
    BW_TRY(bw_view_copy(o->batch, bw_buf_text(&subject), &subject_copy, err));
    return put(o, to, subject_copy, &text, &page, false, err);
}

/* The payload of FINDING_OPENED says how many and how bad: {"count": 3, "worst": 4}. */
static void read_payload(struct bw_view payload, struct bw_arena *arena, int64_t *count,
                         int64_t *worst)
{
    static const struct bw_view names[] = {BW_VIEW_INIT("count"), BW_VIEW_INIT("worst")};
    struct json_value values[BW_COUNT(names)];
    struct json_reader r;
    struct bw_err ignored;
    json_open(&r, payload, arena, NULL);
    if (json_next(&r) != JSON_OBJECT ||
        json_fields(&r, names, BW_COUNT(names), values, NULL, &ignored) != BW_OK)
        return;
    if (json_int(&values[0], count, &ignored) != BW_OK)
        *count = 1;
    if (json_int(&values[1], worst, &ignored) != BW_OK || *worst < 0 || *worst >= INTEL_SEVERITIES)
        *worst = INTEL_HIGH;
}

static enum bw_rc mail_finding(struct outbox *o, struct db_engine *e, struct bw_err *err)
{
    int64_t count = 1, worst = INTEL_HIGH;
    struct audience_info audience;
    struct member_recipient *to;
    size_t n;
    read_payload(o->event->payload, o->arena, &count, &worst);
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(e, &db, err));
        BW_TRY(member_recipients(db, o->event->audience_id, o->arena, &to, &n, err));
        BW_TRY(audience_get(db, o->event->audience_id, &audience, err));
    }
    const struct notify_mail_finding d = {
        .hub_name = setting_text(o->hub->settings, SETTING_NAME),
        .count = count,
        .severity_msg = intel_severity_msg((enum intel_severity)worst),
    };
    for (size_t i = 0; i < n; i++)
        /* "On your networks": staff have their queue, who acts for another a page of its own. */
        if (!role_is_staff(to[i].role) &&
            audience_has(&audience, (struct grant){GRANT_ORGANISATION, to[i].organisation_id}))
            BW_TRY(mail_finding_to(o, d, &to[i], err));
    return flush(o, err);
}

/* -- invitations ------------------------------------------------------------------------------- */

static enum bw_rc mail_invite_to(struct outbox *o, const struct member_recipient *to,
                                 struct notify_mail_invite d, struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(MAIL_BYTES_MAX);
    BW_AUTO_BUF page = BW_BUF_INIT(MAIL_BYTES_MAX);
    BW_AUTO_BUF subject = BW_BUF_INIT(1024);
    struct bw_view subject_copy;
    struct html h;
    html_init(o->hub, to->lang, &page, &h);
    html_mail_invite(&h, &d);
    I18N_PUT(&subject, to->lang, MSG_notify_invite_subject, I18N_TEXT("name", d.hub_name));
    I18N_PUT(&text, to->lang, MSG_notify_invite_text, I18N_TEXT("name", d.hub_name),
             I18N_TEXT("organisation", d.organisation));
    BW_BUF_LIT(&text, "\n\n");
    bw_buf_view(&text, d.link.text);
    BW_BUF_LIT(&text, "\n\n");
    bw_buf_view(&text, i18n(to->lang, MSG_notify_invite_ignore));
    BW_BUF_LIT(&text, "\n");
    BW_TRY(bw_buf_rc(&subject, "mail", err));
    BW_TRY(bw_view_copy(o->batch, bw_buf_text(&subject), &subject_copy, err));
    return put(o, to, subject_copy, &text, &page, false, err);
}

/* Somebody new who has no password yet gets the link to choose one. */
static enum bw_rc mail_invite(struct outbox *o, struct db_engine *e, struct bw_err *err)
{
    struct member_recipient to;
    struct member_organisation org;
    struct bw_view token;
    int64_t person_id;
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(e, &db, err));
        enum bw_rc rc = member_person_key(db, o->event->object, &person_id, err);
        if (rc == BW_OK)
            rc = signin_welcome_token(db, o->hub->keyring, person_id, o->arena, &token, err);
        if (rc == BW_CONFLICT || rc == BW_NOT_FOUND)
            return BW_OK;
        BW_TRY(rc);
        BW_TRY(member_person_get(db, person_id, o->arena, &to, err));
        if (to.role == ROLE_SERVICE)
            return BW_OK; /* has no mailbox and never signs in */
        BW_TRY(member_organisation_get(db, viewer_system("mail: the invited one's organisation"),
                                       to.organisation_id, o->arena, &org, err));
    }
    const struct notify_mail_invite d = {
        .hub_name = setting_text(o->hub->settings, SETTING_NAME),
        .organisation = member_name(&org.names, to.lang),
        .link = html_url_or_hash(bw_arena_printf(o->arena, "%.*s/%.*s/welcome?t=%.*s",
                                                 BW_VF(o->hub->url), BW_VF(i18n_path_name(to.lang)),
                                                 BW_VF(token))),
    };
    BW_TRY(mail_invite_to(o, &to, d, err));
    return flush(o, err);
}

static enum bw_rc take(void *arg, struct db_engine *e, const struct ledger_event *events, size_t n,
                       struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    BW_AUTO(bw_arena) *batch = bw_arena_new(ARENA_CAP);
    BW_AUTO_HEAP struct outbox *o = bw_calloc(1, sizeof(*o));
    if (!arena || !batch || !o)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        bw_arena_reset(arena);
        bw_arena_reset(batch);
        *o = (struct outbox){.hub = arg, .event = &events[i], .arena = arena, .batch = batch};
        if (events[i].verb == LEDGER_ITEM_PUBLISHED)
            BW_TRY(mail_item(o, e, err));
        else if (events[i].verb == LEDGER_FINDING_OPENED)
            BW_TRY(mail_finding(o, e, err));
        else if (events[i].verb == LEDGER_PERSON_ADDED)
            BW_TRY(mail_invite(o, e, err));
    }
    return BW_OK;
}

const struct ledger_consumer notify_mail_consumer = {NOTIFY_MAIL_CONSUMER, true, take};
