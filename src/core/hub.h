/* SPDX-License-Identifier: Apache-2.0 */
/* hub - what one running Breakwater consists of, handed to everything that runs in it.
 *
 * Made by app/, read-only for rooms; each member has its own rules for threads. */
#ifndef HUB_H
#define HUB_H

#include "artifact.h"
#include "job.h"
#include "ledger.h"
#include "mail.h"
#include "setting.h"

/* The schema step of core; comes behind job_migration and before the rooms'. */
extern const struct db_migration core_migration;

struct http_req;

struct hub {
    struct db_engine *db;
    const struct settings *settings;
    struct crypto_keyring *keyring; /* sealing at rest */
    struct crypto_signer *signer;   /* ledger checkpoints */
    struct mail_spool *mail;
    struct job_runner *jobs; /* NULL in tools */
    struct ledger *ledger;   /* NULL in tools */
    const char *data_dir;
    struct bw_view url;   /* "https://hub.example", without a slash at its end */
    struct bw_view build; /* changes with the assets */
    bool secure_cookies;  /* url is https */
    bool any_host;        /* no url is set and the hub listens beyond loopback */
    bool demo;
    /* Set by the room that signs people in, at start: what req_recent() answers. NULL: everybody
     * has (tools, tests). */
    enum bw_rc (*recent)(struct http_req *rq, bool *ret, struct bw_err *err);
};

#endif
