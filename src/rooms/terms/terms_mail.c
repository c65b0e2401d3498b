/* SPDX-License-Identifier: Apache-2.0 */
/* terms_mail - one mail per event and person, in the person's language: terms are announced, have
 * to be accepted, are in force; a membership runs out or has run out.
 *
 * Who gets one is asked when it is sent: who accepts meanwhile is spared. The file's name is made
 * of the event's position and the person, so that an event that is handed over twice is no second
 * mail. The text of the terms is behind the link. A mail that cannot be made is left out and
 * logged.
 */
#include "terms_mail.h"

#include "bw_fault.h"
#include "bw_log.h"
#include "json.h"
#include "terms_html.h"

enum { ARENA_CAP = 16 << 20, BODY_MAX = 256 << 10, PAGE = 128 };

struct outbox {
    struct hub *hub;
    const struct ledger_event *event;
    int64_t days; /* of a reminder; 0: the moment has come */
    struct terms_version version;
    struct terms_member_state membership;
    struct bw_arena *arena; /* of the event */
    struct bw_arena *page;  /* of the mails that are not spooled yet */
    struct mail_message mails[PAGE];
    size_t n;
};

static bool is_unmakeable(enum bw_rc rc)
{
    return rc == BW_INVALID || rc == BW_LIMIT;
}

/* One by one where the batch was refused: the wrong one is left out. */
static enum bw_rc flush(struct outbox *o, struct bw_err *err)
{
    size_t n = o->n;
    o->n = 0;
    enum bw_rc rc = n ? mail_spool_batch(o->hub->mail, o->mails, n, NULL, err) : BW_OK;
    for (size_t i = 0; i < n && is_unmakeable(rc); i++) {
        struct bw_err why = {0};
        enum bw_rc one = mail_spool_batch(o->hub->mail, &o->mails[i], 1, NULL, &why);
        if (is_unmakeable(one))
            bw_log(BW_LOG_ERROR, "terms.mail_left_out", BW_FI("event", o->event->position),
                   BW_FZ("message", why.message));
        else if (one != BW_OK)
            return bw_fail(err, one, "%s", why.message);
    }
    return is_unmakeable(rc) ? BW_OK : rc;
}

static struct bw_view host_of(struct bw_view url)
{
    size_t at = bw_view_find(url, BW_V("://"));
    struct bw_view host = at == SIZE_MAX ? url : bw_view_from(url, at + 3);
    return bw_view_head(host, bw_view_find_byte(host, ':'));
}

static struct bw_view filled(struct outbox *o, enum i18n_lang lang, enum i18n_msg msg,
                             const struct terms_person *to)
{
    char date[BW_TIME_MAX];
    BW_AUTO_BUF out = BW_BUF_INIT(4096);
    struct bw_view copy = BW_V("Breakwater");
    struct bw_err ignored;
    int64_t at_us = o->version.id ? o->version.effective_us : o->membership.valid_until_us;
    terms_date_text(at_us, o->hub->settings, date);
    I18N_PUT(&out, lang, msg, I18N_TEXT("name", setting_text(o->hub->settings, SETTING_NAME)),
             I18N_TEXT("date", bw_view_z(date)), I18N_NUMBER("number", o->version.number),
             I18N_NUMBER("n", o->days), I18N_TEXT("organisation", to->organisation));
    if (out.rc != BW_OK || bw_view_copy(o->page, bw_buf_text(&out), &copy, &ignored) != BW_OK)
        return BW_V("Breakwater");
    return copy;
}

static void write_text(const struct terms_mail *d, enum i18n_lang lang, struct bw_buf *out)
{
    bw_buf_view(out, d->title);
    BW_BUF_LIT(out, "\n\n");
    bw_buf_view(out, d->body);
    if (d->more.n) {
        BW_BUF_LIT(out, "\n\n");
        bw_buf_view(out, d->more);
    }
    BW_BUF_LIT(out, "\n\n");
    bw_buf_view(out, d->link.text);
    BW_BUF_LIT(out, "\n\n-- \n");
    I18N_PUT(out, lang, MSG_terms_mail_why, I18N_TEXT("name", d->hub_name));
    BW_BUF_LIT(out, "\n");
}

/* What an event says, to whom it goes. */
struct words {
    enum i18n_msg title, body, link_msg;
    const char *place;
};

