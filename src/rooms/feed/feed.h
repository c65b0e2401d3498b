/* SPDX-License-Identifier: Apache-2.0 */
/* feed - files from outside: what they are is told by their bytes, and each kind is handed to the
 * room that knows it. STIX and plain lists go to intel, reports of compromised and exposed hosts to
 * watch.
 *
 * The bytes are kept as received (artifact) before anything is made of them. Every object or row is
 * taken, was there already, or is refused with where and why; one wrong row costs only itself. The
 * same file again changes nothing, but it is matched again, so that a network that was verified
 * meanwhile gets its findings. */
#ifndef FEED_H
#define FEED_H

#include "intel.h"
#include "watch.h"

extern const struct room room_feed;

enum feed_form {
    FEED_STIX,   /* JSON: a bundle, an array, an envelope, an object */
    FEED_REPORT, /* CSV with a header that names address and time: Shadowserver and its like */
    FEED_LIST,   /* one indicator a line */
};
const char *feed_form_word(enum feed_form f); /* "stix", "report", "list" */

/* Looks at the first bytes. BW_INVALID: empty, or text of a form that is not taken; BW_UNSUPPORTED:
 * packed (zip, gzip, xz...), binary, or UTF-16: the message says what it is and what to do. */
BW_MUST_CHECK enum bw_rc feed_recognise(struct bw_view bytes, enum feed_form *ret,
                                        struct bw_err *err);

struct feed_import_in {
    struct hub *hub;
    const struct viewer
        *viewer;          /* imports as their organisation; checked for PERM_IMPORT by the caller */
    struct bw_view name;  /* of the file, as the sender gave it; may be empty */
    struct bw_view bytes; /* borrowed; may be a mapped file */
    enum tlp tlp;         /* of what carries no label of its own */
    struct intel_audience_in audience;
    void (*progress)(void *arg, int64_t done_bytes, int64_t total_bytes); /* may be NULL */
    void *progress_arg;
};
struct feed_result {
    struct bw_view kind; /* "stix", "list", or the report's type: "scan_rdp"; static */
    struct intel_report report;
};
/* ARENA keeps the reasons. BW_LIMIT: larger than the setting import_max. This thread holds no read
 * snapshot. */
BW_MUST_CHECK enum bw_rc feed_import(const struct feed_import_in *in, struct bw_arena *arena,
                                     struct feed_result *ret, struct bw_err *err);

#endif
