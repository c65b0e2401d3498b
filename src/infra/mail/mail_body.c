/* SPDX-License-Identifier: Apache-2.0 */
/* mail_body - bodies in seven bits and short lines (RFC 2045), whatever the servers on the way can
 * do.
 *
 * Quoted-printable where the text is mostly ASCII, so that a spooled file can be read; base64 for
 * Chinese, where quoted-printable would triple it. Line ends become CRLF before encoding. */
#include "crypto_text.h"
#include "mail_int.h"

#define LINE_MAX 76
#define BASE64_LINE_BYTES 57 /* give 76 characters */

static void put_base64(struct bw_buf *out, struct bw_view bytes)
{
    while (bytes.n > 0 && out->rc == BW_OK) {
        struct bw_view line = bw_view_head(bytes, BASE64_LINE_BYTES);
        crypto_base64(line, CRYPTO_BASE64, out);
        BW_BUF_LIT(out, "\r\n");
        bytes = bw_view_from(bytes, line.n);
    }
}

void mail_body_bytes(struct bw_buf *out, struct bw_view bytes)
{
    BW_BUF_LIT(out, "Content-Transfer-Encoding: base64\r\n\r\n");
    put_base64(out, bytes);
}

/* The next line of *rest without its end (LF, CR or CRLF). */
static struct bw_view next_line(struct bw_view *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
        n++;
    struct bw_view line = bw_view_head(*rest, n);
    if (n < rest->n)
        n += rest->p[n] == '\r' && n + 1 < rest->n && rest->p[n + 1] == '\n' ? 2 : 1;
    *rest = bw_view_from(*rest, n);
    return line;
}

/* One line as quoted-printable: soft line breaks keep it within LINE_MAX. */
static void put_quoted(struct bw_buf *out, struct bw_view line)
{
    static const char HEX[] = "0123456789ABCDEF";
    size_t column = 0;
    for (size_t i = 0; i < line.n; i++) {
        uint8_t c = (uint8_t)line.p[i];
        bool blank = c == ' ' || c == '\t';
        bool as_is = (c > ' ' && c < 0x7F && c != '=') || (blank && i + 1 < line.n);
        size_t need = as_is ? 1 : 3;
        if (column + need > LINE_MAX - 1) {
            BW_BUF_LIT(out, "=\r\n");
            column = 0;
        }
        if (as_is) {
            bw_buf_byte(out, (char)c);
        } else {
            char code[3] = {'=', HEX[c >> 4], HEX[c & 15]};
            bw_buf_add(out, code, sizeof code);
        }
        column += need;
    }
    BW_BUF_LIT(out, "\r\n");
}

void mail_body_text(struct bw_buf *out, struct bw_view text)
{
    size_t high = 0;
    for (size_t i = 0; i < text.n; i++)
        high += (uint8_t)text.p[i] > 0x7E;
    if (high * 6 <= text.n) {
        BW_BUF_LIT(out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
        while (text.n > 0)
            put_quoted(out, next_line(&text));
        return;
    }
    BW_AUTO_BUF lines = BW_BUF_INIT(MAIL_SIZE_MAX);
    while (text.n > 0) {
        bw_buf_view(&lines, next_line(&text));
        BW_BUF_LIT(&lines, "\r\n");
    }
    if (lines.rc != BW_OK && out->rc == BW_OK)
        out->rc = lines.rc;
    mail_body_bytes(out, bw_buf_text(&lines));
}
