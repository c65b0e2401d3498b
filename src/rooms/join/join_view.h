/* SPDX-License-Identifier: Apache-2.0 */
/* join_view - what the templates print. */
#ifndef JOIN_VIEW_H
#define JOIN_VIEW_H

#include "html.h"
#include "i18n.h"

struct join_input {
    const char *name, *type, *complete, *lang_code; /* lang_code: NULL: the page's */
    enum i18n_msg label, hint, error;
    bool has_hint, area, bad, required;
    struct bw_view value;
    int64_t max;
};
struct join_option {
    struct bw_view value, text; /* text: where there is no msg */
    enum i18n_msg msg, hint;
    bool has_msg, has_hint, chosen;
};
struct join_error {
    const char *field;
    enum i18n_msg msg;
};
struct join_seat { /* a row of the people's part */
    int64_t number;
    const struct join_input *inputs;
    size_t inputs_n;
    bool admin, signs;
};
struct join_form_view {
    bool founding, draft, done, many_errors;
    enum i18n_msg done_msg;
    struct html_url action;
    struct bw_view token;
    const struct join_error *errors;
    size_t errors_n;
    struct bw_view problem; /* said by the hub, in English */
    const struct join_input *organisation, *contact, *reasons;
    size_t organisation_n, contact_n, reasons_n;
    const struct join_option *classes, *sizes, *sectors, *routes;
    size_t classes_n, sizes_n, sectors_n, routes_n;
    const struct join_seat *emergencies, *people;
    size_t emergencies_n, people_n;
    bool people_bad;
    enum i18n_msg people_error;
    int64_t days; /* a draft is kept */
};

struct join_step_view {
    enum i18n_msg msg;
    bool done, now;
};
struct join_progress_view {
    struct bw_view name, token, domain, dns_value, proof_what;
    enum i18n_msg route_msg, state_msg, need_msg;
    const struct join_step_view *steps;
    size_t steps_n;
    int64_t since_us, sent_us;
    bool asks_proof, proven, may_withdraw, done;
    enum i18n_msg done_msg;
    int64_t until_us; /* of the objection window; 0: none */
    struct bw_view problem;
};

struct join_link_view { /* a page with one button behind a mailed link */
    struct html_url action;
    struct bw_view token, name, email, by, problem;
    enum i18n_msg title, what, button;
    bool sign, enlisted, over;
    struct bw_view person, person_title;
};

struct join_case_row {
    struct bw_view public_id, name, domain, claimed;
    enum i18n_msg route_msg, state_msg;
    int64_t since_us, until_us;
    bool late, alike;
};
struct join_desk_view {
    const struct join_case_row *rows;
    size_t rows_n;
    int64_t late;
    bool may_found;
};

struct join_person_view {
    enum i18n_msg kind_msg, role_msg;
    struct bw_view name, email, phone;
    bool has_role, signs;
};
struct join_word_view {
    enum i18n_msg msg, state_msg;
    struct bw_view person, organisation, reason;
    int64_t at_us;
};
struct join_alike_view {
    enum i18n_msg msg;
    struct bw_view organisation, what;
};
struct join_case_view {
    struct bw_view public_id, problem;
    enum i18n_msg done_msg;
    bool done;
    struct join_case_row row;
    const struct bw_view *names;
    size_t names_n;
    struct bw_view registration, domains, networks, group, why, sponsor, sectors;
    enum i18n_msg class_msg, size_msg, proof_msg;
    int64_t created_us, proof_us, registered_us, signed_us;
    struct bw_view proof_what, registered_what, dns_value, signed_name, signed_title;
    const struct join_person_view *people;
    size_t people_n;
    const struct join_word_view *words;
    size_t words_n;
    const struct join_alike_view *alikes;
    size_t alikes_n;
    int64_t vouchers, vouchers_wanted, eyes;
    bool desk, may_decide, may_accept, may_refuse, may_take_up, may_close, may_check, may_claim;
    bool may_release, signing, proven, registered; /* of the desk */
    bool may_vouch, may_object;                    /* of a member */
};
struct join_asked_view {
    const struct join_case_row *rows;
    size_t rows_n;
};

struct join_standing_view {
    struct bw_view problem, id, name, group;
    bool done, trusted, association;
    const struct join_option *organisations;
    size_t organisations_n;
};

struct join_wrong_row {
    int64_t line;
    struct bw_view name, why;
};
struct join_import_view {
    bool sponsor, looked, done;
    struct html_url action, take;
    struct bw_view problem, file, import_id;
    int64_t rows, right, wrong, taken, more;
    const struct join_wrong_row *wrongs;
    size_t wrongs_n;
};

struct join_mail_view {
    struct bw_view title, text, link_text, ignore;
    struct html_url link;
    bool has_link;
};

#endif
