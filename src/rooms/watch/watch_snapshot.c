/* SPDX-License-Identifier: Apache-2.0 */
/* watch_snapshot - keeps the match snapshot of the open database; see watch_match.h. One slot, as
 * one process has one hub; a second database (tests) simply replaces it. */
#include "watch_match.h"

#include "viewer.h"

#include <pthread.h>

static struct {
    pthread_mutex_t lock;
    const struct db_engine *engine; /* only compared */
    struct watch_match *match;
} slot = {.lock = PTHREAD_MUTEX_INITIALIZER};

enum { CLAIMS_FIRST = 256 };

enum bw_rc watch_match_version_read(struct db *db, int64_t *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT version FROM network_version WHERE id = 1", &st, err));
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc read_claim(const struct db_stmt *st, struct watch_claim *ret, struct bw_err *err)
{
    struct bw_view address = db_bytes(st, 2);
    int64_t bits = db_int(st, 3);
    if (address.n != sizeof(ret->prefix.first.b) || bits < 0 || bits > 128)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "network %ld: block",
                              (long)db_int(st, 0));
    *ret = (struct watch_claim){.network_id = db_int(st, 0),
                                .organisation_id = db_int(st, 1),
                                .verified = db_int(st, 4) == 1};
    memcpy(ret->prefix.first.b, address.p, address.n);
    ret->prefix.bits = (uint8_t)bits;
    return BW_OK;
}

static enum bw_rc make(struct db *db, int64_t version, struct watch_match **ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO_HEAP struct watch_claim *claims = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer_system("matching looks at all claims; disclosure is decided after"),
                    "SELECT id, organisation_id, address, bits, state FROM v_network"
                    " WHERE state <> 2",
                    &st, err));
    while ((rc = db_row(st, err)) == BW_OK) {
        if (n == room) {
            room = room ? room * 2 : CLAIMS_FIRST;
            struct watch_claim *larger = realloc(claims, room * sizeof(*claims));
            if (!larger)
                return bw_fail_memory(err);
            claims = larger;
        }
        BW_TRY(read_claim(st, &claims[n++], err));
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    return watch_match_new(claims, n, version, ret, err);
}

static struct watch_match *kept(const struct db_engine *engine, int64_t version)
{
    struct watch_match *m = NULL;
    pthread_mutex_lock(&slot.lock);
    if (slot.match && slot.engine == engine && watch_match_version(slot.match) == version)
        m = watch_match_ref(slot.match);
    pthread_mutex_unlock(&slot.lock);
    return m;
}

/* A snapshot that was made meanwhile from a later version stays. */
static void keep(const struct db_engine *engine, struct watch_match *m)
{
    struct watch_match *old = NULL;
    pthread_mutex_lock(&slot.lock);
    if (!slot.match || slot.engine != engine ||
        watch_match_version(slot.match) < watch_match_version(m)) {
        old = slot.match;
        slot.engine = engine;
        slot.match = watch_match_ref(m);
    }
    pthread_mutex_unlock(&slot.lock);
    watch_match_unref(old);
}

enum bw_rc watch_match_hold(struct db *db, struct watch_match **ret, struct bw_err *err)
{
    const struct db_engine *engine = db_engine_of(db);
    struct watch_match *m;
    int64_t version;
    BW_TRY(watch_match_version_read(db, &version, err));
    m = kept(engine, version);
    if (!m) {
        BW_TRY(make(db, version, &m, err));
        if (!db_in_tx(db)) /* inside one it may still be rolled back */
            keep(engine, m);
    }
    *ret = m;
    return BW_OK;
}

void watch_match_forget(void)
{
    pthread_mutex_lock(&slot.lock);
    struct watch_match *old = slot.match;
    slot.match = NULL;
    slot.engine = NULL;
    pthread_mutex_unlock(&slot.lock);
    watch_match_unref(old);
}
