/* SPDX-License-Identifier: Apache-2.0 */
/* intel_form - what was typed into the write page, kept whatever is wrong with it. */
#ifndef INTEL_FORM_H
#define INTEL_FORM_H

#include "intel_view.h"

enum intel_act { INTEL_ACT_PREVIEW, INTEL_ACT_DRAFT, INTEL_ACT_PUBLISH };
struct intel_form {
    struct intel_item_in in;
    struct bw_view people; /* as typed, one address a line */
    bool has_tlp, has_severity;
    enum intel_act act;
    struct intel_problems problems;
};

/* Form fields of the write page, behind REQ_LANG and the id, for route tables. */
#define INTEL_FORM_PARAMS                                                                          \
    REQ_CSRF, {"kind", HTTP_WORD, HTTP_IN_FORM, 0, 40},                                            \
        {"language", HTTP_WORD, HTTP_IN_FORM, 0, 10}, {"title", HTTP_TEXT, HTTP_IN_FORM, 0, 4000}, \
        {"tlp", HTTP_TEXT, HTTP_IN_FORM, 0, 20}, {"severity", HTTP_WORD, HTTP_IN_FORM, 0, 20},     \
        {"body", HTTP_TEXT, HTTP_IN_FORM | HTTP_LINES, 0, 4 * INTEL_BODY_MAX},                     \
        {"audience", HTTP_WORD, HTTP_IN_FORM, 0, 20},                                              \
        {"sector", HTTP_ID, HTTP_IN_FORM | HTTP_MANY, 0, 0},                                       \
        {"circle", HTTP_ID, HTTP_IN_FORM | HTTP_MANY, 0, 0},                                       \
        {"org", HTTP_ID, HTTP_IN_FORM | HTTP_MANY, 0, 0},                                          \
        {"people", HTTP_TEXT, HTTP_IN_FORM | HTTP_LINES, 0, 40000},                                \
    {                                                                                              \
        "do", HTTP_WORD, HTTP_IN_FORM, 0, 10                                                       \
    }

void intel_form_empty(enum i18n_lang lang, struct intel_form *ret);
/* What was sent, with all that is wrong in problems. Fails for memory and the database only. */
BW_MUST_CHECK enum bw_rc intel_form_read(struct http_req *rq, struct db *db, struct intel_form *ret,
                                         struct bw_err *err);
/* The author's draft as a form. */
BW_MUST_CHECK enum bw_rc intel_form_of_draft(struct db *db, const struct viewer *viewer,
                                             const struct intel_item *draft, struct bw_arena *arena,
                                             struct intel_form *ret, struct bw_err *err);
/* The form as the write page prints it. ID: of the draft; empty for a new item. */
BW_MUST_CHECK enum bw_rc intel_form_view(struct http_req *rq, struct db *db,
                                         const struct intel_form *form, struct bw_view id,
                                         struct intel_write_view *ret, struct bw_err *err);

#endif
