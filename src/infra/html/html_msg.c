/* SPDX-License-Identifier: Apache-2.0 */
/* html_msg - messages of the catalogue in a page: the text is escaped, and so is each value in it.
 */
#include "html.h"
#include "i18n.h"

void html_msg(struct html *h, unsigned msg)
{
    html_text_view(h, i18n(h->lang, (enum i18n_msg)msg));
}

/* True: NAME was a plain argument and is printed. */
static bool put_arg(struct html *h, struct bw_view name, const struct i18n_arg *args, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!bw_view_is(name, args[i].name))
            continue;
        if (args[i].text.p)
            html_text_view(h, args[i].text);
        else if (bw_view_is(name, "n"))
            html_num(h, args[i].number);
        else
            html_int(h, args[i].number);
        return true;
    }
    return false;
}

void html_walk_start(struct html *h, struct html_walk *w, unsigned msg, const struct i18n_arg *args,
                     size_t n)
{
    *w = (struct html_walk){.args = args, .n = n};
    w->rest = i18n_form(h->lang, (enum i18n_msg)msg, args, n);
}

bool html_walk_next(struct html *h, struct html_walk *w)
{
    while (w->rest.p) {
        html_text_view(h, i18n_piece(&w->rest, &w->name));
        if (w->name.p && !put_arg(h, w->name, w->args, w->n))
            return true;
    }
    return false;
}

void html_msg_args(struct html *h, unsigned msg, const struct i18n_arg *args, size_t n)
{
    struct html_walk w;
    html_walk_start(h, &w, msg, args, n);
    while (html_walk_next(h, &w)) {
        bw_buf_byte(h->out, '{');
        html_text_view(h, w.name);
        bw_buf_byte(h->out, '}');
    }
}
