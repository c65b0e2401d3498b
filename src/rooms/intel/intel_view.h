/* SPDX-License-Identifier: Apache-2.0 */
/* intel_view - what this room's templates print. */
#ifndef INTEL_VIEW_H
#define INTEL_VIEW_H

#include "intel_page.h"

/* One way to narrow a list, or one radio button. */
struct intel_option {
    const char *value, *css;
    const char *label; /* text that is never translated (TLP); NULL: msg */
    enum i18n_msg msg, hint;
    bool on;
};

struct intel_list_view {
    struct intel_row_view *rows;
    size_t rows_n;
    struct intel_option *kinds, *severities, *tlps;
    size_t kinds_n, severities_n, tlps_n;
    struct bw_view kind, severity, tlp; /* as chosen, for links; may be empty */
    struct bw_view next;                /* cursor of the older page; empty: none */
    enum i18n_msg notice;               /* 0: none */
    int64_t count;                      /* shown where not capped */
    bool filtered, drafts, may_write, later, capped;
};

struct intel_indicator_row {
    struct bw_view plain, shown; /* shown: defanged */
    enum i18n_msg ioc_msg;
};
struct intel_word_row {
    struct bw_view text;
};

struct intel_item_view {
    struct intel_row_view row;
    struct bw_view body, body_lang, number, who_summary, state_word;
    struct bw_view *who_lines;
    size_t who_lines_n;
    struct intel_indicator_row *indicators;
    struct intel_word_row *cves, *techniques;
    struct intel_row_view *related;
    size_t indicators_n, cves_n, techniques_n, related_n;
    int64_t indicators_all;
    enum i18n_msg tlp_msg, notice;
    bool draft, withdrawn, published, may_withdraw, more_indicators, released;
};

struct intel_withdraw_view {
    struct intel_row_view row;
    struct bw_view who_summary;
    bool draft;
};

/* -- writing ----------------------------------------------------------------------------------- */
struct intel_pick {
    struct bw_view id, name, hint;
    bool on;
};
struct intel_error_row {
    const char *element; /* id of the field */
    struct bw_view text;
};
struct intel_write_view {
    struct html_url action;
    struct bw_view title, body, people, autosave;
    struct intel_option *kinds, *langs, *tlps, *severities;
    size_t kinds_n, langs_n, tlps_n, severities_n;
    struct intel_pick *sectors, *circles, *organisations;
    size_t sectors_n, circles_n, organisations_n;
    struct intel_error_row *errors;
    size_t errors_n;
    struct bw_view bad_title, bad_body, bad_tlp, bad_severity, bad_audience, bad_people;
    const char *mark_time, *mark_n, *mark_total, *mark_chosen; /* "{time}": for the script */
    bool everybody, edit, preview;
    /* preview */
    struct bw_view who_summary, preview_tlp, body_lang;
    const char *preview_css;
    struct bw_view *who_lines;
    size_t who_lines_n;
    struct intel_indicator_row *indicators;
    size_t indicators_n;
};

/* -- indicator and search ---------------------------------------------------------------------- */
struct intel_indicator_view {
    struct intel_indicator_row row;
    struct intel_row_view *items;
    size_t items_n;
    int64_t occurrences, objects, first_us, last_us;
    const char *tlp, *tlp_class;
    bool capped, special, more_items;
};

struct intel_piece {
    struct bw_view text;
    bool mark;
};
struct intel_hit_view {
    struct intel_row_view row;
    struct intel_piece *pieces;
    size_t pieces_n;
    bool before, after;
};
struct intel_facet_view {
    const char *label;    /* NULL: msg */
    struct bw_view query; /* what the link searches for */
    enum i18n_msg msg;
    int64_t n;
    bool on;
};
struct intel_chip_view {
    struct bw_view text, query;
    bool on;
};
struct intel_query_problem_view {
    struct bw_view text, query, instead; /* query: the search with what was meant; may be empty */
};
struct intel_search_view {
    struct bw_view typed, next;
    struct intel_chip_view *chips;
    struct intel_query_problem_view *problems;
    struct intel_facet_view *kinds, *tlps;
    struct intel_indicator_row *indicators;
    struct intel_hit_view *hits;
    size_t chips_n, problems_n, kinds_n, tlps_n, indicators_n, hits_n;
    int64_t count;
    bool asked, capped;
};

/* -- shared by the pages (intel_row.c) --------------------------------------------------------- */
BW_MUST_CHECK enum bw_rc intel_rows_of(struct db *db, const struct viewer *viewer,
                                       const struct intel_item *items, size_t n,
                                       enum i18n_lang lang, struct bw_arena *arena,
                                       struct intel_row_view **ret, struct bw_err *err);
BW_MUST_CHECK enum bw_rc intel_indicator_rows(const struct intel_indicator *in, size_t n,
                                              struct bw_arena *arena,
                                              struct intel_indicator_row **ret, struct bw_err *err);
/* `?done=word` of this room's redirects; 0: none. */
enum i18n_msg intel_notice(struct bw_view word);
/* Options of a kind, severity or label, the CHOSEN one (-1: none) marked. In ARENA; NULL: memory.
 */
struct intel_option *intel_kind_options(struct bw_arena *arena, int chosen);
struct intel_option *intel_severity_options(struct bw_arena *arena, int chosen); /* worst first */
struct intel_option *intel_tlp_options(struct bw_arena *arena, int chosen);      /* RED first */

/* -- handlers ---------------------------------------------------------------------------------- */
enum bw_rc intel_list_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_drafts_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_item_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_item_export(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_withdraw_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_withdraw_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_write_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_write_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_edit_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_edit_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_indicator_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_search_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_api_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_api_list(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_api_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc intel_api_withdraw(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
