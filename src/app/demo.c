/* SPDX-License-Identifier: Apache-2.0 */
/* demo - an invented community to try the hub with: 280 organisations, 950 representatives, 1,500
 * items of which 390 are public, networks and findings.
 *
 * It goes through the rooms' facades like everybody else, so what it makes is what members would
 * have made. Names, words and sentence frames are in assets/demo/. From a fixed seed: the same
 * community each time, but for its secrets and for "now". The wall clock is fixed while it writes,
 * so that the items lie in the past. Only the personas of demo.json can sign in. */
#include "app.h"

#include "bw_clock.h"
#include "bw_fault.h"
#include "bw_random.h"
#include "demo_community.h"
#include "demo_frames.h"
#include "intel.h"
#include "json_write.h"
#include "notify.h"
#include "ops.h"
#include "watch.h"

#include <stdio.h>

enum {
    ORGANISATIONS = 280,
    PEOPLE = 950,
    ITEMS = 1500,
    PUBLIC = 390,
    CIRCLES = 4,
    SECTORS = 12,
    STAFF = 6,
    DAYS = 700,
    WAITING = 12,
    SUSPENDED = 24,
    EVENTS = 600,
    LINES_MAX = 64,
    ARENA_CAP = 64 << 20,
};
#define SEED 20260501

struct organisation {
    int64_t id, first_person;
    struct bw_id public_id;
    char name[80];
};
struct demo {
    struct hub *hub;
    const char *url;
    struct bw_arena *arena;
    struct organisation orgs[ORGANISATIONS];
    int64_t sectors[SECTORS], circles[CIRCLES];
    int64_t operator_person;
    int64_t from_us, now_us;
    struct json_writer json;
};

static size_t pick(size_t n)
{
    return (size_t)bw_random_below(BW_RANDOM_DEMO, n);
}

/* -- words ------------------------------------------------------------------------------------- */

/* Lines of "[name]" in TEXT; comments and blank lines are left out. */
static size_t section(const char *text, const char *name, struct bw_view lines[LINES_MAX])
{
    struct bw_view rest = bw_view_z(text);
    bool inside = false;
    size_t n = 0, name_n = strlen(name);
    while (rest.p) {
        struct bw_view line = bw_view_split(&rest, '\n');
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (line.p[0] == '[') {
            inside = line.n == name_n + 2 && memcmp(line.p + 1, name, name_n) == 0;
            continue;
        }
        if (inside && n < LINES_MAX)
            lines[n++] = line;
    }
    return n;
}

static struct member_names names_of(struct bw_view line)
{
    struct member_names n;
    for (int i = 0; i < I18N_LANGS; i++)
        n.text[i] = bw_view_split(&line, '|');
    return n;
}

static struct bw_view any(const char *text, const char *name)
{
    struct bw_view lines[LINES_MAX];
    size_t n = section(text, name, lines);
    BW_ASSERT(n > 0);
    return lines[pick(n)];
}

/* A host of an invented name; the dots are left whole, as people paste them from logs. */
static void put_domain(struct bw_buf *out)
{
    static const char *const words[] = {"update", "portal", "secure", "mail",
                                        "cdn",    "login",  "files",  "sync"};
    bw_buf_printf(out, "%s-%zu.%s%zu.example", words[pick(8)], pick(90) + 10, words[pick(8)],
                  pick(400));
}

static void put_slot(struct bw_buf *out, struct bw_view slot, struct bw_view product)
{
    static const char *const lists[][2] = {{"family", "families"},
                                           {"actor", "actors"},
                                           {"technique", "techniques"}};
    for (size_t i = 0; i < BW_COUNT(lists); i++)
        if (bw_view_is(slot, lists[i][0]))
            bw_buf_view(out, any(demo_frames, lists[i][1]));
    if (bw_view_is(slot, "product"))
        bw_buf_view(out, product);
    else if (bw_view_is(slot, "version"))
        bw_buf_printf(out, "%zu.%zu.%zu", pick(9) + 1, pick(10), pick(30));
    else if (bw_view_is(slot, "cve"))
        bw_buf_printf(out, "CVE-2026-%zu", 90000 + pick(3000));
    else if (bw_view_is(slot, "ip"))
        bw_buf_printf(out, "198.%zu.%zu.%zu", 18 + pick(2), pick(256), 1 + pick(254));
    else if (bw_view_is(slot, "domain"))
        put_domain(out);
    else if (bw_view_is(slot, "hash"))
        for (int i = 0; i < 8; i++)
            bw_buf_printf(out, "%08zx", pick((size_t)1 << 32));
    else if (bw_view_is(slot, "count") || bw_view_is(slot, "days"))
        bw_buf_printf(out, "%zu", 2 + pick(28));
    else if (bw_view_is(slot, "url")) {
        BW_BUF_LIT(out, "https://");
        put_domain(out);
        bw_buf_printf(out, "/%zx/sign-in", pick(65536));
    } else if (bw_view_is(slot, "mail")) {
        BW_BUF_LIT(out, "billing@");
        put_domain(out);
    }
}

