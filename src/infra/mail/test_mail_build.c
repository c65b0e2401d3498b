/* SPDX-License-Identifier: Apache-2.0 */
/* test_mail_build - messages byte for byte, and every way of slipping a header in. */
#include "bw_test.h"
#include "mail.h"

#define AT_US INT64_C(1795241100000000) /* Saturday 2026-11-21 06:05:00 UTC */

static struct mail_message message(void)
{
    return (struct mail_message){.key = BW_V("alert-1-2"),
                                 .from = {BW_V("Breakwater"), BW_V("hub@hub.example")},
                                 .to = {BW_V("Chan, A"), BW_V("a@bank.example")},
                                 .subject = BW_V("TLP:AMBER notice"),
                                 .text = BW_V("Hello\nWorld\n"),
                                 .id_domain = BW_V("hub.example"),
                                 .date_us = AT_US};
}

#define HEAD                                         \
    "Date: Sat, 21 Nov 2026 06:05:00 +0000\r\n"      \
    "From: \"Breakwater\"\r\n <hub@hub.example>\r\n" \
    "To: \"Chan, A\"\r\n <a@bank.example>\r\n"       \
    "Subject: TLP:AMBER notice\r\n"                  \
    "Message-ID: <alert-1-2@hub.example>\r\n"
#define AUTO "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n"
#define QP "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"

static bool has(const struct bw_buf *buf, const char *part)
{
    return bw_view_find(bw_buf_text(buf), bw_view_z(part)) != SIZE_MAX;
}

BW_TEST(a_plain_mail)
{
    BW_AUTO_BUF out = BW_BUF_INIT(1 << 20);
    struct mail_message m = message();
    REQUIRE(mail_build(&m, &out, NULL) == BW_OK);
    CHECK_VIEW(bw_buf_text(&out), HEAD AUTO "MIME-Version: 1.0\r\n"
                                            "Content-Type: text/plain" QP "Hello\r\nWorld\r\n");
}

