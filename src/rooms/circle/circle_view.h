/* SPDX-License-Identifier: Apache-2.0 */
/* circle_view - what the templates of this room print. */
#ifndef CIRCLE_VIEW_H
#define CIRCLE_VIEW_H

#include "html.h"
#include "i18n.h"

struct circle_option {
    struct bw_view value, name;
    int indent;
    bool chosen;
};
struct circle_field { /* a hidden field that a preview carries on */
    const char *name;
    struct bw_view value;
};
struct circle_card {
    struct bw_view id, name, lang, purpose, tlp, tlp_class;
    bool hidden, by_request, inside;
};
struct circle_invitation {
    struct bw_view id, circle, organisation, reason;
    int64_t asked_us;
    bool asked, may_decide; /* asked: a request; else an invitation */
};
struct circle_list_view {
    const struct circle_card *mine, *others;
    size_t mine_n, others_n;
    const struct circle_invitation *invitations;
    size_t invitations_n;
    bool desk;
    struct bw_view problem;
};
struct circle_row {
    struct bw_view id, name, organisation;
    int64_t from_us, until_us;
    bool person, now;
};
struct circle_page_view {
    struct circle_card c;
    struct bw_view name_en, name_hant, name_hans, purpose_en, purpose_hant, purpose_hans;
    const struct circle_row *rows, *owners;
    size_t rows_n, owners_n;
    int64_t now_n;
    const struct circle_invitation *requests;
    size_t requests_n;
    const struct circle_option *tlps;
    size_t tlps_n;
    bool told, may_own, desk, may_ask, may_leave; /* told: members and history are shown */
    bool done;
    enum i18n_msg done_msg;
    struct bw_view problem;
};
struct circle_preview_line {
    struct bw_view name, organisation;
    int64_t gains, losses;
    struct bw_view gain_id, gain_title, gain_lang, loss_id, loss_title, loss_lang;
};
struct circle_preview_view {
    enum i18n_msg title_msg;
    const struct circle_preview_line *lines;
    size_t lines_n;
    const struct circle_field *fields;
    size_t fields_n;
    struct html_url action, back;
    struct bw_view token, subject, object, problem;
    int64_t people, items, networks, findings;
    bool stale, merging, nobody;
};
struct circle_sector_row {
    struct bw_view id, name, english, name_en, name_hant, name_hans;
    int depth;
    int64_t organisations;
    const struct circle_option *parents;
    size_t parents_n;
};
struct circle_sectors_view {
    const struct circle_sector_row *rows;
    size_t rows_n;
    const struct circle_option *parents;
    size_t parents_n;
    bool done;
    struct bw_view problem;
};
struct circle_organisation_view {
    struct bw_view id, name, lang, domain;
    enum i18n_msg class_msg, state_msg;
    const struct bw_view *sectors, *circles;
    size_t sectors_n, circles_n;
    int64_t since_us;
    bool desk, active, left;
    const struct circle_option *all_sectors, *classes, *their_circles, *organisations;
    size_t all_sectors_n, classes_n, their_circles_n, organisations_n;
    struct bw_view waiting_id, waiting_state, waiting_reason; /* a decision for a second person */
    bool may_second, done;
    struct bw_view problem;
};
struct circle_export_view {
    struct bw_view token, organisation;
    int64_t until_us;
};
struct circle_mail_export {
    struct bw_view hub_name, organisation;
    struct html_url link;
    int64_t days;
};

#endif
