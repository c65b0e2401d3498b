/* SPDX-License-Identifier: Apache-2.0 */
/* join_form - the public form, in and out. A draft may be as incomplete as its writer likes; what
 * must be there is asked when it is sent (join_check), and every problem is told at once. */
#include "join_page.h"

#include "bw_ip.h"
#include "join_html.h"
#include "mail.h"

/* -- in ---------------------------------------------------------------------------------------- */

static enum bw_rc lower(struct bw_arena *arena, struct bw_view v, struct bw_view *ret,
                        struct bw_err *err)
{
    v = bw_view_trim(v);
    char *out = bw_arena_get(arena, v.n + 1);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < v.n; i++)
        out[i] = v.p[i] >= 'A' && v.p[i] <= 'Z' ? (char)(v.p[i] - 'A' + 'a') : v.p[i];
    *ret = bw_view_of(out, v.n);
    return BW_OK;
}

static enum bw_rc read_sectors(struct http_req *rq, struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO_BUF all = BW_BUF_INIT(4096);
    struct bw_view one;
    for (size_t i = 0; i < JOIN_SECTORS_MAX && http_many(rq, "sector", i, &one); i++) {
        bw_buf_view(&all, one);
        bw_buf_byte(&all, ' ');
    }
    BW_TRY(bw_buf_rc(&all, "sectors", err));
    return bw_view_copy(http_arena(rq), bw_view_trim(bw_buf_text(&all)), ret, err);
}

static const char *const EMERGENCY[JOIN_EMERGENCIES][3] = {
    {"e1_name", "e1_phone", "e1_email"},
    {"e2_name", "e2_phone", "e2_email"},
};
static const char *const SEAT[JOIN_FORM_SEATS][3] = {
    {"r1_name", "r1_email", "r1_role"},
    {"r2_name", "r2_email", "r2_role"},
    {"r3_name", "r3_email", "r3_role"},
};

static enum bw_rc read_people(struct http_req *rq, struct join_application *a, struct bw_err *err)
{
    struct bw_arena *arena = http_arena(rq);
    struct join_person *p = &a->people[a->people_n++];
    *p = (struct join_person){.kind = JOIN_APPLICANT,
                              .name = bw_view_trim(http_text(rq, "contact_name")),
                              .phone = bw_view_trim(http_text(rq, "contact_phone"))};
    BW_TRY(lower(arena, http_text(rq, "contact_email"), &p->email, err));
    for (int i = 0; i < JOIN_EMERGENCIES; i++) {
        p = &a->people[a->people_n++];
        *p = (struct join_person){.kind = JOIN_EMERGENCY,
                                  .name = bw_view_trim(http_text(rq, EMERGENCY[i][0])),
                                  .phone = bw_view_trim(http_text(rq, EMERGENCY[i][1]))};
        BW_TRY(lower(arena, http_text(rq, EMERGENCY[i][2]), &p->email, err));
    }
    for (int i = 0; i < JOIN_FORM_SEATS; i++) {
        p = &a->people[a->people_n];
        *p = (struct join_person){.kind = JOIN_REPRESENTATIVE,
                                  .name = bw_view_trim(http_text(rq, SEAT[i][0])),
                                  .role = bw_view_is(http_text(rq, SEAT[i][2]), "admin")
                                              ? ROLE_ADMIN
                                              : ROLE_REPRESENTATIVE,
                                  .signatory = http_int(rq, "signatory", 0) == i + 1};
        BW_TRY(lower(arena, http_text(rq, SEAT[i][1]), &p->email, err));
        a->people_n += p->name.n || p->email.n;
    }
    return BW_OK;
}

