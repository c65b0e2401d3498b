/* SPDX-License-Identifier: Apache-2.0 */
/* notify_int - what the room's files share. */
#ifndef NOTIFY_INT_H
#define NOTIFY_INT_H

#include "notify.h"

#include "html.h"

extern const struct ledger_consumer notify_live_consumer, notify_mail_consumer;
enum bw_rc notify_live(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

/* What the mail templates print. */
struct notify_mail_item {
    struct bw_view hub_name, name, title, by, body, tlp, lang_code;
    enum i18n_msg kind_msg, severity_msg;
    struct html_url link;
    bool full; /* the label allows the text in this mail */
};
struct notify_mail_finding {
    struct bw_view hub_name, name;
    int64_t count;
    enum i18n_msg severity_msg;
    struct html_url link;
};
struct notify_mail_invite {
    struct bw_view hub_name, organisation;
    struct html_url link;
};

#endif
