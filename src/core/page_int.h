/* SPDX-License-Identifier: Apache-2.0 */
/* page_int - what the shell's templates print. */
#ifndef PAGE_INT_H
#define PAGE_INT_H

#include "i18n.h"
#include "page.h"

struct page_nav_row {
    enum i18n_msg msg;
    struct html_url link;
    bool here;
};
struct page_lang_row {
    struct bw_view code, own_name, mark; /* "zh-Hant-HK", its name, one character */
    struct html_url link;
    bool here;
};
struct page_shell {
    struct bw_view title, hub_name, tlp, display, query, zone;
    const char *live; /* "/live" for who is signed in and wants it; else NULL */
    const struct page_nav_row *navs;
    size_t navs_n;
    const struct page_lang_row *langs;
    size_t langs_n;
    bool signed_in, reads, narrow, slim, bare;
    const char *theme; /* chosen by the reader on this device; NULL: as the device */
    struct html_url search_link, home_link, bell_link, organisation_link, account_link,
        sign_out_link, sign_in_link;
    bool limited_terms, limited_expired; /* said on every page, with what to do */
    struct html_url terms_link;
    struct html_slot body;
};
struct page_error {
    enum i18n_msg title_msg, what_msg;
    struct bw_view said, request_id; /* the error's own sentence, English */
    struct html_url home_link;
    bool offer_sign_in;
    struct html_url sign_in_link;
};

#endif
