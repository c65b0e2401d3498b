/* SPDX-License-Identifier: Apache-2.0 */
/* home_int - what the start page prints. */
#ifndef HOME_INT_H
#define HOME_INT_H

#include "home.h"
#include "intel.h"
#include "page.h"
#include "watch.h"

#include "intel_html.h"

struct home_draft {
    struct bw_view public_id, title;
    int64_t created_us;
};
struct home_page {
    int64_t findings, todo;  /* open findings; everything in the first list */
    enum i18n_msg worst_msg; /* severity of the worst finding */
    const char *worst_class;
    const struct intel_row_view *urgent; /* critical and high, the last seven days */
    size_t urgent_n;
    const struct home_draft *drafts;
    size_t drafts_n;
    const struct intel_row_view *rows; /* newest */
    size_t rows_n;
    int64_t networks, networks_pending;
};

#endif
