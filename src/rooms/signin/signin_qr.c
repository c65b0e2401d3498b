/* SPDX-License-Identifier: Apache-2.0 */
/* signin_qr - an address as a QR code: the path of an SVG, drawn here so that no secret goes
 * through somebody else's picture service and no picture has to be kept. Each run of dark modules
 * of a row is one rectangle. */
#include "signin_account.h"

#include <qrencode.h>

enum { QUIET = 4, PATH_MAX_BYTES = 256 * 1024 }; /* QUIET: modules of margin (ISO/IEC 18004) */

static void put_rows(const QRcode *code, struct bw_buf *out)
{
    for (int y = 0; y < code->width; y++) {
        const unsigned char *row = code->data + (size_t)y * (size_t)code->width;
        for (int x = 0; x < code->width;) {
            int from = x;
            while (x < code->width && (row[x] & 1u))
                x++;
            if (x > from)
                bw_buf_printf(out, "M%d %dh%dv1h-%dz", from + QUIET, y + QUIET, x - from, x - from);
            else
                x++;
        }
    }
}

enum bw_rc signin_qr(struct bw_view text, struct bw_arena *arena, struct signin_qr *ret,
                     struct bw_err *err)
{
    BW_AUTO_BUF path = BW_BUF_INIT(PATH_MAX_BYTES);
    char *z = bw_arena_z(arena, text);
    if (!z)
        return bw_fail_memory(err);
    QRcode *code = QRcode_encodeString8bit(z, 0, QR_ECLEVEL_M);
    if (!code)
        return bw_fail(err, BW_LIMIT, "this is too long for a QR code");
    int width = code->width + 2 * QUIET;
    put_rows(code, &path);
    QRcode_free(code);
    enum bw_rc rc = bw_buf_rc(&path, "QR code", err);
    struct bw_view box = bw_arena_printf(arena, "0 0 %d %d", width, width), copy;
    if (rc == BW_OK)
        rc = box.p ? bw_view_copy(arena, bw_buf_text(&path), &copy, err) : bw_fail_memory(err);
    crypto_wipe(path.p, path.n);
    BW_TRY(rc);
    *ret = (struct signin_qr){.box = box, .path = copy};
    return BW_OK;
}
