/* SPDX-License-Identifier: Apache-2.0 */
/* world - a hub in which nothing happens by itself, for comparing two of them
 * (test_differential.py).
 *
 * The real server, database and rooms; but the clock stands, ids and salts come from a seed, and
 * followers of the ledger and jobs move only when told to, in this thread. Two worlds that are told
 * the same in the same order must therefore answer the same, byte for byte, but for what is secret.
 *
 *     world --seed N [--data DIR] [--database URL] [--set name=value]
 *
 * It makes the hub with a small community, prints one line of JSON (port, people with what they
 * sign in with) and obeys lines on its standard input, fields separated by TAB; each is answered by
 * one line:
 *
 *     step US                      the clock goes on
 *     settle                       what waits happens; "settled <size> <root>" of the ledger
 *     join | leave CIRCLE ORG      the operator's changes that have no page yet; names or public
 * ids state ORG N                  enum member_state verify                       the whole ledger
 * and the database are checked quit */
#include "running.h"

#include "bw_clock.h"
#include "bw_log.h"
#include "bw_random.h"
#include "crypto_text.h"
#include "json_write.h"
#include "ledger_int.h"
#include "member.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#define START_US INT64_C(1780300800000000) /* 2026-06-01 */
#define PASSWORD "correct horse battery"
enum { ORGANISATIONS = 6, GROUPS = 3, PEOPLE_MAX = 32, LINE_MAX_BYTES = 4096, FIELDS_MAX = 4 };

struct person {
    char name[32], email[64];
    struct crypto_totp totp;
    struct crypto_token key;
};

struct community {
    struct hub *hub;
    char hash[CRYPTO_PASSWORD_TEXT_MAX];
    int64_t sectors[GROUPS], circles[GROUPS];
    struct person people[PEOPLE_MAX];
    int n;
};

/* -- the community ----------------------------------------------------------------------------- */

static const struct member_names SECTORS[GROUPS] = {
    {{[I18N_EN] = BW_VIEW_INIT("Banking"), [I18N_HANT] = BW_VIEW_INIT("銀行業")}},
    {{[I18N_EN] = BW_VIEW_INIT("Health"), [I18N_HANS] = BW_VIEW_INIT("医疗")}},
    {{[I18N_EN] = BW_VIEW_INIT("Transport")}},
};
static const struct member_names CIRCLES[GROUPS] = {
    {{[I18N_EN] = BW_VIEW_INIT("Circle one"), [I18N_HANT] = BW_VIEW_INIT("第一圈")}},
    {{[I18N_EN] = BW_VIEW_INIT("Circle two")}},
    {{[I18N_EN] = BW_VIEW_INIT("Circle three")}},
};

static enum bw_rc add_person(struct db_tx *tx, struct community *c, int64_t organisation,
                             int number, enum role role, struct bw_err *err)
{
    struct person *p = &c->people[c->n];
    struct bw_id id;
    char name[32];
    int64_t key;
    BW_ASSERT(c->n < PEOPLE_MAX);
    if (number == 0)
        snprintf(name, sizeof(name), "%s", role_name(role));
    else
        snprintf(name, sizeof(name), "%s%d", role == ROLE_ADMIN ? "admin" : "member", number);
    snprintf(p->name, sizeof(p->name), "%s", name);
    snprintf(p->email, sizeof(p->email), "%s@world.example", name);
    const struct member_person_in in = {
        .organisation_id = organisation,
        .name = bw_view_z(p->name),
        .email = bw_view_z(p->email),
        .lang = (enum i18n_lang)(c->n % I18N_LANGS),
        .role = role,
        .password_hash = bw_view_z(c->hash),
        .totp = &p->totp,
    };
    crypto_totp_new(&p->totp);
    BW_TRY(member_person_add(tx, c->hub->keyring, 0, &in, &key, &id, err));
    const struct api_key_in k = {.person_id = key,
                                 .organisation_id = organisation,
                                 .expires_us = START_US + 3650 * BW_DAY_US,
                                 .role = role,
                                 .scopes = SCOPE_ALL,
                                 .label = BW_V("world")};
    BW_TRY(api_key_add(tx, &k, &p->key, &id, err));
    c->n++;
    return BW_OK;
}

