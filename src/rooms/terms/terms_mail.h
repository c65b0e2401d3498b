/* SPDX-License-Identifier: Apache-2.0 */
/* terms_mail - what the template of the room's mails prints. */
#ifndef TERMS_MAIL_H
#define TERMS_MAIL_H

#include "html.h"
#include "terms_int.h"

struct terms_mail {
    struct bw_view hub_name, title, body;
    struct bw_view more; /* the organisation has not signed; may be empty */
    enum i18n_msg link_msg;
    struct html_url link;
};

#endif
