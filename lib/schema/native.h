/* SPDX-License-Identifier: BSD-3-Clause */
/* native.h - values in the form in which C programs hand them over
 *
 * Numbers, bools, timestamps, blobs: an object of their C type.  Strings: a char *.  Pointers: themselves.  Lists and tuples whose items are of
 * one kind: an array of these; otherwise (mixed or nested) an array of addresses of them.  A list inside a list: a mstro_list. */
#ifndef LIB_SCHEMA_NATIVE_H
#define LIB_SCHEMA_NATIVE_H
#include "lib/schema/type.h"

/* Bytes and place (aligned to 8) of the native form, with everything it points to.  Not for pointers. */
size_t native_size(const struct value *v);
const void *native_build(const struct value *v, void *place);

/* Read what stands at 'native' (for a pointer: 'native' itself) as 't' says; text and blob become views.  Not for lists.
 * MSTRO_INVARG for a NULL string or blob. */
mstro_status native_read(const struct type *t, const void *native, struct value *out);

/* Read 'count' items of a list or tuple into one malloc()ed run of encoded items, which the caller frees.  MSTRO_SCHEMA beyond BLOCK_MAX bytes,
 * or where the type has another count. */
mstro_status native_read_list(const struct type *t, const void *native, size_t count, struct value *out);

#endif
