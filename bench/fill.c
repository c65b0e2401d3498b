/* SPDX-License-Identifier: Apache-2.0 */
/* fill - makes a demo community larger or signed in, for the bench programs, on a stopped hub.
 *
 *     fill sessions FILE --data DIR   a session for every active member; a line each in FILE:
 *                                     token, person, organisation, organisation's public id, role,
 * e-mail fill members N M --data DIR     N more organisations with M people each, in the sectors
 *                                     that are there fill items N --data DIR         N more items
 * made from those that are there, with indicators of their own, spread over the audiences as the
 * demo's are
 *
 * Items go through the rooms' facades. Sessions are written as core/session.c writes them: the demo
 * gives passwords to seven personas only, and 950 sign-ins would measure argon2. */
#include "app.h"

#include "bw_log.h"
#include "intel.h"
#include "notify.h"

#include <stdio.h>

enum { ARENA_CAP = 512 << 20, BATCH = 50, TEMPLATES_MAX = 4000 };

struct fill {
    struct hub hub;
    struct bw_arena *keep, *arena; /* of the run, of a batch */
    struct viewer *operator_viewer;
};

static enum bw_rc open_fill(struct fill *f, struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    f->keep = bw_arena_new(ARENA_CAP);
    f->arena = bw_arena_new(ARENA_CAP);
    if (!f->keep || !f->arena)
        return bw_fail_memory(err);
    BW_TRY(db_open(f->hub.db, &db, err));
    return member_viewer_by_email(db, BW_V("operator@demo.example"), f->keep, &f->operator_viewer,
                                  err);
}

/* -- sessions ---------------------------------------------------------------------------------- */

struct session_write {
    const struct member_recipient *people;
    const struct crypto_digest *hashes;
    size_t n;
};

static enum bw_rc write_sessions(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct session_write *w = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO session (token_hash, person_id, organisation_id, role, display,"
                     " device, created_us, seen_us) VALUES (?1, ?2, ?3, ?4, ?5, 'bench', ?6, ?6)",
                     &st, err));
    for (size_t i = 0; i < w->n; i++) {
        db_again(st);
        db_bind_bytes(st, 1, crypto_digest_view(&w->hashes[i]));
        db_bind_int(st, 2, w->people[i].person_id);
        db_bind_int(st, 3, w->people[i].organisation_id);
        db_bind_int(st, 4, (int64_t)w->people[i].role);
        db_bind_text(st, 5, w->people[i].name);
        db_bind_int(st, 6, db_tx_now_us(tx));
        BW_TRY(db_run(st, err));
    }
    return BW_OK;
}

static enum bw_rc everybody(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct grant all = {GRANT_EVERYBODY, 0};
    return audience_intern(tx, TLP_GREEN, &all, 1, arg, err);
}

static enum bw_rc list_sessions(struct fill *f, struct db *db, const struct session_write *w,
                                const struct crypto_token *tokens, FILE *out, struct bw_err *err)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct member_recipient *p = &w->people[i];
        struct member_organisation o;
        BW_TRY(
            member_organisation_get(db, f->operator_viewer, p->organisation_id, f->arena, &o, err));
        fprintf(out, "%s %lld %lld %.*s %s %.*s\n", tokens[i].text, (long long)p->person_id,
                (long long)p->organisation_id, BW_VF(o.public_id), role_name(p->role),
                BW_VF(p->email));
    }
    return BW_OK;
}

static enum bw_rc fill_sessions(struct fill *f, const char *path, struct bw_err *err)
{
    struct member_recipient *people;
    int64_t audience_id;
    size_t n;
    BW_TRY(db_write(f->hub.db, everybody, &audience_id, err));
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(f->hub.db, &db, err));
        BW_TRY(member_recipients(db, audience_id, f->keep, &people, &n, err));
    }
    struct crypto_token *tokens = BW_ARENA_ARRAY(f->keep, n, struct crypto_token);
    struct crypto_digest *hashes = BW_ARENA_ARRAY(f->keep, n, struct crypto_digest);
    if (!tokens || !hashes)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        tokens[i] = crypto_token_new("");
        hashes[i] = crypto_token_hash(bw_view_z(tokens[i].text));
    }
    struct session_write w = {people, hashes, n};
    BW_TRY(db_write(f->hub.db, write_sessions, &w, err));
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(f->hub.db, &db, err));
    FILE *out = fopen(path, "w");
    if (!out)
        return bw_fail_errno(err, path);
    enum bw_rc rc = list_sessions(f, db, &w, tokens, out, err);
    if (fclose(out) != 0 && rc == BW_OK)
        rc = bw_fail_errno(err, path);
    return rc;
}

/* -- items ------------------------------------------------------------------------------------- */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static char any_of(const char *set, size_t n)
{
    return set[bw_random_below(BW_RANDOM_DEMO, n)];
}

