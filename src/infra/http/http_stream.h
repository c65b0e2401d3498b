/* SPDX-License-Identifier: Apache-2.0 */
/* http_stream - server-sent events (HTML Living Standard 9.2): many silent connections, seldom a
 * line.
 *
 * Why by itself: a waiting reader must cost a few hundred bytes and no thread, and one event for
 * 950 readers few milliseconds, so the socket is taken out of libmicrohttpd (with its 16 KB of
 * pool) and written by the loop itself. Sending never blocks and never does I/O: it queues and
 * wakes the loop once. A reader that does not read loses events, is told so by `event: resync` when
 * it reads again, and is closed when it has taken nothing for options.body_ms.
 *
 * Threads: all functions but http_stream_open from any thread. */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "http.h"

struct http_stream;
#define HTTP_STREAM_QUEUE_MAX 8192 /* bytes waiting for one reader */

struct http_stream_options {
    void *tag;
    /* Once, when the connection is gone for whatever reason: on a loop, or on the handler's thread
     * where the handler failed after all. Must not block; typically takes the stream off a list and
     * unrefs it. */
    void (*closed)(void *tag);
};

/* In a handler (face HTTP_STREAM, any place): the answer becomes text/event-stream. The handler
 * then returns BW_OK; if it fails after all, the stream is closed. *ret holds one reference of the
 * caller's. BW_BUSY: options.streams_max. Events may be sent at once; they go out after the
 * headers. */
BW_MUST_CHECK enum bw_rc http_stream_open(struct http_req *rq, struct http_resp *rs,
                                          const struct http_stream_options *o,
                                          struct http_stream **ret, struct bw_err *err);
/* EVENT: a plain word or NULL ("message"); DATA may have lines. False: closed, or the queue is full
 * and the reader will be told to resync. */
bool http_stream_send(struct http_stream *st, const char *event, struct bw_view data);
void http_stream_end(struct http_stream *st); /* what is queued goes out first */
bool http_stream_is_open(struct http_stream *st);
struct http_stream *http_stream_ref(struct http_stream *st);
void http_stream_unref(struct http_stream *st); /* NULL is accepted */

#endif
