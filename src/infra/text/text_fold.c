/* SPDX-License-Identifier: Apache-2.0 */
/* text_fold - the form of a text that is indexed, and what is a word for search.
 *
 * A code point goes through one table lookup at most. What nobody can see (zero-width, bidi
 * controls) is dropped, so that it does not hide a word from search. */
#include "text_int.h"

#include "fold_table.h"

enum {
    HALF_KANA_FIRST = 0xFF66,
    HALF_KANA_LAST = 0xFF9D,
    HALF_VOICED = 0xFF9E,
    HALF_SEMI_VOICED = 0xFF9F,
    FULL_ASCII_FIRST = 0xFF01,
    FULL_ASCII_LAST = 0xFF5E
};

/* U+FF66..FF9D to full-width katakana, as offsets from U+30A0. */
static const uint8_t KANA[] = {0x52, 0x01, 0x03, 0x05, 0x07, 0x09, 0x43, 0x45, 0x47, 0x23,
                               0x5C, 0x02, 0x04, 0x06, 0x08, 0x0A, 0x0B, 0x0D, 0x0F, 0x11,
                               0x13, 0x15, 0x17, 0x19, 0x1B, 0x1D, 0x1F, 0x21, 0x24, 0x26,
                               0x28, 0x2A, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F, 0x32, 0x35, 0x38,
                               0x3B, 0x3E, 0x3F, 0x40, 0x41, 0x42, 0x44, 0x46, 0x48, 0x49,
                               0x4A, 0x4B, 0x4C, 0x4D, 0x4F, 0x53};
_Static_assert(sizeof(KANA) == HALF_KANA_LAST - HALF_KANA_FIRST + 1, "one for each");

static bool in(uint32_t cp, uint32_t first, uint32_t last)
{
    return cp >= first && cp <= last;
}

static uint32_t simplified(uint32_t cp)
{
    if (cp < 0x10000) {
        uint16_t to = fold_page[fold_page_of[cp >> 8]][cp & 0xFF];
        if (to)
            return to;
    }
    size_t low = 0, high = BW_COUNT(fold_far);
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (fold_far[mid].from == cp)
            return fold_far[mid].to;
        if (fold_far[mid].from < cp)
            low = mid + 1;
        else
            high = mid;
    }
    return cp;
}

static bool is_han(uint32_t cp)
{
    return in(cp, 0x4E00, 0x9FFF) || in(cp, 0x3400, 0x4DBF) || in(cp, 0xF900, 0xFAFF) ||
           in(cp, 0x20000, 0x323AF) || cp == 0x3005 || cp == 0x3007;
}

bool text_is_cjk(uint32_t cp)
{
    if (cp < 0x1100)
        return false;
    return is_han(cp) || in(cp, 0x3041, 0x3096) || in(cp, 0x309D, 0x309F) ||
           in(cp, 0x30A1, 0x30FA) || in(cp, 0x30FC, 0x30FF) || in(cp, 0xAC00, 0xD7A3) ||
           in(cp, 0x3105, 0x312F) || in(cp, 0x31A0, 0x31BF) || in(cp, 0x31F0, 0x31FF) ||
           in(cp, 0x1100, 0x11FF) || in(cp, 0x3131, 0x318E);
}

uint32_t text_fold_cp(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z' ? cp | 0x20 : cp;
    if (cp < 0x3000)
        return cp;
    if (cp == 0x3000)
        return ' ';
    if (in(cp, FULL_ASCII_FIRST, FULL_ASCII_LAST))
        return text_fold_cp(cp - 0xFEE0);
    if (in(cp, HALF_KANA_FIRST, HALF_KANA_LAST))
        return 0x30A0U + KANA[cp - HALF_KANA_FIRST];
    return is_han(cp) ? simplified(cp) : cp;
}

static bool is_unseen(uint32_t cp)
{
    return cp == 0xAD || cp == 0x34F || cp == 0x61C || cp == 0x180E || in(cp, 0x200B, 0x200F) ||
           in(cp, 0x202A, 0x202E) || in(cp, 0x2060, 0x206F) || in(cp, 0xFE00, 0xFE0F) ||
           cp == 0xFEFF || in(cp, 0xE0000, 0xE0FFF);
}

/* Blocks of punctuation and symbols. What is missing here is taken for letters, which costs a term
 * that the index ignores. */
