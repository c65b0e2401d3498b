/* SPDX-License-Identifier: Apache-2.0 */
/* room - where a capability lives. Each room exports one `const struct room`, listed in
 * app/rooms.c; from these tables app/ makes the server, the command line, the migrations and the
 * documentation. */
#ifndef ROOM_H
#define ROOM_H

#include "req.h"

/* A command of the program. ARGV[0] is the command's name. Returns the exit status: 0 done, 1
 * failed (said on stderr), 2 wrong use, 64 reserved for a later release. */
struct command {
    const char *name, *usage; /* "import", "[--data DIR] FILE..." */
    const char *summary;      /* one line */
    const char *help;         /* paragraphs; may be NULL */
    int (*run)(int argc, char **argv);
};

struct room {
    const char *name;
    const struct db_migration *migrations;
    size_t n_migrations;
    const struct http_route *routes;
    size_t n_routes;
    const struct ledger_consumer *const *consumers;
    size_t n_consumers;
    const struct job_kind *jobs;
    size_t n_jobs;
    const struct command *commands;
    size_t n_commands;
    /* After the database is open, before the server listens; and after it stopped. May be NULL. */
    enum bw_rc (*start)(struct hub *hub, struct bw_err *err);
    void (*stop)(struct hub *hub);
};

#endif
