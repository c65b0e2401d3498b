/* SPDX-License-Identifier: Apache-2.0 */
/* bw_ip - IPv4 and IPv6 addresses and prefixes as 16 bytes, IPv4 mapped (RFC 4291 2.5.5.2).
 *
 * One form for both families means one comparison, one interval, one column. An IPv4-mapped IPv6
 * address in text is the IPv4 address. Zone ids are refused. Leading zeros in IPv4 are refused:
 * some read them as octal. Pure; fuzzed by fuzz_bw_text. */
#ifndef BW_IP_H
#define BW_IP_H

#include "bw_err.h"
#include "bw_view.h"

struct bw_ip {
    uint8_t b[16];
};
struct bw_prefix {
    struct bw_ip first; /* host bits are zero */
    uint8_t bits;       /* 0..128, counted in the 16-byte form: 192.0.2.0/24 has 120 */
};
#define BW_IP_TEXT_MAX 46
#define BW_PREFIX_TEXT_MAX 50

bool bw_ip_parse(struct bw_view v, struct bw_ip *ret);
size_t bw_ip_format(const struct bw_ip *ip, char out[BW_IP_TEXT_MAX]); /* RFC 5952 */
bool bw_ip_is_v4(const struct bw_ip *ip);
int bw_ip_cmp(const struct bw_ip *a, const struct bw_ip *b);
/* Private, loopback, link-local, CGNAT, multicast, documentation, metadata, unspecified, reserved:
 * what a fetch from outside must never reach. NAT64 (64:ff9b::/96) counts as the IPv4 address
 * inside. */
bool bw_ip_is_special(const struct bw_ip *ip);

/* "192.0.2.0/24", "2001:db8::/32", or a single address. BW_INVALID: not that form, bits out of
 * range, or host bits set (the message gives the prefix that was probably meant). */
BW_MUST_CHECK enum bw_rc bw_prefix_parse(struct bw_view v, struct bw_prefix *ret,
                                         struct bw_err *err);
size_t bw_prefix_format(const struct bw_prefix *p, char out[BW_PREFIX_TEXT_MAX]);
struct bw_ip bw_prefix_last(const struct bw_prefix *p);
bool bw_prefix_has(const struct bw_prefix *p, const struct bw_ip *ip);

#endif
