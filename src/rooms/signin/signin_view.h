/* SPDX-License-Identifier: Apache-2.0 */
/* signin_view - what the templates of signing in print; those of the account page are in
 * signin_account.h. */
#ifndef SIGNIN_VIEW_H
#define SIGNIN_VIEW_H

#include "html.h"
#include "i18n.h"
#include "signin_account.h"

struct signin_password_view {
    struct html_url action, forgot, passkey_action;
    struct bw_view email, next;
    bool failed, done; /* error, done_msg is set */
    enum i18n_msg error, done_msg;
    bool demo;
    struct signin_passkey_ask ask;
};

struct signin_code_view {
    struct html_url action, again, passkey_action, recovery_action;
    struct bw_view state;
    bool failed, bad_code, bad_recovery;
    enum i18n_msg error;
    const char *error_field;
    struct bw_view demo_code; /* demo only: what the app would show now */
    bool enrol, has_passkey;
    struct signin_enrolment enrolment; /* enrol */
    struct signin_passkey_ask ask;     /* has_passkey */
    int64_t recovery_left;
};

struct signin_suspended_view {
    struct bw_view organisation;
    struct html_url home;
};

struct signin_forgot_view {
    struct html_url action, back;
    struct bw_view email;
    bool sent, failed;
    enum i18n_msg error;
};

/* Choosing a password: invited, or because it was forgotten. */
struct welcome_view {
    struct html_url action;
    struct bw_view token, name, email;
    int64_t shortest; /* characters of a password */
    bool reset, failed, known;
};

/* A notice by mail. */
struct signin_mail_view {
    enum i18n_msg subject_msg, what_msg, do_msg;
    struct bw_view hub_name, name, agent; /* agent may be empty */
    int64_t at_us;
    struct html_url link;
    enum i18n_msg link_msg;
};

#endif