enum bw_rc join_form_read(struct http_req *rq, struct join_application *ret, struct bw_err *err)
{
    struct bw_arena *arena = http_arena(rq);
    *ret = (struct join_application){
        .route = bw_view_is(http_text(rq, "route"), "trusted") ? JOIN_TRUSTED : JOIN_OPEN,
        .lang = req_lang(rq),
        .names = {{[I18N_EN] = bw_view_trim(http_text(rq, "name_en")),
                   [I18N_HANT] = bw_view_trim(http_text(rq, "name_hant")),
                   [I18N_HANS] = bw_view_trim(http_text(rq, "name_hans"))}},
        .registration = bw_view_trim(http_text(rq, "registration")),
        .class_ = (enum member_class)http_int(rq, "class", 0),
        .size = (enum join_size)http_int(rq, "size", 0),
        .networks = bw_view_trim(http_text(rq, "networks")),
        .company_group = bw_view_trim(http_text(rq, "group")),
        .why = bw_view_trim(http_text(rq, "why")),
    };
    BW_TRY(lower(arena, http_text(rq, "domain"), &ret->domain, err));
    BW_TRY(lower(arena, http_text(rq, "domains"), &ret->domains, err));
    BW_TRY(read_sectors(rq, &ret->sectors, err));
    return read_people(rq, ret, err);
}

/* -- what must be there ------------------------------------------------------------------------ */

struct problems {
    struct join_problem *list;
    size_t n;
};

static void problem(struct problems *p, const char *field, enum i18n_msg msg)
{
    if (p->n < JOIN_PROBLEMS_MAX)
        p->list[p->n++] = (struct join_problem){field, msg};
}

static void check_domains(struct problems *p, const struct settings *s,
                          const struct join_application *a)
{
    if (a->domain.n == 0)
        problem(p, "domain", MSG_join_need_domain);
    else if (!join_domain_valid(a->domain))
        problem(p, "domain", MSG_join_bad_domain);
    else if (join_public_mail(s, a->domain))
        problem(p, "domain", MSG_join_public_domain);
    for (struct bw_view rest = a->domains; rest.p;) {
        struct bw_view one = bw_view_trim(bw_view_split(&rest, '\n'));
        if (one.n && (!join_domain_valid(one) || join_public_mail(s, one))) {
            problem(p, "domains", MSG_join_bad_domains);
            break;
        }
    }
    for (struct bw_view rest = a->networks; rest.p;) {
        struct bw_view one = bw_view_trim(bw_view_split(&rest, '\n'));
        struct bw_prefix ignored;
        struct bw_err why;
        if (one.n && bw_prefix_parse(one, &ignored, &why) != BW_OK) {
            problem(p, "networks", MSG_join_bad_networks);
            break;
        }
    }
}

static void check_contacts(struct problems *p, const struct join_application *a)
{
    int emergencies = 0;
    for (size_t i = 0; i < a->people_n; i++) {
        const struct join_person *who = &a->people[i];
        if (who->kind == JOIN_EMERGENCY && who->name.n && who->phone.n) {
            emergencies++;
            if (who->email.n && !mail_address_valid(who->email))
                problem(p, EMERGENCY[emergencies - 1][2], MSG_join_bad_email);
        }
        if (who->kind == JOIN_APPLICANT && who->name.n == 0)
            problem(p, "contact_name", MSG_join_need_name);
        if (who->kind == JOIN_APPLICANT && !mail_address_valid(who->email))
            problem(p, "contact_email", MSG_join_bad_email);
    }
    if (emergencies < JOIN_EMERGENCIES)
        problem(p, EMERGENCY[emergencies][0], MSG_join_need_emergency);
}

static void check_people(struct problems *p, const struct join_application *a)
{
    int seats = 0, admins = 0, signatories = 0;
    for (size_t i = 0; i < a->people_n; i++) {
        const struct join_person *who = &a->people[i];
        if (who->kind != JOIN_REPRESENTATIVE)
            continue;
        const char *const *fields = SEAT[seats < JOIN_FORM_SEATS ? seats : JOIN_FORM_SEATS - 1];
        seats++;
        admins += who->role == ROLE_ADMIN;
        signatories += who->signatory;
        if (who->name.n == 0)
            problem(p, fields[0], MSG_join_need_name);
        if (!mail_address_valid(who->email))
            problem(p, fields[1], MSG_join_bad_email);
        for (size_t j = 0; j < i; j++)
            if (a->people[j].kind == JOIN_REPRESENTATIVE &&
                bw_view_eq(a->people[j].email, who->email) && who->email.n)
                problem(p, fields[1], MSG_join_twice);
    }
    if (seats == 0)
        problem(p, SEAT[0][0], MSG_join_need_people);
    else if (admins == 0)
        problem(p, SEAT[0][2], MSG_join_need_admin);
    if (seats && signatories != 1)
        problem(p, "signatory", MSG_join_need_signatory);
}