static bool is_between(uint32_t cp)
{
    if (cp < 0xC0)
        return !(cp == 0xAA || cp == 0xB2 || cp == 0xB3 || cp == 0xB5 || cp == 0xB9 || cp == 0xBA ||
                 in(cp, 0xBC, 0xBE));
    return cp == 0xD7 || cp == 0xF7 || in(cp, 0x2000, 0x206F) || in(cp, 0x20A0, 0x20CF) ||
           in(cp, 0x2190, 0x245F) || in(cp, 0x2500, 0x2775) || in(cp, 0x2794, 0x2BFF) ||
           in(cp, 0x2E00, 0x2E7F) || in(cp, 0x3000, 0x3004) || in(cp, 0x3008, 0x3020) ||
           in(cp, 0x3030, 0x3030) || cp == 0x30A0 || cp == 0x30FB || in(cp, 0xFE10, 0xFE6F) ||
           in(cp, 0xFF5F, 0xFF65) || in(cp, 0xFFE0, 0xFFFF) || in(cp, 0x1F000, 0x1FAFF);
}

enum text_class text_class_of(uint32_t cp)
{
    if (cp < 0x80)
        return text_is_alnum((char)cp) ? TEXT_LETTER : TEXT_BETWEEN;
    if (text_is_cjk(cp))
        return TEXT_CJK;
    if (is_unseen(cp))
        return TEXT_UNSEEN;
    return is_between(cp) ? TEXT_BETWEEN : TEXT_LETTER;
}

/* Half-width katakana with its voicing mark behind it: ｶﾞ is ガ. */
static uint32_t voiced(uint32_t cp, uint32_t mark)
{
    uint32_t kana = text_fold_cp(cp);
    bool ha = in(kana, 0x30CF, 0x30DB) && (kana - 0x30CF) % 3 == 0;
    if (mark == HALF_SEMI_VOICED)
        return ha ? kana + 2 : 0;
    if (mark != HALF_VOICED)
        return 0;
    if (kana == 0x30A6)
        return 0x30F4;
    bool can = ha || in(kana, 0x30AB, 0x30C2) || kana == 0x30C4 || kana == 0x30C6 || kana == 0x30C8;
    return can ? kana + 1 : 0;
}

/* The folded code point at V.p and how many bytes it takes. */
static uint32_t next_folded(struct bw_view v, size_t *ret_len)
{
    uint32_t cp = bw_utf8_next(v, ret_len);
    if (in(cp, HALF_KANA_FIRST, HALF_KANA_LAST) && v.n > *ret_len) {
        size_t more;
        uint32_t with = voiced(cp, bw_utf8_next(bw_view_from(v, *ret_len), &more));
        if (with) {
            *ret_len += more;
            return with;
        }
    }
    return text_fold_cp(cp);
}

static void add_cp(struct bw_buf *out, uint32_t cp)
{
    char text[4];
    bw_buf_add(out, text, bw_utf8_put(cp, text));
}

/* A run of ASCII, in lower case; control characters are blanks. */
static void add_ascii(struct bw_buf *out, const char *p, size_t n)
{
    if (!n || !bw_buf_reserve(out, n))
        return;
    char *to = out->p + out->n;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        c = c < 0x20 ? ' ' : c;
        to[i] = (char)(c | ((unsigned)(c - 'A') < 26) << 5);
    }
    out->n += n;
}

void text_fold(struct bw_view v, struct bw_buf *out)
{
    bool behind_cjk = false;
    for (size_t at = 0; at < v.n && out->rc == BW_OK;) {
        size_t ascii = at, len;
        while (ascii < v.n && (unsigned char)v.p[ascii] < 0x80)
            ascii++;
        if (ascii > at) {
            if (behind_cjk && v.p[at] != ' ')
                bw_buf_byte(out, ' ');
            behind_cjk = false;
            add_ascii(out, v.p + at, ascii - at);
            at = ascii;
            continue;
        }
        uint32_t cp = next_folded(bw_view_from(v, at), &len);
        enum text_class class = text_class_of(cp);
        at += len;
        if (class == TEXT_UNSEEN)
            continue;
        bool cjk = class == TEXT_CJK;
        if ((cjk || behind_cjk) && cp != ' ' && out->n && out->p[out->n - 1] != ' ')
            bw_buf_byte(out, ' ');
        add_cp(out, cp);
        behind_cjk = cjk;
    }
}

void text_index(struct bw_view v, struct bw_buf *out)
{
    BW_AUTO_BUF plain = BW_BUF_INIT(out->cap);
    text_refang(v, &plain);
    if (plain.rc == BW_OK)
        text_fold(bw_buf_text(&plain), out);
    else if (out->rc == BW_OK)
        out->rc = plain.rc;
}
