/* SPDX-License-Identifier: Apache-2.0 */
/* member_watch - rooms above that have to act in the transaction that changes a person or an
 * organisation; see struct member_watcher. Set before the hub listens, read-only from then on. */
#include "member_int.h"

enum { WATCHERS_MAX = 8 };
static const struct member_watcher *watchers[WATCHERS_MAX];
static size_t watchers_n;

void member_watch(const struct member_watcher *watcher)
{
    if (!watcher) {
        watchers_n = 0;
        return;
    }
    for (size_t i = 0; i < watchers_n; i++)
        if (watchers[i] == watcher)
            return;
    BW_ASSERT(watchers_n < WATCHERS_MAX);
    watchers[watchers_n++] = watcher;
}

enum bw_rc member_tell_person_added(struct db_tx *tx, int64_t person_id, int64_t organisation_id,
                                    struct bw_err *err)
{
    for (size_t i = 0; i < watchers_n; i++)
        if (watchers[i]->person_added)
            BW_TRY(watchers[i]->person_added(tx, person_id, organisation_id, err));
    return BW_OK;
}

enum bw_rc member_tell_organisation_added(struct db_tx *tx, int64_t organisation_id,
                                          int64_t actor_id, struct bw_err *err)
{
    for (size_t i = 0; i < watchers_n; i++)
        if (watchers[i]->organisation_added)
            BW_TRY(watchers[i]->organisation_added(tx, organisation_id, actor_id, err));
    return BW_OK;
}

enum bw_rc member_tell_person_erased(struct db_tx *tx, int64_t person_id, struct bw_err *err)
{
    for (size_t i = 0; i < watchers_n; i++)
        if (watchers[i]->person_erased)
            BW_TRY(watchers[i]->person_erased(tx, person_id, err));
    return BW_OK;
}
