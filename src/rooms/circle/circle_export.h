/* SPDX-License-Identifier: Apache-2.0 */
/* circle_export - an organisation takes its own data along: an archive of its items, networks,
 * findings, people, keys (without secrets) and the ledger events of its people. */
#ifndef CIRCLE_EXPORT_H
#define CIRCLE_EXPORT_H

#include "circle_page.h"

/* What VIEWER sees of ORGANISATION's own; mapped bytes, unmap with munmap(). FOLDER: for the
 * unlinked file. */
BW_MUST_CHECK enum bw_rc circle_export_make(struct db *db, const struct viewer *viewer,
                                            int64_t organisation_id, const char *folder,
                                            struct bw_view *ret, struct bw_err *err);
/* What stands behind /{lang}/export?t= : for an organisation that left, until its right ends. */
BW_MUST_CHECK enum bw_rc circle_export_token(struct db *db, const struct crypto_keyring *keyring,
                                             int64_t organisation_id, struct bw_arena *arena,
                                             struct bw_view *ret, int64_t *ret_until_us,
                                             struct bw_err *err);
#define CIRCLE_EXPORT_DOWNLOADS 10
extern const struct ledger_consumer circle_mail_consumer;

#endif
