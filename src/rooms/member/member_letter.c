/* SPDX-License-Identifier: Apache-2.0 */
/* member_letter - this room's mails: one per event and recipient, in the recipient's language, as
 * text and HTML. A mail holds a name, a sentence and a link: no secret but a link that its reader
 * is meant to follow, nothing that a label binds. Follows the ledger; an event that is handed over
 * twice makes no second mail, because a file is named by event and person (mail.h). */
#include "member_people.h"

#include "bw_log.h"
#include "mail.h"
#include "people_view.h"

#include "member_html.h"

#include <stdio.h>

enum { ARENA_CAP = 16 << 20, BYTES_MAX = 64 << 10 };

enum link { NO_LINK, TO_PAGE, TO_CONFIRM, TO_HERE };

/* What a kind of mail says. {name}: the hub; {who}: whom or what it is about. */
struct letter {
    enum i18n_msg subject, text;
    enum link link;
    const char *page;
};

struct post {
    struct hub *hub;
    struct db *db;
    const struct ledger_event *event;
    struct bw_arena *arena;
    int copies; /* files of this event so far: two mails may go to one person */
};

/* -- one mail ---------------------------------------------------------------------------------- */

static enum bw_rc say(struct post *p, enum i18n_lang lang, enum i18n_msg msg, struct bw_view who,
                      struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(4096);
    I18N_PUT(&out, lang, msg, I18N_TEXT("name", setting_text(p->hub->settings, SETTING_NAME)),
             I18N_TEXT("who", bw_utf8_head(who, 120)));
    BW_TRY(bw_buf_rc(&out, "mail", err));
    return bw_view_copy(p->arena, bw_buf_text(&out), ret, err);
}

/* BW_NOT_FOUND: what the link was for is gone. */
static enum bw_rc link_of(struct post *p, const struct letter *l, const struct member_recipient *to,
                          struct bw_view *ret, struct bw_err *err)
{
    struct bw_view token = BW_V("");
    const char *page = l->page;
    if (l->link == NO_LINK) {
        *ret = BW_V("");
        return BW_OK;
    }
    if (l->link == TO_CONFIRM || l->link == TO_HERE) {
        page = l->link == TO_CONFIRM ? "confirm-address?t=" : "still-here?t=";
        BW_TRY(member_link_token(p->db, p->hub->keyring,
                                 l->link == TO_CONFIRM ? MEMBER_LINK_MAIL : MEMBER_LINK_HERE,
                                 to->person_id, p->arena, &token, err));
    }
    *ret = bw_arena_printf(p->arena, "%.*s/%.*s/%s%.*s", BW_VF(p->hub->url),
                           BW_VF(i18n_path_name(to->lang)), page, BW_VF(token));
    return ret->p ? BW_OK : bw_fail_memory(err);
}

static struct bw_view host_of(struct bw_view url)
{
    size_t at = bw_view_find(url, BW_V("://"));
    struct bw_view host = at == SIZE_MAX ? url : bw_view_from(url, at + 3);
    size_t colon = bw_view_find_byte(host, ':');
    return colon == SIZE_MAX ? host : bw_view_head(host, colon);
}

static enum bw_rc spool(struct post *p, const struct member_recipient *to,
                        const struct people_letter_view *v, const struct bw_buf *text,
                        const struct bw_buf *html, struct bw_err *err)
{
    char key[MAIL_KEY_MAX];
    struct bw_err why = {0};
    BW_TRY(bw_buf_rc(text, "mail", err));
    BW_TRY(bw_buf_rc(html, "mail", err));
    snprintf(key, sizeof(key), "people-%lld-%lld-%d", (long long)p->event->position,
             (long long)to->person_id, p->copies++);
    const struct mail_message m = {.key = bw_view_z(key),
                                   .from = {setting_text(p->hub->settings, SETTING_NAME),
                                            setting_text(p->hub->settings, SETTING_MAIL_FROM)},
                                   .to = {to->name, to->email},
                                   .subject = v->subject,
                                   .text = bw_buf_text(text),
                                   .html = bw_buf_text(html),
                                   .id_domain = host_of(p->hub->url),
                                   .date_us = p->event->added_us};
    enum bw_rc rc = mail_spool_batch(p->hub->mail, &m, 1, NULL, &why);
    if (rc == BW_INVALID || rc == BW_LIMIT) { /* it would come again for ever */
        bw_log(BW_LOG_ERROR, "member.letter_left_out", BW_FI("event", p->event->position),
               BW_FI("person", to->person_id), BW_FZ("message", why.message));
        return BW_OK;
    }
    if (rc != BW_OK)
        *err = why;
    return rc;
}

