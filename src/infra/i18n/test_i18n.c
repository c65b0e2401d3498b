/* SPDX-License-Identifier: Apache-2.0 */
/* test_i18n - choosing languages, filling in, plural forms, and the whole catalogue once over. */
#include "bw_test.h"
#include "i18n.h"

static const struct {
    const char *name, *header;
    enum i18n_lang want;
} ACCEPT[] = {
    {"nothing gives the fallback", "", I18N_EN},
    {"English of any region", "en-GB", I18N_EN},
    {"Hong Kong reads Traditional", "zh-HK", I18N_HANT},
    {"Taiwan reads Traditional", "zh-TW,zh;q=0.9,en;q=0.8", I18N_HANT},
    {"mainland reads Simplified", "zh-CN,zh;q=0.9", I18N_HANS},
    {"script before region", "zh-Hans-HK", I18N_HANS},
    {"Cantonese", "yue-HK", I18N_HANT},
    {"case does not matter", "ZH-hAnS", I18N_HANS},
    {"weights decide", "en;q=0.5, zh-SG;q=0.7", I18N_HANS},
    {"first wins a tie", "zh-MY, en", I18N_HANS},
    {"q=0 is not wanted", "zh-HK;q=0, en;q=0.1", I18N_EN},
    {"unknown languages are passed over", "fr, de;q=0.9, zh-MO;q=0.1", I18N_HANT},
    {"a weight that cannot be read counts as 0", "zh-HK;q=abc, en;q=0.001", I18N_EN},
    {"no more than 1", "zh-HK;q=1.5, en;q=0.3", I18N_EN},
    {"star is not ours", "*", I18N_EN},
    {"separators alone", ",,;;,", I18N_EN},
};

BW_TEST(accept_language)
{
    for (size_t i = 0; i < BW_COUNT(ACCEPT); i++)
        SUBTEST(ACCEPT[i].name,
                i18n_accept(bw_view_z(ACCEPT[i].header), I18N_EN) == ACCEPT[i].want);
}

BW_TEST(names_of_languages)
{
    enum i18n_lang lang = I18N_HANS;
    CHECK_VIEW(i18n_path_name(I18N_HANT), "zh-hant");
    CHECK_VIEW(i18n_html_name(I18N_HANT), "zh-Hant-HK");
    CHECK_VIEW(i18n_html_name(I18N_HANS), "zh-Hans-CN");
    CHECK(i18n_from_path(BW_V("en"), &lang) && lang == I18N_EN);
    CHECK(i18n_from_path(BW_V("zh-hant"), &lang) && lang == I18N_HANT);
    CHECK(!i18n_from_path(BW_V("zh"), &lang) && lang == I18N_HANT);
    CHECK(!i18n_from_path(BW_V("EN"), &lang));
    CHECK(!i18n_from_path(BW_V(""), &lang));
}

static const struct {
    int64_t value;
    const char *want;
} NUMBERS[] = {
    {0, "0"},
    {7, "7"},
    {999, "999"},
    {1000, "1,000"},
    {-1234, "-1,234"},
    {-12, "-12"},
    {1234567, "1,234,567"},
    {INT64_MAX, "9,223,372,036,854,775,807"},
    {INT64_MIN, "-9,223,372,036,854,775,808"},
};

BW_TEST(numbers_are_grouped)
{
    char text[I18N_NUMBER_MAX];
    for (size_t i = 0; i < BW_COUNT(NUMBERS); i++) {
        size_t n = i18n_group(NUMBERS[i].value, text);
        SUBTEST(NUMBERS[i].want, bw_view_is(bw_view_of(text, n), NUMBERS[i].want));
    }
}

BW_TEST(plural_forms)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(4096);
    I18N_PUT(&buf, I18N_EN, MSG_time_days, I18N_NUMBER("n", 1));
    bw_buf_byte(&buf, '|');
    I18N_PUT(&buf, I18N_EN, MSG_time_days, I18N_NUMBER("n", 0));
    bw_buf_byte(&buf, '|');
    I18N_PUT(&buf, I18N_EN, MSG_time_days, I18N_NUMBER("n", 1200));
    bw_buf_byte(&buf, '|');
    I18N_PUT(&buf, I18N_HANT, MSG_time_days, I18N_NUMBER("n", 1));
    CHECK_VIEW(bw_buf_text(&buf), "1 day|0 days|1,200 days|1 天");
}

BW_TEST(names_are_filled_in_as_plain_text)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(4096);
    I18N_PUT(&buf, I18N_EN, MSG_site_signed_in_as, I18N_TEXT("name", BW_V("A & <B> {name}")));
    CHECK_VIEW(bw_buf_text(&buf), "Signed in as A & <B> {name}");
    bw_buf_reset(&buf);
    I18N_PUT(&buf, I18N_EN, MSG_state_revision, I18N_NUMBER("number", 2026));
    CHECK_VIEW(bw_buf_text(&buf), "Revision 2026");
    bw_buf_reset(&buf);
    i18n_put(&buf, I18N_EN, MSG_site_signed_in_as, NULL, 0);
    CHECK_VIEW(bw_buf_text(&buf), "Signed in as {name}");
    bw_buf_reset(&buf);
    I18N_PUT(&buf, I18N_EN, MSG_site_signed_in_as, I18N_TEXT("name", BW_V("")));
    CHECK_VIEW(bw_buf_text(&buf), "Signed in as ");
}

BW_TEST(every_message_in_every_language)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(1 << 20);
    for (unsigned msg = 0; msg < I18N_MESSAGES; msg++)
        for (unsigned lang = 0; lang < I18N_LANGS; lang++) {
            struct bw_view text = i18n((enum i18n_lang)lang, (enum i18n_msg)msg);
            if (!CHECK(text.n > 0 && bw_utf8_valid(text)))
                printf("#   %.*s\n", BW_VF(i18n_key((enum i18n_msg)msg)));
            struct i18n_arg one = I18N_NUMBER("n", 1);
            bw_buf_reset(&buf);
            i18n_put(&buf, (enum i18n_lang)lang, (enum i18n_msg)msg, &one, 1);
            CHECK(buf.n > 0 && buf.rc == BW_OK);
        }
}

BW_TEST_MAIN()
