/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_totp - codes by liboath; all three steps are computed and compared whatever matches, so
 * that the time does not tell which. */
#include "crypto.h"

#include "crypto_text.h"

#include "bw_random.h"
#include <liboath/oath.h>
#include <sodium.h>

enum { TOTP_DIGITS = 6 };

void crypto_totp_new(struct crypto_totp *ret)
{
    bw_random_bytes(BW_RANDOM_SECRET, ret->secret, sizeof(ret->secret));
}

void crypto_totp_code(const struct crypto_totp *t, int64_t step, char out[TOTP_DIGITS + 1])
{
    int rc = oath_hotp_generate((const char *)t->secret, sizeof(t->secret), (uint64_t)step,
                                TOTP_DIGITS, false, OATH_HOTP_DYNAMIC_TRUNCATION, out);
    BW_ASSERT(rc == OATH_OK);
}

/* Six digits without the blanks people put between them. */
static bool plain_code(struct bw_view code, char out[TOTP_DIGITS])
{
    size_t n = 0;
    for (size_t i = 0; i < code.n; i++) {
        if (code.p[i] == ' ')
            continue;
        if (code.p[i] < '0' || code.p[i] > '9' || n == TOTP_DIGITS)
            return false;
        out[n++] = code.p[i];
    }
    return n == TOTP_DIGITS;
}

bool crypto_totp_verify(const struct crypto_totp *t, struct bw_view code, int64_t now_us,
                        int64_t *ret_step)
{
    char given[TOTP_DIGITS], right[TOTP_DIGITS + 1];
    if (!plain_code(code, given) || now_us < 0)
        return false;
    int64_t now = now_us / CRYPTO_TOTP_STEP_US, matched = -1;
    for (int64_t step = now ? now - 1 : 0; step <= now + 1; step++) {
        crypto_totp_code(t, step, right);
        if (sodium_memcmp(given, right, TOTP_DIGITS) == 0)
            matched = step;
    }
    crypto_wipe(right, sizeof(right));
    if (matched < 0)
        return false;
    *ret_step = matched;
    return true;
}

static struct bw_view secret_view(const struct crypto_totp *t)
{
    return bw_view_of((const char *)t->secret, sizeof(t->secret));
}

void crypto_totp_text(const struct crypto_totp *t, struct bw_buf *out)
{
    crypto_base32(secret_view(t), true, out);
}

static void percent(struct bw_view v, struct bw_buf *out)
{
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (plain)
            bw_buf_byte(out, c);
        else
            bw_buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

void crypto_totp_uri(const struct crypto_totp *t, struct bw_view issuer, struct bw_view account,
                     struct bw_buf *out)
{
    BW_BUF_LIT(out, "otpauth://totp/");
    percent(issuer, out);
    bw_buf_byte(out, ':');
    percent(account, out);
    BW_BUF_LIT(out, "?secret=");
    crypto_totp_text(t, out);
    BW_BUF_LIT(out, "&issuer=");
    percent(issuer, out);
    BW_BUF_LIT(out, "&algorithm=SHA1&digits=6&period=30");
}
