/* SPDX-License-Identifier: Apache-2.0 */
/* text_host - host names and dotted addresses as people write them.
 *
 * Prose and code are full of words with dots between (report.doc, System.Net, setup.sh). One that
 * was defanged or stands in a URL is a host by what its author did; any other must look like one.
 */
#include "text_int.h"

#include "bw_ip.h"

static bool is_label_char(char c)
{
    return text_is_alnum(c) || c == '-' || c == '_';
}

/* The dot at V.p in any form: its length, or 0. A dot stands before a label. */
static size_t dot_length(struct bw_view v, char before, bool *ret_defanged)
{
    struct bw_view plain;
    size_t n = text_fang(v, before, &plain);
    *ret_defanged = n > 0;
    if (n)
        return plain.p[0] == '.' ? n : 0;
    if (v.n > 2 && v.p[0] == '\\' && v.p[1] == '.') /* as Markdown and JSON escape it */
        n = 2;
    else if (v.n > 1 && v.p[0] == '.')
        n = 1;
    return n && text_is_name(v.p[n]) ? n : 0;
}

static void put(struct text_host *h, char c)
{
    if (h->n < TEXT_HOST_MAX)
        h->text[h->n] = text_lower(c);
    h->n++;
}

void text_host_read(struct bw_view v, struct text_host *ret)
{
    struct text_host *h = ret;
    *h = (struct text_host){.n = 0};
    for (size_t at = 0;;) {
        size_t from = at;
        while (at < v.n && is_label_char(v.p[at]))
            put(h, v.p[at++]);
        if (at == from)
            break;
        while (v.p[at - 1] == '-' && at - from > 1) { /* no label ends with it: punctuation */
            at--;
            h->n--;
        }
        h->labels++;
        h->length = at;
        h->last_first = v.p[from];
        bool defanged;
        size_t dot = dot_length(bw_view_from(v, at), v.p[at - 1], &defanged);
        if (!dot)
            break;
        h->defanged |= defanged;
        put(h, '.');
        at += dot;
    }
    if (h->n > TEXT_HOST_MAX)
        h->n = 0;
    h->text[h->n] = '\0';
    struct bw_ip ip;
    h->is_v4 = h->labels == 4 && h->n && bw_ip_parse(bw_view_of(h->text, h->n), &ip);
}

static bool labels_are_right(struct bw_view name, size_t labels)
{
    for (size_t i = 0; name.p; i++) {
        struct bw_view label = bw_view_split(&name, '.');
        if (label.n < 1 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        if (i + 2 >= labels && memchr(label.p, '_', label.n))
            return false;
    }
    return true;
}

static struct bw_view last_label(struct bw_view name)
{
    size_t at = name.n;
    while (at > 0 && name.p[at - 1] != '.')
        at--;
    return bw_view_from(name, at);
}

static bool one_of(struct bw_view v, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bw_view_is(v, list[i]))
            return true;
    return false;
}

/* Top-level domains that are file types rather than domains where nothing says otherwise: some
 * always, some unless there are three labels or more. */
static const char *const FILES[] = {"zip", "mov", "sh", "py", "cab"};
static const char *const FILES_OF_TWO[] = {"pl", "rs", "md", "ps", "so", "app"};
static const char *const PRODUCTS[] = {"asp.net", "vb.net", "ado.net", "node.js", "socket.io"};

bool text_host_is_domain(const struct text_host *h, bool strict)
{
    struct bw_view name = bw_view_of(h->text, h->n), last = last_label(name);
    if (h->n == 0 || h->labels < 2 || last.n < 2 || !labels_are_right(name, h->labels))
        return false;
    bool xn = bw_view_starts(last, BW_V("xn--"));
    for (size_t i = 0; i < last.n && !xn; i++)
        if (!text_is_alnum(last.p[i]) || text_is_digit(last.p[i]))
            return false;
    if (!strict)
        return true;
    if (!text_is_tld(last))
        return false;
    if (h->defanged)
        return true;
    if (one_of(last, FILES, BW_COUNT(FILES)))
        return false;
    if (!h->alone && h->labels == 2 && name.p[1] == '.' && last.n > 3) /* f.directory */
        return false;
    if (h->labels == 2 && one_of(last, FILES_OF_TWO, BW_COUNT(FILES_OF_TWO)))
        return false;
    return !one_of(name, PRODUCTS, BW_COUNT(PRODUCTS));
}
