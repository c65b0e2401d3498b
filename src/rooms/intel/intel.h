/* SPDX-License-Identifier: Apache-2.0 */
/* intel - what the community shares: items, the indicators in them, STIX objects, and search over
 * them.
 *
 * An item is written by a person for an audience; publishing it makes, in the same transaction, its
 * indicator occurrences, its STIX objects (so that TAXII gives what the page shows) and one ledger
 * event. STIX that comes in is kept object by object as received. All rows carry the audience; what
 * derives from one row carries that row's. */
#ifndef INTEL_H
#define INTEL_H

#include "member.h"
#include "text.h"

extern const struct room room_intel;

/* Values are stored: append only. Words are the API's and the forms'. */
/* clang-format off */
enum intel_kind { INTEL_ALERT, INTEL_ADVISORY, INTEL_INCIDENT, INTEL_INDICATORS,
                  INTEL_VULNERABILITY, INTEL_PRACTICE, INTEL_QUESTION, INTEL_KINDS };
enum intel_severity { INTEL_INFO, INTEL_LOW, INTEL_MEDIUM, INTEL_HIGH, INTEL_CRITICAL,
                      INTEL_SEVERITIES };
/* clang-format on */
enum intel_state { INTEL_DRAFT = 0, INTEL_PUBLISHED = 1, INTEL_WITHDRAWN = 2 };
const char *intel_kind_word(enum intel_kind k);         /* "indicator-report", ... */
const char *intel_severity_word(enum intel_severity s); /* "critical" */
bool intel_kind_parse(struct bw_view v, enum intel_kind *ret);
bool intel_severity_parse(struct bw_view v, enum intel_severity *ret);
enum i18n_msg intel_kind_msg(enum intel_kind k);
enum i18n_msg intel_severity_msg(enum intel_severity s);

#define INTEL_TITLE_MAX 200
#define INTEL_BODY_MAX (256 * 1024)

/* -- writing ----------------------------------------------------------------------------------- */

/* Whom the author chose. The room adds whoever sees it in any case: the author's organisation (RED:
 * the author alone) and, up to AMBER, the hub's staff, who moderate. */
struct intel_audience_in {
    bool everybody;
    const struct grant *grants; /* organisations, circles, sectors, people; keys */
    size_t n;
};
struct intel_item_in {
    enum intel_kind kind;
    enum intel_severity severity;
    enum tlp tlp;
    enum i18n_lang lang;
    struct bw_view title, body; /* body: Markdown */
    struct intel_audience_in audience;
    bool publish; /* else it is the author's draft */
};
/* Everything that can be computed before the lane: checks, indicator scan, Markdown is left to
 * reading. Lives in ARENA; may be passed to intel_item_put in a transaction that runs twice.
 * BW_INVALID names the field. */
struct intel_prepared;
BW_MUST_CHECK enum bw_rc intel_item_prepare(const struct viewer *author,
                                            const struct intel_item_in *in, struct bw_arena *arena,
                                            struct intel_prepared **ret, struct bw_err *err);
/* New item. */
BW_MUST_CHECK enum bw_rc intel_item_put(struct db_tx *tx, const struct intel_prepared *p,
                                        struct bw_id *ret_public, struct bw_err *err);
/* CLEAR only, by who holds PERM_RELEASE: the audience becomes {public}. Idempotent. */
BW_MUST_CHECK enum bw_rc intel_item_release(struct db_tx *tx, const struct viewer *viewer,
                                            struct bw_view public_id, struct bw_err *err);

/* -- reading ----------------------------------------------------------------------------------- */
struct intel_item {
    int64_t id, audience_id, author_organisation_id, author_person_id, created_us, published_us;
    struct bw_view public_id, number; /* "BW-2026-0042": empty in this release where not given */
    struct bw_view title, body;       /* body only from intel_item_get */
    enum intel_kind kind;
    enum intel_severity severity;
    enum intel_state state;
    enum tlp tlp;
    enum i18n_lang lang;
    int64_t indicators; /* how many this viewer sees: all of them, they carry the item's audience */
    bool is_public;
};
/* Drafts are found by their author alone. */
BW_MUST_CHECK enum bw_rc intel_item_get(struct db *db, const struct viewer *viewer,
                                        struct bw_view public_id, struct bw_arena *arena,
                                        struct intel_item *ret, struct bw_err *err);