/* An octet of the same length: 3, 47 or 1xx. */
static void other_octet(char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = any_of("0123456789", 10);
    if (n == 3)
        p[0] = '1';
    else if (n > 0 && p[0] == '0')
        p[0] = '7';
}

/* Another body of the same kind: hashes, the demo's addresses and invented host names get other
 * characters of the same class, so that the copy has indicators of its own. */
static struct bw_view other_body(struct bw_view body, struct bw_arena *arena)
{
    struct bw_view out = {NULL, 0};
    struct bw_err ignored;
    if (bw_view_copy(arena, body, &out, &ignored) != BW_OK)
        return body;
    char *p = (char *)(uintptr_t)out.p;
    for (size_t i = 0; i < out.n; i++) {
        struct bw_view rest = bw_view_from(out, i);
        size_t hex = 0;
        while (hex < rest.n && is_hex(rest.p[hex]))
            hex++;
        if (hex >= 32) {
            for (size_t k = 0; k < hex; k++)
                p[i + k] = any_of("0123456789abcdef", 16);
            i += hex;
        } else if (bw_view_starts(rest, BW_V("198.18.")) || bw_view_starts(rest, BW_V("198.19."))) {
            for (int octet = 0; octet < 2; octet++) {
                size_t at = i += octet ? 1 : 7;
                while (i < out.n && p[i] >= '0' && p[i] <= '9')
                    i++;
                other_octet(p + at, i - at);
            }
        } else if (rest.p[0] == '-' && rest.n > 2 && rest.p[1] >= '1' && rest.p[1] <= '9') {
            p[i + 1] = any_of("123456789", 9);
        } else if (rest.n > 9 && rest.p[0] >= '1' && rest.p[0] <= '9' &&
                   bw_view_starts(bw_view_from(rest, 1), BW_V(".example"))) {
            p[i] = any_of("123456789", 9);
        }
    }
    return out;
}

struct items_write {
    struct fill *f;
    struct intel_prepared *prepared[BATCH];
    bool release[BATCH];
    size_t n;
};

static enum bw_rc write_items(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct items_write *w = arg;
    for (size_t i = 0; i < w->n; i++) {
        struct bw_id id;
        BW_TRY(intel_item_put(tx, w->prepared[i], &id, err));
        if (w->release[i])
            BW_TRY(intel_item_release(tx, w->f->operator_viewer, bw_view_z(id.text), err));
    }
    return BW_OK;
}

static enum bw_rc prepare_one(struct items_write *w, struct db *db, const struct intel_item *t,
                              struct bw_err *err)
{
    struct bw_arena *arena = w->f->arena;
    struct viewer *author;
    struct grant *own = BW_ARENA_NEW(arena, struct grant);
    if (!own)
        return bw_fail_memory(err);
    *own = (struct grant){GRANT_ORGANISATION, t->author_organisation_id};
    bool wide = t->tlp <= TLP_GREEN;
    struct intel_item_in in = {.kind = t->kind,
                               .severity = t->severity,
                               .tlp = wide ? t->tlp : TLP_AMBER_STRICT,
                               .lang = t->lang,
                               .title = t->title,
                               .body = other_body(t->body, arena),
                               .audience = {.everybody = wide, .grants = own, .n = !wide},
                               .publish = true};
    BW_TRY(viewer_load(db, t->author_person_id, t->author_organisation_id, ROLE_REPRESENTATIVE,
                       arena, &author, err));
    w->release[w->n] = t->is_public;
    return intel_item_prepare(author, &in, arena, &w->prepared[w->n++], err);
}

/* All items that the operator sees, with their bodies. */
static enum bw_rc read_templates(struct fill *f, struct intel_item *list, size_t *ret_n,
                                 struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    struct intel_filter all = {.kind = -1,
                               .severity = -1,
                               .tlp = -1,
                               .state = INTEL_PUBLISHED,
                               .limit = 200};
    bool more = true;
    size_t n = 0;
    BW_TRY(db_open(f->hub.db, &db, err));
    while (more && n + 200 <= TEMPLATES_MAX) {
        struct intel_item *page;
        size_t page_n;
        BW_TRY(intel_item_list(db, f->operator_viewer, &all, f->keep, &page, &page_n, &more, err));
        for (size_t i = 0; i < page_n; i++)
            BW_TRY(intel_item_get(db, f->operator_viewer, page[i].public_id, f->keep, &list[n++],
                                  err));
        if (page_n)
            all.after = page[page_n - 1].public_id;
    }
    *ret_n = n;
    return n ? BW_OK : bw_fail(err, BW_NOT_FOUND, "no items to copy: is this the demo?");
}

