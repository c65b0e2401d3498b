/* SPDX-License-Identifier: Apache-2.0 */
/* db_lex - see db_lex.h. Comments of both kinds count as blanks; nested ones do not exist here. */
#include "db_lex.h"

static bool word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 128;
}

static bool skip_blank(struct lex *l)
{
    const char *p = l->at;
    if (p < l->end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == '\f')) {
        l->at++;
        return true;
    }
    if (l->end - p >= 2 && p[0] == '-' && p[1] == '-') {
        while (p < l->end && *p != '\n')
            p++;
        l->at = p;
        return true;
    }
    if (l->end - p >= 2 && p[0] == '/' && p[1] == '*') {
        p += 2;
        while (p < l->end && !(p[0] == '*' && l->end - p >= 2 && p[1] == '/'))
            p++;
        l->at = l->end - p >= 2 ? p + 2 : l->end;
        return true;
    }
    return false;
}

static void lex_quoted(struct lex *l, char close)
{
    const char *p = l->at + 1;
    while (p < l->end) {
        if (*p == close) {
            if (close == ']' || p + 1 >= l->end || p[1] != close)
                break;
            p++;
        }
        p++;
    }
    l->name = bw_view_of(l->start + 1, (size_t)(p - l->start - 1));
    l->at = p < l->end ? p + 1 : l->end;
}

enum lex_kind lex_next(struct lex *l)
{
    while (skip_blank(l))
        ;
    l->start = l->at;
    l->name = bw_view_of(l->at, 0);
    if (l->at >= l->end)
        return l->kind = LEX_END;
    char c = *l->at;
    if (c == '\'' || c == '"' || c == '`' || c == '[') {
        lex_quoted(l, c == '[' ? ']' : c);
        return l->kind = c == '\'' ? LEX_STRING : LEX_QUOTED;
    }
    l->at++;
    if (c == '$' || c == '?' || word_byte(c)) {
        while (l->at < l->end && word_byte(*l->at))
            l->at++;
        const char *from = word_byte(c) ? l->start : l->start + 1;
        l->name = bw_view_of(from, (size_t)(l->at - from));
        return l->kind = c == '$' ? LEX_DOLLAR : c == '?' ? LEX_PARAM : LEX_WORD;
    }
    l->name = bw_view_of(l->start, 1);
    return l->kind = LEX_OTHER;
}

bool lex_is_word(const struct lex *l, const char *word)
{
    return l->kind == LEX_WORD && bw_view_eq_nocase(l->name, bw_view_z(word));
}

bool lex_is_char(const struct lex *l, char c)
{
    return l->kind == LEX_OTHER && *l->start == c;
}

bool lex_is_name(const struct lex *l)
{
    return l->kind == LEX_WORD || l->kind == LEX_QUOTED || l->kind == LEX_STRING;
}

bool lex_has_prefix(struct bw_view name, const char *prefix)
{
    struct bw_view p = bw_view_z(prefix);
    return name.n > p.n && bw_view_eq_nocase(bw_view_head(name, p.n), p);
}
