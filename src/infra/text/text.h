/* SPDX-License-Identifier: Apache-2.0 */
/* text - running text for search, for reading safely, and for finding indicators in it.
 *
 * Search. FTS5's unicode61 (and PostgreSQL's 'simple') split at blanks, which Chinese does not
 * write. So text is folded before it is indexed: Traditional to Simplified character by character
 * (OpenCC's table, made at build time), full-width to half-width, ASCII to lower case, and blanks
 * around each CJK character; a query's CJK run becomes a phrase of single characters, which finds
 * words of any length. Accents and the case of other scripts are left to unicode61.
 *
 * Indicators. People write 198.51.100[.]7 and hxxp:// so that nothing can be clicked; the scanner
 * reads both forms and gives the plain value.
 *
 * All input is any bytes: what is not UTF-8 is read as U+FFFD and never fails. Results go to a
 * bw_buf: ask bw_buf_rc() at the end. Pure; any thread. Fuzzed by fuzz_text. */
#ifndef TEXT_H
#define TEXT_H

#include "bw_arena.h"
#include "bw_buf.h"
#include "bw_err.h"
#include "bw_view.h"

#define TEXT_QUERY_MAX 1024 /* bytes of a user's query that are looked at */
#define TEXT_QUERY_TERMS 24 /* words and phrases of it */
#define TEXT_MARKS_MAX 8

/* Folds V for the index, appending to OUT. */
void text_fold(struct bw_view v, struct bw_buf *out);
/* What goes into the full-text index: text_fold of text_refang. */
void text_index(struct bw_view v, struct bw_buf *out);
/* Folds one code point (CJK variant, width, ASCII case). */
uint32_t text_fold_cp(uint32_t cp);
/* True: indexed as a token of its own (Han, kana, bopomofo, hangul). */
bool text_is_cjk(uint32_t cp);

/* User input to an FTS5 MATCH expression: words are ANDed, a CJK run and a "quoted part" are
 * phrases, the last word is also a prefix (unless quoted or CJK), defanged indicators are read as
 * plain ones. Every term is quoted, so nothing in the input is an operator. Returns the number of
 * terms; 0: there is nothing to search for and nothing was written. */
size_t text_query(struct bw_view user, struct bw_buf *out);

struct text_span {
    size_t from, to; /* bytes: [from, to) */
};
/* The place in TEXT that shows why it matched USER's query. */
struct text_excerpt {
    struct bw_view cut;           /* into TEXT: whole code points, ends at words where it can */
    bool more_before, more_after; /* show an ellipsis */
    struct text_span mark[TEXT_MARKS_MAX]; /* within CUT, ascending, not overlapping */
    size_t mark_n; /* 0: no word of the query stands in TEXT; CUT is its head */
};
/* About BYTES (e.g. 160) around the first match. */
void text_excerpt(struct bw_view text, struct bw_view user, size_t bytes, struct text_excerpt *ret);

/* hxxp, [.], (dot), [at], [:]// … to what they stand for; everything else as it is. */
void text_refang(struct bw_view v, struct bw_buf *out);
/* A single indicator, or running text, so that nothing in it is a link: http -> hxxp, the dots of
 * hosts and addresses -> [.], @ of mail addresses -> [@]. */
void text_defang(struct bw_view v, struct bw_buf *out);

/* For display: bidi controls, zero-width and other invisible characters, control bytes (but \t \n)
 * and bytes that are not UTF-8 are replaced by markers: [U+202E], [0xFF]. The rest is copied.
 * Returns how many markers were put. */
size_t text_visible(struct bw_view v, struct bw_buf *out);

enum text_kind {
    TEXT_IPV4,
    TEXT_IPV6,
    TEXT_CIDR,
    TEXT_DOMAIN,
    TEXT_URL,
    TEXT_EMAIL,
    TEXT_MD5,
    TEXT_SHA1,
    TEXT_SHA256,
    TEXT_CVE,
    TEXT_TECHNIQUE, /* ATT&CK: T1059.001 */
    TEXT_KINDS
};
const char *text_kind_name(enum text_kind kind); /* "ipv4", static */

struct text_hit {
    enum text_kind kind;
    struct text_span span; /* in the scanned text, as written */
    bool defanged;         /* was written so that it can't be clicked */
    struct bw_view value;  /* plain; hosts and hashes in lower case, CVE and T in upper case */
};
/* False stops the scan. HIT lives until the function returns; its value lies in the scan's arena.
 */
typedef bool (*text_hit_fn)(void *ctx, const struct text_hit *hit);

/* Calls FN for each indicator, in order of the text, not overlapping (a URL's host is not told
 * again). Words that only look like domains are left out: the last label must be a top-level
 * domain, except in URLs, and file types (setup.sh) and code (System.Net) count only when they are
 * defanged. Host names in other letters than ASCII are not found, xn-- is. No deduplication. Time
 * is linear. BW_OK, also when FN stopped; BW_MEMORY. */
BW_MUST_CHECK enum bw_rc text_scan(struct bw_view v, struct bw_arena *arena, text_hit_fn fn,
                                   void *ctx, struct bw_err *err);
/* What V is as a whole, e.g. a search box or a pasted line: exactly one indicator, blanks around
 * ignored. BW_NOT_FOUND: none, or more than one. */
BW_MUST_CHECK enum bw_rc text_indicator(struct bw_view v, struct bw_arena *arena,
                                        struct text_hit *ret, struct bw_err *err);

#endif
