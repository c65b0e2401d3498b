/* SPDX-License-Identifier: Apache-2.0 */
/* signin_erase - what goes with a person who is erased: keys, codes and browsers. Their sessions
 * are gone by then (member_erase), and with them what stands beside a session. */
#include "signin_int.h"

static enum bw_rc drop(struct db_stmt *st, int64_t person_id, struct bw_err *err)
{
    db_bind_int(st, 1, person_id);
    return db_post(st, err);
}

enum bw_rc signin_erase(struct db_tx *tx, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *passkeys = NULL;
    BW_AUTO(db_stmt) *codes = NULL;
    BW_AUTO(db_stmt) *devices = NULL;
    BW_TRY(db_change(tx, "DELETE FROM passkey WHERE person_id = ?1", &passkeys, err));
    BW_TRY(drop(passkeys, person_id, err));
    BW_TRY(db_change(tx, "DELETE FROM recovery_code WHERE person_id = ?1", &codes, err));
    BW_TRY(drop(codes, person_id, err));
    BW_TRY(db_change(tx, "DELETE FROM device WHERE person_id = ?1", &devices, err));
    return drop(devices, person_id, err);
}