size_t join_check(const struct settings *settings, const struct join_application *a,
                  struct join_problem ret[JOIN_PROBLEMS_MAX])
{
    struct problems p = {ret, 0};
    if (a->names.text[I18N_EN].n == 0)
        problem(&p, "name_en", MSG_join_need_name_en);
    if (a->registration.n == 0)
        problem(&p, "registration", MSG_join_need_registration);
    if ((int)a->class_ < 0 || a->class_ >= MEMBER_CLASSES || (int)a->size < 0 ||
        a->size >= JOIN_SIZES)
        problem(&p, "class", MSG_join_bad_choice);
    check_domains(&p, settings, a);
    check_contacts(&p, a);
    check_people(&p, a);
    if (a->why.n == 0 && a->route != JOIN_FOUNDING)
        problem(&p, "why", MSG_join_need_why);
    return p.n;
}

/* -- out --------------------------------------------------------------------------------------- */

struct shown {
    const struct join_form_show *show;
    struct join_input *list;
    size_t n;
};

static void put(struct shown *s, struct join_input in)
{
    in.type = in.type ? in.type : "text";
    in.complete = in.complete ? in.complete : "off";
    for (size_t i = 0; i < s->show->problems_n; i++)
        if (strcmp(s->show->problems[i].field, in.name) == 0) {
            in.bad = true;
            in.error = s->show->problems[i].msg;
        }
    s->list[s->n++] = in;
}
#define TEXT(field, msg, view, bytes, ...)       \
    put(&s, (struct join_input){.name = (field), \
                                .label = (msg),  \
                                .value = (view), \
                                .max = (bytes),  \
                                __VA_ARGS__})
#define HINT(msg) .has_hint = true, .hint = (msg)

static const struct join_person EMPTY;

static const struct join_person *nth(const struct join_application *a, enum join_person_kind kind,
                                     int n)
{
    for (size_t i = 0; i < a->people_n; i++)
        if (a->people[i].kind == kind && n-- == 0)
            return &a->people[i];
    return &EMPTY;
}

static enum bw_rc fill_inputs(struct http_req *rq, const struct join_application *a,
                              const struct join_form_show *show, struct join_form_view *d,
                              struct bw_err *err)
{
    struct shown s = {show, BW_ARENA_ARRAY(http_arena(rq), 16, struct join_input), 0};
    const struct join_person *who = nth(a, JOIN_APPLICANT, 0);
    if (!s.list)
        return bw_fail_memory(err);
    d->organisation = s.list;
    TEXT("name_en", MSG_join_name_en, a->names.text[I18N_EN], 200, .required = true,
         .complete = "organization");
    TEXT("name_hant", MSG_join_name_hant, a->names.text[I18N_HANT], 200, .lang_code = "zh-Hant");
    TEXT("name_hans", MSG_join_name_hans, a->names.text[I18N_HANS], 200, .lang_code = "zh-Hans");
    TEXT("registration", MSG_join_registration, a->registration, 100, .required = true,
         HINT(MSG_join_registration_hint));
    TEXT("domain", MSG_join_domain, a->domain, 253, .required = true, HINT(MSG_join_domain_hint));
    TEXT("domains", MSG_join_domains, a->domains, 2000, .area = true, HINT(MSG_join_lines_hint));
    TEXT("networks", MSG_join_networks, a->networks, 4000, .area = true,
         HINT(MSG_join_networks_hint));
    TEXT("group", MSG_join_group, a->company_group, 200, HINT(MSG_join_group_hint));
    d->organisation_n = s.n;
    d->contact = s.list + s.n;
    TEXT("contact_name", MSG_join_person_name, who->name, 200, .required = true,
         .complete = "name");
    TEXT("contact_email", MSG_join_email, who->email, 200, .required = true, .type = "email",
         .complete = "email", HINT(MSG_join_contact_hint));
    TEXT("contact_phone", MSG_join_phone, who->phone, 60, .type = "tel", .complete = "tel");
    d->contact_n = s.n - d->organisation_n;
    d->reasons = s.list + s.n;
    TEXT("why", MSG_join_why, a->why, 4000, .area = true, .required = !show->founding,
         HINT(MSG_join_why_hint));
    d->reasons_n = 1;
    return BW_OK;
}

