/* SPDX-License-Identifier: Apache-2.0 */
/* signin_view - what the templates of signing in print. */
#ifndef SIGNIN_VIEW_H
#define SIGNIN_VIEW_H

#include "html.h"
#include "i18n.h"

struct signin_password_view {
    struct html_url action;
    struct bw_view email, next;
    bool failed; /* error is set */
    enum i18n_msg error;
    bool demo, signed_out;
};

struct signin_code_view {
    struct html_url action, again;
    struct bw_view state;
    bool failed;
    enum i18n_msg error;
    struct bw_view demo_code; /* demo only: what the app would show now */
    bool enrol;
    struct bw_view secret, uri, account; /* enrol */
};

struct signin_suspended_view {
    struct bw_view organisation;
    struct html_url home;
};

#endif
