/* SPDX-License-Identifier: Apache-2.0 */
/* test_html - the data of testpage.html. */
#ifndef TEST_HTML_H
#define TEST_HTML_H

#include "html.h"
#include "i18n.h"

#define TEST_TWO 2

struct test_row {
    struct bw_view name, by;
    struct bw_id id;
    int64_t at_us;
    unsigned count;
    bool on;
};
struct test_page {
    struct bw_view title;
    const char *z;
    char array[8];
    struct bw_id id;
    int n32;
    uint64_t u64;
    bool yes;
    struct html_safe safe;
    struct html_url url;
    struct html_slot body;
    enum i18n_msg message;
    int64_t at_us, zero_us;
    const struct test_row *rows, *first;
    size_t rows_n;
};

#endif
