/* SPDX-License-Identifier: Apache-2.0 */
/* i18n_lang - the three languages, their names in paths, in HTML and in headers.
 *
 * Apart from i18n.h because that one takes in the generated list of messages: who only carries a
 * language is not compiled again when a message is added. Pure; any thread. */
#ifndef I18N_LANG_H
#define I18N_LANG_H

#include "bw_buf.h"
#include "bw_view.h"

enum i18n_lang { I18N_EN, I18N_HANT, I18N_HANS, I18N_LANGS };

struct bw_view
i18n_path_name(enum i18n_lang lang); /* "en" "zh-hant" "zh-hans": first path segment */
struct bw_view i18n_html_name(enum i18n_lang lang); /* "en" "zh-Hant-HK" "zh-Hans-CN" (BCP 47) */
struct bw_view i18n_own_name(enum i18n_lang lang); /* "English" and so on, in the language itself */

/* "zh-hant" → I18N_HANT. False: not one of the three path names (case matters); *ret untouched. */
bool i18n_from_path(struct bw_view segment, enum i18n_lang *ret);
/* From an Accept-Language header (RFC 9110 12.5.4): the best of the three; FALLBACK where none
 * fits. zh, zh-HK, zh-TW, zh-MO, zh-Hant-*, yue → Hant; zh-CN, zh-SG, zh-MY, zh-Hans-* → Hans. */
enum i18n_lang i18n_accept(struct bw_view accept_language, enum i18n_lang fallback);

/* One value for a {name} in a message. */
struct i18n_arg {
    const char *name;
    struct bw_view text; /* used where text.p is set */
    int64_t number;
};
#define I18N_TEXT(arg_name, view) ((struct i18n_arg){(arg_name), (view), 0})
#define I18N_NUMBER(arg_name, value) ((struct i18n_arg){(arg_name), {NULL, 0}, (value)})

#define I18N_NUMBER_MAX 32 /* bytes that i18n_group writes at most, NUL included */
/* "1,234,567" (the same in all three languages). Returns the length. */
size_t i18n_group(int64_t value, char out[I18N_NUMBER_MAX]);

#endif
