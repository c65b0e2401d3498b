/* SPDX-License-Identifier: Apache-2.0 */
/* i18n - look-up and filling in of messages.
 *
 * tools/po.py has checked the braces: in a message every '{' opens a {name}. Messages with plural
 * forms come first in enum i18n_msg, so that the table of singular forms is short. */
#include "i18n.h"

struct bw_view i18n(enum i18n_lang lang, enum i18n_msg msg)
{
    BW_ASSERT(lang < I18N_LANGS && msg < I18N_MESSAGES);
    struct bw_view text = i18n_texts[lang][msg];
    return text.p ? text : i18n_texts[I18N_EN][msg];
}

bool i18n_has(enum i18n_lang lang, enum i18n_msg msg)
{
    BW_ASSERT(lang < I18N_LANGS && msg < I18N_MESSAGES);
    return i18n_texts[lang][msg].p != NULL;
}

struct bw_view i18n_key(enum i18n_msg msg)
{
    BW_ASSERT(msg < I18N_MESSAGES);
    return i18n_keys[msg];
}

static const struct i18n_arg *arg_named(struct bw_view name, const struct i18n_arg *args, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bw_view_is(name, args[i].name))
            return &args[i];
    return NULL;
}

struct bw_view i18n_form(enum i18n_lang lang, enum i18n_msg msg, const struct i18n_arg *args,
                         size_t n_args)
{
    struct bw_view text = i18n(lang, msg);
    if (msg >= I18N_PLURALS)
        return text;
    const struct i18n_arg *count = arg_named(BW_V("n"), args, n_args);
    if (!count || count->text.p || count->number != 1)
        return text;
    return i18n_singular[i18n_has(lang, msg) ? lang : I18N_EN][msg];
}

struct bw_view i18n_piece(struct bw_view *rest, struct bw_view *ret_name)
{
    struct bw_view all = *rest;
    size_t open = bw_view_find_byte(all, '{');
    *ret_name = (struct bw_view){NULL, 0};
    if (open == SIZE_MAX) {
        *rest = (struct bw_view){NULL, 0};
        return all;
    }
    struct bw_view name = bw_view_from(all, open + 1);
    size_t close = bw_view_find_byte(name, '}');
    BW_ASSERT(close != SIZE_MAX);
    *ret_name = bw_view_head(name, close);
    *rest = bw_view_from(name, close + 1);
    return bw_view_head(all, open);
}

static void put_arg(struct bw_buf *out, struct bw_view name, const struct i18n_arg *arg)
{
    char number[I18N_NUMBER_MAX];
    if (!arg) {
        bw_buf_byte(out, '{');
        bw_buf_view(out, name);
        bw_buf_byte(out, '}');
    } else if (arg->text.p) {
        bw_buf_view(out, arg->text);
    } else if (bw_view_is(name, "n")) {
        bw_buf_add(out, number, i18n_group(arg->number, number));
    } else {
        bw_buf_int(out, arg->number);
    }
}

void i18n_put(struct bw_buf *out, enum i18n_lang lang, enum i18n_msg msg,
              const struct i18n_arg *args, size_t n_args)
{
    struct bw_view rest = i18n_form(lang, msg, args, n_args), name;
    while (rest.p) {
        bw_buf_view(out, i18n_piece(&rest, &name));
        if (name.p)
            put_arg(out, name, arg_named(name, args, n_args));
    }
}
