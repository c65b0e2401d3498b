/* SPDX-License-Identifier: Apache-2.0 */
/* i18n - the words of the hub in three languages.
 *
 * Why not gettext: it needs locales of the operating system, changes its mind with LANGUAGE, and
 * looks strings up by hash. Here tools/po.py compiles lang/<language>/<area>.po into arrays at
 * build time: `signin.title` in a .po file is MSG_signin_title in C, a wrong key does not compile,
 * and a look-up is an index. A message that a language lacks is English there. How to add one:
 * tools/README.md. Pure, static data; any thread. */
#ifndef I18N_H
#define I18N_H

#include "i18n_catalogue.h" /* generated: enum i18n_msg, MSGN_*, MSGA_* */
#include "i18n_lang.h"

/* The message as it is, {names} not filled in; of one with plural forms the form for many. */
struct bw_view i18n(enum i18n_lang lang, enum i18n_msg msg);

/* Appends MSG with {name}s replaced, as plain text: escaping is the printer's. The argument "n"
 * also chooses the plural form and is printed with thousands separated; other numbers are printed
 * as they are. A {name} without argument is printed as it stands. ARGS may be NULL where N_ARGS is
 * 0. */
void i18n_put(struct bw_buf *out, enum i18n_lang lang, enum i18n_msg msg,
              const struct i18n_arg *args, size_t n_args);
#define I18N_PUT(out, lang, msg, ...)                                      \
    i18n_put((out), (lang), (msg), (const struct i18n_arg[]){__VA_ARGS__}, \
             sizeof((const struct i18n_arg[]){__VA_ARGS__}) / sizeof(struct i18n_arg))

/* True: LANG has its own text for MSG; false: what i18n() gives is the English one. */
bool i18n_has(enum i18n_lang lang, enum i18n_msg msg);
/* "signin.title"; for the log and for tests. */
struct bw_view i18n_key(enum i18n_msg msg);

/* For printers: cuts a message at its {names}. Start with *rest = i18n_form(...). Each call returns
 * the literal text before the next {name} and sets *ret_name ({NULL, 0} at the end). */
struct bw_view i18n_form(enum i18n_lang lang, enum i18n_msg msg, const struct i18n_arg *args,
                         size_t n_args);
struct bw_view i18n_piece(struct bw_view *rest, struct bw_view *ret_name);

#endif