static void put_frame(struct bw_buf *out, struct bw_view frame, struct bw_view product)
{
    for (size_t i = 0; i < frame.n; i++) {
        if (frame.p[i] == '{') {
            struct bw_view rest = bw_view_from(frame, i + 1);
            put_slot(out, bw_view_split(&rest, '}'), product);
            i = frame.n - rest.n - 1;
        } else if (frame.p[i] == '\\' && i + 1 < frame.n && frame.p[i + 1] == 'n') {
            bw_buf_byte(out, '\n');
            i++;
        } else {
            bw_buf_byte(out, frame.p[i]);
        }
    }
}

/* One part of an item; false: that kind has none in that language. */
static bool put_part(struct bw_buf *out, const char *kind, enum i18n_lang lang, const char *part,
                     struct bw_view product)
{
    char name[64];
    struct bw_view lines[LINES_MAX];
    snprintf(name, sizeof(name), "%s.%s.%s", kind, i18n_path_name(lang).p, part);
    size_t n = section(demo_frames, name, lines);
    if (n == 0)
        return false;
    put_frame(out, lines[pick(n)], product);
    return true;
}

/* -- organisations and people ------------------------------------------------------------------ */

static const struct persona {
    const char *name;
    int organisation; /* index */
    enum role role;
} PERSONAS[] = {
    {"operator", 0, ROLE_OPERATOR},
    {"analyst", 0, ROLE_ANALYST},
    {"membership", 0, ROLE_MEMBERSHIP},
    {"sysadmin", 0, ROLE_SYSADMIN},
    {"auditor", 0, ROLE_AUDITOR},
    {"operator2", 0, ROLE_OPERATOR},
    {"bank", 1, ROLE_ADMIN},
    {"service", 1, ROLE_SERVICE},
    {"hospital", 2, ROLE_ADMIN},
    {"hospital2", 14, ROLE_ADMIN},
    {"sme", 9, ROLE_REPRESENTATIVE},
    {"suspended", SUSPENDED, ROLE_ADMIN},
};

static const struct persona *persona_of(int organisation, int number)
{
    int seen = 0;
    for (size_t i = 0; i < BW_COUNT(PERSONAS); i++)
        if (PERSONAS[i].organisation == organisation && seen++ == number)
            return &PERSONAS[i];
    return NULL;
}

static enum bw_rc write_groups(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct demo *d = arg;
    struct bw_view lines[LINES_MAX];
    struct bw_id id;
    BW_ASSERT(section(demo_community, "sectors", lines) == SECTORS);
    for (size_t i = 0; i < SECTORS; i++) {
        struct member_names n = names_of(lines[i]);
        BW_TRY(member_group_add(tx, 0, GRANT_SECTOR, &n, &d->sectors[i], &id, err));
    }
    BW_ASSERT(section(demo_community, "circles", lines) == CIRCLES);
    for (size_t i = 0; i < CIRCLES; i++) {
        struct member_names n = names_of(lines[i]);
        BW_TRY(member_group_add(tx, 0, GRANT_CIRCLE, &n, &d->circles[i], &id, err));
    }
    return BW_OK;
}

/* Name of organisation I: prefix and the sector's word; the first is the operator's own. */
static struct member_names organisation_names(struct demo *d, int i)
{
    struct bw_view prefixes[LINES_MAX], suffixes[LINES_MAX];
    if (i == 0)
        return names_of(BW_V("Breakwater Operations Centre|防波堤營運中心|防波堤运营中心"));
    size_t n = section(demo_community, "prefixes", prefixes), sector = (size_t)(i - 1) % SECTORS;
    size_t round = (size_t)(i - 1) / SECTORS;
    section(demo_community, "suffixes", suffixes);
    struct member_names a = names_of(prefixes[(round + sector * 5) % n]);
    struct member_names b = names_of(suffixes[sector + SECTORS * (round % 2)]), out;
    for (int lang = 0; lang < I18N_LANGS; lang++)
        out.text[lang] = bw_arena_printf(d->arena, lang == I18N_EN ? "%.*s %.*s" : "%.*s%.*s",
                                         BW_VF(a.text[lang]), BW_VF(b.text[lang]));
    return out;
}

