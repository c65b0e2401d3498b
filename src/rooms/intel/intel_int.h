/* SPDX-License-Identifier: Apache-2.0 */
/* intel_int - what the room's files share: the prepared item, indicators and their occurrences, and
 * what the STIX files give to the items' (intel_stix_*). */
#ifndef INTEL_INT_H
#define INTEL_INT_H

#include "intel.h"

/* -- indicators (intel_indicator.c) ------------------------------------------------------------ */

/* Values are stored: append only. What is not looked for on a network (CVE, technique) is kept as
 * an occurrence too, for search and correlation, but is not counted as an indicator. */
enum intel_ioc {
    INTEL_IOC_IPV4 = 1,
    INTEL_IOC_IPV6 = 2,
    INTEL_IOC_CIDR = 3,
    INTEL_IOC_DOMAIN = 4,
    INTEL_IOC_URL = 5,
    INTEL_IOC_EMAIL = 6,
    INTEL_IOC_MD5 = 7,
    INTEL_IOC_SHA1 = 8,
    INTEL_IOC_SHA256 = 9,
    INTEL_IOC_SHA512 = 10,
    INTEL_IOC_FILE_NAME = 11,
    INTEL_IOC_MAC = 12,
    INTEL_IOC_ASN = 13,
    INTEL_IOC_REGISTRY = 14,
    INTEL_IOC_MUTEX = 15,
    INTEL_IOC_OTHER = 16,
    INTEL_IOC_CVE = 17,
    INTEL_IOC_TECHNIQUE = 18,
    INTEL_IOCS
};
const char *intel_ioc_word(enum intel_ioc ioc); /* "sha256": in APIs and CSV */
enum i18n_msg intel_ioc_msg(enum intel_ioc ioc);
enum intel_ioc intel_ioc_of_text(enum text_kind kind);
bool intel_ioc_counts(enum intel_ioc ioc); /* false: CVE, technique */
bool intel_ioc_parse(struct bw_view word, enum intel_ioc *ret);

struct intel_indicator {
    enum intel_ioc ioc;
    struct bw_view value; /* normal form, as text_scan gives it: lower case, not defanged */
};
#define INTEL_INDICATORS_MAX 20000     /* of one item */
#define INTEL_INDICATOR_BYTES_MAX 2048 /* a key of an index on PostgreSQL: 2,704 */

/* Key of the indicator, made where it is new. The value is taken as it is. */
BW_MUST_CHECK enum bw_rc intel_indicator_intern(struct db_tx *tx, const struct intel_indicator *in,
                                                int64_t *ret_id, struct bw_err *err);
/* Of an item or of a STIX object: the other is 0. There already: BW_OK. */
struct intel_occurrence_in {
    int64_t indicator_id, audience_id, item_id, object_id, seen_us;
};
BW_MUST_CHECK enum bw_rc
intel_occurrence_add(struct db_tx *tx, const struct intel_occurrence_in *in, struct bw_err *err);

/* Indicators in V, each once, in order of the text; *ret_more: there were more than MAX. */
BW_MUST_CHECK enum bw_rc intel_scan(struct bw_view v, size_t max, struct bw_arena *arena,
                                    struct intel_indicator **ret, size_t *ret_n, bool *ret_more,
                                    struct bw_err *err);

/* -- an item on its way in (intel_prepare.c, intel_item.c) ------------------------------------- */

struct intel_prepared {
    struct bw_id public_id;     /* new, or the draft's */
    struct intel_item_in in;    /* everything copied into the arena; audience as chosen */
    struct viewer author;       /* ids and role; no codes */
    const struct grant *grants; /* of the published item: chosen, and who sees it in any case */
    size_t n_grants;
    struct bw_view chosen;                    /* in.audience as codes, for the row */
    const struct intel_indicator *indicators; /* in.publish only */
    size_t n_indicators;
    struct bw_view folded;      /* for the full-text index; in.publish only */
    struct bw_view import_hash; /* set by an import after prepare; empty: none */
};
/* The stored row, as the STIX files need it. */
struct intel_stored {
    int64_t item_id, audience_id, published_us;
};
/* The key of the item that ORGANISATION's import made from the same content; BW_NOT_FOUND. */
BW_MUST_CHECK enum bw_rc intel_item_by_import(struct db_tx *tx, int64_t organisation_id,
                                              struct bw_view import_hash, int64_t *ret_id,
                                              struct bw_err *err);
/* Checks an audience for what AUTHOR shares under TLP and adds who sees it in any case: for items
 * and imports. BW_INVALID says what the label forbids. */
BW_MUST_CHECK enum bw_rc intel_grants(const struct viewer *author, enum tlp tlp,
                                      const struct intel_audience_in *chosen,
                                      struct bw_arena *arena, const struct grant **ret,
                                      size_t *ret_n, struct bw_err *err);

/* -- given by the STIX files (intel_stix_out.c) ------------------------------------------------ */

/* Makes the item's STIX objects: report, indicators, marking; called in the transaction that
 * publishes. */
BW_MUST_CHECK enum bw_rc intel_stix_of_item(struct db_tx *tx, const struct intel_prepared *p,
                                            const struct intel_stored *stored, struct bw_err *err);
/* The item's audience became another (release): its objects follow. */
BW_MUST_CHECK enum bw_rc intel_stix_item_moved(struct db_tx *tx, int64_t item_id,
                                               int64_t audience_id, struct bw_err *err);
/* The item was withdrawn: its objects get a revoked version, or go. */
BW_MUST_CHECK enum bw_rc intel_stix_item_withdrawn(struct db_tx *tx, int64_t item_id,
                                                   struct bw_err *err);
/* Bundle of indicator objects for "copy as STIX". */
BW_MUST_CHECK enum bw_rc intel_stix_bundle(const struct intel_indicator *in, size_t n, enum tlp tlp,
                                           int64_t at_us, struct bw_buf *out, struct bw_err *err);

#endif
