/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix - what the STIX files share.
 *
 *     intel_stix_in.c       a file in: cuts it, writes in batches
 *     intel_stix_check.c    one object: is it STIX, which id, version; walking a file
 *     intel_stix_mark.c     markings: what a reference means, who may see
 *     intel_stix_pattern.c  indicators in patterns and observables, and back
 *     intel_stix_store.c    rows: one of each, which is the last, moving
 *     intel_stix_page.c     pages of objects for a viewer
 *     intel_stix_report.c   what an import says of single objects
 *     intel_stix_out.c      objects made from items
 *     intel_stix_item.c     what becomes of them when the item moves or is withdrawn */
#ifndef INTEL_STIX_H
#define INTEL_STIX_H

#include "intel_int.h"

#define STIX_OBJECT_MAX ((size_t)8 << 20) /* bytes of one object */
#define STIX_TYPE_MAX 250                 /* STIX 2.1 part 3.1 */
#define STIX_FOUND_MAX 1000               /* indicators taken from one object */

/* -- store (intel_stix_store.c) ---------------------------------------------------------------- */

/* One object to be kept. Views are borrowed. */
struct stix_object {
    struct bw_view bytes, stix_id, type, version, spec_version;
    int64_t version_us; /* of version; 0: there is none */
    int64_t key;
    struct crypto_digest hash;
};
int64_t stix_key(struct bw_view stix_id);
/* Fills key and hash from stix_id and bytes: the costly part, done before the lane. */
void stix_object_seal(struct stix_object *o);

/* Where an object goes. */
struct stix_place {
    int64_t owner_id, audience_id;
    int64_t artifact_id, item_id; /* 0: none */
    bool copy; /* one for each audience: an identity or marking that others of it refer to */
};

#define STIX_STREAMS_MAX 64
/* Adds objects in one write transaction; its statements are held from one object to the next. */
struct stix_writer {
    struct db_tx *tx;
    struct db_stmt *find, *object, *body, *supersede;
    int64_t first_id, last_id, last_added_us;
    uint64_t jitter;
    struct stix_stream {
        int64_t audience_id, last_id;
        struct bw_view type;
    } streams[STIX_STREAMS_MAX];
    size_t n_streams;
};
BW_MUST_CHECK enum bw_rc stix_writer_begin(struct db_tx *tx, struct stix_writer *ret,
                                           struct bw_err *err);
/* *ret_id: the new row; 0: this owner has the same already. O->type lives until stix_writer_end. */
BW_MUST_CHECK enum bw_rc stix_writer_add(struct stix_writer *w, const struct stix_object *o,
                                         const struct stix_place *at, int64_t *ret_id,
                                         struct bw_err *err);
/* Is this very object there, for this audience (at->copy)? O is sealed. */
BW_MUST_CHECK enum bw_rc stix_writer_has(struct stix_writer *w, const struct stix_object *o,
                                         const struct stix_place *at, bool *ret,
                                         struct bw_err *err);
/* The row goes; who was given it keeps it. */
BW_MUST_CHECK enum bw_rc stix_writer_forget(struct stix_writer *w, int64_t object_id,
                                            struct bw_err *err);
/* All rows of O's id and AT's owner go, for one that is to take their place. */
BW_MUST_CHECK enum bw_rc stix_writer_forget_all(struct stix_writer *w, const struct stix_object *o,
                                                const struct stix_place *at, struct bw_err *err);
/* OBJECT_ID gets another audience, and with it a new id and time of adding. TYPE lives as above. */
BW_MUST_CHECK enum bw_rc stix_writer_move(struct stix_writer *w, int64_t object_id,
                                          struct bw_view type, int64_t audience_id,
                                          struct bw_err *err);
BW_MUST_CHECK enum bw_rc stix_writer_end(struct stix_writer *w, struct bw_err *err);
void stix_writer_done(struct stix_writer *w); /* gives the statements back; again is harmless */
#define STIX_AUTO_WRITER __attribute__((cleanup(stix_writer_done))) struct stix_writer

/* -- indicators (intel_stix_pattern.c) --------------------------------------------------------- */

/* What was found, each once; lives in ARENA. */
struct stix_finds {
    struct bw_arena *arena;
    struct intel_indicator *list;
    size_t n, room;
    bool more, no_memory; /* more: over STIX_FOUND_MAX */
};
/* Equality comparisons of PATTERN (STIX 2.1 part 9; text, decoded) with what can be looked for.
 * BW_INVALID: it is no pattern; what was found before the mistake is kept. */
BW_MUST_CHECK enum bw_rc stix_pattern_scan(struct bw_view pattern, struct stix_finds *out,
                                           struct bw_err *err);
/* VALUE at an object path such as type "file", property "hashes.MD5": kept in normal form where it
 * is of a kind that the hub keeps and has that kind's form. */
void stix_find(struct stix_finds *out, struct bw_view type, struct bw_view property,
               struct bw_view value);
/* The pattern that looks for IN; false: no pattern of STIX does. */
bool stix_pattern_of(const struct intel_indicator *in, struct bw_buf *out);

/* -- labels and audiences (intel_stix_mark.c) -------------------------------------------------- */

/* An import's audiences: one for each label, and one of what is held back for the staff. */
enum { STIX_HELD = TLP_LABELS, STIX_SLOTS };

/* The label of a standard TLP marking, TLP 2.0 or 1. */
bool stix_tlp_of(struct bw_view marking_id, enum tlp *ret);
struct bw_view stix_tlp_id(enum tlp tlp);
/* Its definition as FIRST and OASIS publish it. */
void stix_tlp_definition(enum tlp tlp, struct bw_buf *out);
#define STIX_TLP_CREATED "2022-10-01T00:00:00.000Z"
/* Who sees what IN imports under a label or what is held back. */
BW_MUST_CHECK enum bw_rc stix_grants(const struct intel_import *in, unsigned slot,
                                     struct bw_arena *arena, const struct grant **ret,
                                     size_t *ret_n, struct bw_err *err);

/* -- objects of items (intel_stix_out.c) ------------------------------------------------------- */

/* The identity of an organisation, under this audience. */
BW_MUST_CHECK enum bw_rc stix_identity_add(struct stix_writer *w, int64_t organisation_id,
                                           int64_t audience_id, struct bw_view *ret_id,
                                           struct bw_arena *arena, struct bw_err *err);
/* Indicator objects of item PUBLIC_ID for IN[0..N-1]; those of a long list come in several
 * transactions. */
struct stix_indicators {
    const struct intel_indicator *in;
    size_t n;
    struct bw_view item_public_id, author_id; /* author_id: of the identity */
    enum tlp tlp;
    enum intel_severity severity;
    int64_t at_us;
};
BW_MUST_CHECK enum bw_rc stix_indicators_add(struct stix_writer *w,
                                             const struct stix_indicators *list,
                                             const struct stix_place *at, struct bw_err *err);

#endif
