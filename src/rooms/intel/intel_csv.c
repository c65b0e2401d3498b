/* SPDX-License-Identifier: Apache-2.0 */
/* intel_csv - cells that a spreadsheet shows and does not run (security.md, Output). */
#include "intel_page.h"

/* = + - @ tab and CR at the beginning make a formula in the common spreadsheets; the apostrophe in
 * front makes it text. RFC 4180 2.5 to 2.7 for the quotes. */
void csv_cell(struct bw_buf *out, struct bw_view text, bool last)
{
    bool formula = text.n && memchr("=+-@\t\r", text.p[0], 6);
    bool quotes = false;
    for (size_t i = 0; i < text.n; i++)
        quotes = quotes || memchr(",\"\r\n", text.p[i], 4);
    if (quotes)
        bw_buf_byte(out, '"');
    if (formula)
        bw_buf_byte(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            bw_buf_byte(out, '"');
        bw_buf_byte(out, text.p[i]);
    }
    if (quotes)
        bw_buf_byte(out, '"');
    if (last)
        BW_BUF_LIT(out, "\r\n");
    else
        bw_buf_byte(out, ',');
}
