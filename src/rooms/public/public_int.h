/* SPDX-License-Identifier: Apache-2.0 */
/* public_int - what the public zone's templates print. */
#ifndef PUBLIC_INT_H
#define PUBLIC_INT_H

#include "page.h"
#include "public.h"

#include "intel_html.h"

struct public_list {
    const struct intel_row_view *rows;
    size_t rows_n;
    struct bw_view query, next; /* next: cursor of the following page; empty: there is none */
    bool searched, first;       /* first: the first page */
    bool signed_in;
};
struct public_item {
    struct bw_view title, body, lang_code, tlp, tlp_class;
    const char *severity_class, *icon;
    enum i18n_msg severity_msg, kind_msg;
    int64_t published_us;
    bool other_lang;
};

#endif
