/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_bw_text - the small parsers that every import goes through: times, addresses, prefixes,
 * whole numbers, UTF-8. What is taken must come back unchanged through its formatter, and two ways
 * to the same answer must agree. */
#include "bw_clock.h"
#include "bw_ip.h"
#include "bw_view.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_time(struct bw_view v)
{
    int64_t at_us, back_us;
    char text[BW_TIME_MAX], again[BW_TIME_MAX];
    struct bw_err err;
    if (bw_time_parse(v, &at_us, &err) != BW_OK) {
        BW_ASSERT(bw_utf8_valid(bw_view_z(err.message)));
        return;
    }
    size_t n = bw_time_format(at_us, text);
    BW_ASSERT(bw_time_parse(bw_view_of(text, n), &back_us, NULL) == BW_OK && back_us == at_us);
    BW_ASSERT(bw_time_format(back_us, again) == n && memcmp(text, again, n + 1) == 0);
    BW_ASSERT(bw_time_format_local(at_us, 480, again) == 16);
}

static void fuzz_civil(struct bw_view v)
{
    int64_t at_us, back_us;
    char text[BW_TIME_MAX];
    struct bw_civil c;
    if (v.n < sizeof(at_us))
        return;
    memcpy(&at_us, v.p, sizeof(at_us));
    bw_civil_of(at_us, &c);
    if (bw_civil_to_us(&c, &back_us))
        BW_ASSERT(back_us == at_us);
    else
        BW_ASSERT(c.year < 1 || c.year > 9999);
    BW_ASSERT(bw_time_format(at_us, text) < BW_TIME_MAX);
}

static void fuzz_ip(struct bw_view v)
{
    struct bw_ip ip, back;
    struct bw_prefix p, p_back;
    struct bw_err err;
    char text[BW_PREFIX_TEXT_MAX];
    bool is_ip = bw_ip_parse(v, &ip);
    if (is_ip) {
        size_t n = bw_ip_format(&ip, text);
        BW_ASSERT(n < BW_IP_TEXT_MAX && bw_ip_parse(bw_view_of(text, n), &back));
        BW_ASSERT(bw_ip_cmp(&ip, &back) == 0);
        BW_ASSERT(bw_ip_is_special(&ip) == bw_ip_is_special(&back));
    }
    if (bw_prefix_parse(v, &p, &err) != BW_OK) {
        BW_ASSERT(!is_ip && bw_utf8_valid(bw_view_z(err.message)));
        return;
    }
    size_t n = bw_prefix_format(&p, text);
    struct bw_ip last = bw_prefix_last(&p);
    BW_ASSERT(n < BW_PREFIX_TEXT_MAX);
    BW_ASSERT(bw_prefix_parse(bw_view_of(text, n), &p_back, NULL) == BW_OK);
    BW_ASSERT(p.bits == p_back.bits && bw_ip_cmp(&p.first, &p_back.first) == 0);
    BW_ASSERT(bw_prefix_has(&p, &p.first) && bw_prefix_has(&p, &last));
    BW_ASSERT(bw_ip_cmp(&p.first, &last) <= 0);
}

static void fuzz_utf8(struct bw_view v)
{
    bool well_formed = true;
    for (size_t at = 0, len; at < v.n; at += len) {
        char out[4];
        uint32_t cp = bw_utf8_next(bw_view_from(v, at), &len);
        size_t n = bw_utf8_put(cp, out);
        if (n != len || memcmp(out, v.p + at, n) != 0)
            well_formed = false;
    }
    BW_ASSERT(bw_utf8_valid(v) == well_formed);
    for (size_t max = 0; well_formed && max <= v.n && max < 16; max++)
        BW_ASSERT(bw_utf8_valid(bw_utf8_head(v, max)));
}

static void fuzz_int(struct bw_view v)
{
    int64_t number, back;
    char text[24];
    if (!bw_view_int(v, &number))
        return;
    int n = snprintf(text, sizeof(text), "%lld", (long long)number);
    BW_ASSERT(bw_view_int(bw_view_of(text, (size_t)n), &back) && back == number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_view v = {(const char *)data, size};
    fuzz_time(v);
    fuzz_civil(v);
    fuzz_ip(v);
    fuzz_utf8(v);
    fuzz_int(v);
    return 0;
}
