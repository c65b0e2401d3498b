/* SPDX-License-Identifier: Apache-2.0 */
/* mail_header - header lines, and the door that keeps a value from becoming two of them.
 *
 * A line break in a subject is a second header, so control bytes are refused, not removed: whoever
 * sends them wants something. Names and subjects that are not plain ASCII go as encoded words
 * (RFC 2047), cut at code points so that each word can be read alone. Fuzzed by fuzz_mail. */
#include "crypto_text.h"
#include "mail_int.h"

#define WORD_FRAME (sizeof " =?UTF-8?B?" + 2) /* characters around an encoded word's base64 */
#define LINE_MAX 76                           /* characters of a line */
#define ADDRESS_MAX 254                       /* RFC 5321 4.5.3.1, erratum 1690 */
#define LOCAL_MAX 64
#define LABEL_MAX 63

enum bw_rc mail_header_check(struct bw_view value, const char *what, struct bw_err *err)
{
    if (value.n > MAIL_HEADER_MAX)
        return bw_fail(err, BW_LIMIT, "The mail's %s is longer than %d bytes.", what,
                       MAIL_HEADER_MAX);
    for (size_t i = 0; i < value.n; i++)
        if ((uint8_t)value.p[i] < ' ' || value.p[i] == 0x7F)
            return bw_fail(err, BW_INVALID, "The mail's %s has a line break or control character.",
                           what);
    if (!bw_utf8_valid(value))
        return bw_fail(err, BW_INVALID, "The mail's %s is not UTF-8.", what);
    return BW_OK;
}

static bool is_ascii(struct bw_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if ((uint8_t)v.p[i] > 0x7E)
            return false;
    return true;
}

/* As it is: ASCII, nothing that reads as an encoded word, no word too long to fold. */
static bool is_plain(struct bw_view v)
{
    size_t word = 0;
    for (size_t i = 0; i < v.n; i++) {
        word = v.p[i] == ' ' ? 0 : word + 1;
        if (word > LINE_MAX - 2)
            return false;
    }
    bool blank_end = v.n > 0 && (v.p[0] == ' ' || v.p[v.n - 1] == ' ');
    return is_ascii(v) && !blank_end && bw_view_find(v, BW_V("=?")) == SIZE_MAX;
}

/* Words behind COLUMN characters of a line, folded before a word that would pass LINE_MAX. */
static void put_plain(struct bw_buf *out, struct bw_view v, size_t column)
{
    while (v.p) {
        struct bw_view word = bw_view_split(&v, ' ');
        if (column + 1 + word.n > LINE_MAX) {
            BW_BUF_LIT(out, "\r\n");
            column = 0;
        }
        bw_buf_byte(out, ' ');
        bw_buf_view(out, word);
        column += 1 + word.n;
    }
}

/* Encoded words behind COLUMN characters of a line. */
static void put_encoded(struct bw_buf *out, struct bw_view v, size_t column)
{
    while (v.n > 0) {
        size_t most = (LINE_MAX - column - WORD_FRAME) / 4 * 3;
        struct bw_view piece = bw_utf8_head(v, most);
        BW_BUF_LIT(out, " =?UTF-8?B?");
        crypto_base64(piece, CRYPTO_BASE64, out);
        BW_BUF_LIT(out, "?=");
        v = bw_view_from(v, piece.n);
        if (v.n > 0)
            BW_BUF_LIT(out, "\r\n");
        column = 0;
    }
}

void mail_header_text(struct bw_buf *out, const char *name, struct bw_view value)
{
    bw_buf_z(out, name);
    bw_buf_byte(out, ':');
    if (is_plain(value))
        put_plain(out, value, strlen(name) + 1);
    else
        put_encoded(out, value, strlen(name) + 1);
    BW_BUF_LIT(out, "\r\n");
}

void mail_header_address(struct bw_buf *out, const char *name, const struct mail_address *a)
{
    bw_buf_z(out, name);
    bw_buf_byte(out, ':');
    if (a->name.n > 0 && is_plain(a->name) && a->name.n < LINE_MAX / 2) {
        BW_BUF_LIT(out, " \"");
        for (size_t i = 0; i < a->name.n; i++) {
            if (a->name.p[i] == '"' || a->name.p[i] == '\\')
                bw_buf_byte(out, '\\');
            bw_buf_byte(out, a->name.p[i]);
        }
        bw_buf_byte(out, '"');
    } else if (a->name.n > 0) {
        put_encoded(out, a->name, strlen(name) + 1);
    }
    bw_buf_z(out, a->name.n > 0 ? "\r\n <" : " <");
    bw_buf_view(out, a->address);
    BW_BUF_LIT(out, ">\r\n");
}

void mail_header_date(struct bw_buf *out, int64_t at_us)
{
    static const char *const DAYS[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct bw_civil c;
    int64_t day = at_us / BW_DAY_US - (at_us % BW_DAY_US < 0);
    bw_civil_of(at_us, &c);
    bw_buf_printf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n",
                  DAYS[((day + 4) % 7 + 7) % 7], c.day, MONTHS[c.month - 1], c.year, c.hour,
                  c.minute, c.second);
}

void mail_header_filename(struct bw_buf *out, struct bw_view name)
{
    static const char SAFE[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    bool safe = true;
    for (size_t i = 0; i < name.n; i++)
        safe &= memchr(SAFE, name.p[i], sizeof SAFE - 1) != NULL;
    if (safe) {
        bw_buf_printf(out, "; filename=\"%.*s\"", BW_VF(name));
        return;
    }
    BW_BUF_LIT(out, ";\r\n filename*=UTF-8''");
    for (size_t i = 0; i < name.n; i++) {
        if (memchr(SAFE, name.p[i], sizeof SAFE - 1))
            bw_buf_byte(out, name.p[i]);
        else
            bw_buf_printf(out, "%%%02X", (uint8_t)name.p[i]);
    }
}

static bool local_valid(struct bw_view local)
{
    static const char ATEXT[] = "!#$%&'*+-/=?^_`{|}~";
    bool dot = true; /* none first, none twice, none last */
    for (size_t i = 0; i < local.n; i++) {
        char c = local.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (c == '.' && dot)
            return false;
        dot = c == '.';
        if (!dot && !letter && !memchr(ATEXT, c, sizeof ATEXT - 1))
            return false;
    }
    return local.n > 0 && local.n <= LOCAL_MAX && !dot;
}

static bool domain_valid(struct bw_view domain)
{
    if (domain.n == 0)
        return false;
    while (domain.p) {
        struct bw_view label = bw_view_split(&domain, '.');
        if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++) {
            char c = label.p[i];
            if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-'))
                return false;
        }
    }
    return true;
}

bool mail_address_valid(struct bw_view address)
{
    size_t at = bw_view_find_byte(address, '@');
    return at != SIZE_MAX && address.n <= ADDRESS_MAX && local_valid(bw_view_head(address, at)) &&
           domain_valid(bw_view_from(address, at + 1));
}
