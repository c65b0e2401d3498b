/* SPDX-License-Identifier: Apache-2.0 */
/* rooms - the one list of rooms, in the order of docs/layers.txt, and the route table made of them.
 */
#include "app.h"
#include "assets.h"

#include "circle.h"
#include "feed.h"
#include "home.h"
#include "intel.h"
#include "join.h"
#include "member.h"
#include "notify.h"
#include "ops.h"
#include "programme.h"
#include "public.h"
#include "signin.h"
#include "taxii.h"
#include "terms.h"
#include "watch.h"

const struct room *const app_rooms[] = {
    &room_member, &room_signin, &room_join,  &room_terms, &room_intel,
    &room_watch,  &room_circle, &room_taxii, &room_feed,  &room_notify,
    &room_public, &room_home,   &room_ops,   &room_desk,  &room_programme,
};
const size_t app_rooms_n = BW_COUNT(app_rooms);

enum { ROUTES_MAX = 400 };

const struct http_route *app_routes(size_t *ret_n)
{
    static struct http_route routes[ROUTES_MAX];
    static size_t n;
    if (n == 0) {
        routes[n++] = asset_route;
        for (size_t i = 0; i < app_rooms_n; i++)
            for (size_t j = 0; j < app_rooms[i]->n_routes; j++) {
                BW_ASSERT(n < ROUTES_MAX);
                routes[n++] = app_rooms[i]->routes[j];
            }
    }
    *ret_n = n;
    return routes;
}