static enum bw_rc fill_people(struct http_req *rq, const struct join_application *a,
                              const struct join_form_show *show, struct join_form_view *d,
                              struct bw_err *err)
{
    enum { SEATS = JOIN_EMERGENCIES + JOIN_FORM_SEATS };
    struct shown s = {show, BW_ARENA_ARRAY(http_arena(rq), SEATS * 3, struct join_input), 0};
    struct join_seat *seats = BW_ARENA_ARRAY(http_arena(rq), SEATS, struct join_seat);
    if (!s.list || !seats)
        return bw_fail_memory(err);
    for (int i = 0; i < JOIN_EMERGENCIES; i++) {
        const struct join_person *p = nth(a, JOIN_EMERGENCY, i);
        seats[i] = (struct join_seat){.number = i + 1, .inputs = s.list + s.n, .inputs_n = 3};
        TEXT(EMERGENCY[i][0], MSG_join_person_name, p->name, 200);
        TEXT(EMERGENCY[i][1], MSG_join_phone, p->phone, 60, .type = "tel");
        TEXT(EMERGENCY[i][2], MSG_join_email, p->email, 200, .type = "email");
    }
    for (int i = 0; i < JOIN_FORM_SEATS; i++) {
        const struct join_person *p = nth(a, JOIN_REPRESENTATIVE, i);
        seats[JOIN_EMERGENCIES + i] =
            (struct join_seat){.number = i + 1,
                               .inputs = s.list + s.n,
                               .inputs_n = 2,
                               .admin = p->role == ROLE_ADMIN || (i == 0 && p == &EMPTY),
                               .signs = p->signatory};
        TEXT(SEAT[i][0], MSG_join_person_name, p->name, 200);
        TEXT(SEAT[i][1], MSG_join_email, p->email, 200, .type = "email");
    }
    d->emergencies = seats;
    d->emergencies_n = JOIN_EMERGENCIES;
    d->people = seats + JOIN_EMERGENCIES;
    d->people_n = JOIN_FORM_SEATS;
    for (size_t i = 0; i < show->problems_n; i++)
        if (strcmp(show->problems[i].field, "signatory") == 0 ||
            strcmp(show->problems[i].field, SEAT[0][2]) == 0) {
            d->people_bad = true;
            d->people_error = show->problems[i].msg;
        }
    return BW_OK;
}

static bool has_word(struct bw_view words, struct bw_view word)
{
    while (words.p)
        if (bw_view_eq(bw_view_split(&words, ' '), word))
            return true;
    return false;
}

static enum bw_rc fill_sectors(struct http_req *rq, const struct join_application *a,
                               struct join_form_view *d, struct bw_err *err)
{
    const struct viewer *system = viewer_system("joining: the form lists the sectors by name");
    struct member_choice *list;
    struct db *db;
    size_t n;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_choices(db, system, GRANT_SECTOR, req_lang(rq), http_arena(rq), &list, &n, err));
    struct join_option *out = BW_ARENA_ARRAY(http_arena(rq), n + 1, struct join_option);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct join_option){.value = list[i].public_id,
                                      .text = list[i].name,
                                      .chosen = has_word(a->sectors, list[i].public_id)};
    d->sectors = out;
    d->sectors_n = n;
    return BW_OK;
}

