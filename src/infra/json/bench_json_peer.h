/* SPDX-License-Identifier: Apache-2.0 */
/* bench_json_peer - what bench_json and the differential test ask of jansson.
 *
 * Why a file of its own: jansson's header uses names that json.h uses too. */
#ifndef BENCH_JSON_PEER_H
#define BENCH_JSON_PEER_H

#include "bw_buf.h"
#include "bw_view.h"

/* Objects of the array (or of the bundle's "objects"); *ret_bytes: of the values of NAMES, quoted.
 */
size_t bench_json_peer(struct bw_view in, const struct bw_view *names, size_t n, size_t *ret_bytes);
/* True: jansson takes the text. Its compact dump is appended to OUT. */
bool bench_json_peer_dump(struct bw_view in, struct bw_buf *out);

#endif
