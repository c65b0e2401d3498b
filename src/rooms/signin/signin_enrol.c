/* SPDX-License-Identifier: Apache-2.0 */
/* signin_enrol - a new secret as an app takes it: QR code, key to type, address. Shown once. */
#include "signin_account.h"

/* Text in fours, as people type it. */
static struct bw_view in_fours(struct bw_arena *arena, struct bw_view text)
{
    char *out = bw_arena_get(arena, text.n + text.n / 4 + 1);
    size_t n = 0;
    if (!out)
        return text;
    for (size_t i = 0; i < text.n; i++) {
        if (i && i % 4 == 0)
            out[n++] = ' ';
        out[n++] = text.p[i];
    }
    return bw_view_of(out, n);
}

enum bw_rc signin_enrolment(struct http_req *rq, const struct signin_person *p,
                            const struct crypto_totp *totp, struct signin_enrolment *ret,
                            struct bw_err *err)
{
    struct bw_arena *arena = http_arena(rq);
    BW_AUTO_BUF secret = BW_BUF_INIT(128);
    BW_AUTO_BUF uri = BW_BUF_INIT(2048);
    struct bw_view text;
    crypto_totp_text(totp, &secret);
    crypto_totp_uri(totp, setting_text(req_hub(rq)->settings, SETTING_NAME), p->email, &uri);
    BW_TRY(bw_buf_rc(&secret, "secret", err));
    BW_TRY(bw_buf_rc(&uri, "address", err));
    BW_TRY(bw_view_copy(arena, bw_buf_text(&secret), &text, err));
    BW_TRY(bw_view_copy(arena, bw_buf_text(&uri), &ret->uri, err));
    crypto_wipe(secret.p, secret.n);
    crypto_wipe(uri.p, uri.n);
    ret->account = p->email;
    ret->secret = in_fours(arena, text);
    return signin_qr(ret->uri, arena, &ret->qr, err);
}
