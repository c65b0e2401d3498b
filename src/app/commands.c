/* SPDX-License-Identifier: Apache-2.0 */
/* commands - the program's own commands: everything that belongs to no room. */
#include "app.h"

#include "bw_clock.h"
#include "crypto_text.h"
#include "member.h"
#include "ops.h"

#include <inttypes.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_RESERVED = 64 };

/* -- init -------------------------------------------------------------------------------------- */

static bool read_line(const char *prompt, bool hidden, char *out, size_t size)
{
    struct termios was, quiet;
    bool terminal = isatty(STDIN_FILENO) == 1;
    if (terminal) {
        fputs(prompt, stderr);
        if (hidden && tcgetattr(STDIN_FILENO, &was) == 0) {
            quiet = was;
            quiet.c_lflag &= ~(tcflag_t)ECHO;
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
        }
    }
    bool ok = fgets(out, (int)size, stdin) != NULL;
    if (terminal && hidden) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
        fputc('\n', stderr);
    }
    if (ok)
        out[strcspn(out, "\r\n")] = '\0';
    return ok;
}

struct first {
    struct hub *hub;
    char organisation[256], name[256], email[256], password[256];
    char hash[CRYPTO_PASSWORD_TEXT_MAX];
};

static bool ask(struct first *f)
{
    return read_line("Name of the operating organisation: ", false, f->organisation,
                     sizeof(f->organisation)) &&
           read_line("Your name: ", false, f->name, sizeof(f->name)) &&
           read_line("Your e-mail address: ", false, f->email, sizeof(f->email)) &&
           read_line("Password: ", true, f->password, sizeof(f->password));
}

static enum bw_rc write_first(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct first *f = arg;
    struct bw_id id;
    int64_t organisation, person;
    const struct member_organisation_in org = {.names = {{bw_view_z(f->organisation)}},
                                               .class_ = MEMBER_CERT};
    BW_TRY(member_organisation_add(tx, 0, &org, &organisation, &id, err));
    BW_TRY(ops_body_add(tx, 0, organisation, BW_V("init"), err));
    const struct member_person_in in = {
        .organisation_id = organisation,
        .name = bw_view_z(f->name),
        .email = bw_view_z(f->email),
        .role = ROLE_OPERATOR,
        .password_hash = bw_view_z(f->hash),
    };
    return member_person_add(tx, f->hub->keyring, 0, &in, &person, &id, err);
}

static enum bw_rc init_hub(struct hub *hub, struct first *f, struct bw_err *err)
{
    int64_t events, shortest = setting_int(hub->settings, SETTING_PASSWORD_LENGTH);
    const struct crypto_password_cost cost = {(size_t)setting_int(hub->settings,
                                                                  SETTING_PASSWORD_MEMORY),
                                              (unsigned)setting_int(hub->settings,
                                                                    SETTING_PASSWORD_PASSES)};
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(hub->db, &db, err));
        BW_TRY(ledger_next(db, &events, err));
    }
    if (events > 0)
        return bw_fail(err, BW_CONFLICT, "%s holds a hub already: nothing was changed",
                       db_engine_place(hub->db));
    if (!ask(f))
        return bw_fail(err, BW_INVALID,
                       "init needs four lines: organisation, name, e-mail, password");
    if (!mail_address_valid(bw_view_z(f->email)))
        return bw_fail(err, BW_INVALID, "\"%s\" is not an e-mail address", f->email);
    if ((int64_t)strlen(f->password) < shortest)
        return bw_fail(err, BW_INVALID, "the password needs at least %" PRId64 " characters",
                       shortest);
    BW_TRY(crypto_password_hash(bw_view_z(f->password), cost, f->hash, err));
    f->hub = hub;
    return db_write(hub->db, write_first, f, err);
}

