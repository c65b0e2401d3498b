/* SPDX-License-Identifier: Apache-2.0 */
/* fold_table - writes the table that folds Traditional to Simplified Chinese, character by
 * character.
 *
 * Why a table: OpenCC's converter looks for phrases and takes microseconds a character; search
 * needs only that a text and a query fold alike. It asks the installed OpenCC (configuration t2s)
 * for each Han character; the network is not needed. Output: C, for src/infra/text/text_fold.c. */
#include <opencc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAR_MAX 4096

struct pair {
    uint32_t from, to;
};

static uint16_t near_to[0x10000];
static struct pair far_pairs[FAR_MAX];
static size_t far_n;

static size_t put_utf8(uint32_t cp, char out[4])
{
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

/* The one code point of Z; 0: it is not exactly one of three or four bytes. */
static uint32_t one_cp(const char *z)
{
    const unsigned char *p = (const unsigned char *)z;
    size_t n = strlen(z);
    if (n == 3 && p[0] >= 0xE0 && p[0] < 0xF0)
        return (p[0] & 0x0FU) << 12 | (p[1] & 0x3FU) << 6 | (p[2] & 0x3FU);
    if (n == 4 && p[0] >= 0xF0)
        return (p[0] & 0x07U) << 18 | (p[1] & 0x3FU) << 12 | (p[2] & 0x3FU) << 6 | (p[3] & 0x3FU);
    return 0;
}

static int add_range(opencc_t cc, uint32_t first, uint32_t last)
{
    for (uint32_t cp = first; cp <= last; cp++) {
        char text[4];
        char *simple = opencc_convert_utf8(cc, text, put_utf8(cp, text));
        if (!simple)
            return -1;
        uint32_t to = one_cp(simple);
        opencc_convert_utf8_free(simple);
        if (to == 0 || to == cp)
            continue;
        if (cp < 0x10000 && to < 0x10000) {
            near_to[cp] = (uint16_t)to;
        } else if (far_n == FAR_MAX) {
            return -1;
        } else {
            far_pairs[far_n++] = (struct pair){cp, to};
        }
    }
    return 0;
}

static int page_used(unsigned page)
{
    for (unsigned i = 0; i < 256; i++)
        if (near_to[page * 256 + i])
            return 1;
    return 0;
}

static void print_page(unsigned page)
{
    printf("    {");
    for (unsigned i = 0; i < 256; i++)
        printf("%s0x%X", i % 16 ? ", " : i ? ",\n     " : "", near_to[page * 256 + i]);
    printf("},\n");
}

int main(void)
{
    unsigned char page_of[256] = {0};
    unsigned pages = 1;
    opencc_t cc = opencc_open("t2s.json");
    if (cc == (opencc_t)-1) {
        fprintf(stderr, "fold_table: OpenCC cannot open t2s.json\n");
        return 1;
    }
    int bad = add_range(cc, 0x3400, 0x4DBF) || add_range(cc, 0x4E00, 0x9FFF) ||
              add_range(cc, 0xF900, 0xFAFF) || add_range(cc, 0x20000, 0x323AF);
    opencc_close(cc);
    if (bad || near_to[0x7DB2] != 0x7F51) { /* 網 must give 网 */
        fprintf(stderr, "fold_table: OpenCC did not convert\n");
        return 1;
    }
    printf("/* Made by tools/fold_table.c from OpenCC's t2s. */\n"
           "static const uint16_t fold_page[][256] = {\n    {0},\n");
    for (unsigned page = 0; page < 256; page++) {
        if (page_used(page)) {
            print_page(page);
            page_of[page] = (unsigned char)pages++;
        }
    }
    printf("};\nstatic const uint8_t fold_page_of[256] = {");
    for (unsigned i = 0; i < 256; i++)
        printf("%s%u", i % 16 ? ", " : i ? ",\n    " : "\n    ", page_of[i]);
    printf("};\nstatic const struct {\n    uint32_t from, to;\n} fold_far[] = {\n    {0, 0},\n");
    for (size_t i = 0; i < far_n; i++)
        printf("    {0x%X, 0x%X},\n", far_pairs[i].from, far_pairs[i].to);
    printf("};\n");
    return 0;
}