static enum bw_rc put(struct outbox *o, const struct words *w, const struct terms_person *to,
                      bool unsigned_too, struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(BODY_MAX);
    BW_AUTO_BUF page = BW_BUF_INIT(BODY_MAX);
    const struct hub *hub = o->hub;
    struct mail_message *m = &o->mails[o->n];
    struct html h = {.out = &page,
                     .lang = to->lang,
                     .build = hub->build,
                     .zone_name = setting_text(hub->settings, SETTING_ZONE),
                     .zone_offset_min = (int)setting_int(hub->settings, SETTING_ZONE_OFFSET)};
    struct terms_mail d = {
        .hub_name = setting_text(hub->settings, SETTING_NAME),
        .title = filled(o, to->lang, w->title, to),
        .body = filled(o, to->lang, w->body, to),
        .link_msg = w->link_msg,
        .link = html_url_or_hash(bw_arena_printf(o->page, "%.*s/%.*s/%s", BW_VF(hub->url),
                                                 BW_VF(i18n_path_name(to->lang)), w->place)),
    };
    if (unsigned_too)
        d.more = filled(o, to->lang, MSG_terms_mail_unsigned, to);
    html_mail_terms(&h, &d);
    write_text(&d, to->lang, &text);
    *m = (struct mail_message){
        .key = bw_arena_printf(o->page, "terms-%lld-%lld", (long long)o->event->position,
                               (long long)to->id),
        .from = {d.hub_name, setting_text(hub->settings, SETTING_MAIL_FROM)},
        .to = {to->name, to->email},
        .subject = d.title,
        .id_domain = host_of(hub->url),
        .date_us = o->event->added_us,
    };
    if (!m->key.p)
        return bw_fail_memory(err);
    BW_TRY(bw_buf_rc(&text, "mail", err));
    BW_TRY(bw_buf_rc(&page, "mail", err));
    BW_TRY(bw_view_copy(o->page, bw_buf_text(&text), &m->text, err));
    BW_TRY(bw_view_copy(o->page, bw_buf_text(&page), &m->html, err));
    return ++o->n == PAGE ? flush(o, err) : BW_OK;
}

/* -- whom -------------------------------------------------------------------------------------- */

typedef bool (*choose_fn)(const struct terms_person *p, bool *ret_unsigned);

/* Who has something to do about the terms. */
static bool has_to_act(const struct terms_person *p, bool *ret_unsigned)
{
    *ret_unsigned = !p->signed_for && (p->signatory || p->role == ROLE_ADMIN);
    return p->active && (p->accepted_us == 0 || *ret_unsigned);
}

static bool looks_after_it(const struct terms_person *p, bool *ret_unsigned)
{
    *ret_unsigned = false;
    return p->active && (p->signatory || p->role == ROLE_ADMIN);
}

static enum bw_rc mail_all(struct outbox *o, struct db_engine *e, const struct words *w,
                           int64_t organisation_id, choose_fn choose, struct bw_err *err)
{
    struct terms_people q = {.version_id = o->version.id,
                             .organisation_id = organisation_id,
                             .max = PAGE};
    size_t n;
    do {
        struct terms_person *people;
        bool unsigned_too;
        bw_arena_reset(o->page);
        {
            BW_AUTO(db) *db = NULL;
            BW_TRY(db_open(e, &db, err));
            BW_TRY(terms_people(db, viewer_system("terms: whom a mail is for"), &q, o->page,
                                &people, &n, err));
        }
        for (size_t i = 0; i < n; i++) {
            q.after = people[i].id;
            if (choose(&people[i], &unsigned_too))
                BW_TRY(put(o, w, &people[i], unsigned_too, err));
        }
        BW_TRY(flush(o, err));
    } while (n == PAGE);
    return BW_OK;
}

/* -- events ------------------------------------------------------------------------------------ */

static void read_payload(struct outbox *o, int64_t *ret_number)
{
    static const struct bw_view names[] = {BW_VIEW_INIT("number"), BW_VIEW_INIT("days")};
    struct json_value values[BW_COUNT(names)];
    struct json_reader r;
    struct bw_err ignored;
    *ret_number = 0;
    json_open(&r, o->event->payload, o->arena, NULL);
    if (json_next(&r) != JSON_OBJECT ||
        json_fields(&r, names, BW_COUNT(names), values, NULL, &ignored) != BW_OK)
        return;
    if (json_int(&values[0], ret_number, &ignored) != BW_OK)
        *ret_number = 0;
    if (json_int(&values[1], &o->days, &ignored) != BW_OK)
        o->days = 0;
}