struct person {
    struct member_person_in in;
    const struct persona *persona;
    struct crypto_totp totp;
    struct crypto_token key;
    char hash[CRYPTO_PASSWORD_TEXT_MAX], password[40];
    int64_t id;
};
enum { PEOPLE_MAX = 8 };
struct organisation_write {
    struct demo *d;
    int index;
    struct member_organisation_in in;
    struct person people[PEOPLE_MAX];
    int n;
};

static enum bw_rc write_person(struct db_tx *tx, struct organisation_write *w, struct person *p,
                               struct bw_err *err)
{
    const struct organisation *o = &w->d->orgs[w->index];
    struct bw_id id;
    p->in.organisation_id = o->id;
    BW_TRY(member_person_add(tx, w->d->hub->keyring, 0, &p->in, &p->id, &id, err));
    if (!p->persona)
        return BW_OK;
    const struct api_key_in key = {.person_id = p->id,
                                   .organisation_id = o->id,
                                   .expires_us = w->d->now_us + 365 * BW_DAY_US,
                                   .role = p->in.role,
                                   .scopes = SCOPE_ALL,
                                   .label = BW_V("demo")};
    return api_key_add(tx, &key, &p->key, &id, err);
}

static enum bw_rc write_organisation(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct organisation_write *w = arg;
    struct organisation *o = &w->d->orgs[w->index];
    BW_TRY(member_organisation_add(tx, 0, &w->in, &o->id, &o->public_id, err));
    for (int i = 0; i < w->n; i++)
        BW_TRY(write_person(tx, w, &w->people[i], err));
    if (w->index == 0)
        BW_TRY(ops_body_add(tx, 0, o->id, BW_V("demo"), err));
    o->first_person = w->people[0].id;
    if (w->index > 0 && w->index % 7 < CIRCLES)
        BW_TRY(member_circle_join(tx, 0, w->d->circles[w->index % 7], o->id, err));
    if ((w->index - 1) % SECTORS == 1) /* every hospital is in the health care circle */
        BW_TRY(member_circle_join(tx, 0, w->d->circles[0], o->id, err));
    return BW_OK;
}

static enum bw_rc prepare_person(struct organisation_write *w, int number, struct bw_err *err)
{
    struct person *p = &w->people[number];
    struct demo *d = w->d;
    struct member_names family = names_of(any(demo_community, "families"));
    struct bw_view given = any(demo_community, "given"); /* BW_VF names its argument twice */
    p->persona = persona_of(w->index, number);
    p->in = (struct member_person_in){
        .name = bw_arena_printf(d->arena, "%.*s %.*s", BW_VF(family.text[I18N_EN]), BW_VF(given)),
        .email = p->persona ? bw_arena_printf(d->arena, "%s@demo.example", p->persona->name)
                            : bw_arena_printf(d->arena, "person%d@org%d.example", number, w->index),
        .lang = (enum i18n_lang)((w->index + number) % I18N_LANGS),
        .role = p->persona      ? p->persona->role
                : w->index == 0 ? ROLE_ANALYST
                : number == 0   ? ROLE_ADMIN
                                : ROLE_REPRESENTATIVE,
    };
    if (!p->persona)
        return BW_OK;
    const struct crypto_password_cost cost = {(size_t)setting_int(d->hub->settings,
                                                                  SETTING_PASSWORD_MEMORY),
                                              (unsigned)setting_int(d->hub->settings,
                                                                    SETTING_PASSWORD_PASSES)};
    struct crypto_token token = crypto_token_new("");
    snprintf(p->password, sizeof(p->password), "%.5s-%.5s-%.5s", token.text, token.text + 5,
             token.text + 10);
    crypto_totp_new(&p->totp);
    BW_TRY(crypto_password_hash(bw_view_z(p->password), cost, p->hash, err));
    p->in.lang = I18N_EN;
    p->in.password_hash = bw_view_z(p->hash);
    p->in.totp = &p->totp;
    return BW_OK;
}

