/* SPDX-License-Identifier: Apache-2.0 */
/* http_body - a request's body: in memory while small, then in a file without a name.
 *
 * Why: a handler wants one piece of bytes whatever its size, and a hundred large uploads must not
 * be a hundred large buffers. The file is unlinked from the start, so that nothing is left behind
 * by a crash; it is mapped read-only for the handler. Written by the loop, which only fills the
 * page cache: one call moves at most the pool of a connection. All bodies together have a cap. */
#include "http_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bw_fault.h"

static enum bw_rc spool_open(const char *dir, int *ret, struct bw_err *err)
{
    int fd = bw_fault("http.spool") ? -1 : open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) { /* not every file system has it */
        char path[4096];
        int n = snprintf(path, sizeof path, "%s/spool-XXXXXX", dir);
        if (n > 0 && (size_t)n < sizeof path)
            fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            (void)unlink(path);
    }
    if (fd < 0)
        return bw_fail_detail(err, BW_IO, "The body cannot be kept for lack of space.",
                              "spool file in %s: errno %d", dir, errno);
    *ret = fd;
    return BW_OK;
}

static enum bw_rc spool_write(int fd, const char *p, size_t n, struct bw_err *err)
{
    while (n > 0) {
        ssize_t done = bw_fault("http.spool") ? -1 : write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return bw_fail_detail(err, BW_IO, "The body cannot be kept for lack of space.",
                                  "write to the spool: errno %d", errno);
        p += done;
        n -= (size_t)done;
    }
    return BW_OK;
}

/* What uploads may take together must not shut out who signs in or sends a form. */
static enum bw_rc count(struct http_req *rq, size_t n, struct bw_err *err)
{
    struct http_server *s = rq->server;
    rq->body.counted += n;
    bool over = atomic_fetch_add(&s->bodies, n) + n > s->o.bodies_max;
    if (over && rq->body.counted > HTTP_BODY_SMALL)
        return bw_fail(err, BW_BUSY, "Too much is being uploaded just now. Try again later.");
    return BW_OK;
}

enum bw_rc http_body_add(struct http_req *rq, const char *p, size_t n, struct bw_err *err)
{
    struct http_body *b = &rq->body;
    size_t max = rq->route->body_max;
    if (n > max || b->n > max - n)
        return bw_fail(err, BW_LIMIT, "The body is too large: at most %zu bytes.", max);
    BW_TRY(count(rq, n, err));
    if (b->fd < 0 && b->n + n > rq->server->o.body_memory_max) {
        BW_TRY(spool_open(rq->server->o.spool_dir, &b->fd, err));
        atomic_fetch_add(&rq->server->spooled, 1);
        BW_TRY(spool_write(b->fd, b->mem.p, b->mem.n, err));
        bw_buf_done(&b->mem);
    }
    if (b->fd >= 0) {
        BW_TRY(spool_write(b->fd, p, n, err));
    } else {
        bw_buf_add(&b->mem, p, n);
        BW_TRY(bw_buf_rc(&b->mem, "the body", err));
    }
    b->n += n;
    return BW_OK;
}

enum bw_rc http_body_finish(struct http_req *rq, struct bw_err *err)
{
    struct http_body *b = &rq->body;
    if (b->fd < 0)
        return BW_OK;
    void *map = mmap(NULL, b->n, PROT_READ, MAP_PRIVATE, b->fd, 0);
    if (map == MAP_FAILED)
        return bw_fail_errno(err, "map the body");
    b->map = map;
    return BW_OK;
}

struct bw_view http_body(const struct http_req *rq)
{
    if (rq->body.map)
        return bw_view_of(rq->body.map, rq->body.n);
    return rq->body.fd < 0 ? bw_buf_text(&rq->body.mem) : (struct bw_view){NULL, 0};
}

void http_body_done(struct http_req *rq)
{
    struct http_body *b = &rq->body;
    if (b->map)
        (void)munmap(b->map, b->n);
    if (b->fd >= 0)
        (void)close(b->fd);
    if (b->counted)
        atomic_fetch_sub(&rq->server->bodies, b->counted);
    if (b->mem.room > HTTP_OUT_KEEP)
        bw_buf_done(&b->mem);
    b->mem.cap = rq->server->o.body_memory_max;
    bw_buf_reset(&b->mem);
    b->map = NULL;
    b->fd = -1;
    b->n = b->counted = 0;
}
