/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_intel_pattern - any bytes as a STIX pattern: what is found is text of its kind, and a
 * pattern made from it gives it again. */
#include "intel_stix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct intel_indicator *in)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new((size_t)1 << 20);
    BW_AUTO_BUF pattern = BW_BUF_INIT((size_t)1 << 20);
    struct stix_finds f = {.arena = arena};
    struct bw_err err;
    BW_ASSERT(arena);
    if (!stix_pattern_of(in, &pattern))
        return;
    BW_ASSERT(pattern.rc == BW_OK);
    BW_ASSERT(stix_pattern_scan(bw_buf_text(&pattern), &f, &err) == BW_OK);
    BW_ASSERT(f.n == 1 && f.list[0].ioc == in->ioc && bw_view_eq(f.list[0].value, in->value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new((size_t)16 << 20);
    struct stix_finds f = {.arena = arena};
    struct bw_err err = {.rc = BW_OK};
    if (!arena)
        return 0;
    enum bw_rc rc = stix_pattern_scan(bw_view_of((const char *)data, size), &f, &err);
    BW_ASSERT(rc == BW_OK || rc == BW_INVALID || rc == BW_MEMORY);
    BW_ASSERT(f.n <= STIX_FOUND_MAX);
    for (size_t i = 0; i < f.n; i++) {
        const struct intel_indicator *in = &f.list[i];
        BW_ASSERT(in->ioc > 0 && in->ioc < INTEL_IOCS);
        BW_ASSERT(in->value.n > 0 && in->value.n <= INTEL_INDICATOR_BYTES_MAX);
        BW_ASSERT(bw_utf8_valid(in->value) && !memchr(in->value.p, 0, in->value.n));
        if (i < 20)
            again(in);
    }
    return 0;
}
