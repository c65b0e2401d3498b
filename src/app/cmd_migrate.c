/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_migrate - `breakwater migrate --to DATABASE`: moves the hub to another database, a file or
 * PostgreSQL, and proves that it arrived: every row is read back (db_copy.h), and the ledger is
 * verified on both sides and has one root. The hub's data folder (keys, mails) stays where it is.
 */
#include "app.h"

#include "crypto_text.h"
#include "db_copy.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static void show(void *arg, const char *table, int64_t rows)
{
    (void)arg;
    if (isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "\r%12" PRId64 " rows, %-24.24s", rows, table);
}

static enum bw_rc root_of(struct db_engine *e, const struct hub *hub, struct ledger_report *ret,
                          struct bw_err *err)
{
    struct crypto_public_key key = crypto_signer_public(hub->signer);
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(e, &db, err));
    return ledger_verify(db, &key, ret, err);
}

static enum bw_rc move(struct hub *hub, struct db_engine *to, struct bw_err *err)
{
    struct db_copied copied[DB_COPIED_MAX];
    size_t n = 0;
    struct ledger_report before, after;
    int64_t rows = 0;
    BW_AUTO_BUF root = BW_BUF_INIT(128);
    BW_TRY(root_of(hub->db, hub, &before, err));
    BW_TRY(db_copy(hub->db, to, &(struct db_copy_options){.progress = show}, copied, &n, err));
    if (isatty(STDERR_FILENO) == 1)
        fputc('\n', stderr);
    BW_TRY(db_integrity(to, err));
    BW_TRY(root_of(to, hub, &after, err));
    if (!bw_view_eq(crypto_digest_view(&before.root), crypto_digest_view(&after.root)))
        return bw_fail(err, BW_BROKEN,
                       "the ledger has another root in the new database: stay with"
                       " the old one and tell the hub's developers");
    for (size_t i = 0; i < n; i++) {
        printf("%-20s %12" PRId64 "\n", copied[i].table, copied[i].rows);
        rows += copied[i].rows;
    }
    crypto_hex(crypto_digest_view(&after.root), &root);
    printf("%zu tables, %" PRId64 " rows, all read back and equal\nledger: %" PRId64
           " events, root %.*s on both\n",
           n, rows, after.events, BW_VF(bw_buf_text(&root)));
    return BW_OK;
}

/* The move is done: what goes wrong here is no reason to call it undone. */
static void settle(const struct hub *hub, struct db_engine *to)
{
    struct bw_err err;
    if (db_analyze(to, &err) != BW_OK)
        fprintf(stderr, "breakwater: %s; the new database is slow at first\n", err.message);
    if (app_moved_mark(hub, to, &err) != BW_OK)
        fprintf(stderr, "breakwater: %s; put the old database aside, so that nobody starts it\n",
                err.message);
}

static void say_how_to_go_on(const struct app_options *o, const char *to)
{
    printf("\nThe hub is in the new database now; the old one is as it was. To use the new one, "
           "put\n\n"
           "    database = %s\n\ninto %s/breakwater.conf and start the hub.\n",
           db_url_is_server(to) ? "(the address that was given behind --to)" : to, o->data_dir);
}

int app_migrate(int argc, char **argv)
{
    struct app_options o;
    struct hub hub = {0};
    struct db_engine *to = NULL;
    struct bw_err err = {0};
    if (!app_options_parse(argc, argv, "x", &o))
        return EXIT_USAGE;
    if (o.n_rest != 2 || strcmp(o.rest[0], "--to") != 0) {
        fprintf(stderr, "breakwater: migrate takes --to and a database (see `breakwater help "
                        "migrate`)\n");
        app_options_done(&o);
        return EXIT_USAGE;
    }
    o.alone = true;
    enum bw_rc rc = app_open(&o, &hub, &err);
    if (rc == BW_OK && db_url_is_of(o.rest[1], hub.db))
        rc = bw_fail(&err, BW_CONFLICT, "the hub is in %s already: there is nothing to move",
                     db_engine_place(hub.db));
    if (rc == BW_OK)
        rc = app_open_database(o.rest[1], &to, &err);
    if (rc == BW_OK)
        rc = move(&hub, to, &err);
    if (rc == BW_OK)
        settle(&hub, to);
    db_engine_close(to);
    app_close(&hub);
    if (rc == BW_OK)
        say_how_to_go_on(&o, o.rest[1]);
    else
        app_failed(&err);
    if (rc != BW_OK)
        fprintf(stderr, "breakwater: the old database is as it was. When the cause is mended, give "
                        "the same command again.\n");
    app_options_done(&o);
    return rc == BW_OK ? 0 : 1;
}
