/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as two domains and two names, cut in the middle: reading ends, skeletons stay within
 * their room, comparing is the same from both sides. */
#include "join_alike.h"
#include "join_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct join_domain a, b;
    static struct join_name x, y;
    struct bw_view all = bw_view_of((const char *)data, size);
    struct bw_view left = bw_view_head(all, size / 2), right = bw_view_from(all, size / 2);
    join_domain_read(left, &a);
    join_domain_read(right, &b);
    BW_ASSERT(a.label.n <= JOIN_SKELETON_MAX && a.folded.n <= JOIN_SKELETON_MAX);
    BW_ASSERT(join_domain_alike(&a, &b) == join_domain_alike(&b, &a));
    join_name_read(left, &x);
    join_name_read(right, &y);
    BW_ASSERT(x.folded.n <= JOIN_SKELETON_MAX);
    BW_ASSERT(join_name_alike(&x, &y) == join_name_alike(&y, &x));
    BW_ASSERT(join_registered(left).n <= left.n);
    if (join_domain_valid(left))
        BW_ASSERT(join_domain_within(left, left));
    return 0;
}
