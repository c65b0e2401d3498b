/* SPDX-License-Identifier: Apache-2.0 */
/* assets - serves what tools/assets.py compiled in. Addresses carry ?v=build, so browsers may keep
 * the files for a year and still get new ones with a new release. */
#include "assets.h"

#include "permission.h"

#include <stdio.h>

static enum bw_rc serve(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    char name[128];
    struct bw_view folder = http_text(rq, "folder"), file = http_text(rq, "file");
    snprintf(name, sizeof(name), "%.*s/%.*s", BW_VF(folder), BW_VF(file));
    for (size_t i = 0; i < asset_count; i++) {
        if (strcmp(asset_table[i].name, name) != 0)
            continue;
        bool versioned = bw_view_is(http_text(rq, "v"), asset_build);
        http_etag(rq, rs, bw_view_z(asset_table[i].etag));
        http_set(rs, "Cache-Control",
                 versioned ? BW_V("public, max-age=31536000, immutable") : BW_V("no-cache"));
        http_bytes_static(rq, rs, &asset_table[i].bytes);
        return BW_OK;
    }
    return bw_fail(err, BW_NOT_FOUND, "there is no such file");
}

static const struct http_param PARAMS[] = {
    {"folder", HTTP_WORD, HTTP_IN_PATH | HTTP_REQUIRED, 1, 20},
    {"file", HTTP_WORD, HTTP_IN_PATH | HTTP_REQUIRED, 1, 60},
    {"v", HTTP_WORD, HTTP_IN_QUERY, 0, 40},
};
const struct http_route asset_route = {HTTP_GET,
                                       "/assets/{folder}/{file}",
                                       HTTP_LOOP,
                                       HTTP_ASSET,
                                       PERM_OPEN,
                                       PARAMS,
                                       BW_COUNT(PARAMS),
                                       0,
                                       NULL,
                                       serve,
                                       "style sheet, script, icons"};
