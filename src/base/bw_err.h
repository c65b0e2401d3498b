/* SPDX-License-Identifier: Apache-2.0 */
/* bw_err - how a function says that it could not do what was asked.
 *
 * What can fail returns enum bw_rc and fills the caller's struct bw_err. The message is for the
 * person who asked: what was wrong, where, what to do; no secrets, no names of tables. The detail
 * is for the log only. Only the edge (HTTP, command line, job) maps rc to a status and logs, once.
 * A broken invariant is no error: BW_ASSERT. */
#ifndef BW_ERR_H
#define BW_ERR_H

#include "bw_macro.h"
#include <stdarg.h>

enum bw_rc {
    BW_OK = 0,
    BW_NOT_FOUND,   /* not there, or not there for this viewer: 404                               */
    BW_INVALID,     /* the input is wrong: 400                                                    */
    BW_LIMIT,       /* larger, deeper or more than allowed: 413                                   */
    BW_UNSIGNED,    /* needs signing in: 401                                                      */
    BW_DENIED,      /* signed in, visible, but not allowed: 403                                   */
    BW_CONFLICT,    /* the state moved or the thing is there already: 409                         */
    BW_BUSY,        /* try again soon: 429                                                        */
    BW_UNSUPPORTED, /* a form we do not take (media type, version): 415                           */
    BW_RESERVED,    /* a name kept for a later release: 501, exit status 64                       */
    BW_MEMORY,      /* out of memory: 503                                                         */
    BW_IO,          /* disk, network, peer: 503                                                   */
    BW_BROKEN,      /* our own data does not make sense: 500                                      */
};

struct bw_err {
    enum bw_rc rc;
    char message[384]; /* to the person who asked; UTF-8 */
    char detail[384];  /* to the log only; may be empty */
};

/* Fill *err (may be NULL) and return rc, so that callers write `return bw_fail(err, BW_INVALID,
 * ...)`. Text that does not fit is cut at a code point; malformed UTF-8 and control characters (but
 * line ends and tabs) become '?'. The arguments may point into *err, so that a caller can put words
 * around a message. */
enum bw_rc bw_fail(struct bw_err *err, enum bw_rc rc, const char *fmt, ...) BW_PRINTF(3, 4);
/* The same with the log's detail: the message is fixed text. */
enum bw_rc bw_fail_detail(struct bw_err *err, enum bw_rc rc, const char *message, const char *fmt,
                          ...) BW_PRINTF(4, 5);
/* By errno: BW_MEMORY, BW_NOT_FOUND or BW_IO. The message is "WHAT: reason". */
enum bw_rc bw_fail_errno(struct bw_err *err, const char *what);
enum bw_rc bw_fail_memory(struct bw_err *err);
const char *bw_rc_name(enum bw_rc rc); /* "not_found", static */

/* `BW_TRY(call(..., err));` returns the rc from the calling function unless BW_OK. */
#define BW_TRY(expr)                      \
    do {                                  \
        enum bw_rc bw_rc_ = (expr);       \
        if (BW_UNLIKELY(bw_rc_ != BW_OK)) \
            return bw_rc_;                \
    } while (0)

#endif