static enum bw_rc fill_items(struct fill *f, int64_t wanted, struct bw_err *err)
{
    struct intel_item *list = BW_ARENA_ARRAY(f->keep, TEMPLATES_MAX, struct intel_item);
    size_t n;
    if (!list)
        return bw_fail_memory(err);
    BW_TRY(read_templates(f, list, &n, err));
    for (int64_t at = 0; at < wanted;) {
        struct items_write w = {.f = f};
        bw_arena_reset(f->arena);
        {
            BW_AUTO(db) *db = NULL;
            BW_TRY(db_open(f->hub.db, &db, err));
            for (; w.n < BATCH && at < wanted; at++)
                BW_TRY(prepare_one(&w, db, &list[(size_t)at % n], err));
        }
        BW_TRY(db_write(f->hub.db, write_items, &w, err));
    }
    return ledger_skip(f->hub.db, NOTIFY_MAIL_CONSUMER, err); /* nobody is to be mailed of these */
}

/* -- members ----------------------------------------------------------------------------------- */

struct members_write {
    struct fill *f;
    const struct member_choice *sectors;
    size_t n_sectors;
    int64_t at, people;
};

static enum bw_rc write_member(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct members_write *w = arg;
    char name[64], email[64];
    struct bw_id public_id;
    int64_t id, person_id;
    int n = snprintf(name, sizeof(name), "Bench Organisation %lld", (long long)w->at);
    const struct member_organisation_in in = {.names = {{bw_view_of(name, (size_t)n)}},
                                              .class_ = (enum member_class)(w->at % MEMBER_CLASSES),
                                              .sectors =
                                                  &w->sectors[(size_t)w->at % w->n_sectors].id,
                                              .n_sectors = 1};
    BW_TRY(member_organisation_add(tx, 0, &in, &id, &public_id, err));
    for (int64_t i = 0; i < w->people; i++) {
        n = snprintf(email, sizeof(email), "p%lld@bench%lld.example", (long long)i,
                     (long long)w->at);
        const struct member_person_in person = {.organisation_id = id,
                                                .name = BW_V("Bench Person"),
                                                .email = bw_view_of(email, (size_t)n),
                                                .role = i ? ROLE_REPRESENTATIVE : ROLE_ADMIN};
        BW_TRY(member_person_add(tx, w->f->hub.keyring, 0, &person, &person_id, &public_id, err));
    }
    return BW_OK;
}

static enum bw_rc fill_members(struct fill *f, int64_t organisations, int64_t people,
                               struct bw_err *err)
{
    struct members_write w = {.f = f, .people = people};
    struct member_choice *sectors;
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(f->hub.db, &db, err));
        BW_TRY(member_choices(db, f->operator_viewer, GRANT_SECTOR, I18N_EN, f->keep, &sectors,
                              &w.n_sectors, err));
    }
    w.sectors = sectors;
    for (w.at = 0; w.at < organisations; w.at++)
        BW_TRY(db_write(f->hub.db, write_member, &w, err));
    return ledger_skip(f->hub.db, NOTIFY_MAIL_CONSUMER, err);
}

static enum bw_rc run(struct fill *f, const struct app_options *o, const int64_t numbers[2],
                      struct bw_err *err)
{
    if (strcmp(o->rest[0], "sessions") == 0)
        return fill_sessions(f, o->rest[1], err);
    if (strcmp(o->rest[0], "members") == 0)
        return fill_members(f, numbers[0], numbers[1], err);
    return fill_items(f, numbers[0], err);
}

/* False: not one of what this program does. */
static bool wanted(const struct app_options *o, int64_t numbers[2])
{
    if (o->n_rest < 2)
        return false;
    if (strcmp(o->rest[0], "sessions") == 0)
        return o->n_rest == 2;
    int n = strcmp(o->rest[0], "members") == 0 ? 3 : strcmp(o->rest[0], "items") == 0 ? 2 : 0;
    if (o->n_rest != n)
        return false;
    for (int i = 1; i < n; i++)
        if (!bw_view_int(bw_view_z(o->rest[i]), &numbers[i - 1]))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    struct fill f = {.keep = NULL};
    struct app_options o;
    struct bw_err err = {0};
    int64_t numbers[2] = {0};
    if (!app_options_parse(argc, argv, "", &o))
        return 2;
    bw_log_setup(BW_LOG_ERROR, BW_LOG_AUTO);
    if (!wanted(&o, numbers)) {
        fprintf(stderr, "use: fill sessions FILE | items N | members N M, and --data DIR\n");
        return 2;
    }
    enum bw_rc rc = app_open(&o, &f.hub, &err);
    if (rc == BW_OK) {
        rc = open_fill(&f, &err);
        if (rc == BW_OK)
            rc = run(&f, &o, numbers, &err);
        app_close(&f.hub);
    }
    bw_arena_free(f.keep);
    bw_arena_free(f.arena);
    app_options_done(&o);
    return rc == BW_OK ? 0 : app_failed(&err);
}
