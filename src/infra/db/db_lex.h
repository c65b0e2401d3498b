/* SPDX-License-Identifier: Apache-2.0 */
/* db_lex - the words of a statement.
 *
 * Why a lexer and no parser: the engine parses; here it is enough to know what is a word, a quoted
 * name, a string, a parameter and a comment. Statements are literals of ours, so what rests on it
 * is a guard against mistakes and not against an attacker: no input ever reaches it. Pure; any
 * thread. */
#ifndef DB_LEX_H
#define DB_LEX_H

#include "bw_view.h"

/* LEX_DOLLAR: a neutral word, $id. LEX_PARAM: ?3, or ? alone. */
enum lex_kind { LEX_END, LEX_WORD, LEX_QUOTED, LEX_STRING, LEX_DOLLAR, LEX_PARAM, LEX_OTHER };

struct lex {
    const char *at, *end; /* what comes next */
    enum lex_kind kind;
    const char *start;   /* of the token, quotes, $ and ? included */
    struct bw_view name; /* without them; doubled quotes are left doubled */
};

static inline struct lex lex_of(struct bw_view text)
{
    return (struct lex){.at = text.p, .end = text.p + text.n};
}
enum lex_kind lex_next(struct lex *l);
bool lex_is_word(const struct lex *l, const char *word); /* case ignored */
bool lex_is_char(const struct lex *l, char c);
/* A word, a quoted name or a string: SQLite takes a string where a name is due. */
bool lex_is_name(const struct lex *l);
bool lex_has_prefix(struct bw_view name, const char *prefix); /* and more; case ignored */

#endif
