/* SPDX-License-Identifier: Apache-2.0 */
/* feed_recognise - what a file is, by its first bytes. Names and media types are not asked: they
 * are wrong too often. Nothing is unpacked here: archives are hostile input for a process of its
 * own (security.md). Pure; fuzzed by fuzz_feed_csv.c. */
#include "feed_int.h"

enum { LOOK = 64 * 1024 };

const char *feed_form_word(enum feed_form f)
{
    static const char *const words[] = {"stix", "report", "list"};
    BW_ASSERT((size_t)f < BW_COUNT(words));
    return words[f];
}

/* -- what is not text -------------------------------------------------------------------------- */

static const struct {
    struct bw_view magic;
    const char *what;
} PACKED[] = {
    {BW_VIEW_INIT("PK\x05\x06"), "an empty zip archive: there is nothing in it"},
    {BW_VIEW_INIT("PK\x03\x04"), "a zip archive: unpack it and send the file inside"},
    {BW_VIEW_INIT("PK\x07\x08"), "a zip archive: unpack it and send the file inside"},
    {BW_VIEW_INIT("\x1f\x8b"), "packed with gzip: unpack it (gunzip) and send the file inside"},
    {BW_VIEW_INIT("\xfd"
                  "7zXZ\0"),
     "packed with xz: unpack it (unxz) and send the file inside"},
    {BW_VIEW_INIT("BZh"), "packed with bzip2: unpack it (bunzip2) and send the file inside"},
    {BW_VIEW_INIT("\x28\xb5\x2f\xfd"),
     "packed with zstd: unpack it (unzstd) and send the file inside"},
    {BW_VIEW_INIT("7z\xbc\xaf\x27\x1c"), "a 7-Zip archive: unpack it and send the file inside"},
    {BW_VIEW_INIT("Rar!\x1a\x07"), "a RAR archive: unpack it and send the file inside"},
    {BW_VIEW_INIT("%PDF-"), "a PDF document: send the data as JSON, CSV or a plain list"},
    {BW_VIEW_INIT("\xd0\xcf\x11\xe0"),
     "an old Office document: save it as CSV (UTF-8) and send that"},
    {BW_VIEW_INIT("\x7f"
                  "ELF"),
     "a program"},
    {BW_VIEW_INIT("MZ"), "a program"},
};

static const char *encoding_of(struct bw_view v)
{
    static const struct {
        struct bw_view magic;
        const char *what;
    } MARKS[] = {{BW_VIEW_INIT("\xff\xfe\0\0"), "UTF-32"},
                 {BW_VIEW_INIT("\0\0\xfe\xff"), "UTF-32"},
                 {BW_VIEW_INIT("\xff\xfe"), "UTF-16"},
                 {BW_VIEW_INIT("\xfe\xff"), "UTF-16"}};
    for (size_t i = 0; i < BW_COUNT(MARKS); i++)
        if (bw_view_starts(v, MARKS[i].magic))
            return MARKS[i].what;
    if (v.n < 8)
        return NULL;
    size_t zeros[2] = {0, 0}; /* Latin text in UTF-16 without a mark: every other byte is zero */
    for (size_t i = 0; i < v.n; i++)
        zeros[i % 2] += v.p[i] == '\0';
    bool little = zeros[1] > v.n / 3 && zeros[0] == 0, big = zeros[0] > v.n / 3 && zeros[1] == 0;
    return little || big ? "UTF-16" : NULL;
}

/* A few stray bytes are a row's matter; a file full of them is not text. */
static bool is_binary(struct bw_view v)
{
    size_t odd = 0;
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        odd += c < 0x20 && c != '\n' && c != '\r' && c != '\t';
    }
    return odd > v.n / 20;
}

static enum bw_rc refuse_odd(struct bw_view v, struct bw_err *err)
{
    for (size_t i = 0; i < BW_COUNT(PACKED); i++) {
        bool program = bw_view_is(PACKED[i].magic, "MZ") || bw_view_is(PACKED[i].magic, "BZh");
        if (bw_view_starts(v, PACKED[i].magic) && (!program || is_binary(v)))
            return bw_fail(err, BW_UNSUPPORTED, "this is %s", PACKED[i].what);
    }
    const char *encoding = encoding_of(v);
    if (encoding)
        return bw_fail(err, BW_UNSUPPORTED, "this text is %s: save it as UTF-8 and send it again",
                       encoding);
    if (is_binary(v))
        return bw_fail(err, BW_UNSUPPORTED,
                       "this is no text: send STIX JSON, a report as CSV, or a plain list");
    return BW_OK;
}

/* -- what text it is --------------------------------------------------------------------------- */

static struct bw_view skip_space(struct bw_view v)
{
    size_t at = 0;
    while (at < v.n && (v.p[at] == ' ' || v.p[at] == '\t' || v.p[at] == '\r' || v.p[at] == '\n'))
        at++;
    return bw_view_from(v, at);
}

static bool starts_nocase(struct bw_view v, const char *z)
{
    struct bw_view prefix = bw_view_z(z);
    return v.n >= prefix.n && bw_view_eq_nocase(bw_view_head(v, prefix.n), prefix);
}

static bool is_report(struct bw_view bytes)
{
    struct feed_rows *rows = NULL;
    struct bw_err ignored;
    bool ok = feed_rows_open(bytes, (struct bw_view){NULL, 0}, 0, &rows, &ignored) == BW_OK;
    feed_rows_free(rows);
    return ok;
}

enum bw_rc feed_recognise(struct bw_view bytes, enum feed_form *ret, struct bw_err *err)
{
    struct bw_view head = bw_view_head(bytes, LOOK);
    if (bytes.n == 0)
        return bw_fail(err, BW_INVALID, "the file is empty");
    BW_TRY(refuse_odd(head, err));
    struct bw_view text = bw_view_starts(head, BW_V("\xef\xbb\xbf")) ? bw_view_from(head, 3) : head;
    text = skip_space(text);
    if (text.n == 0)
        return bw_fail(err, BW_INVALID, "the file has nothing but blanks in it");
    if (starts_nocase(text, "<!doctype") || starts_nocase(text, "<html"))
        return bw_fail(err, BW_INVALID,
                       "this is a web page: the address may have shown a sign-in page instead of "
                       "the file");
    if (starts_nocase(text, "<?xml"))
        return bw_fail(err, BW_UNSUPPORTED, "this is XML: STIX is taken as version 2.1 in JSON");
    if (text.p[0] == '{' || text.p[0] == '[')
        *ret = FEED_STIX;
    else
        *ret = is_report(bytes) ? FEED_REPORT : FEED_LIST;
    return BW_OK;
}
