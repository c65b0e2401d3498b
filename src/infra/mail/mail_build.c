/* SPDX-License-Identifier: Apache-2.0 */
/* mail_build - a message's bytes (RFC 5322, RFC 2045..2047).
 *
 * The same input gives the same bytes: boundaries and the message id come from the key, so that a
 * spool written again after a crash holds the same message. A boundary cannot occur in a body,
 * because quoted-printable has a hex digit behind '=' and base64 has no '_'. */
#include "mail_int.h"

bool mail_key_valid(struct bw_view key)
{
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return key.n > 0 && key.n <= MAIL_KEY_MAX && key.p[0] != '.';
}

static enum bw_rc check_addresses(const struct mail_message *m, struct bw_err *err)
{
    const struct {
        struct bw_view address;
        const char *what;
        bool needed;
    } ADDRESSES[] = {{m->from.address, "sender", true},
                     {m->to.address, "recipient", true},
                     {m->bounce, "envelope sender", false},
                     {m->reply_to, "reply address", false}};
    for (size_t i = 0; i < BW_COUNT(ADDRESSES); i++)
        if ((ADDRESSES[i].needed || ADDRESSES[i].address.n > 0) &&
            !mail_address_valid(ADDRESSES[i].address))
            return bw_fail(err, BW_INVALID, "The mail's %s is not an address.", ADDRESSES[i].what);
    return BW_OK;
}

/* A value that stands in a header without encoding: visible ASCII, and no angle brackets. */
static enum bw_rc check_token(struct bw_view v, const char *what, bool blanks, struct bw_err *err)
{
    BW_TRY(mail_header_check(v, what, err));
    for (size_t i = 0; i < v.n; i++)
        if ((uint8_t)v.p[i] > 0x7E || v.p[i] == '<' || v.p[i] == '>' || (v.p[i] == ' ' && !blanks))
            return bw_fail(err, BW_INVALID, "The mail's %s has a character that cannot be there.",
                           what);
    return BW_OK;
}

static enum bw_rc check(const struct mail_message *m, struct bw_err *err)
{
    if (!mail_key_valid(m->key))
        return bw_fail(err, BW_INVALID, "A mail's key has letters, digits and . _ - only.");
    BW_TRY(check_addresses(m, err));
    BW_TRY(mail_header_check(m->subject, "subject", err));
    BW_TRY(mail_header_check(m->from.name, "sender's name", err));
    BW_TRY(mail_header_check(m->to.name, "recipient's name", err));
    BW_TRY(check_token(m->list_unsubscribe, "unsubscribe address", false, err));
    BW_TRY(check_token(m->in_reply_to, "reference", false, err));
    BW_TRY(check_token(m->id_domain, "domain", false, err));
    for (size_t i = 0; i < m->files_n; i++) {
        BW_TRY(mail_header_check(m->files[i].name, "file name", err));
        BW_TRY(check_token(m->files[i].type, "file type", true, err));
        if (m->files[i].name.n > MAIL_KEY_MAX || m->files[i].type.n == 0)
            return bw_fail(err, BW_INVALID, "An attached file has no type or too long a name.");
    }
    if (m->text.n == 0)
        return bw_fail(err, BW_INVALID, "A mail needs a text.");
    if (!bw_utf8_valid(m->text) || !bw_utf8_valid(m->html))
        return bw_fail(err, BW_INVALID, "The mail's text is not UTF-8.");
    return BW_OK;
}

static void put_headers(struct bw_buf *out, const struct mail_message *m)
{
    mail_header_date(out, m->date_us);
    mail_header_address(out, "From", &m->from);
    mail_header_address(out, "To", &m->to);
    if (m->reply_to.n > 0)
        mail_header_address(out, "Reply-To", &(struct mail_address){.address = m->reply_to});
    mail_header_text(out, "Subject", m->subject);
    struct bw_view domain = m->id_domain.n > 0 ? m->id_domain : BW_V("breakwater.invalid");
    bw_buf_printf(out, "Message-ID: <%.*s@%.*s>\r\n", BW_VF(m->key), BW_VF(domain));
    if (m->in_reply_to.n > 0)
        bw_buf_printf(out, "In-Reply-To: <%.*s>\r\nReferences: <%.*s>\r\n", BW_VF(m->in_reply_to),
                      BW_VF(m->in_reply_to));
    BW_BUF_LIT(out, "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n");
    if (m->list_unsubscribe.n > 0)
        bw_buf_printf(out,
                      "List-Unsubscribe: <%.*s>\r\n"
                      "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
                      BW_VF(m->list_unsubscribe));
    BW_BUF_LIT(out, "MIME-Version: 1.0\r\n");
}

/* FNV-1a: only to make boundaries of different mails differ. */
static uint64_t hash_of(struct bw_view v)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < v.n; i++)
        h = (h ^ (uint8_t)v.p[i]) * UINT64_C(1099511628211);
    return h;
}

enum part { PART_MIXED, PART_ALTERNATIVE };

static void open_multipart(struct bw_buf *out, const struct mail_message *m, enum part part)
{
    bw_buf_printf(out, "Content-Type: multipart/%s; boundary=\"=_%d_%016llx\"\r\n\r\n",
                  part == PART_MIXED ? "mixed" : "alternative", (int)part,
                  (unsigned long long)hash_of(m->key));
}

static void put_boundary(struct bw_buf *out, const struct mail_message *m, enum part part,
                         bool last)
{
    bw_buf_printf(out, "\r\n--=_%d_%016llx%s\r\n", (int)part, (unsigned long long)hash_of(m->key),
                  last ? "--" : "");
}

static void put_text(struct bw_buf *out, const char *type, struct bw_view text)
{
    bw_buf_printf(out, "Content-Type: text/%s; charset=utf-8\r\n", type);
    mail_body_text(out, text);
}

static void put_texts(struct bw_buf *out, const struct mail_message *m)
{
    if (m->html.n == 0) {
        put_text(out, "plain", m->text);
        return;
    }
    open_multipart(out, m, PART_ALTERNATIVE);
    put_boundary(out, m, PART_ALTERNATIVE, false);
    put_text(out, "plain", m->text);
    put_boundary(out, m, PART_ALTERNATIVE, false);
    put_text(out, "html", m->html);
    put_boundary(out, m, PART_ALTERNATIVE, true);
}

enum bw_rc mail_build(const struct mail_message *m, struct bw_buf *out, struct bw_err *err)
{
    BW_TRY(check(m, err));
    put_headers(out, m);
    if (m->files_n == 0) {
        put_texts(out, m);
        return bw_buf_rc(out, "mail", err);
    }
    open_multipart(out, m, PART_MIXED);
    put_boundary(out, m, PART_MIXED, false);
    put_texts(out, m);
    for (size_t i = 0; i < m->files_n; i++) {
        put_boundary(out, m, PART_MIXED, false);
        bw_buf_printf(out, "Content-Type: %.*s\r\nContent-Disposition: attachment",
                      BW_VF(m->files[i].type));
        mail_header_filename(out, m->files[i].name);
        BW_BUF_LIT(out, "\r\n");
        mail_body_bytes(out, m->files[i].bytes);
    }
    put_boundary(out, m, PART_MIXED, true);
    return bw_buf_rc(out, "mail", err);
}
