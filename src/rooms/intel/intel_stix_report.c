/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix_report - what an import says about single objects and lines: counts are complete,
 * reasons are capped, so that a file of a million broken lines gives an answer of a few kilobytes.
 */
#include "intel_stix.h"

#define REASON_MAX 400

static void BW_PRINTF(3, 0)
    add(struct intel_report *r, struct bw_view where, const char *fmt, va_list args)
{
    char text[REASON_MAX];
    struct bw_err ignored;
    struct intel_reason reason;
    if (r->n_reasons >= INTEL_REASONS_MAX)
        return;
    if (r->n_reasons == r->room_reasons) {
        size_t room = r->room_reasons ? r->room_reasons * 2 : 8;
        struct intel_reason *larger = BW_ARENA_ARRAY(r->arena, room, struct intel_reason);
        if (!larger)
            return; /* the counts still tell */
        if (r->n_reasons)
            memcpy(larger, r->reasons, r->n_reasons * sizeof(*larger));
        r->reasons = larger;
        r->room_reasons = room;
    }
    int n = vsnprintf(text, sizeof(text), fmt, args);
    struct bw_view why = bw_view_of(text, n < 0 ? 0 : (size_t)n);
    why = bw_utf8_head(why, sizeof(text) - 1);
    if (bw_view_copy(r->arena, where, &reason.where, &ignored) == BW_OK &&
        bw_view_copy(r->arena, why, &reason.why, &ignored) == BW_OK)
        r->reasons[r->n_reasons++] = reason;
}

void intel_report_refuse(struct intel_report *r, struct bw_view where, const char *fmt, ...)
{
    va_list args;
    r->refused++;
    va_start(args, fmt);
    add(r, where, fmt, args);
    va_end(args);
}

void intel_report_note(struct intel_report *r, struct bw_view where, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add(r, where, fmt, args);
    va_end(args);
}