struct intel_filter {
    struct bw_view query;    /* user's words; empty: everything */
    int kind, severity, tlp; /* -1: any */
    enum intel_state state;  /* INTEL_DRAFT: the viewer's own drafts */
    bool public_only;        /* released to the public zone */
    bool unreleased_clear;   /* published CLEAR, not public: the release queue */
    int64_t since_us;        /* published later than this; 0: at any time */
    struct bw_view after;    /* cursor: public id of the last row of the page before */
    size_t limit;            /* 1..200 */
};
/* Newest first, the release queue oldest first. *ret_more: there are further rows. BW_INVALID: the
 * cursor is not one. */
BW_MUST_CHECK enum bw_rc intel_item_list(struct db *db, const struct viewer *viewer,
                                         const struct intel_filter *f, struct bw_arena *arena,
                                         struct intel_item **ret, size_t *ret_n, bool *ret_more,
                                         struct bw_err *err);
/* How many match, at most LIMIT + 1 are counted. */
BW_MUST_CHECK enum bw_rc intel_item_count(struct db *db, const struct viewer *viewer,
                                          const struct intel_filter *f, int64_t limit,
                                          int64_t *ret_n, struct bw_err *err);

/* Rows for item lists on every page (home, public, search): template `intel_row`. */
struct intel_row_view {
    struct bw_view public_id, title, lang_code, tlp, tlp_class, by;
    const char *severity_class, *icon;
    enum i18n_msg severity_msg, kind_msg;
    int64_t published_us, indicators;
    const char *section; /* "items" or "advisories": first part of the link */
    bool other_lang;
};
BW_MUST_CHECK enum bw_rc intel_row_of(struct db *db, const struct viewer *viewer,
                                      const struct intel_item *item, enum i18n_lang lang,
                                      struct bw_arena *arena, struct intel_row_view *ret,
                                      struct bw_err *err);

/* -- STIX in (intel_stix_in.c) and objects (for TAXII) ----------------------------------------- */

/* What became of a file's objects or rows; reasons are capped, counts are not. */
struct intel_reason {
    struct bw_view where, why; /* "object 17 (indicator--…)", "line 3" */
};
struct intel_report {
    int64_t taken, same, refused;
    struct intel_reason *reasons;
    size_t n_reasons, room_reasons;
    struct bw_arena *arena;
};
#define INTEL_REASONS_MAX 100
void intel_report_refuse(struct intel_report *r, struct bw_view where, const char *fmt, ...)
    BW_PRINTF(3, 4); /* where is copied */
/* A line beside the counts: what was taken but not as it might be expected. */
void intel_report_note(struct intel_report *r, struct bw_view where, const char *fmt, ...)
    BW_PRINTF(3, 4);

struct intel_import {
    struct hub *hub;
    const struct viewer *viewer; /* imports as their organisation */
    enum tlp tlp;                /* of objects without a marking */
    struct intel_audience_in
        audience; /* of objects whose label allows groups; default: everybody */
    void (*progress)(void *arg, int64_t done_bytes, int64_t total_bytes);
    void *progress_arg;
};
/* A bundle, an array of objects, a TAXII envelope or a single object. Streams; several
 * transactions; the same file again changes nothing (all `same`). One broken object is refused and
 * reported, the rest is taken. BW_INVALID: not JSON or not STIX at all. */
BW_MUST_CHECK enum bw_rc intel_stix_import(const struct intel_import *in, struct bw_view bytes,
                                           struct intel_report *report, struct bw_err *err);
/* A plain list, one indicator a line ('#' and ';' comments; several columns: the first indicator):
 * one item of kind indicator report, idempotent by content. */
