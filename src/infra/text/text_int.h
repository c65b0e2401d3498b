/* SPDX-License-Identifier: Apache-2.0 */
/* text_int - what the files of this folder share. */
#ifndef TEXT_INT_H
#define TEXT_INT_H

#include "text.h"

/* ASCII classes. */
static inline bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool text_is_alnum(char c)
{
    return text_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}
/* May begin and end a label of a host. */
static inline bool text_is_name(char c)
{
    return text_is_alnum(c) || c == '_';
}
static inline bool text_is_hex(char c)
{
    return text_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}
static inline char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* text_fold.c */
/* What search does with a code point. */
enum text_class {
    TEXT_LETTER,  /* part of a word (also digits) */
    TEXT_CJK,     /* a word of its own */
    TEXT_BETWEEN, /* blank, punctuation, symbol, control */
    TEXT_UNSEEN   /* dropped: soft hyphen, zero-width, bidi controls */
};
enum text_class text_class_of(uint32_t cp);

/* text_query.c: the terms of a user's query, for the excerpt too. Each is folded text: words and
 * single CJK characters with one blank between. */
struct text_term {
    struct bw_view folded;
    bool prefix;
};
struct text_terms {
    size_t n;
    struct text_term term[TEXT_QUERY_TERMS];
    struct bw_buf room; /* the folded texts */
};
void text_terms_init(struct text_terms *t, struct bw_view user);
void text_terms_done(struct text_terms *t);

/* text_fang.c */
/* What stands for a dot, colon, slash or @ at V.p, with BEFORE in front of it ('\0': nothing).
 * Returns its length and *ret, or 0. */
size_t text_fang(struct bw_view v, char before, struct bw_view *ret);
/* The scheme at V.p, defanged or not, before its colon: length and plain name, or 0. */
size_t text_fang_scheme(struct bw_view v, struct bw_view *ret);

/* text_tld.c: NAME is in lower case. */
bool text_is_tld(struct bw_view name);

/* text_lex.re: tokens by form alone. CURSOR moves behind each; *LIMIT must be NUL. */
enum text_token {
    TEXT_LEX_END,
    TEXT_LEX_SKIP,
    TEXT_LEX_SCHEME, /* hxxp[:]// */
    TEXT_LEX_HOST, /* labels with dots between, defanged or not; also 1.2.3.4, T1059.001, report.doc
                    */
    TEXT_LEX_WORD, /* one label: hashes, CVE-2021-44228, host names without dot */
    TEXT_LEX_CVE,  /* with dashes that are not ASCII */
    TEXT_LEX_COLONS /* :: */
};
struct text_lexer {
    const char *from, *cursor, *limit; /* the last token is [from, cursor) */
};
enum text_token text_lex(struct text_lexer *l);

/* text_host.c: the host at the begin of V, plain and in lower case. */
#define TEXT_HOST_MAX 253
struct text_host {
    char text[TEXT_HOST_MAX + 1];
    size_t n;      /* 0: no host */
    size_t length; /* bytes of V */
    size_t labels;
    bool defanged, is_v4;
    bool alone;      /* set by who reads the text: a line or its first column, no word of prose */
    char last_first; /* first character of the last label as it was written */
};
void text_host_read(struct bw_view v, struct text_host *ret);
/* It may be a domain: label lengths, a last label of letters. STRICT, where nothing but its form
 * says so: the last label is a top-level domain and, unless it was defanged, no file type. */
bool text_host_is_domain(const struct text_host *h, bool strict);

/* text_scan.c: over a text with NUL behind it. LENIENT: form is enough (one value, typed as such).
 */
void text_scan_z(struct bw_view z, struct bw_arena *arena, bool lenient, text_hit_fn fn, void *ctx,
                 bool *ret_memory);

#endif
