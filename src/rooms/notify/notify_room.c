/* SPDX-License-Identifier: Apache-2.0 */
/* notify_room - the room's tables. */
#include "notify_int.h"

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/live", HTTP_LOOP, HTTP_STREAM, PERM_READ, NULL, 0, 0, NULL, notify_live,
     "server-sent events: something new for you"},
};
static const struct ledger_consumer *const CONSUMERS[] = {&notify_live_consumer,
                                                          &notify_mail_consumer};

const struct room room_notify = {
    .name = "notify",
    .routes = ROUTES,
    .n_routes = BW_COUNT(ROUTES),
    .consumers = CONSUMERS,
    .n_consumers = BW_COUNT(CONSUMERS),
};