static int run_init(int argc, char **argv)
{
    struct app_options o;
    struct hub hub;
    struct first f = {0};
    struct bw_err err = {0};
    if (!app_options_parse(argc, argv, "", &o))
        return EXIT_USAGE;
    o.create = o.alone = o.present = true;
    enum bw_rc rc = app_open(&o, &hub, &err);
    if (rc == BW_OK) {
        rc = init_hub(&hub, &f, &err);
        crypto_wipe(f.password, sizeof(f.password));
        if (rc == BW_OK)
            rc = app_keys_bind(&hub, &err);
        else
            app_keys_forget(&hub);
        app_close(&hub);
    }
    if (rc == BW_OK && setting_text(o.settings, SETTING_DATABASE).n)
        printf("Put the database's address into %s/breakwater.conf (database = ...), so that every"
               " command finds it.\n",
               o.data_dir);
    if (rc == BW_OK)
        printf(
            "The hub in %s is ready. Start it with `breakwater serve --data %s` and sign in as %s;"
            " the second step is set up then.\n",
            o.data_dir, o.data_dir, f.email);
    app_options_done(&o);
    return rc == BW_OK ? 0 : app_failed(&err);
}

/* -- ledger ------------------------------------------------------------------------------------ */

static enum bw_rc verify(struct hub *hub, struct bw_err *err)
{
    struct crypto_public_key key = crypto_signer_public(hub->signer);
    struct ledger_report r;
    BW_AUTO_BUF root = BW_BUF_INIT(128);
    BW_AUTO_BUF public = BW_BUF_INIT(128);
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(hub->db, &db, err));
    BW_TRY(ledger_verify(db, &key, &r, err));
    crypto_hex(crypto_digest_view(&r.root), &root);
    crypto_hex(bw_view_of((const char *)key.b, sizeof(key.b)), &public);
    printf("ledger: %" PRId64 " events, %" PRId64 " openings, %" PRId64 " erased, %" PRId64
           " checkpoints: all fit\nroot %.*s\nkey  %.*s\n",
           r.events, r.openings, r.erased, r.checkpoints, BW_VF(bw_buf_text(&root)),
           BW_VF(bw_buf_text(&public)));
    return BW_OK;
}

static int run_ledger(int argc, char **argv)
{
    struct app_options o;
    struct hub hub;
    struct bw_err err = {0};
    if (!app_options_parse(argc, argv, "", &o))
        return EXIT_USAGE;
    if (o.n_rest != 1 || strcmp(o.rest[0], "verify") != 0) {
        fprintf(stderr, "breakwater: ledger takes one word: verify\n");
        app_options_done(&o);
        return EXIT_USAGE;
    }
    o.verifies = true;
    enum bw_rc rc = app_open(&o, &hub, &err);
    if (rc == BW_OK) {
        rc = verify(&hub, &err);
        if (rc == BW_OK)
            rc = db_integrity(hub.db, &err);
        app_close(&hub);
    }
    app_options_done(&o);
    return rc == BW_OK ? 0 : app_failed(&err);
}

/* -- statistics -------------------------------------------------------------------------------- */

static int run_statistics(int argc, char **argv)
{
    struct app_options o;
    struct hub hub;
    struct bw_err err = {0};
    if (!app_options_parse(argc, argv, "", &o))
        return EXIT_USAGE;
    if (o.n_rest != 1 || strcmp(o.rest[0], "rebuild") != 0) {
        fprintf(stderr, "breakwater: statistics takes one word: rebuild\n");
        app_options_done(&o);
        return EXIT_USAGE;
    }
    enum bw_rc rc = app_open(&o, &hub, &err);
    if (rc == BW_OK) {
        rc = ops_statistics_rebuild(&hub, &err);
        app_close(&hub);
    }
    app_options_done(&o);
    return rc == BW_OK ? 0 : app_failed(&err);
}

/* -- config, routes ---------------------------------------------------------------------------- */

static int run_config(int argc, char **argv)
{
    struct app_options o;
    if (!app_options_parse(argc, argv, "", &o))
        return EXIT_USAGE;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting_row *row = &setting_table[i];
        bool number = row->type == SETTING_INT || row->type == SETTING_FLAG;
        printf("# %s", row->text);
        if (row->type == SETTING_INT)
            printf(" (%" PRId64 " to %" PRId64 "%s%s)", row->min, row->max, row->unit[0] ? " " : "",
                   row->unit);
        bool hidden = row->type == SETTING_SECRET && setting_text(o.settings, (enum setting)i).n;
        /* A line that would be read back must not hold another value than the one that is set. */
        printf("\n%s%s = ", hidden ? "# " : "", row->name);
        if (row->type == SETTING_FLAG)
            printf("%s\n\n", setting_int(o.settings, (enum setting)i) ? "yes" : "no");
        else if (number)
            printf("%" PRId64 "\n\n", setting_int(o.settings, (enum setting)i));
        else if (hidden)
            printf("... is set, and not shown\n\n");
        else
            printf("%.*s\n\n", BW_VF(setting_text(o.settings, (enum setting)i)));
    }
    app_options_done(&o);
    return 0;
}

