/* SPDX-License-Identifier: BSD-3-Clause */
/* grammar.h - from a query to the bytes of a program (program.h) */
#ifndef LIB_QUERY_GRAMMAR_H
#define LIB_QUERY_GRAMMAR_H
#include "lib/query/program.h"

/* Compile into 'room' (SELECTOR_BYTES_MAX bytes); *out is a view of it.  As selector_compile. */
mstro_status grammar_compile(const char *query, const char *nspace, const struct schema *schema, const struct schema *also, unsigned char *room,
                             struct bytes *out);

#endif