BW_MUST_CHECK enum bw_rc intel_list_import(const struct intel_import *in, struct bw_view name,
                                           struct bw_view bytes, struct intel_report *report,
                                           struct bw_err *err);

/* -- STIX objects out (intel_stix_page.c) ------------------------------------------------------ */

struct intel_object {
    int64_t id;           /* ascending with added_us; never leaves the hub */
    int64_t added_us;     /* strictly increasing with id */
    struct bw_view bytes; /* as received: with filter.bodies; otherwise what follows */
    struct bw_view stix_id, type, spec_version;
    struct bw_view version; /* `modified` (or `created`) as received; without either: empty */
    int64_t version_us;     /* of version; without one: added_us */
};
/* Which versions of an id: any of those that are set. None set: the last. */
struct intel_versions {
    bool last, first, all;
    const int64_t *exact_us;
    size_t n_exact;
};
struct intel_object_filter {
    int64_t after_id;       /* cursor: objects behind this one; 0: from the beginning */
    int64_t added_after_us; /* added later than this; 0: any */
    const struct bw_view *ids, *types, *specs; /* empty: any */
    size_t n_ids, n_types, n_specs;
    struct intel_versions versions;
    bool bodies;      /* bytes, instead of what is told of them */
    size_t limit;     /* 1..INTEL_OBJECTS_MAX */
    size_t bytes_max; /* the page ends behind the object that passes this */
};
#define INTEL_OBJECTS_MAX 1000
struct intel_object_page {
    size_t n;
    bool more;                             /* there may be further objects behind last_id */
    int64_t last_id;                       /* cursor of the next page */
    int64_t first_added_us, last_added_us; /* of this page; 0: it is empty */
};
/* Objects that VIEWER sees, in order of adding, given one by one to ROW; the views live until it
 * returns. A version supersedes only what the same owner sent; of one id and version the first that
 * the viewer sees is shown. The cost grows with the page, not with what is stored. A page may be
 * short although there is more. */
BW_MUST_CHECK enum bw_rc
intel_object_page(struct db *db, const struct viewer *viewer, const struct intel_object_filter *f,
                  enum bw_rc (*row)(void *arg, const struct intel_object *o, struct bw_err *err),
                  void *arg, struct intel_object_page *ret, struct bw_err *err);

/* -- audiences, counted (intel_reach.c) -------------------------------------------------------- */

struct intel_audience_count {
    int64_t audience_id, items, newest_us;
};
/* Published items by audience, of all audiences with the grant CODE; ascending by audience. Counts
 * say nothing of what stands in the items: for who decides whether they become visible. */
BW_MUST_CHECK enum bw_rc intel_audiences_of(struct db *db, int64_t code, struct bw_arena *arena,
                                            struct intel_audience_count **ret, size_t *ret_n,
                                            struct bw_err *err);
/* The newest item of an audience that VIEWER sees; BW_NOT_FOUND. */
BW_MUST_CHECK enum bw_rc intel_audience_newest(struct db *db, const struct viewer *viewer,
                                               int64_t audience_id, struct bw_arena *arena,
                                               struct intel_item *ret, struct bw_err *err);
/* Public ids of what an organisation published, ascending, behind AFTER, as far as VIEWER sees it.
 */
BW_MUST_CHECK enum bw_rc intel_organisation_items(struct db *db, const struct viewer *viewer,
                                                  int64_t organisation_id, struct bw_view after,
                                                  size_t limit, struct bw_arena *arena,
                                                  struct bw_view **ret, size_t *ret_n,
                                                  struct bw_err *err);
BW_MUST_CHECK enum bw_rc intel_organisation_count(struct db *db, int64_t organisation_id,
                                                  int64_t *ret, struct bw_err *err);
/* What FROM wrote is TO's from now on; audiences stay. STIX objects keep the owner that sent them.
 */
BW_MUST_CHECK enum bw_rc intel_organisation_merge(struct db_tx *tx, int64_t from, int64_t to,
                                                  struct bw_err *err);

#endif
