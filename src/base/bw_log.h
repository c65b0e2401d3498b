/* SPDX-License-Identifier: Apache-2.0 */
/* bw_log - structured log: one line a fact, for a person on a terminal, JSON otherwise.
 *
 * Fields are key and value pairs, so that nothing is glued into the text: secrets, mail addresses
 * and TLP-bound content are never logged. A line is one write(2) to stderr of at most 4096 bytes
 * (PIPE_BUF), so neither threads nor processes on one pipe mix; a long value is cut with an
 * ellipsis, and a field that no longer fits is left out and marked with cut=true. Control and
 * bidirectional override characters are always escaped: a log line cannot be forged or move a
 * terminal's cursor. */
#ifndef BW_LOG_H
#define BW_LOG_H

#include "bw_err.h"
#include "bw_view.h"

enum bw_log_level { BW_LOG_DEBUG, BW_LOG_INFO, BW_LOG_WARN, BW_LOG_ERROR };
enum bw_log_form { BW_LOG_AUTO, BW_LOG_HUMAN, BW_LOG_JSON };

struct bw_field {
    const char *key;
    struct bw_view text; /* used where text.p is set */
    int64_t number;
};
static inline struct bw_field bw_field_text(const char *key, struct bw_view v)
{
    return (struct bw_field){key, v.p ? v : bw_view_of("", 0), 0}; /* empty text is no number */
}
#define BW_FT(key, view) bw_field_text((key), (view))
#define BW_FZ(key, z) bw_field_text((key), bw_view_z(z))
#define BW_FI(key, number) ((struct bw_field){(key), {NULL, 0}, (number)})

void bw_log_setup(enum bw_log_level least, enum bw_log_form form); /* before threads start */
void bw_log_fields(enum bw_log_level level, const char *event, const struct bw_field *f, size_t n);
/* bw_log(BW_LOG_INFO, "http.listen", BW_FZ("url", url), BW_FI("loops", 2)); */
#define bw_log(level, event, ...)                                           \
    bw_log_fields((level), (event), (const struct bw_field[]){__VA_ARGS__}, \
                  sizeof((const struct bw_field[]){__VA_ARGS__}) / sizeof(struct bw_field))
/* Logs rc, message and detail of ERR under EVENT. */
void bw_log_err(enum bw_log_level level, const char *event, const struct bw_err *err);

#endif