/* Organisation 0 is the operator's own; the last one is in no sector and no circle. */
static enum bw_rc add_organisation(struct db_tx *tx, struct community *c, int number,
                                   struct bw_err *err)
{
    char name[32], domain[32];
    struct bw_id id;
    int64_t key;
    const bool member = number > 0 && number < ORGANISATIONS;
    snprintf(name, sizeof(name), number ? "Organisation %d" : "Operations", number);
    snprintf(domain, sizeof(domain), "org%d.example", number);
    const struct member_organisation_in in = {
        .names = {{[I18N_EN] = bw_view_z(name)}},
        .class_ = number ? MEMBER_INDUSTRY : MEMBER_CERT,
        .domain = bw_view_z(domain),
        .sectors = member ? &c->sectors[number % GROUPS] : NULL,
        .n_sectors = member,
    };
    BW_TRY(member_organisation_add(tx, 0, &in, &key, &id, err));
    BW_TRY(add_person(tx, c, key, number, number ? ROLE_ADMIN : ROLE_OPERATOR, err));
    BW_TRY(add_person(tx, c, key, number, number ? ROLE_REPRESENTATIVE : ROLE_ANALYST, err));
    return member ? member_circle_join(tx, 0, c->circles[number % GROUPS], key, err) : BW_OK;
}

static enum bw_rc write_community(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct community *c = arg;
    struct bw_id id;
    c->n = 0; /* it may run twice */
    for (int i = 0; i < GROUPS; i++) {
        BW_TRY(member_group_add(tx, 0, GRANT_SECTOR, &SECTORS[i], &c->sectors[i], &id, err));
        BW_TRY(member_group_add(tx, 0, GRANT_CIRCLE, &CIRCLES[i], &c->circles[i], &id, err));
    }
    for (int i = 0; i <= ORGANISATIONS; i++)
        BW_TRY(add_organisation(tx, c, i, err));
    return BW_OK;
}

static enum bw_rc make_community(struct hub *hub, struct community *c, struct bw_err *err)
{
    const struct crypto_password_cost cost = {(size_t)setting_int(hub->settings,
                                                                  SETTING_PASSWORD_MEMORY),
                                              (unsigned)setting_int(hub->settings,
                                                                    SETTING_PASSWORD_PASSES)};
    c->hub = hub;
    BW_TRY(crypto_password_hash(BW_V(PASSWORD), cost, c->hash, err));
    return db_write(hub->db, write_community, c, err);
}

static enum bw_rc announce(const struct running *r, const struct community *c, struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(64 * 1024);
    struct json_writer w;
    json_w_open(&w, &out);
    json_w_object(&w);
    json_w_kv_int(&w, "port", http_server_port(r->server));
    json_w_kv_z(&w, "password", PASSWORD);
    json_w_key(&w, "people");
    json_w_array(&w);
    for (int i = 0; i < c->n; i++) {
        BW_AUTO_BUF secret = BW_BUF_INIT(256);
        crypto_totp_text(&c->people[i].totp, &secret);
        BW_TRY(bw_buf_rc(&secret, "secret", err));
        json_w_object(&w);
        json_w_kv_z(&w, "name", c->people[i].name);
        json_w_kv_z(&w, "email", c->people[i].email);
        json_w_kv(&w, "totp_secret", bw_buf_text(&secret));
        json_w_kv_z(&w, "api_key", c->people[i].key.text);
        json_w_object_end(&w);
    }
    json_w_array_end(&w);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&out, "answer", err));
    printf("%.*s\n", BW_VF(bw_buf_text(&out)));
    return BW_OK;
}

/* -- commands ---------------------------------------------------------------------------------- */

static enum bw_rc settle(struct running *r, struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO_BUF root = BW_BUF_INIT(128);
    struct merkle m;
    int64_t added_us;
    BW_TRY(running_settle(r, err));
    BW_TRY(db_open(r->hub.db, &db, err));
    BW_TRY(ledger_state_read(db, &m, &added_us, err));
    struct crypto_digest d = merkle_root(&m);
    crypto_hex(crypto_digest_view(&d), &root);
    BW_TRY(bw_buf_rc(&root, "root", err));
    printf("settled %" PRIu64 " %.*s\n", m.n, BW_VF(bw_buf_text(&root)));
    return BW_OK;
}

static enum bw_rc verify(struct running *r, struct bw_err *err)
{
    struct crypto_public_key key = crypto_signer_public(r->hub.signer);
    struct ledger_report report;
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(r->hub.db, &db, err));
        BW_TRY(ledger_verify(db, &key, &report, err));
    }
    BW_TRY(db_integrity(r->hub.db, err));
    printf("verified %" PRId64 " events %" PRId64 " openings %" PRId64 " checkpoints\n",
           report.events, report.openings, report.checkpoints);
    return BW_OK;
}

struct change {
    struct bw_view verb;
    int64_t organisation, circle;
    enum member_state state;
};

