/* SPDX-License-Identifier: Apache-2.0 */
/* assets - the style sheet, script and icons, compiled into the program with their gzip form. */
#ifndef ASSETS_H
#define ASSETS_H

#include "http.h"

struct asset {
    const char *name; /* "css/breakwater.css" */
    const char *etag;
    struct http_bytes bytes;
};
extern const struct asset asset_table[];
extern const size_t asset_count;
extern const char asset_build[]; /* changes with any of them */

extern const struct http_route asset_route;

#endif
