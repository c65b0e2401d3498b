/* SPDX-License-Identifier: Apache-2.0 */
/* keys - the keys in the data folder and the hub in the database belong together.
 *
 * They lie apart, so that a copy of the one is not a copy of the other, and so the wrong ones can
 * come together: a folder that was made anew, half of a backup. Keys that are made then would go
 * unnoticed until somebody signs in or verifies the ledger, and what is written meanwhile has them.
 * So keys are made only where the database holds nothing, and are tried on what it holds. */
#include "app.h"

#include "bw_log.h"
#include "member.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };
enum { SEAL, SIGN, KEYS };

static const char *const FILES[KEYS] = {[SEAL] = "seal.key", [SIGN] = "ledger.key"};
static bool made[KEYS];

static const char *path_of(const struct hub *hub, const char *name, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%s/keys%s%s", hub->data_dir, name[0] ? "/" : "", name);
    return out;
}

/* Nothing is written to a hub without an event. */
static enum bw_rc holds_hub(struct db_engine *e, bool *ret, struct bw_err *err)
{
    int64_t events;
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(e, &db, err));
    BW_TRY(ledger_next(db, &events, err));
    *ret = events > 0;
    return BW_OK;
}

static enum bw_rc look(const struct hub *hub, bool filled, struct bw_err *err)
{
    for (size_t i = 0; i < KEYS; i++) {
        char path[PATH_BYTES];
        made[i] = access(path_of(hub, FILES[i], path), F_OK) != 0 && errno == ENOENT;
        if (made[i] && filled) {
            made[i] = false;
            return bw_fail(err, BW_INVALID,
                           "%s is missing, and the database holds a hub that has its keys already:"
                           " copy the folder keys/ here from the hub's old data folder or from its"
                           " backup",
                           path);
        }
    }
    return BW_OK;
}

static enum bw_rc not_its_key(const struct hub *hub, const char *name, const char *why,
                              struct bw_err *err)
{
    char path[PATH_BYTES];
    return bw_fail(err, BW_INVALID,
                   "%s is not the key of the hub in the database: %s; copy the folder keys/ here"
                   " from that hub's data folder or from its backup",
                   path_of(hub, name, path), why);
}

static enum bw_rc try_them(const struct hub *hub, struct bw_err *err)
{
    const struct crypto_public_key key = crypto_signer_public(hub->signer);
    bool fits;
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(hub->db, &db, err));
    BW_TRY(ledger_signed_with(db, &key, &fits, err));
    if (!fits)
        return not_its_key(hub, FILES[SIGN], "another one signed its ledger", err);
    BW_TRY(member_sealed_with(db, hub->keyring, &fits, err));
    return fits ? BW_OK
                : not_its_key(hub, FILES[SEAL], "it does not open what is sealed there", err);
}

enum bw_rc app_keys_open(const struct app_options *o, struct hub *hub, struct bw_err *err)
{
    char path[PATH_BYTES];
    bool filled;
    BW_TRY(holds_hub(hub->db, &filled, err));
    BW_TRY(look(hub, filled, err));
    BW_TRY(crypto_keyring_load(path_of(hub, FILES[SEAL], path), &hub->keyring, err));
    BW_TRY(crypto_signer_load(path_of(hub, FILES[SIGN], path), &hub->signer, err));
    return filled && !o->verifies ? try_them(hub, err) : BW_OK;
}

/* Where it is not known whether something was written, they stay. */
void app_keys_forget(const struct hub *hub)
{
    char path[PATH_BYTES];
    struct bw_err ignored;
    bool filled = true;
    if (!hub->db || !(made[SEAL] || made[SIGN]) || holds_hub(hub->db, &filled, &ignored) != BW_OK ||
        filled)
        return;
    for (size_t i = 0; i < KEYS; i++)
        if (made[i])
            unlink(path_of(hub, FILES[i], path));
    rmdir(path_of(hub, "", path)); /* others' files keep it */
    made[SEAL] = made[SIGN] = false;
}

enum bw_rc app_keys_bind(const struct hub *hub, struct bw_err *err)
{
    struct ledger_checkpoint c;
    return ledger_sign(hub->db, hub->signer, &c, err);
}
