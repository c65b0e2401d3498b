/* SPDX-License-Identifier: Apache-2.0 */
/* member_view - what the templates of the organisation and the directory print. */
#ifndef MEMBER_VIEW_H
#define MEMBER_VIEW_H

#include "html.h"
#include "i18n.h"

struct member_name_view {
    struct bw_view text, lang; /* lang: BCP 47; empty where it is the page's */
};
struct member_person_view {
    struct bw_view name, email;
    enum i18n_msg role_msg;
    int64_t seen_us;
};
struct member_key_view {
    struct bw_view public_id, label, networks, used_from;
    enum i18n_msg scopes[4];
    size_t scopes_n;
    int64_t created_us, expires_us, used_us;
    bool expired, replaced, rotates;
};
struct member_choice_view { /* a box or an option of the form for a new key */
    const char *word;
    enum i18n_msg msg, hint;
    bool chosen;
};
struct member_keys_view {  /* keys of one person with the form for a new one */
    struct bw_view person; /* public id of a service; empty: one's own */
    const struct member_key_view *keys;
    size_t keys_n;
    struct bw_view new_key, new_label; /* shown this once */
    bool failed, bad_label, bad_scope, bad_networks;
    enum i18n_msg error;
    const char *error_field;
    struct bw_view label, networks, said; /* as typed; what was wrong with the networks */
    const struct member_choice_view *scopes, *terms;
    size_t scopes_n, terms_n;
    int64_t overlap; /* days that a replaced key lives on */
};
struct member_organisation_view {
    struct member_name_view name;
    struct bw_view domain;
    enum i18n_msg class_msg;
    const struct member_name_view *other_names; /* in the other languages */
    size_t other_names_n;
    bool admin; /* of this organisation */
    const struct bw_view *sectors, *circles;
    size_t sectors_n, circles_n;
    const struct member_person_view *people;
    size_t people_n;
    bool done; /* done_msg is set */
    enum i18n_msg done_msg;
    struct bw_view offer_from; /* who offers the administrator's role */
    bool may_people, may_leave, alone;
    struct member_keys_view keys;
};

struct member_option_view { /* of a filter */
    struct bw_view value, name;
    bool chosen;
};
struct member_directory_row {
    struct bw_view public_id;
    struct member_name_view name;
    struct bw_view english; /* where it is not the name shown */
    enum i18n_msg class_msg;
    const struct bw_view *sectors;
    size_t sectors_n;
};
struct member_directory_view {
    const struct member_directory_row *rows;
    size_t rows_n;
    int64_t total;
    const struct member_option_view *sectors, *classes;
    size_t sectors_n, classes_n;
    struct bw_view sector, class_; /* as asked for; empty: any */
    bool first;                    /* nothing before this page */
    struct bw_view next;           /* cursor; empty: the last page */
};

#endif