static enum bw_rc list_persona(struct demo *d, const struct organisation *o, const struct person *p,
                               struct bw_err *err)
{
    BW_AUTO_BUF secret = BW_BUF_INIT(256);
    struct json_writer *w = &d->json;
    crypto_totp_text(&p->totp, &secret);
    BW_TRY(bw_buf_rc(&secret, "secret", err));
    json_w_object(w);
    json_w_kv_z(w, "persona", p->persona->name);
    json_w_kv_z(w, "organisation", o->name);
    json_w_kv_z(w, "role", role_name(p->persona->role));
    json_w_kv(w, "email", p->in.email);
    json_w_kv_z(w, "password", p->password);
    json_w_kv(w, "totp_secret", bw_buf_text(&secret));
    json_w_kv_z(w, "api_key", p->key.text);
    json_w_object_end(w);
    if (p->persona->role == ROLE_OPERATOR && !d->operator_person)
        d->operator_person = p->id;
    return BW_OK;
}

static enum bw_rc add_organisation(struct demo *d, int i, struct bw_err *err)
{
    struct organisation_write w = {.d = d, .index = i};
    w.in = (struct member_organisation_in){
        .names = organisation_names(d, i),
        .class_ = i == 0 ? MEMBER_CERT : MEMBER_INDUSTRY,
        .domain = bw_arena_printf(d->arena, "org%d.example", i),
        .sectors = i ? &d->sectors[(i - 1) % SECTORS] : NULL,
        .n_sectors = i != 0,
    };
    w.n = i == 0 ? STAFF : 3 + (i <= PEOPLE - STAFF - 3 * (ORGANISATIONS - 1));
    for (int j = 0; j < w.n; j++)
        BW_TRY(prepare_person(&w, j, err));
    snprintf(d->orgs[i].name, sizeof(d->orgs[i].name), "%.*s", BW_VF(w.in.names.text[I18N_EN]));
    BW_TRY(db_write(d->hub->db, write_organisation, &w, err));
    for (int j = 0; j < w.n; j++)
        if (w.people[j].persona)
            BW_TRY(list_persona(d, &d->orgs[i], &w.people[j], err));
    return BW_OK;
}

/* -- items ------------------------------------------------------------------------------------- */

struct item_write {
    const struct intel_prepared *prepared;
    const struct viewer *release_by; /* NULL: stays with the members */
};

static enum bw_rc write_item(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct item_write *w = arg;
    struct bw_id id;
    BW_TRY(intel_item_put(tx, w->prepared, &id, err));
    return w->release_by ? intel_item_release(tx, w->release_by, bw_view_z(id.text), err) : BW_OK;
}

/* Label and audience of item I; the first ones are spread, so that each persona has something of
 * each. */
static void choose_audience(struct demo *d, int i, int author, struct intel_item_in *in,
                            struct grant grants[4])
{
    size_t n = 0, dice = pick(100);
    if (i % ITEMS < PUBLIC + WAITING || dice < 45) {
        in->tlp = i < PUBLIC + WAITING ? TLP_CLEAR : TLP_GREEN;
        in->audience.everybody = true;
        return;
    }
    if (dice < 65) {
        in->tlp = TLP_AMBER;
        grants[n++] = (struct grant){GRANT_CIRCLE, d->circles[pick(CIRCLES)]};
    } else if (dice < 85) {
        in->tlp = TLP_AMBER;
        grants[n++] = (struct grant){GRANT_SECTOR, d->sectors[pick(SECTORS)]};
    } else if (dice < 97) {
        in->tlp = TLP_AMBER_STRICT;
        while (n < 3)
            grants[n++] = (struct grant){GRANT_ORGANISATION, d->orgs[1 + pick(40)].id};
    } else {
        in->tlp = TLP_RED;
        grants[n++] = (struct grant){GRANT_PERSON, d->orgs[1 + pick(20)].first_person};
        grants[n++] = (struct grant){GRANT_PERSON, d->orgs[author].first_person};
    }
    in->audience.grants = grants;
    in->audience.n = n;
}