/* name:kind:places:required:min:max of each parameter; tests make valid requests from it. */
static void print_params(const struct http_route *route)
{
    static const char *const kinds[] = {"text", "int", "id", "word", "flag", "file"};
    for (size_t i = 0; i < route->n_params; i++) {
        const struct http_param *p = &route->params[i];
        unsigned in = http_param_in(route, p);
        printf("%s%s:%s:%s%s%s:%s:%" PRId64 ":%" PRId64, i ? " " : "", p->name, kinds[p->kind],
               in & HTTP_IN_PATH ? "p" : "", in & HTTP_IN_QUERY ? "q" : "",
               in & HTTP_IN_FORM ? "f" : "", p->flags & HTTP_REQUIRED ? "required" : "", p->min,
               p->max);
    }
}

static int run_routes(int argc, char **argv)
{
    static const char *const faces[] = {"page", "api", "taxii", "asset", "stream"};
    static const char *const places[] = {"loop", "worker", "slow", "reader"};
    size_t n;
    const struct http_route *routes = app_routes(&n);
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < n; i++) {
        const struct http_route *r = &routes[i];
        printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t", http_method_name(r->method), r->path, faces[r->face],
               places[r->place], permission_table[r->permission].name, r->types ? r->types : "",
               r->summary);
        print_params(r);
        putchar('\n');
    }
    return 0;
}

static int run_reserved(int argc, char **argv)
{
    (void)argc;
    fprintf(stderr, "breakwater: \"%s\" comes with a later release\n", argv[0]);
    return EXIT_RESERVED;
}

const struct command app_commands[] = {
    {"serve", "[--data DIR] [--database URL] [--listen ADDR:PORT] [--demo]", "run the hub",
     "Listens on 127.0.0.1:8080 unless told otherwise; put nginx or Caddy in front for TLS.\n"
     "--demo fills an empty folder with an invented community and writes DIR/demo.json with "
     "sign-ins.\n"
     "SIGTERM stops it cleanly.",
     app_serve},
    {"import", "[--data DIR] [--database URL] [--as EMAIL] [--name NAME] [--tlp LABEL] FILE...",
     "import STIX 2.1, reports as CSV and plain lists",
     "What a file is, is told by its contents; the name of a report (scan_rdp.csv) says its kind "
     "where\n"
     "the header alone leaves a doubt. Imports as the person with the e-mail address EMAIL, else "
     "as the\n"
     "hub's first operator. LABEL is for what carries none: clear, green, amber, amber+strict.\n"
     "The same file again changes nothing. Exit status 1: nothing could be taken of a file.",
     app_import},
    {"init", "[--data DIR] [--database URL]", "make an empty hub with one operator",
     "Asks for organisation, name, e-mail address and password (four lines; a terminal hides the "
     "last).",
     run_init},
    {"ledger", "verify [--data DIR] [--database URL]",
     "check the ledger, its signatures and the database",
     "Recomputes every leaf, opening and checkpoint from the stored rows.", run_ledger},
    {"statistics", "rebuild [--data DIR] [--database URL]",
     "count the figures of the statistics page anew",
     "Throws away what was counted and counts from the ledger's beginning.", run_statistics},
    {"migrate", "--to DATABASE [--data DIR] [--database FROM]",
     "move the hub to another database, a server or a file",
     "DATABASE is postgresql://user:password@host/name, or the path of a new file. Stop the hub "
     "first.\n"
     "All rows are read back and the ledger is verified on both sides; the old database is only "
     "read.\n"
     "Whatever breaks it off, the new database stays empty: give the same command again.",
     app_migrate},
    {"config", "[--data DIR] [--set name=value]", "print the settings as a configuration file",
     NULL, run_config},
    {"routes", "", "print the route table (tab separated)", NULL, run_routes},
    {"match", "--networks FILE --events FILE [--out FILE] [--threads N]",
     "match events with networks (later release)", NULL, run_reserved},
    {"hunt", "--indicators FILE LOG...", "look for indicators in logs (later release)", NULL,
     run_reserved},
};
const size_t app_commands_n = BW_COUNT(app_commands);