static enum bw_rc write_change(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct change *c = arg;
    if (bw_view_is(c->verb, "join"))
        return member_circle_join(tx, 0, c->circle, c->organisation, err);
    if (bw_view_is(c->verb, "leave"))
        return member_circle_leave(tx, 0, c->circle, c->organisation, err);
    return member_organisation_state(tx, 0, c->organisation, c->state, err);
}

static enum bw_rc change(struct running *r, const struct bw_view f[FIELDS_MAX], struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    struct change c = {.verb = f[0]};
    const bool state = bw_view_is(f[0], "state");
    int64_t number = 0;
    if (!arena)
        return bw_fail_memory(err);
    {
        BW_AUTO(db) *db = NULL;
        struct viewer *as;
        BW_TRY(db_open(r->hub.db, &db, err));
        BW_TRY(member_viewer_operator(db, arena, &as, err));
        BW_TRY(
            member_resolve(db, as, GRANT_ORGANISATION, state ? f[1] : f[2], &c.organisation, err));
        if (!state)
            BW_TRY(member_resolve(db, as, GRANT_CIRCLE, f[1], &c.circle, err));
    }
    if (state && (!bw_view_int(f[2], &number) || number < 0 || number > MEMBER_LEFT))
        return bw_fail(err, BW_INVALID, "there is no such state");
    c.state = (enum member_state)number;
    BW_TRY(db_write(r->hub.db, write_change, &c, err));
    puts("done");
    return BW_OK;
}

/* False: quit. A command that fails is answered, too: the other world has to fail in the same way.
 */
static bool obey(struct running *r, struct bw_view line)
{
    struct bw_view f[FIELDS_MAX] = {{NULL, 0}};
    struct bw_err err = {0};
    enum bw_rc rc = BW_OK;
    int64_t us;
    for (size_t i = 0; i < FIELDS_MAX && line.p; i++)
        f[i] = bw_view_split(&line, '\t');
    if (bw_view_is(f[0], "quit"))
        return false;
    if (bw_view_is(f[0], "step") && bw_view_int(f[1], &us)) {
        bw_clock_step(us);
        puts("stepped");
    } else if (bw_view_is(f[0], "settle")) {
        rc = settle(r, &err);
    } else if (bw_view_is(f[0], "verify")) {
        rc = verify(r, &err);
    } else if (bw_view_is(f[0], "join") || bw_view_is(f[0], "leave") || bw_view_is(f[0], "state")) {
        rc = change(r, f, &err);
    } else {
        rc = bw_fail(&err, BW_INVALID, "unknown command");
    }
    if (rc != BW_OK)
        printf("failed %s %s\n", bw_rc_name(rc), err.message);
    if (rc != BW_OK && err.detail[0])
        fprintf(stderr, "world: %s (%s)\n", err.message, err.detail);
    fflush(stdout);
    return true;
}

static enum bw_rc start(struct running *r, const struct app_options *o, uint64_t seed,
                        struct bw_err *err)
{
    struct community c = {.n = 0};
    bw_clock_fix(START_US);
    BW_TRY(app_open(o, &r->hub, err));
    bw_random_fix(seed); /* behind the keys, which the other world may have been given */
    BW_TRY(make_community(&r->hub, &c, err));
    BW_TRY(running_start(r, o->listen, err));
    BW_TRY(running_settle(r, err));
    return announce(r, &c, err);
}

static bool parse_seed(const struct app_options *o, uint64_t *ret)
{
    int64_t v;
    if (o->n_rest != 2 || strcmp(o->rest[0], "--seed") != 0 ||
        !bw_view_int(bw_view_z(o->rest[1]), &v))
        return false;
    *ret = (uint64_t)v;
    return true;
}

int main(int argc, char **argv)
{
    static struct running r = {.by_hand = true};
    struct app_options o;
    struct bw_err err = {0};
    char line[LINE_MAX_BYTES];
    uint64_t seed;
    if (!app_options_parse(argc, argv, "x", &o))
        return 2;
    if (!parse_seed(&o, &seed)) {
        fputs("world: --seed N is missing\n", stderr);
        app_options_done(&o);
        return 2;
    }
    o.create = true;
    o.listen = "127.0.0.1:0";
    signal(SIGPIPE, SIG_IGN);
    bw_log_setup((enum bw_log_level)setting_int(o.settings, SETTING_LOG_LEVEL), BW_LOG_AUTO);
    enum bw_rc rc = start(&r, &o, seed, &err);
    fflush(stdout);
    while (rc == BW_OK && fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (!obey(&r, bw_view_z(line)))
            break;
    }
    running_stop(&r);
    app_options_done(&o);
    return rc == BW_OK ? 0 : app_failed(&err);
}
