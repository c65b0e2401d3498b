/* SPDX-License-Identifier: Apache-2.0 */
/* open - from a data folder to a hub: keys, database with all migrations, mail spool.
 *
 *     DIR/breakwater.db      everything but the keys
 *     DIR/keys/seal.key      sealing at rest, mode 0600
 *     DIR/keys/ledger.key    signs the ledger's checkpoints, mode 0600
 *     DIR/mail/              the spool
 *     DIR/spool/             bodies of large requests while they are read; unlinked files
 *     DIR/breakwater.conf    settings
 *     DIR/moved-to           which databases the hub has left */
#include "app.h"
#include "assets.h"

#include "bw_log.h"
#include "terms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, MIGRATIONS_MAX = 200 };

static struct {
    char path[PATH_BYTES], url[512];
    struct db_migration migrations[MIGRATIONS_MAX];
    size_t n;
} opened;

static int by_number(const void *a, const void *b)
{
    const struct db_migration *x = a, *y = b;
    return x->number - y->number;
}

static void gather_migrations(void)
{
    const struct db_migration ground[] = {job_migration, core_migration};
    opened.n = 0;
    for (size_t i = 0; i < BW_COUNT(ground); i++)
        opened.migrations[opened.n++] = ground[i];
    for (size_t i = 0; i < app_rooms_n; i++)
        for (size_t j = 0; j < app_rooms[i]->n_migrations; j++) {
            BW_ASSERT(opened.n < MIGRATIONS_MAX);
            opened.migrations[opened.n++] = app_rooms[i]->migrations[j];
        }
    qsort(opened.migrations, opened.n, sizeof(opened.migrations[0]), by_number);
    for (size_t i = 1; i < opened.n; i++)
        BW_ASSERT(opened.migrations[i].number != opened.migrations[i - 1].number);
}

static const char *in_dir(const char *dir, const char *name)
{
    int n = snprintf(opened.path, sizeof(opened.path), "%s/%s", dir, name);
    BW_ASSERT(n > 0);
    return opened.path;
}

static enum bw_rc make_dir(const char *path, struct bw_err *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return bw_fail_errno(err, path);
    return BW_OK;
}

static enum bw_rc make_dirs(const char *dir, struct bw_err *err)
{
    BW_TRY(make_dir(dir, err));
    return make_dir(in_dir(dir, "spool"), err);
}

/* One hub serves a data folder, and none while it is being moved. Held until the process ends,
 * however it does. */
static enum bw_rc hold(const char *dir, struct bw_err *err)
{
    const char *path = in_dir(dir, "hub.lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && errno == ENOENT)
        return BW_OK; /* no folder: what is missing is said where it is looked for */
    if (fd < 0)
        return bw_fail_errno(err, path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return BW_OK;
    close(fd);
    return bw_fail(err, BW_CONFLICT, "a hub is running on %s: stop it first", dir);
}

static struct db_options database(const char *url)
{
    gather_migrations();
    return (struct db_options){
        .url = url,
        .reach = viewer_reach,
        .reach_list = viewer_reach_list,
        .codes = viewer_codes,
        .grants = VIEWER_GRANTS,
        .migrations = opened.migrations,
        .n_migrations = opened.n,
    };
}

enum bw_rc app_open_database(const char *url, struct db_engine **ret, struct bw_err *err)
{
    struct db_options db = database(url);
    db.alone = true;
    return db_engine_open(&db, ret, err);
}

static enum bw_rc address_is_set(const struct app_options *o, enum bw_rc rc, struct bw_err *err)
{
    const struct bw_err why = *err;
    bw_fail(err, rc, "%s; the address is set by %s", why.message, o->database_from);
    memcpy(err->detail, why.detail, sizeof(err->detail));
    return rc;
}

static enum bw_rc open_database(const struct app_options *o, struct hub *hub, struct bw_err *err)
{
    struct bw_view set = setting_text(o->settings, SETTING_DATABASE);
    struct db_options db = database(set.n ? set.p : in_dir(o->data_dir, "breakwater.db"));
    db.read_only = o->read_only;
    db.existing = !o->create;
    db.alone = o->alone;
    enum bw_rc rc = db_engine_open(&db, &hub->db, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc,
                       "there is no hub in %s: start with `breakwater init`, or "
                       "`breakwater serve --demo`",
                       set.n ? "that database" : o->data_dir);
    if (set.n && (rc == BW_IO || rc == BW_INVALID))
        return address_is_set(o, rc, err);
    BW_TRY(rc);
    ledger_attach(hub->db);
    return BW_OK;
}

static void set_url(const struct app_options *o, struct hub *hub)
{
    struct bw_view url = setting_text(o->settings, SETTING_URL);
    const char *listen = o->listen ? o->listen : "127.0.0.1:8080";
    while (url.n && url.p[url.n - 1] == '/')
        url.n--;
    int n = url.n ? snprintf(opened.url, sizeof(opened.url), "%.*s", BW_VF(url))
                  : snprintf(opened.url, sizeof(opened.url), "http://%s", listen);
    BW_ASSERT(n > 0);
    hub->url = bw_view_z(opened.url);
    hub->secure_cookies = bw_view_starts(hub->url, BW_V("https://"));
    hub->any_host =
        url.n == 0 && strncmp(listen, "127.", 4) != 0 && strncmp(listen, "[::1]", 5) != 0;
}

enum bw_rc app_open(const struct app_options *o, struct hub *ret, struct bw_err *err)
{
    struct hub hub = {.settings = o->settings, .data_dir = o->data_dir, .demo = o->demo};
    enum bw_rc rc = crypto_init(err);
    if (rc == BW_OK && o->create)
        rc = make_dirs(o->data_dir, err);
    if (rc == BW_OK && o->alone)
        rc = hold(o->data_dir, err);
    if (rc == BW_OK)
        rc = open_database(o, &hub, err);
    if (rc == BW_OK && o->present)
        rc = app_moved_check(&hub, err);
    if (rc == BW_OK)
        rc = app_keys_open(o, &hub, err);
    if (rc == BW_OK)
        rc = mail_spool_open(in_dir(o->data_dir, "mail"), &hub.mail, err);
    if (rc == BW_OK && o->alone) /* a command beside a running hub must not take its mails away */
        rc = mail_spool_recover(hub.mail, err);
    if (rc != BW_OK) {
        app_keys_forget(&hub);
        app_close(&hub);
        return rc;
    }
    set_url(o, &hub);
    terms_attach(hub.settings);
    hub.build = bw_view_z(asset_build);
    *ret = hub;
    return BW_OK;
}

void app_close(struct hub *hub)
{
    db_engine_close(hub->db);
    mail_spool_free(hub->mail);
    crypto_signer_free(hub->signer);
    crypto_keyring_free(hub->keyring);
    *hub = (struct hub){0};
}
