/* SPDX-License-Identifier: Apache-2.0 */
/* i18n_lang - choosing one of three languages.
 *
 * Accept-Language comes from outside: a header of any length is read once, without memory, and at
 * most ACCEPT_RANGES of its ranges are looked at. Chinese needs a rule of its own: prefix matching
 * (RFC 4647) would give Simplified text to zh-HK, so script first, then region. Fuzzed by
 * fuzz_i18n. */
#include "i18n_lang.h"

#define ACCEPT_RANGES 32

static const struct {
    struct bw_view path, html, own;
} LANGS[I18N_LANGS] = {
    [I18N_EN] = {BW_VIEW_INIT("en"), BW_VIEW_INIT("en"), BW_VIEW_INIT("English")},
    [I18N_HANT] = {BW_VIEW_INIT("zh-hant"), BW_VIEW_INIT("zh-Hant-HK"), BW_VIEW_INIT("繁體中文")},
    [I18N_HANS] = {BW_VIEW_INIT("zh-hans"), BW_VIEW_INIT("zh-Hans-CN"), BW_VIEW_INIT("简体中文")},
};

struct bw_view i18n_path_name(enum i18n_lang lang)
{
    BW_ASSERT(lang < I18N_LANGS);
    return LANGS[lang].path;
}

struct bw_view i18n_html_name(enum i18n_lang lang)
{
    BW_ASSERT(lang < I18N_LANGS);
    return LANGS[lang].html;
}

struct bw_view i18n_own_name(enum i18n_lang lang)
{
    BW_ASSERT(lang < I18N_LANGS);
    return LANGS[lang].own;
}

bool i18n_from_path(struct bw_view segment, enum i18n_lang *ret)
{
    for (unsigned i = 0; i < I18N_LANGS; i++)
        if (bw_view_eq(segment, LANGS[i].path)) {
            *ret = (enum i18n_lang)i;
            return true;
        }
    return false;
}

/* Chinese by its later subtags: the first that says script or region decides; zh alone is Hant. */
static enum i18n_lang chinese_of(struct bw_view subtags)
{
    static const struct {
        struct bw_view subtag;
        enum i18n_lang lang;
    } SUBTAGS[] = {
        {BW_VIEW_INIT("hant"), I18N_HANT}, {BW_VIEW_INIT("hans"), I18N_HANS},
        {BW_VIEW_INIT("hk"), I18N_HANT},   {BW_VIEW_INIT("tw"), I18N_HANT},
        {BW_VIEW_INIT("mo"), I18N_HANT},   {BW_VIEW_INIT("cn"), I18N_HANS},
        {BW_VIEW_INIT("sg"), I18N_HANS},   {BW_VIEW_INIT("my"), I18N_HANS},
    };
    while (subtags.p) {
        struct bw_view subtag = bw_view_split(&subtags, '-');
        for (size_t i = 0; i < BW_COUNT(SUBTAGS); i++)
            if (bw_view_eq_nocase(subtag, SUBTAGS[i].subtag))
                return SUBTAGS[i].lang;
    }
    return I18N_HANT;
}

static bool lang_of_range(struct bw_view range, enum i18n_lang *ret)
{
    struct bw_view first = bw_view_split(&range, '-');
    if (bw_view_eq_nocase(first, BW_V("en"))) {
        *ret = I18N_EN;
        return true;
    }
    if (bw_view_eq_nocase(first, BW_V("zh"))) {
        *ret = chinese_of(range);
        return true;
    }
    if (bw_view_eq_nocase(first, BW_V("yue"))) {
        *ret = I18N_HANT;
        return true;
    }
    return false;
}

/* "q=0.8" as thousandths; anything unreadable counts as 0: not wanted. */
static int weight_of(struct bw_view params)
{
    while (params.p) {
        struct bw_view param = bw_view_trim(bw_view_split(&params, ';'));
        if (param.n < 2 || (param.p[0] | 0x20) != 'q' || param.p[1] != '=')
            continue;
        struct bw_view v = bw_view_from(param, 2);
        if (v.n < 1 || v.n > 5 || (v.p[0] != '0' && v.p[0] != '1') || (v.n > 1 && v.p[1] != '.'))
            return 0;
        int weight = (v.p[0] - '0') * 1000, unit = 100;
        for (size_t i = 2; i < v.n; i++, unit /= 10) {
            if (v.p[i] < '0' || v.p[i] > '9')
                return 0;
            weight += (v.p[i] - '0') * unit;
        }
        return weight <= 1000 ? weight : 0;
    }
    return 1000;
}

enum i18n_lang i18n_accept(struct bw_view accept_language, enum i18n_lang fallback)
{
    enum i18n_lang best = fallback;
    int best_weight = 0;
    for (int seen = 0; accept_language.p && seen < ACCEPT_RANGES; seen++) {
        struct bw_view params = bw_view_split(&accept_language, ',');
        struct bw_view range = bw_view_trim(bw_view_split(&params, ';'));
        int weight = weight_of(params);
        enum i18n_lang lang;
        if (weight > best_weight && lang_of_range(range, &lang)) {
            best = lang;
            best_weight = weight;
        }
    }
    return best;
}

size_t i18n_group(int64_t value, char out[I18N_NUMBER_MAX])
{
    char back[I18N_NUMBER_MAX];
    size_t n = 0, digits = 0;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        if (digits > 0 && digits % 3 == 0)
            back[n++] = ',';
        back[n++] = (char)('0' + left % 10);
        left /= 10;
        digits++;
    } while (left > 0);
    if (value < 0)
        back[n++] = '-';
    for (size_t i = 0; i < n; i++)
        out[i] = back[n - 1 - i];
    out[n] = 0;
    return n;
}
