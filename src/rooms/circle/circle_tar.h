/* SPDX-License-Identifier: Apache-2.0 */
/* circle_tar - a tar archive (POSIX.1-1988 ustar) written to an unlinked file, member by member.
 *
 * Why a file: what an organisation takes along has no limit, memory has; the answer is the mapped
 * file. One member is open at a time; its size is written into its header when it ends. Threads:
 * one. */
#ifndef CIRCLE_TAR_H
#define CIRCLE_TAR_H

#include "bw_buf.h"
#include "bw_err.h"

struct circle_tar {
    int fd; /* -1: closed */
    int64_t size, member_at, member_size, time_us;
    char name[100];
    struct bw_buf pending; /* of the open member, not written yet */
};
#define CIRCLE_TAR_PENDING (256 << 10)

/* In FOLDER; NULL: where temporary files go. */
BW_MUST_CHECK enum bw_rc circle_tar_open(const char *folder, int64_t time_us,
                                         struct circle_tar *ret, struct bw_err *err);
void circle_tar_done(struct circle_tar *t);
BW_MUST_CHECK enum bw_rc circle_tar_member(struct circle_tar *t, const char *name,
                                           struct bw_err *err);
/* What stands in t->pending goes to the file once it is large. Call it after each row. */
BW_MUST_CHECK enum bw_rc circle_tar_row(struct circle_tar *t, struct bw_err *err);
BW_MUST_CHECK enum bw_rc circle_tar_member_end(struct circle_tar *t, struct bw_err *err);
/* The whole archive, mapped; unmap with munmap(). The file is closed. */
BW_MUST_CHECK enum bw_rc circle_tar_end(struct circle_tar *t, struct bw_view *ret,
                                        struct bw_err *err);
/* One cell of CSV; not the first one: a comma before it. Formulas are defused (security.md). */
void circle_csv_cell(struct bw_buf *out, struct bw_view text, bool first);
void circle_csv_row_end(struct bw_buf *out);

#endif