static enum bw_rc add_item(struct demo *d, int i, const struct viewer *operator_viewer,
                           struct bw_err *err)
{
    static const enum intel_kind KINDS[] = {INTEL_ALERT,         INTEL_ALERT,    INTEL_ADVISORY,
                                            INTEL_ADVISORY,      INTEL_INCIDENT, INTEL_INDICATORS,
                                            INTEL_VULNERABILITY, INTEL_PRACTICE, INTEL_QUESTION};
    static const char *const FRAMES[INTEL_KINDS] = {"alert",      "advisory",      "incident",
                                                    "indicators", "vulnerability", "practice",
                                                    "question"};
    static const char *const PARTS[] = {"what", "detail", "advice"};
    BW_AUTO_BUF title = BW_BUF_INIT(1024);
    BW_AUTO_BUF body = BW_BUF_INIT(64 << 10);
    struct grant grants[4];
    struct intel_prepared *prepared;
    struct viewer *author;
    int org = 1 + (int)pick(ORGANISATIONS - 1);
    org = org == SUSPENDED ? 0 : org;
    struct intel_item_in in = {.kind = KINDS[pick(BW_COUNT(KINDS))],
                               .severity = (enum intel_severity)pick(INTEL_SEVERITIES),
                               .lang = (enum i18n_lang)pick(I18N_LANGS),
                               .publish = true};
    struct bw_view product = any(demo_frames, "products");

    bw_arena_reset(d->arena);
    if (!put_part(&title, FRAMES[in.kind], in.lang, "title", product)) {
        in.lang = I18N_EN;
        put_part(&title, FRAMES[in.kind], in.lang, "title", product);
    }
    for (size_t p = 0; p < BW_COUNT(PARTS); p++) {
        put_part(&body, FRAMES[in.kind], in.lang, PARTS[p], product);
        BW_BUF_LIT(&body, "\n\n");
    }
    BW_TRY(bw_buf_rc(&body, "demo item", err));
    in.title = bw_buf_text(&title);
    in.body = bw_buf_text(&body);
    choose_audience(d, i, org, &in, grants);
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(d->hub->db, &db, err));
        BW_TRY(viewer_load(db, d->orgs[org].first_person, d->orgs[org].id, ROLE_ADMIN, d->arena,
                           &author, err));
    }
    BW_TRY(intel_item_prepare(author, &in, d->arena, &prepared, err));
    struct item_write w = {prepared, i < PUBLIC ? operator_viewer : NULL};
    return db_write(d->hub->db, write_item, &w, err);
}

static enum bw_rc add_items(struct demo *d, struct bw_err *err)
{
    /* In a shuffled order, so that public and members' items are mixed in time: 577 has no common
     * factor with ITEMS. */
    struct bw_arena *keep = bw_arena_new(1 << 20);
    struct viewer *operator_viewer;
    enum bw_rc rc = keep ? BW_OK : bw_fail_memory(err);
    if (rc == BW_OK) {
        BW_AUTO(db) *db = NULL;
        rc = db_open(d->hub->db, &db, err);
        if (rc == BW_OK)
            rc = viewer_load(db, d->operator_person, d->orgs[0].id, ROLE_OPERATOR, keep,
                             &operator_viewer, err);
    }
    for (int i = 0; rc == BW_OK && i < ITEMS; i++) {
        bw_clock_fix(d->from_us + (d->now_us - d->from_us) / ITEMS * i);
        rc = add_item(d, i * 577 % ITEMS, operator_viewer, err);
    }
    bw_arena_free(keep);
    return rc;
}

/* -- networks and findings --------------------------------------------------------------------- */

static enum bw_rc write_networks(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct demo *d = arg;
    struct bw_id id;
    for (int i = 1; i < ORGANISATIONS; i++) {
        struct watch_network_in in = {.organisation_id = d->orgs[i].id,
                                      .label = BW_V("Head office"),
                                      .verified = i % 50 != 0};
        char cidr[BW_PREFIX_TEXT_MAX];
        int n = snprintf(cidr, sizeof(cidr), "198.%d.%d.0/24", 18 + i / 256, i % 256);
        BW_TRY(bw_prefix_parse(bw_view_of(cidr, (size_t)n), &in.prefix, err));
        BW_TRY(watch_network_add(tx, d->operator_person, &in, &id, err));
    }
    return BW_OK;
}