static enum bw_rc about_terms(struct outbox *o, struct db_engine *e, struct bw_err *err)
{
    static const struct words ANNOUNCED = {MSG_terms_mail_announced, MSG_terms_mail_announced_text,
                                           MSG_terms_mail_read, "terms"};
    static const struct words REMINDED = {MSG_terms_mail_reminded, MSG_terms_mail_announced_text,
                                          MSG_terms_mail_read, "terms"};
    static const struct words IN_FORCE = {MSG_terms_mail_in_force, MSG_terms_mail_in_force_text,
                                          MSG_terms_mail_read, "terms"};
    const struct words *w = &IN_FORCE;
    int64_t number;
    read_payload(o, &number);
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(e, &db, err));
        enum bw_rc rc = terms_version_get(db, viewer_system("terms: what a mail is about"), number,
                                          o->arena, &o->version, err);
        if (rc == BW_NOT_FOUND)
            return BW_OK;
        BW_TRY(rc);
    }
    if (o->version.state == TERMS_SUPERSEDED ||
        (o->event->verb == LEDGER_TERMS_ANNOUNCED && o->version.state == TERMS_IN_FORCE))
        return BW_OK; /* another event tells what counts now */
    if (o->event->verb == LEDGER_TERMS_ANNOUNCED)
        w = &ANNOUNCED;
    else if (o->event->verb == LEDGER_TERMS_REMINDED && o->days > 0)
        w = &REMINDED;
    return mail_all(o, e, w, 0, has_to_act, err);
}

static enum bw_rc about_membership(struct outbox *o, struct db_engine *e, struct bw_err *err)
{
    static const struct words REMINDED = {MSG_terms_mail_expires, MSG_terms_mail_expires_text,
                                          MSG_terms_mail_open, "organisation"};
    static const struct words ENDED = {MSG_terms_mail_expired, MSG_terms_mail_expired_text,
                                       MSG_terms_mail_open, "organisation"};
    const struct viewer *all = viewer_system("terms: what a mail is about");
    int64_t id, number;
    bool ended = o->event->verb == LEDGER_MEMBERSHIP_ENDED;
    read_payload(o, &number);
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(e, &db, err));
        enum bw_rc rc = member_resolve(db, all, GRANT_ORGANISATION, o->event->object, &id, err);
        if (rc == BW_NOT_FOUND)
            return BW_OK;
        BW_TRY(rc);
        BW_TRY(terms_membership_get(db, all, id, o->arena, &o->membership, err));
    }
    if (o->membership.valid_until_us == 0 || o->membership.ended != ended)
        return BW_OK; /* renewed meanwhile */
    return mail_all(o, e, ended ? &ENDED : &REMINDED, id, looks_after_it, err);
}

static enum bw_rc take(void *arg, struct db_engine *e, const struct ledger_event *events, size_t n,
                       struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = NULL;
    BW_AUTO(bw_arena) *page = NULL;
    BW_AUTO_HEAP struct outbox *o = NULL;
    for (size_t i = 0; i < n; i++) {
        enum ledger_verb verb = events[i].verb;
        bool terms = verb == LEDGER_TERMS_ANNOUNCED || verb == LEDGER_TERMS_REMINDED ||
                     verb == LEDGER_TERMS_IN_FORCE;
        if (!terms && verb != LEDGER_MEMBERSHIP_REMINDED && verb != LEDGER_MEMBERSHIP_ENDED)
            continue;
        if (!o) {
            o = bw_calloc(1, sizeof(*o));
            arena = bw_arena_new(ARENA_CAP);
            page = bw_arena_new(ARENA_CAP);
            if (!o || !arena || !page)
                return bw_fail_memory(err);
        }
        bw_arena_reset(arena);
        *o = (struct outbox){.hub = arg, .event = &events[i], .arena = arena, .page = page};
        BW_TRY(terms ? about_terms(o, e, err) : about_membership(o, e, err));
    }
    return BW_OK;
}

const struct ledger_consumer terms_mail_consumer = {TERMS_MAIL_CONSUMER, true, take};