static enum bw_rc fill_choices(struct http_req *rq, const struct join_application *a,
                               struct join_form_view *d, struct bw_err *err)
{
    enum { ROOM = MEMBER_CLASSES + JOIN_SIZES + 2 };
    static const struct bw_view NUMBERS[] = {BW_VIEW_INIT("0"), BW_VIEW_INIT("1"),
                                             BW_VIEW_INIT("2"), BW_VIEW_INIT("3"),
                                             BW_VIEW_INIT("4"), BW_VIEW_INIT("5"),
                                             BW_VIEW_INIT("6"), BW_VIEW_INIT("7")};
    struct join_option *o = BW_ARENA_ARRAY(http_arena(rq), ROOM, struct join_option);
    if (!o)
        return bw_fail_memory(err);
    _Static_assert(MEMBER_CLASSES <= BW_COUNT(NUMBERS), "more classes than numbers");
    d->classes = o;
    for (int i = 0; i < MEMBER_CLASSES; i++, d->classes_n++)
        *o++ = (struct join_option){.value = NUMBERS[i],
                                    .has_msg = true,
                                    .msg = member_class_msg((enum member_class)i),
                                    .chosen = i == (int)a->class_};
    d->sizes = o;
    for (int i = 0; i < JOIN_SIZES; i++, d->sizes_n++)
        *o++ = (struct join_option){.value = NUMBERS[i],
                                    .has_msg = true,
                                    .msg = join_size_msg((enum join_size)i),
                                    .chosen = i == (int)a->size};
    d->routes = o;
    d->routes_n = 2;
    *o++ = (struct join_option){.value = BW_V("open"),
                                .msg = MSG_join_route_open,
                                .hint = MSG_join_route_open_what,
                                .chosen = a->route != JOIN_TRUSTED};
    *o++ = (struct join_option){.value = BW_V("trusted"),
                                .msg = MSG_join_route_trusted,
                                .hint = MSG_join_route_trusted_what,
                                .chosen = a->route == JOIN_TRUSTED};
    return fill_sectors(rq, a, d, err);
}

enum bw_rc join_form_send(struct http_req *rq, struct http_resp *rs,
                          const struct join_application *a, const struct join_form_show *show,
                          struct bw_err *err)
{
    struct join_error *errors =
        BW_ARENA_ARRAY(http_arena(rq), show->problems_n + 1, struct join_error);
    struct join_form_view *d = BW_ARENA_NEW(http_arena(rq), struct join_form_view);
    if (!errors || !d)
        return bw_fail_memory(err);
    for (size_t i = 0; i < show->problems_n; i++)
        errors[i] = (struct join_error){show->problems[i].field, show->problems[i].msg};
    BW_TRY(req_browser_bind(rq, rs, err));
    *d = (struct join_form_view){
        .founding = show->founding,
        .draft = show->token.n > 0,
        .done = show->done,
        .done_msg = show->done_msg,
        .action = html_url_or_hash(
            bw_arena_printf(http_arena(rq), "/%.*s/%s", BW_VF(i18n_path_name(req_lang(rq))),
                            show->founding ? "queue/applications/new" : "join")),
        .token = show->token,
        .errors = errors,
        .errors_n = show->problems_n,
        .problem = show->problem,
        .days = setting_int(req_hub(rq)->settings, SETTING_JOIN_DRAFT_DAYS),
    };
    BW_TRY(fill_inputs(rq, a, show, d, err));
    BW_TRY(fill_people(rq, a, show, d, err));
    BW_TRY(fill_choices(rq, a, d, err));
    if (show->problems_n || show->problem.n)
        http_status(rs, JOIN_REFUSED);
    return page_send(rq, rs,
                     &(struct page){.title_msg =
                                        show->founding ? MSG_join_founding : MSG_join_title,
                                    .here = show->founding ? NAV_QUEUE : NAV_PUBLIC,
                                    .narrow = true,
                                    .body = html_join_form_slot(d)},
                     err);
}

bool join_is_persons(enum bw_rc rc)
{
    return rc == BW_INVALID || rc == BW_CONFLICT || rc == BW_BUSY || rc == BW_LIMIT ||
           rc == BW_DENIED;
}

struct bw_view join_said(struct http_req *rq, const struct bw_err *err)
{
    return bw_arena_printf(http_arena(rq), "%s", err->message);
}
