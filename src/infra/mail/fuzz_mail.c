/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_mail - any bytes as each field of a message: refused, or a message whose header has exactly
 * the lines we write; and any bytes as a spooled file's envelope. */
#include "mail_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool name_known(struct bw_view name)
{
    static const char *const NAMES[] = {"Date",
                                        "From",
                                        "To",
                                        "Reply-To",
                                        "Subject",
                                        "Message-ID",
                                        "In-Reply-To",
                                        "References",
                                        "Auto-Submitted",
                                        "X-Auto-Response-Suppress",
                                        "List-Unsubscribe",
                                        "List-Unsubscribe-Post",
                                        "MIME-Version",
                                        "Content-Type",
                                        "Content-Transfer-Encoding"};
    for (size_t i = 0; i < BW_COUNT(NAMES); i++)
        if (bw_view_is(name, NAMES[i]))
            return true;
    return false;
}

static void check_header(struct bw_view mail)
{
    while (mail.p) {
        struct bw_view line = bw_view_split(&mail, '\n');
        BW_ASSERT(line.n > 0 && line.p[line.n - 1] == '\r');
        BW_ASSERT(bw_view_find_byte(bw_view_head(line, line.n - 1), '\r') == SIZE_MAX);
        BW_ASSERT(memchr(line.p, 0, line.n) == NULL);
        if (line.n == 1)
            return;
        if (line.p[0] != ' ')
            BW_ASSERT(name_known(bw_view_head(line, bw_view_find_byte(line, ':'))));
    }
    BW_ASSERT(false); /* a message without a body */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_view rest = bw_view_of((const char *)data, size);
    struct mail_envelope e;
    if (mail_envelope_read(rest, &e, NULL) == BW_OK)
        BW_ASSERT(mail_address_valid(bw_view_z(e.to)) && mail_address_valid(bw_view_z(e.from)));
    struct mail_message m = {.key = BW_V("k"),
                             .from = {BW_V("n"), BW_V("a@b.example")},
                             .to = {BW_V("n"), BW_V("a@b.example")},
                             .text = BW_V("t")};
    struct bw_view *const FIELDS[] = {&m.subject,     &m.from.name,
                                      &m.to.name,     &m.to.address,
                                      &m.reply_to,    &m.id_domain,
                                      &m.in_reply_to, &m.list_unsubscribe,
                                      &m.text,        &m.html,
                                      &m.key};
    for (size_t i = 0; i < BW_COUNT(FIELDS) && rest.p; i++) {
        struct bw_view v = bw_view_split(&rest, '|');
        if (v.n > 0)
            *FIELDS[i] = v;
    }
    BW_AUTO_BUF out = BW_BUF_INIT(MAIL_SIZE_MAX);
    if (mail_build(&m, &out, NULL) == BW_OK)
        check_header(bw_buf_text(&out));
    return 0;
}
