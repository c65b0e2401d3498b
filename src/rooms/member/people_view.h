/* SPDX-License-Identifier: Apache-2.0 */
/* people_view - what the templates print that are about people. */
#ifndef PEOPLE_VIEW_H
#define PEOPLE_VIEW_H

#include "member_view.h"

struct people_link_view { /* a page that a link in a mail leads to */
    struct html_url action;
    struct bw_view token, email;
    enum i18n_msg title_msg, text_msg, button_msg, done_msg;
    bool done;
};

struct people_letter_view { /* a mail */
    struct bw_view subject, text, footer;
    enum i18n_msg footer_msg;
    struct html_url link;
    bool has_link;
};

struct people_row {
    struct bw_view public_id, name, email;
    enum i18n_msg role_msg;
    int64_t seen_us, until_us; /* until_us: of an open invitation */
    bool waiting, stale, suspended, signatory, may;
};
struct people_option {
    const char *word;
    enum i18n_msg msg;
    bool chosen;
};
struct people_language {
    struct bw_view word, name, lang;
    bool chosen;
};
struct people_list_view {
    struct bw_view organisation, of; /* of: public id, for the desk's forms; empty: own */
    const struct people_row *rows;
    size_t rows_n;
    bool desk, done, alone; /* alone: one administrator */
    enum i18n_msg done_msg;
    struct bw_view problem;
    int64_t review; /* lines to answer */
    /* the form as typed */
    struct bw_view name, email;
    const struct people_option *roles;
    size_t roles_n;
    const struct people_language *languages;
    size_t languages_n;
};
struct people_organisation { /* for the desk: whose people */
    struct bw_view public_id, name;
};
struct people_choose_view {
    const struct people_organisation *organisations;
    size_t organisations_n;
};

struct people_person_view {
    struct bw_view public_id, name, email, new_email, reason, organisation, of, problem;
    enum i18n_msg role_msg, done_msg;
    int64_t created_us, seen_us, until_us, suspended_us;
    bool done, waiting, stale, suspended, signatory, service, self, by_desk, may_resume, may_offer;
    const struct people_option *roles;
    size_t roles_n;
    const struct people_language *languages;
    size_t languages_n;
    struct member_keys_view keys; /* of a service */
};

struct people_review_row {
    struct bw_view public_id, name, email, organisation;
    enum i18n_msg role_msg;
    int64_t seen_us;
};
struct people_review_view {
    const struct people_review_row *rows;
    size_t rows_n;
    int64_t left, due_us;
    bool desk, done;
};

struct people_delegation_row {
    struct bw_view public_id, name, other_id;
    enum i18n_msg scopes[3];
    size_t scopes_n;
    int64_t until_us;
};
struct people_delegations_view {
    const struct people_delegation_row *given, *taken;
    size_t given_n, taken_n;
    const struct people_option *scopes, *terms;
    size_t scopes_n, terms_n;
    bool may, done;
    enum i18n_msg done_msg;
    struct bw_view problem, provider;
};

#endif
