/* SPDX-License-Identifier: Apache-2.0 */
/* bw_banned - standard functions that have no safe use here.
 *
 * Declared again as deprecated, so that a call is a compile error (warnings are errors). Poisoning
 * the names would also break every system header that mentions them after us; this way the order of
 * includes does not matter. gets() is not declared by C17 at all. tools/tidy looks for the names
 * too. */
#ifndef BW_BANNED_H
#define BW_BANNED_H

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

/* clang with _FORTIFY_SOURCE has macros of these names: there gcc and tools/tidy must do. */
#if !defined(BW_ALLOW_BANNED) && !(defined(__clang__) && defined(_FORTIFY_SOURCE))
#define BW_BANNED(use) __attribute__((deprecated("banned: use " use)))
char *strcpy(char *, const char *) BW_BANNED("struct bw_view or memcpy");
char *strcat(char *, const char *) BW_BANNED("struct bw_buf");
char *strtok(char *, const char *) BW_BANNED("bw_view_split");
int sprintf(char *, const char *, ...) BW_BANNED("bw_buf_printf or snprintf");
int vsprintf(char *, const char *, va_list) BW_BANNED("bw_buf_printf or vsnprintf");
int atoi(const char *) BW_BANNED("bw_view_int");
long atol(const char *) BW_BANNED("bw_view_int");
double atof(const char *) BW_BANNED("strtod");
int system(const char *) BW_BANNED("posix_spawn");
FILE *popen(const char *, const char *) BW_BANNED("posix_spawn");
struct tm *localtime(const time_t *) BW_BANNED("bw_civil_of");
#undef BW_BANNED
#endif

#endif
