/* SPDX-License-Identifier: Apache-2.0 */
/* app - puts the rooms together: the table of rooms, opening a hub's data folder, serving,
 * commands. */
#ifndef APP_H
#define APP_H

#include "room.h"

extern const struct room *const app_rooms[];
extern const size_t app_rooms_n;
extern const struct command app_commands[]; /* the program's own; rooms add theirs */
extern const size_t app_commands_n;

/* Every route of the program: the rooms' and the assets'. Made once; never freed. */
const struct http_route *app_routes(size_t *ret_n);

/* What is common to all commands, taken out of ARGV: --data DIR, --database URL, --set name=value,
 * --config FILE. */
struct app_options {
    const char *data_dir;    /* "./data" */
    const char *config;      /* NULL: DIR/breakwater.conf */
    const char *listen;      /* serve only */
    char database_from[512]; /* where the database's address is set, for messages */
    bool demo, create, read_only;
    bool alone;    /* BW_CONFLICT where another process has the folder so (serve, migrate) */
    bool present;  /* not a database that the hub has left: BW_CONFLICT (serve, import, init) */
    bool verifies; /* says itself which key has not signed what (ledger verify) */
    struct settings *settings; /* defaults, file, environment, --set */
    char **rest;               /* what is left of the arguments */
    int n_rest;
};
/* False: said on stderr what is wrong with the arguments. ALLOWED: letters of the options that the
 * command takes besides these: 'l' --listen, 'd' --demo. */
bool app_options_parse(int argc, char **argv, const char *allowed, struct app_options *ret);
void app_options_done(struct app_options *o);

/* Opens the data folder. BW_NOT_FOUND: there is no hub in it (unless o->create). One hub a process.
 */
BW_MUST_CHECK enum bw_rc app_open(const struct app_options *o, struct hub *ret, struct bw_err *err);
void app_close(struct hub *hub);

/* The keys of HUB's folder (keys.c). They are made where the database holds no hub yet; where it
 * does, they must be those of that hub: BW_INVALID. app_keys_forget() removes those that this
 * process made, as long as nothing has been written with them: for what fails behind app_open().
 * app_keys_bind() signs the ledger for the first time, by which the keys are known from then on. */
BW_MUST_CHECK enum bw_rc app_keys_open(const struct app_options *o, struct hub *hub,
                                       struct bw_err *err);
void app_keys_forget(const struct hub *hub);
BW_MUST_CHECK enum bw_rc app_keys_bind(const struct hub *hub, struct bw_err *err);

/* Opens a further database with the hub's schema, alone, and makes it where it is new (migrate). */
BW_MUST_CHECK enum bw_rc app_open_database(const char *url, struct db_engine **ret,
                                           struct bw_err *err);

/* DIR/moved-to. _mark(): the hub is in TO now. _check(): BW_CONFLICT where it has left hub->db. */
BW_MUST_CHECK enum bw_rc app_moved_mark(const struct hub *hub, struct db_engine *to,
                                        struct bw_err *err);
BW_MUST_CHECK enum bw_rc app_moved_check(const struct hub *hub, struct bw_err *err);

/* `breakwater migrate`. */
int app_migrate(int argc, char **argv);
/* `breakwater serve`. */
int app_serve(int argc, char **argv);
/* `breakwater import`. */
int app_import(int argc, char **argv);

/* Fills an empty hub with the demo community and writes DIR/demo.json; on a filled one it does
 * nothing. */
BW_MUST_CHECK enum bw_rc demo_fill(struct hub *hub, const char *url, struct bw_err *err);

/* demo.json: the sign-ins of the personas, mode 0600. demo_there(): BW_CONFLICT without it, the hub
 * is another one then. demo_write() replaces it; demo_announce()
 * prints the sign-ins and puts the address into it under which the hub is reached now. */
BW_MUST_CHECK enum bw_rc demo_there(const struct hub *hub, struct bw_err *err);
BW_MUST_CHECK enum bw_rc demo_write(const struct hub *hub, struct bw_view json, struct bw_err *err);
BW_MUST_CHECK enum bw_rc demo_announce(const struct hub *hub, const char *url, struct bw_err *err);

/* Prints "breakwater: message" and returns the exit status 1. */
int app_failed(const struct bw_err *err);

#endif
