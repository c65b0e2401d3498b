/* SPDX-License-Identifier: Apache-2.0 */
/* terms_canon - what the hash of a version is taken over, and dates in the hub's zone. Pure.
 *
 *     breakwater-terms 1\n
 *     number 3\n
 *     effective 2027-02-28T16:00:00Z\n
 *     en 1234\n<1234 bytes>\n
 *     zh-Hant-HK 0\n\n
 *     zh-Hans-CN 0\n\n
 *
 * Texts are as they are stored: lines end with LF, nothing stands before or behind. */
#include "terms_int.h"

void terms_canonical(const struct terms_version *v, struct bw_buf *out)
{
    char time[BW_TIME_MAX];
    bw_time_format(v->effective_us, time);
    bw_buf_printf(out, "breakwater-terms 1\nnumber %lld\neffective %s\n", (long long)v->number,
                  time);
    for (int i = 0; i < I18N_LANGS; i++) {
        bw_buf_printf(out, "%.*s %zu\n", BW_VF(i18n_html_name((enum i18n_lang)i)), v->text[i].n);
        bw_buf_view(out, v->text[i]);
        bw_buf_byte(out, '\n');
    }
}

enum bw_rc terms_hash(const struct terms_version *v, struct crypto_digest *ret, struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(I18N_LANGS * TERMS_TEXT_MAX + 1024);
    terms_canonical(v, &out);
    BW_TRY(bw_buf_rc(&out, "terms", err));
    *ret = crypto_sha256(bw_buf_text(&out));
    return BW_OK;
}

struct terms_hex terms_hash_text(const struct crypto_digest *d)
{
    static const char digits[] = "0123456789abcdef";
    struct terms_hex h;
    for (size_t i = 0; i < sizeof(d->b); i++) {
        h.text[2 * i] = digits[d->b[i] >> 4];
        h.text[2 * i + 1] = digits[d->b[i] & 15];
    }
    h.text[TERMS_HASH_HEX] = '\0';
    return h;
}

enum bw_rc terms_date_parse(struct bw_view date, const struct settings *settings, int64_t *ret_us,
                            struct bw_err *err)
{
    struct bw_civil c = {0};
    int64_t year, month, day, at_us;
    date = bw_view_trim(date);
    if (date.n != 10 || date.p[4] != '-' || date.p[7] != '-' ||
        !bw_view_int(bw_view_head(date, 4), &year) ||
        !bw_view_int(bw_view_of(date.p + 5, 2), &month) ||
        !bw_view_int(bw_view_of(date.p + 8, 2), &day) || year < 2000 || year > 2200)
        return bw_fail(err, BW_INVALID, "write the date as year-month-day: 2027-03-01");
    c.year = (int)year;
    c.month = (int)month;
    c.day = (int)day;
    if (!bw_civil_to_us(&c, &at_us))
        return bw_fail(err, BW_INVALID, "there is no such day: %.*s", BW_VF(date));
    *ret_us = at_us - setting_int(settings, SETTING_ZONE_OFFSET) * BW_MINUTE_US;
    return BW_OK;
}

void terms_date_text(int64_t at_us, const struct settings *settings, char out[BW_TIME_MAX])
{
    bw_time_format_local(at_us, (int)setting_int(settings, SETTING_ZONE_OFFSET), out);
    out[10] = '\0';
}

enum bw_rc terms_reason_check(struct bw_view reason, struct bw_err *err)
{
    reason = bw_view_trim(reason);
    if (reason.n == 0)
        return bw_fail(err, BW_INVALID, "say why: the reason is kept with the decision");
    if (reason.n > TERMS_REASON_MAX || !bw_utf8_valid(reason))
        return bw_fail(err, BW_INVALID, "a reason has at most %d bytes", TERMS_REASON_MAX);
    return BW_OK;
}

struct bw_view terms_text(const struct terms_version *v, enum i18n_lang lang,
                          enum i18n_lang *ret_lang)
{
    *ret_lang = v->text[lang].n ? lang : I18N_EN;
    return v->text[*ret_lang];
}