static enum bw_rc send(struct post *p, const struct letter *l, const struct member_recipient *to,
                       struct bw_view who, struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(BYTES_MAX);
    BW_AUTO_BUF page = BW_BUF_INIT(BYTES_MAX);
    struct people_letter_view v = {.footer_msg = MSG_people_letter_footer};
    struct bw_view link, footer;
    struct html h = {.out = &page,
                     .lang = to->lang,
                     .build = p->hub->build,
                     .zone_name = setting_text(p->hub->settings, SETTING_ZONE),
                     .zone_offset_min = (int)setting_int(p->hub->settings, SETTING_ZONE_OFFSET)};
    enum bw_rc rc = link_of(p, l, to, &link, err);
    if (rc == BW_NOT_FOUND)
        return BW_OK;
    BW_TRY(rc);
    BW_TRY(say(p, to->lang, l->subject, who, &v.subject, err));
    BW_TRY(say(p, to->lang, l->text, who, &v.text, err));
    BW_TRY(say(p, to->lang, v.footer_msg, who, &footer, err));
    v.footer = footer;
    v.has_link = link.n > 0;
    v.link = html_url_or_hash(link);
    html_people_letter(&h, &v);
    bw_buf_printf(&text, "%.*s\n\n%.*s%s-- \n%.*s\n", BW_VF(v.text), BW_VF(link),
                  link.n ? "\n\n" : "", BW_VF(footer));
    return spool(p, to, &v, &text, &page, err);
}

/* -- to whom ----------------------------------------------------------------------------------- */

