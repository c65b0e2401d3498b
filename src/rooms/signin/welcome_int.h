/* SPDX-License-Identifier: Apache-2.0 */
/* welcome_int - an invited person chooses a password; see welcome.c. */
#ifndef WELCOME_INT_H
#define WELCOME_INT_H

#include "html.h"
#include "signin.h"

struct welcome_view {
    struct html_url action;
    struct bw_view token, name, email;
    int64_t shortest; /* characters of a password */
    bool failed;
};

enum bw_rc welcome_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc welcome_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#define WELCOME_TOKEN_MAX 400 /* bytes */

#endif
