/* SPDX-License-Identifier: BSD-3-Clause */
/* utf8.h - is it UTF-8? */
#ifndef LIB_BASE_UTF8_H
#define LIB_BASE_UTF8_H
#include "lib/base/view.h"

/* True for well-formed UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF.  Zero bytes are
 * characters like others here; who keeps C strings refuses them himself. */
bool text_is_utf8(struct text t);

/* How many of the first bytes are: all of them, or up to where it stops being UTF-8. */
size_t utf8_prefix(struct text t);

/* What is no UTF-8, as a character that was cut, becomes '?' (one for all bytes in a row). */
void utf8_repair(char *string);

#endif