static enum bw_rc send_each(struct post *p, const struct letter *l, struct db_stmt *st,
                            struct bw_view who, struct bw_err *err)
{
    enum bw_rc rc;
    while ((rc = db_row(st, err)) == BW_OK) {
        struct member_recipient to;
        BW_TRY(member_recipient_row(st, p->arena, &to, err));
        BW_TRY(send(p, l, &to, who, err));
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc to_admins(struct post *p, const struct letter *l, int64_t organisation_id,
                            struct bw_view who, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(p->db, viewer_system("mail: administrators of the organisation concerned"),
                    "SELECT " MEMBER_RECIPIENT " FROM v_person r JOIN v_organisation o"
                    " ON o.id = r.organisation_id WHERE r.organisation_id = ?1 AND r.role = 2"
                    " AND r.state = 0 AND o.state = 0 ORDER BY r.id LIMIT 500",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    return send_each(p, l, st, who, err);
}

static enum bw_rc to_desk(struct post *p, const struct letter *l, struct bw_view who,
                          struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(p->db, viewer_system("mail: the hub's desk"),
                    "SELECT " MEMBER_RECIPIENT " FROM v_person r WHERE r.role IN (4, 7)"
                    " AND r.state = 0 ORDER BY r.id LIMIT 500",
                    &st, err));
    return send_each(p, l, st, who, err);
}

static enum bw_rc person_of(struct post *p, struct bw_view public_id, struct member_recipient *ret,
                            struct bw_err *err)
{
    int64_t id;
    BW_TRY(member_person_key(p->db, public_id, &id, err));
    return member_person_get(p->db, id, p->arena, ret, err);
}

/* To the person; for a service to who looks after it. */
static enum bw_rc to_person(struct post *p, const struct letter *l, struct bw_view public_id,
                            struct bw_err *err)
{
    static const struct letter SERVICE = {MSG_people_letter_noticed_subject,
                                          MSG_people_letter_service_text, TO_PAGE, "people"};
    struct member_recipient to;
    BW_TRY(person_of(p, public_id, &to, err));
    if (to.role == ROLE_SERVICE)
        return to_admins(p, &SERVICE, to.organisation_id, to.name, err);
    return send(p, l, &to, to.name, err);
}

/* -- kinds ------------------------------------------------------------------------------------- */

/* The new address is asked, and the old one told. */
static enum bw_rc mail_asked(struct post *p, struct bw_err *err)
{
    static const struct letter ASK = {MSG_people_letter_mail_subject, MSG_people_letter_mail_text,
                                      TO_CONFIRM, NULL};
    static const struct letter TELL = {MSG_people_letter_mail_subject,
                                       MSG_people_letter_mail_old_text, NO_LINK, NULL};
    BW_AUTO(db_stmt) *st = NULL;
    struct member_recipient to, there;
    BW_TRY(person_of(p, p->event->object, &to, err));
    BW_TRY(db_plain(p->db, "SELECT email FROM person_mail WHERE person_id = ?1", &st, err));
    db_bind_int(st, 1, to.person_id);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_OK : rc;
    there = to;
    BW_TRY(bw_view_copy(p->arena, db_text(st, 0), &there.email, err));
    BW_TRY(send(p, &ASK, &there, to.name, err));
    return send(p, &TELL, &to, to.name, err);
}

/* Said to the address that was given free; an invitation that nobody followed is not mourned. */
static enum bw_rc left(struct post *p, struct bw_err *err)
{
    static const struct letter LEFT = {MSG_people_letter_left_subject, MSG_people_letter_left_text,
                                       NO_LINK, NULL};
    BW_AUTO(db_stmt) *st = NULL;
    struct member_recipient to;
    if (bw_view_find(p->event->payload, BW_V("\"came\":\"yes\"")) == SIZE_MAX)
        return BW_OK;
    BW_TRY(person_of(p, p->event->object, &to, err));
    if (to.role == ROLE_SERVICE)
        return BW_OK;
    BW_TRY(db_plain(p->db, "SELECT email FROM person_left WHERE person_id = ?1", &st, err));
    db_bind_int(st, 1, to.person_id);
    BW_TRY(db_row(st, err));
    BW_TRY(bw_view_copy(p->arena, db_text(st, 0), &to.email, err));
    return send(p, &LEFT, &to, to.name, err);
}

static enum bw_rc key_expiring(struct post *p, struct bw_err *err)
{
    static const struct letter KEY = {MSG_people_letter_key_subject, MSG_people_letter_key_text,
                                      TO_PAGE, "organisation"};
    BW_AUTO(db_stmt) *st = NULL;
    struct member_recipient to;
    struct bw_view label;
    BW_TRY(db_plain(p->db, "SELECT person_id, label FROM api_key WHERE public_id = ?1", &st, err));
    db_bind_text(st, 1, p->event->object);
    BW_TRY(db_row(st, err));
    BW_TRY(bw_view_copy(p->arena, db_text(st, 1), &label, err));
    BW_TRY(member_person_get(p->db, db_int(st, 0), p->arena, &to, err));
    return to.role == ROLE_SERVICE ? to_admins(p, &KEY, to.organisation_id, label, err)
                                   : send(p, &KEY, &to, label, err);
}

static enum bw_rc organisation_key(struct post *p, struct bw_view public_id, int64_t *ret,
                                   struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(p->db, viewer_system("mail: the organisation concerned"),
                    "SELECT id FROM v_organisation WHERE public_id = ?1", &st, err));
    db_bind_text(st, 1, public_id);
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc review(struct post *p, struct bw_err *err)
{
    static const struct letter REVIEW = {MSG_people_letter_review_subject,
                                         MSG_people_letter_review_text, TO_PAGE, "people/review"};
    int64_t id;
    if (bw_view_is(p->event->object, "desk"))
        return to_desk(p, &REVIEW, BW_V(""), err);
    BW_TRY(organisation_key(p, p->event->object, &id, err));
    return to_admins(p, &REVIEW, id, BW_V(""), err);
}

static enum bw_rc delegation(struct post *p, const struct letter *l, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_organisation customer, provider;
    const struct viewer *system = viewer_system("mail: both sides of a delegation");
    BW_TRY(db_query(p->db, system,
                    "SELECT customer_id, provider_id FROM v_delegation WHERE public_id = ?1", &st,
                    err));
    db_bind_text(st, 1, p->event->object);
    BW_TRY(db_row(st, err));
    BW_TRY(member_organisation_get(p->db, system, db_int(st, 0), p->arena, &customer, err));
    BW_TRY(member_organisation_get(p->db, system, db_int(st, 1), p->arena, &provider, err));
    BW_TRY(to_admins(p, l, customer.id, provider.names.text[I18N_EN], err));
    return to_admins(p, l, provider.id, customer.names.text[I18N_EN], err);
}

static enum bw_rc kept(struct post *p, struct bw_err *err)
{
    static const struct letter KEPT = {MSG_people_letter_kept_subject, MSG_people_letter_kept_text,
                                       TO_PAGE, "people"};
    struct member_recipient who;
    struct member_organisation o;
    BW_TRY(person_of(p, p->event->object, &who, err));
    BW_TRY(member_organisation_get(p->db, viewer_system("mail: whose last contact is silent"),
                                   who.organisation_id, p->arena, &o, err));
    return to_desk(p, &KEPT, o.names.text[I18N_EN], err);
}

static enum bw_rc write_letters(struct post *p, struct bw_err *err)
{
    static const struct letter OFFER = {MSG_people_letter_offer_subject,
                                        MSG_people_letter_offer_text, TO_PAGE, "organisation"};
    static const struct letter NOTICE = {MSG_people_letter_noticed_subject,
                                         MSG_people_letter_noticed_text, TO_HERE, NULL};
    static const struct letter SUSPENDED = {MSG_people_letter_suspended_subject,
                                            MSG_people_letter_suspended_text, NO_LINK, NULL};
    static const struct letter GIVEN = {MSG_people_letter_delegation_subject,
                                        MSG_people_letter_given_text, TO_PAGE, "delegations"};
    static const struct letter ENDED = {MSG_people_letter_delegation_subject,
                                        MSG_people_letter_ended_text, TO_PAGE, "delegations"};
    switch (p->event->verb) {
    case LEDGER_PERSON_MAIL_ASKED:
        return mail_asked(p, err);
    case LEDGER_ADMIN_OFFERED:
        return to_person(p, &OFFER, p->event->object, err);
    case LEDGER_PERSON_NOTICED:
        return to_person(p, &NOTICE, p->event->object, err);
    case LEDGER_PERSON_SUSPENDED:
        return to_person(p, &SUSPENDED, p->event->object, err);
    case LEDGER_PERSON_KEPT:
        return kept(p, err);
    case LEDGER_PERSON_LEFT:
        return left(p, err);
    case LEDGER_KEY_EXPIRING:
        return key_expiring(p, err);
    case LEDGER_REVIEW_REMINDED:
        return review(p, err);
    case LEDGER_DELEGATION_GIVEN:
        return delegation(p, &GIVEN, err);
    case LEDGER_DELEGATION_ENDED:
        return delegation(p, &ENDED, err);
    default:
        return BW_OK;
    }
}

static enum bw_rc take(void *arg, struct db_engine *e, const struct ledger_event *events, size_t n,
                       struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    if (!arena)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        BW_AUTO(db) *db = NULL;
        bw_arena_reset(arena);
        BW_TRY(db_open(e, &db, err));
        struct post p = {.hub = arg, .db = db, .event = &events[i], .arena = arena};
        enum bw_rc rc = write_letters(&p, err);
        if (rc != BW_OK && rc != BW_NOT_FOUND) /* not found: erased meanwhile */
            return rc;
    }
    return BW_OK;
}

const struct ledger_consumer member_letter_consumer = {"member.letter", true, take};
