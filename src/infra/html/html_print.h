/* SPDX-License-Identifier: Apache-2.0 */
/* html_print - what the code made by tools/html.py calls; nobody else does.
 *
 * One family of functions per place in the HTML: text, attr (a quoted attribute), field (what a
 * form sends back: value="" and textarea, where bidi controls stay as they are so that saving does
 * not change them), path and query (components of an address). _Generic picks by type; a type that
 * has no row, such as bool or double, does not compile. Included by html.h. */
#ifndef HTML_PRINT_H
#define HTML_PRINT_H

static inline void html_lit(struct html *h, const char *p, size_t n)
{
    bw_buf_add(h->out, p, n);
}

void html_text_view(struct html *h, struct bw_view v);
void html_field_view(struct html *h, struct bw_view v);
void html_path_view(struct html *h, struct bw_view v); /* never empty, "." or ".."; see html.c */
void html_query_view(struct html *h, struct bw_view v);
void html_int(struct html *h, int64_t v);
void html_uint(struct html *h, uint64_t v);
void html_num(struct html *h, int64_t v); /* 1,234 */
#define html_attr_view html_text_view

#define HTML_FAMILY_(place)                                                    \
    static inline void html_##place##_z(struct html *h, const char *z)         \
    {                                                                          \
        html_##place##_view(h, bw_view_z(z));                                  \
    }                                                                          \
    static inline void html_##place##_id(struct html *h, struct bw_id id)      \
    {                                                                          \
        html_##place##_view(h, bw_view_z(id.text));                            \
    }                                                                          \
    static inline void html_##place##_url(struct html *h, struct html_url url) \
    {                                                                          \
        html_##place##_view(h, url.text);                                      \
    }
HTML_FAMILY_(text)
HTML_FAMILY_(field)
HTML_FAMILY_(path)
HTML_FAMILY_(query)
static inline void html_text_safe(struct html *h, struct html_safe safe)
{
    bw_buf_view(h->out, safe.html);
}

/* clang-format off */
#define HTML_INTS_                                                                                 \
    signed char: html_int, short: html_int, int: html_int, long: html_int, long long: html_int,    \
    unsigned char: html_uint, unsigned short: html_uint, unsigned: html_uint,                      \
    unsigned long: html_uint, unsigned long long: html_uint
#define HTML_ROWS_(place)                                                                          \
    struct bw_view: html_##place##_view, const char *: html_##place##_z, char *: html_##place##_z, \
    struct bw_id: html_##place##_id, struct html_url: html_##place##_url, HTML_INTS_
#define html_text(h, x) _Generic((x), HTML_ROWS_(text), struct html_safe: html_text_safe)((h), (x))
#define html_attr(h, x) _Generic((x), HTML_ROWS_(text))((h), (x))
#define html_field(h, x) _Generic((x), HTML_ROWS_(field))((h), (x))
#define html_path(h, x) _Generic((x), HTML_ROWS_(path))((h), (x))
#define html_query(h, x) _Generic((x), HTML_ROWS_(query))((h), (x))
/* clang-format on */

/* The whole value of href, src, action: nothing but struct html_url compiles. */
static inline void html_href(struct html *h, struct html_url url)
{
    html_text_view(h, url.text);
}

static inline bool html_true_view(struct bw_view v)
{
    return v.n > 0;
}
static inline bool html_true_id(struct bw_id id)
{
    return id.text[0] != 0;
}
static inline bool html_true_url(struct html_url url)
{
    return url.text.n > 0;
}
static inline bool html_true_safe(struct html_safe safe)
{
    return safe.html.n > 0;
}
static inline bool html_true_slot(struct html_slot slot)
{
    return slot.print != NULL;
}
static inline bool html_true_z(const char *z)
{
    return z && *z;
}
static inline bool html_true_int(int64_t v)
{
    return v != 0;
}
static inline bool html_true_uint(uint64_t v)
{
    return v != 0;
}
static inline bool html_true_ptr(const void *p)
{
    return p != NULL;
}
/* clang-format off */
#define html_true(x)                                                                               \
    _Generic((x), bool: html_true_int, signed char: html_true_int, short: html_true_int,           \
        int: html_true_int, long: html_true_int, long long: html_true_int,                         \
        unsigned char: html_true_uint, unsigned short: html_true_uint, unsigned: html_true_uint,   \
        unsigned long: html_true_uint, unsigned long long: html_true_uint,                         \
        struct bw_view: html_true_view, struct bw_id: html_true_id, struct html_url: html_true_url,\
        struct html_safe: html_true_safe, struct html_slot: html_true_slot,                        \
        const char *: html_true_z, char *: html_true_z, default: html_true_ptr)(x)
/* clang-format on */

/* Times: 0 prints an en dash. In attributes as plain text. */
void html_time(struct html *h, int64_t at_us);
void html_date(struct html *h, int64_t at_us);
void html_attr_time(struct html *h, int64_t at_us);
void html_attr_date(struct html *h, int64_t at_us);
void html_csrf(struct html *h); /* the hidden field */

static inline void html_slot(struct html *h, struct html_slot slot)
{
    if (slot.print)
        slot.print(h, slot.data);
}

/* Messages: MSG is an enum i18n_msg. */
void html_msg(struct html *h, unsigned msg);
void html_msg_args(struct html *h, unsigned msg, const struct i18n_arg *args, size_t n);

static inline struct i18n_arg html_arg_view(const char *name, struct bw_view v)
{
    return (struct i18n_arg){name, v.p ? v : BW_V(""), 0};
}
static inline struct i18n_arg html_arg_z(const char *name, const char *z)
{
    return html_arg_view(name, bw_view_z(z));
}
static inline struct i18n_arg html_arg_int(const char *name, int64_t v)
{
    return (struct i18n_arg){name, {NULL, 0}, v};
}
static inline struct i18n_arg html_arg_uint(const char *name, uint64_t v)
{
    return (struct i18n_arg){name, {NULL, 0}, v <= INT64_MAX ? (int64_t)v : INT64_MAX};
}
/* clang-format off */
#define HTML_ARG(name, x)                                                                          \
    _Generic((x), struct bw_view: html_arg_view, const char *: html_arg_z, char *: html_arg_z,     \
        signed char: html_arg_int, short: html_arg_int, int: html_arg_int, long: html_arg_int,     \
        long long: html_arg_int, unsigned char: html_arg_uint, unsigned short: html_arg_uint,      \
        unsigned: html_arg_uint, unsigned long: html_arg_uint,                                     \
        unsigned long long: html_arg_uint)((name), (x))
/* clang-format on */

/* {{#t key}}{{#arg link}}..{{/arg}}{{/t}}: next() prints up to the following {name} that is no
 * plain argument and returns true there; false at the end. */
struct html_walk {
    struct bw_view rest, name;
    const struct i18n_arg *args;
    size_t n;
};
void html_walk_start(struct html *h, struct html_walk *w, unsigned msg, const struct i18n_arg *args,
                     size_t n);
bool html_walk_next(struct html *h, struct html_walk *w);

#endif