static enum bw_rc add_findings(struct demo *d, struct bw_err *err)
{
    static const struct {
        const char *type, *report, *family;
        int severity, port;
    } KINDS[] = {
        {"infected-system", "event4_sinkhole", "mudskipper", 4, 443},
        {"infected-system", "event4_sinkhole_http", "saltcrab", 4, 80},
        {"vulnerable-system", "scan_rdp", "rdp", 3, 3389},
        {"vulnerable-system", "scan_smb", "smb", 3, 445},
        {"ddos-amplifier", "scan_dns", "dns", 2, 53},
        {"weak-crypto", "scan_ssl_poodle", "ssl-poodle", 1, 443},
    };
    struct watch_event *events = BW_ARENA_ARRAY(d->arena, EVENTS, struct watch_event);
    struct watch_result result = {0};
    if (!events)
        return bw_fail_memory(err);
    for (size_t i = 0; i < EVENTS; i++) {
        char ip[BW_IP_TEXT_MAX];
        size_t org = 1 + (i < 20 ? i % 14 : pick(ORGANISATIONS - 1)), kind = pick(BW_COUNT(KINDS));
        int n =
            snprintf(ip, sizeof(ip), "198.%zu.%zu.%zu", 18 + org / 256, org % 256, 1 + pick(254));
        events[i] = (struct watch_event){
            .seen_us = d->now_us - (int64_t)pick(30 * 24) * BW_HOUR_US,
            .port = KINDS[kind].port,
            .rsit_type = bw_view_z(KINDS[kind].type),
            .report = bw_view_z(KINDS[kind].report),
            .family = bw_view_z(KINDS[kind].family),
            .protocol = BW_V("tcp"),
            .evidence = BW_V("demo"),
            .severity = KINDS[kind].severity,
        };
        BW_ASSERT(bw_ip_parse(bw_view_of(ip, (size_t)n), &events[i].ip));
    }
    return watch_events_take(d->hub, events, EVENTS, &result, err);
}

/* -- all of it --------------------------------------------------------------------------------- */

static enum bw_rc suspend(struct db_tx *tx, void *arg, struct bw_err *err)
{
    static const char *const REPORTS[] = {"event4_sinkhole", "scan_rdp", "scan_smb"};
    const struct viewer staff = {.role = ROLE_OPERATOR};
    const struct demo *d = arg;
    for (size_t i = 0; i < BW_COUNT(REPORTS); i++)
        BW_TRY(watch_report_came(tx, &staff, bw_view_z(REPORTS[i]), d->now_us, err));
    return member_organisation_state(tx, d->operator_person, d->orgs[SUSPENDED].id,
                                     MEMBER_SUSPENDED, err);
}

static enum bw_rc fill(struct demo *d, struct bw_err *err)
{
    BW_TRY(db_write(d->hub->db, write_groups, d, err));
    for (int i = 0; i < ORGANISATIONS; i++)
        BW_TRY(add_organisation(d, i, err));
    BW_TRY(add_items(d, err));
    bw_clock_fix(d->now_us);
    BW_TRY(db_write(d->hub->db, write_networks, d, err));
    bw_arena_reset(d->arena);
    BW_TRY(add_findings(d, err));
    return db_write(d->hub->db, suspend, d, err);
}

enum bw_rc demo_fill(struct hub *hub, const char *url, struct bw_err *err)
{
    BW_AUTO_BUF json = BW_BUF_INIT(1 << 20);
    BW_AUTO_HEAP struct demo *d = bw_calloc(1, sizeof(*d));
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    int64_t events;
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(hub->db, &db, err));
        BW_TRY(ledger_next(db, &events, err));
    }
    if (events > 0)
        return demo_there(hub, err);
    if (!d || !arena)
        return bw_fail_memory(err);
    fprintf(stderr, "Filling the demo community; this is done once and takes some seconds.\n");
    d->hub = hub;
    d->arena = arena;
    d->now_us = bw_now_us();
    d->from_us = d->now_us - DAYS * BW_DAY_US;
    json_w_open(&d->json, &json);
    json_w_object(&d->json);
    json_w_kv_z(&d->json, "url", url);
    json_w_key(&d->json, "people");
    json_w_array(&d->json);
    bw_random_fix(SEED);
    bw_clock_fix(d->from_us - BW_DAY_US);
    enum bw_rc rc = fill(d, err);
    bw_clock_fix(0);
    bw_random_free_run();
    if (rc != BW_OK)
        return rc;
    json_w_array_end(&d->json);
    json_w_object_end(&d->json);
    json_w_close(&d->json);
    BW_TRY(ledger_skip(hub->db, NOTIFY_MAIL_CONSUMER, err));
    BW_TRY(bw_buf_rc(&json, "demo.json", err));
    BW_TRY(app_keys_bind(hub, err));
    return demo_write(hub, bw_buf_text(&json), err);
}