BW_TEST(text_html_and_file)
{
    BW_AUTO_BUF out = BW_BUF_INIT(1 << 20);
    struct mail_file file = {BW_V("meeting.ics"), BW_V("text/calendar"), BW_V("BEGIN")};
    struct mail_message m = message();
    m.html = BW_V("<p>a = b</p>");
    m.list_unsubscribe = BW_V("https://hub.example/u/1");
    m.in_reply_to = BW_V("x@hub.example");
    m.reply_to = BW_V("desk@hub.example");
    m.files = &file;
    m.files_n = 1;
    REQUIRE(mail_build(&m, &out, NULL) == BW_OK);
    CHECK(has(&out, "\r\nReply-To: <desk@hub.example>\r\n"));
    CHECK(has(&out, "\r\nIn-Reply-To: <x@hub.example>\r\nReferences: <x@hub.example>\r\n"));
    CHECK(has(&out, "\r\nList-Unsubscribe: <https://hub.example/u/1>\r\n"
                    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    CHECK(has(&out, "Content-Type: multipart/mixed; boundary=\"=_0_"));
    CHECK(has(&out, "Content-Type: multipart/alternative; boundary=\"=_1_"));
    CHECK(has(&out, "text/html" QP "<p>a =3D b</p>\r\n"));
    CHECK(has(&out,
              "Content-Type: text/calendar\r\nContent-Disposition: attachment; "
              "filename=\"meeting.ics\"\r\nContent-Transfer-Encoding: base64\r\n\r\nQkVHSU4=\r\n"));
    CHECK(bw_view_ends(bw_buf_text(&out), BW_V("--\r\n")));
}

BW_TEST(chinese_goes_encoded_in_words_and_lines_of_76)
{
    BW_AUTO_BUF out = BW_BUF_INIT(1 << 20);
    struct mail_message m = message();
    m.subject = BW_V("保安公告：針對醫療機構的網絡釣魚攻擊正在蔓延，請即檢查電郵閘道紀錄");
    m.to.name = BW_V("陳大文");
    m.text = BW_V("請檢查電郵閘道紀錄。\n");
    REQUIRE(mail_build(&m, &out, NULL) == BW_OK);
    CHECK(has(&out, "\r\nTo: =?UTF-8?B?6Zmz5aSn5paH?=\r\n <a@bank.example>\r\n"));
    CHECK(
        has(&out,
            "\r\nSubject: =?UTF-8?B?5L+d5a6J5YWs5ZGK77ya6Yed5bCN6Yar55mC5qmf5qeL55qE57ay?=\r\n ="));
    CHECK(has(&out,
              "Content-Transfer-Encoding: base64\r\n\r\n6KuL5qqi5p+l6Zu76YO16ZaY6YGT57SA6YyE44CC"
              "DQo=\r\n"));
    struct bw_view rest = bw_buf_text(&out);
    while (rest.p) {
        struct bw_view line = bw_view_split(&rest, '\n');
        CHECK(line.n <= 77); /* 76 and CR */
        CHECK(line.n == 0 || line.p[line.n - 1] == '\r');
    }
}

static const struct {
    const char *name, *in, *want;
} TEXTS[] = {
    {"line ends become CRLF", "a\rb\nc\r\nd", "a\r\nb\r\nc\r\nd\r\n"},
    {"blanks at a line's end are encoded", "a \nb\t", "a=20\r\nb=09\r\n"},
    {"equals signs are encoded", "a=b", "a=3Db\r\n"},
    {"high bytes are encoded", "aaaaaaaaaaaaé", "aaaaaaaaaaaa=C3=A9\r\n"},
    {"a dot alone stays", ".\n", ".\r\n"},
    {"control bytes are encoded", "\x1b[2J", "=1B[2J\r\n"},
    {"long lines are broken softly",
     "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789",
     "123456789 123456789 123456789 123456789 123456789 123456789 123456789 12345=\r\n6789\r\n"},
};

BW_TEST(quoted_printable)
{
    for (size_t i = 0; i < BW_COUNT(TEXTS); i++) {
        BW_AUTO_BUF out = BW_BUF_INIT(1 << 20);
        struct mail_message m = message();
        m.text = bw_view_z(TEXTS[i].in);
        bool ok = mail_build(&m, &out, NULL) == BW_OK;
        size_t body = bw_view_find(bw_buf_text(&out), BW_V("\r\n\r\n"));
        SUBTEST(TEXTS[i].name,
                ok && bw_view_is(bw_view_from(bw_buf_text(&out), body + 4), TEXTS[i].want));
    }
}

static const struct {
    const char *subject, *want;
} SUBJECTS[] = {
    {"", "Subject: \r\n"},
    {"a =?b", "Subject: =?UTF-8?B?YSA9P2I=?=\r\n"},
    {" a", "Subject: =?UTF-8?B?IGE=?=\r\n"},
    {"123456789 123456789 123456789 123456789 123456789 123456789 123456789 x",
     "Subject: 123456789 123456789 123456789 123456789 123456789 123456789\r\n 123456789 x\r\n"},
};

BW_TEST(subjects)
{
    for (size_t i = 0; i < BW_COUNT(SUBJECTS); i++) {
        BW_AUTO_BUF out = BW_BUF_INIT(1 << 20);
        struct mail_message m = message();
        m.subject = bw_view_z(SUBJECTS[i].subject);
        CHECK(mail_build(&m, &out, NULL) == BW_OK);
        if (!CHECK(has(&out, SUBJECTS[i].want)))
            printf("# %.*s\n", BW_VF(bw_buf_text(&out)));
    }
}

static const struct {
    const char *name;
    size_t at; /* of the field in struct mail_message */
    struct bw_view value;
} INJECTIONS[] = {
#define BAD(name, field, literal)                                         \
    {                                                                     \
        name, offsetof(struct mail_message, field), BW_VIEW_INIT(literal) \
    }
    BAD("subject with CRLF", subject, "a\r\nBcc: x@y.example"),
    BAD("subject with LF", subject, "a\nBcc: x@y.example"),
    BAD("subject with CR", subject, "a\rBcc: x@y.example"),
    BAD("subject with NUL", subject, "a\0b"),
    BAD("subject with an escape byte", subject, "a\x1b[2J"),
    BAD("subject that is not UTF-8", subject, "a\xff"),
    BAD("name with CRLF", from.name, "a\r\nBcc: x@y.example"),
    BAD("recipient's name with LF", to.name, "a\n b"),
    BAD("recipient with CRLF", to.address, "a@b.example\r\nRCPT TO:<x@y.example>"),
    BAD("recipient with a bracket", to.address, "a@b.example>"),
    BAD("two recipients", to.address, "a@b.example,c@d.example"),
    BAD("recipient with a blank", to.address, "a@b.example SIZE=1"),
    BAD("recipient without domain", to.address, "a@"),
    BAD("recipient without local part", to.address, "@b.example"),
    BAD("recipient with two at signs", to.address, "a@b@c.example"),
    BAD("recipient beginning with a dot", to.address, ".a@b.example"),
    BAD("recipient with an address literal", to.address, "a@[127.0.0.1]"),
    BAD("recipient with a quoted part", to.address, "\"a b\"@c.example"),
    BAD("empty recipient", to.address, ""),
    BAD("sender with LF", from.address, "a@b.example\n"),
    BAD("envelope sender with a bracket", bounce, "a@b.example> SIZE=1"),
    BAD("reply address with CRLF", reply_to, "a@b.example\r\nX: y"),
    BAD("unsubscribe with CRLF", list_unsubscribe, "https://a\r\nX: y"),
    BAD("unsubscribe with a bracket", list_unsubscribe, "https://a>, <mailto:x"),
    BAD("reference with LF", in_reply_to, "a@b\nX: y"),
    BAD("domain with CRLF", id_domain, "a\r\nX: y"),
    BAD("key with a slash", key, "../x"),
    BAD("key with a blank", key, "a b"),
    BAD("key that hides", key, ".a"),
    BAD("empty key", key, ""),
    BAD("no text", text, ""),
    BAD("text that is not UTF-8", text, "\xc0\x80"),
    BAD("HTML that is not UTF-8", html, "\xff"),
#undef BAD
};

BW_TEST(what_is_refused)
{
    for (size_t i = 0; i < BW_COUNT(INJECTIONS); i++) {
        BW_AUTO_BUF out = BW_BUF_INIT(1 << 20);
        struct mail_message m = message();
        struct bw_err err = {0};
        memcpy((char *)&m + INJECTIONS[i].at, &INJECTIONS[i].value, sizeof m.subject);
        SUBTEST(INJECTIONS[i].name, mail_build(&m, &out, &err) == BW_INVALID && err.message[0]);
    }
}

BW_TEST(files_are_checked_too)
{
    static const struct mail_file FILES[] = {
        {BW_VIEW_INIT("a\r\nX: y"), BW_VIEW_INIT("text/plain"), BW_VIEW_INIT("x")},
        {BW_VIEW_INIT("a"), BW_VIEW_INIT("text/plain\r\nX: y"), BW_VIEW_INIT("x")},
        {BW_VIEW_INIT("a"), BW_VIEW_INIT(""), BW_VIEW_INIT("x")},
    };
    for (size_t i = 0; i < BW_COUNT(FILES); i++) {
        BW_AUTO_BUF out = BW_BUF_INIT(1 << 20);
        struct mail_message m = message();
        m.files = &FILES[i];
        m.files_n = 1;
        CHECK(mail_build(&m, &out, NULL) == BW_INVALID);
    }
    BW_AUTO_BUF out = BW_BUF_INIT(1 << 20);
    struct mail_file chinese = {BW_V("報告\".pdf"), BW_V("application/pdf"), BW_V("x")};
    struct mail_message m = message();
    m.files = &chinese;
    m.files_n = 1;
    CHECK(mail_build(&m, &out, NULL) == BW_OK);
    CHECK(has(&out, "attachment;\r\n filename*=UTF-8''%E5%A0%B1%E5%91%8A%22.pdf\r\n"));
}

BW_TEST(long_headers_are_a_limit)
{
    BW_AUTO_BUF out = BW_BUF_INIT(1 << 20);
    struct mail_message m = message();
    char subject[MAIL_HEADER_MAX + 1];
    memset(subject, 'x', sizeof subject);
    m.subject = bw_view_of(subject, sizeof subject);
    CHECK(mail_build(&m, &out, NULL) == BW_LIMIT);
}

BW_TEST_MAIN()
