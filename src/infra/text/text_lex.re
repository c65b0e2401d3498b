/* SPDX-License-Identifier: Apache-2.0 */
/* text_lex - tokens that may hold an indicator, by their form (re2c).
 *
 * The dots are those of text_fang.c and text_host.c: a token ends where a host ends, so that nothing is
 * lexed twice. Only forms that need no look back and that cannot make it scan a byte more than a few times are here;
 * what has unbounded parts (paths, local parts of mail addresses, IPv6) is read by text_scan.c under
 * limits. Letters of two-byte scripts belong to words, so that b\u00FCcher.example is not cut to
 * cher.example. */
#include "text_int.h"

static enum text_token ended(struct text_lexer *l, const unsigned char *at, enum text_token token)
{
    l->cursor = (const char *)at;
    return token;
}

enum text_token text_lex(struct text_lexer *l)
{
    const unsigned char *YYCURSOR = (const unsigned char *)l->cursor, *YYMARKER = YYCURSOR;
    const unsigned char *YYLIMIT = (const unsigned char *)l->limit;
    l->from = l->cursor;
    /*!re2c
        re2c:define:YYCTYPE = "unsigned char";
        re2c:yyfill:enable = 0;
        re2c:eof = 0;

        an     = [A-Za-z0-9_];
        letter = [\xC3-\xDF][\x80-\xBF];
        label  = an ([A-Za-z0-9_-]* an)?;
        dot    = "." | "[.]" | "(.)" | "{.}" | '[dot]' | '(dot)' | '{dot}' | "[." | ".]" | "\\."
               | " [.] " | ' [dot] ';
        colon  = ":" | "[:]" | "[:/]" | "[://]";
        slash  = "/" | "[/]" | "[//]" | "\\/";
        scheme = 'h' ('tt'|'xx'|"**"|'tx'|'xt') 'p' 's'? | 'meow' | 's'? 'ftp' | 'ftps' | 'fxp'
               | 'ws' 's'? | 'tcp' | 'udp' | 'ldap' 's'? | 'rmi';
        dash   = "-" | "\xE2\x80" [\x90-\x95] | "\xE2\x88\x92" | "\\-";

        scheme (colon slash slash? | "[://]") { return ended(l, YYCURSOR, TEXT_LEX_SCHEME); }
        'cve' (dash | " ") [0-9]{4} dash [0-9]{4,8} { return ended(l, YYCURSOR, TEXT_LEX_CVE); }
        label (dot label)+ { return ended(l, YYCURSOR, TEXT_LEX_HOST); }
        label              { return ended(l, YYCURSOR, TEXT_LEX_WORD); }
        [A-Za-z0-9_]* letter (letter | [A-Za-z0-9_.-])* { return ended(l, YYCURSOR, TEXT_LEX_SKIP); }
        "::"               { return ended(l, YYCURSOR, TEXT_LEX_COLONS); }
        [^A-Za-z0-9_:\x00\xC3-\xDF]+ { return ended(l, YYCURSOR, TEXT_LEX_SKIP); }
        *                  { return ended(l, YYCURSOR, TEXT_LEX_SKIP); }
        $                  { return TEXT_LEX_END; }
    */
}
