/* SPDX-License-Identifier: Apache-2.0 */
/* bench_json_peer - jansson, for comparison only: nothing of the hub links it for JSON. */
#include "bench_json_peer.h"

#include <jansson.h>

size_t bench_json_peer(struct bw_view in, const struct bw_view *names, size_t n, size_t *ret_bytes)
{
    json_error_t e;
    size_t i, bytes = 0;
    json_t *object, *root = json_loadb(in.p, in.n, JSON_REJECT_DUPLICATES, &e);
    json_t *array = json_is_array(root) ? root : json_object_get(root, "objects");
    size_t objects = json_array_size(array);
    json_array_foreach(array, i, object)
    {
        for (size_t k = 0; k < n; k++) {
            const json_t *value = json_object_get(object, names[k].p);
            bytes += value ? json_string_length(value) + 2 : 0;
        }
    }
    json_decref(root);
    *ret_bytes = bytes;
    return objects;
}

static int append(const char *p, size_t n, void *out)
{
    bw_buf_add(out, p, n);
    return 0;
}

bool bench_json_peer_dump(struct bw_view in, struct bw_buf *out)
{
    json_error_t e;
    json_t *root = json_loadb(in.p ? in.p : "", in.n,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
    if (!root)
        return false;
    json_dump_callback(root, append, out, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    json_decref(root);
    return true;
}
