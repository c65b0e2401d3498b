/* SPDX-License-Identifier: Apache-2.0 */
/* bw_thread - see bw_thread.h; one pthread key whose destructor frees all slots. */
#include "bw_thread.h"

#include "bw_fault.h"

#include <pthread.h>

struct rooms {
    struct {
        void *p;
        size_t size;
    } slot[BW_THREAD_SLOTS];
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(void *arg)
{
    struct rooms *r = arg;
    for (size_t i = 0; i < BW_THREAD_SLOTS; i++)
        free(r->slot[i].p);
    free(r);
}

static void make_key(void)
{
    BW_ASSERT(pthread_key_create(&key, release) == 0);
}

void *bw_thread_room(enum bw_thread_slot slot, size_t size)
{
    BW_ASSERT(slot < BW_THREAD_SLOTS);
    pthread_once(&once, make_key);
    struct rooms *r = pthread_getspecific(key);
    if (!r) {
        r = bw_calloc(1, sizeof(*r));
        if (!r || pthread_setspecific(key, r) != 0) {
            free(r);
            return NULL;
        }
    }
    if (!r->slot[slot].p || r->slot[slot].size < size) {
        size_t larger = size < 256 ? 256 : size + size / 2;
        void *p = bw_realloc(r->slot[slot].p, larger);
        if (!p)
            return NULL;
        r->slot[slot].p = p;
        r->slot[slot].size = larger;
    }
    return r->slot[slot].p;
}
