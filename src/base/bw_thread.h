/* SPDX-License-Identifier: Apache-2.0 */
/* bw_thread - buffers that belong to a thread and are freed with it.
 *
 * For answers that a caller borrows until it asks again, where neither an arena nor the heap fits.
 */
#ifndef BW_THREAD_H
#define BW_THREAD_H

#include "bw_macro.h"

enum bw_thread_slot { BW_THREAD_AUDIENCE, BW_THREAD_REACH, BW_THREAD_SLOTS };

/* The slot's buffer with at least SIZE bytes; what was in it is kept. NULL: out of memory, the old
 * buffer stays as it was. */
void *bw_thread_room(enum bw_thread_slot slot, size_t size);

#endif
