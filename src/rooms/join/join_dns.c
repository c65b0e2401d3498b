/* SPDX-License-Identifier: Apache-2.0 */
/* join_dns - asks the resolver for a domain's TXT values (RFC 1035 section 3.3.14).
 *
 * With libresolv, because a resolver of the system's choice is what the desk would ask by hand.
 * One server, two tries of three seconds: it blocks that long at most, so it is a worker's work. */
#include "join_int.h"

#include "bw_ip.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

enum { ANSWER_MAX = 16 * 1024, FOUND_MAX = 1000 };

/* "127.0.0.1:5353" or "192.0.2.1". */
static bool read_server(struct bw_view text, struct sockaddr_in *ret)
{
    size_t colon = bw_view_find_byte(text, ':');
    char host[64];
    int64_t port = 53;
    if (colon != SIZE_MAX &&
        (!bw_view_int(bw_view_from(text, colon + 1), &port) || port < 1 || port > 65535))
        return false;
    struct bw_view address = bw_view_head(text, colon);
    if (address.n == 0 || address.n >= sizeof(host))
        return false;
    memcpy(host, address.p, address.n);
    host[address.n] = '\0';
    *ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, host, &ret->sin_addr) == 1;
}

/* One TXT record: strings with a length byte each, which belong together. */
static void put_txt(const ns_rr *rr, struct bw_buf *out)
{
    const unsigned char *p = ns_rr_rdata(*rr), *end = p + ns_rr_rdlen(*rr);
    while (p < end) {
        size_t n = *p++;
        if (n > (size_t)(end - p))
            return;
        bw_buf_add(out, p, n);
        p += n;
    }
}

static bool printable(struct bw_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < ' ' || v.p[i] > '~')
            return false;
    return true;
}

/* True: a record is PREFIX and VALUE exactly; what is there is gathered for the message. */
static bool search(const unsigned char *answer, int n, struct bw_view value, struct bw_buf *found)
{
    ns_msg msg;
    if (ns_initparse(answer, n, &msg) != 0)
        return false;
    for (int i = 0; i < ns_msg_count(msg, ns_s_an); i++) {
        BW_AUTO_BUF txt = BW_BUF_INIT(70000);
        ns_rr rr;
        if (ns_parserr(&msg, ns_s_an, i, &rr) != 0 || ns_rr_type(rr) != ns_t_txt)
            continue;
        put_txt(&rr, &txt);
        struct bw_view text = bw_buf_text(&txt);
        if (text.n > sizeof(JOIN_DNS_PREFIX) - 1 && bw_view_starts(text, BW_V(JOIN_DNS_PREFIX)) &&
            bw_view_eq(bw_view_trim(bw_view_from(text, sizeof(JOIN_DNS_PREFIX) - 1)), value)) {
            bw_buf_reset(found);
            bw_buf_view(found, text);
            return true;
        }
        if (printable(text) && found->n + text.n < FOUND_MAX / 4) {
            if (found->n)
                BW_BUF_LIT(found, ", ");
            bw_buf_view(found, text);
        }
    }
    return false;
}

static enum bw_rc ask(struct bw_view resolver, const char *name, unsigned char *answer, int *ret_n,
                      struct bw_err *err)
{
    struct __res_state state = {0};
    struct sockaddr_in server;
    if (res_ninit(&state) != 0)
        return bw_fail(err, BW_IO, "the resolver cannot be used");
    state.retrans = 3;
    state.retry = 2;
    state.options &= ~(unsigned long)(RES_DNSRCH | RES_DEFNAMES);
    if (resolver.n) {
        if (!read_server(resolver, &server)) {
            res_nclose(&state);
            return bw_fail(err, BW_INVALID, "the setting join_resolver is no IPv4 address");
        }
        state.nsaddr_list[0] = server;
        state.nscount = 1;
    }
    int n = res_nquery(&state, name, ns_c_in, ns_t_txt, answer, ANSWER_MAX);
    int why = state.res_h_errno;
    res_nclose(&state);
    if (n < 0 && why != HOST_NOT_FOUND && why != NO_DATA)
        return bw_fail(err, BW_IO, "the resolver did not answer: try again, or look it up by hand");
    *ret_n = n < 0 ? 0 : n > ANSWER_MAX ? ANSWER_MAX : n;
    return BW_OK;
}

enum bw_rc join_dns_look(struct bw_view resolver, struct bw_view domain, struct bw_view value,
                         struct bw_buf *ret_found, struct bw_err *err)
{
    unsigned char answer[ANSWER_MAX];
    char name[256];
    int n = 0;
    if (!join_domain_valid(domain) || domain.n >= sizeof(name))
        return bw_fail(err, BW_INVALID, "this is no domain");
    memcpy(name, domain.p, domain.n);
    name[domain.n] = '\0';
    BW_TRY(ask(resolver, name, answer, &n, err));
    if (n > 0 && search(answer, n, value, ret_found))
        return bw_buf_rc(ret_found, "answer", err);
    struct bw_view there = bw_buf_text(ret_found);
    return bw_fail(err, BW_NOT_FOUND, "there is no such TXT value at %s. %s%.*s", name,
                   there.n ? "What is there: " : "There is no TXT value at all.", BW_VF(there));
}
