/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file: recognising, reading as a report with its kind settled from header and rows.
 * What comes out stays inside the input, records go forward, and every row is an event or has a
 * reason. */
#include "feed_int.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_records(struct bw_view bytes)
{
    static struct text_record r;
    struct text_csv c;
    enum text_csv_got got;
    size_t before, line = 0;
    text_csv_open(&c, bytes);
    for (before = c.at; (got = text_csv_next(&c, &r)) != TEXT_CSV_END; before = c.at) {
        BW_ASSERT(c.at > before && c.at <= bytes.n && r.line > line && c.line >= r.line);
        BW_ASSERT(r.raw.n == 0 || (r.raw.p >= bytes.p && r.raw.p + r.raw.n <= bytes.p + bytes.n));
        BW_ASSERT(got == TEXT_CSV_RECORD ? r.n > 0 && r.n <= TEXT_CELLS_MAX : r.wrong != NULL);
        for (size_t i = 0; got == TEXT_CSV_RECORD && i < r.n; i++)
            BW_ASSERT(r.cells[i].text.p >= r.raw.p &&
                      r.cells[i].text.p + r.cells[i].text.n <= r.raw.p + r.raw.n);
        line = r.line;
    }
}

static void read_rows(struct bw_view bytes)
{
    BW_AUTO(feed_rows) *rows = NULL;
    struct watch_event e;
    struct bw_err err = {0};
    size_t line;
    if (feed_rows_open(bytes, (struct bw_view){NULL, 0}, INT64_C(1795240800000000), &rows, &err) !=
        BW_OK) {
        BW_ASSERT(err.message[0]);
        return;
    }
    for (enum feed_row got; (got = feed_rows_next(rows, &e, &line, &err)) != FEED_ROW_END;) {
        if (got == FEED_ROW_REFUSED) {
            BW_ASSERT(err.message[0]);
            continue;
        }
        BW_ASSERT(watch_rsit_known(e.rsit_type) && e.severity >= 0 && e.severity <= 4);
        BW_ASSERT(e.port >= -1 && e.port <= 65535 && e.family.n <= FEED_WORD_MAX);
        BW_ASSERT(bw_utf8_valid(e.family) && bw_utf8_valid(e.protocol));
        feed_rows_forget(rows);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_view bytes = bw_view_of((const char *)data, size);
    enum feed_form form;
    struct bw_err err = {0};
    if (feed_recognise(bytes, &form, &err) != BW_OK)
        BW_ASSERT(err.message[0]);
    read_records(bytes);
    read_rows(bytes);
    return 0;
}
