/* SPDX-License-Identifier: BSD-3-Clause */
/* pattern_cost.h - what trying an item of a regular expression may cost, found in how the expression is written
 *
 * Items are counted where they are tried (pattern.c), and how far they ran is seen at the next one.  Neither shows what an item costs for
 * each character, nor how far one ran that failed: both are bounded here, from above. */
#ifndef LIB_SCHEMA_PATTERN_COST_H
#define LIB_SCHEMA_PATTERN_COST_H
#include "lib/base/view.h"

struct pattern_cost {
    uint32_t reach;        /* characters that an item may look at before it fails */
    uint32_t weight, wide; /* of each character, in that of a plain one: in a text of ASCII only, in another */
};

/* What is not taken because no count of items bounds it, or because to compile it takes too long; or NULL.  *offset says where it stands. */
const char *pattern_refusal(struct text written, bool caseless, size_t *offset);

/* 'compiled': the bytes that it takes; 'behind': the characters over which it looks back. */
struct pattern_cost pattern_cost_of(struct text written, bool caseless, size_t compiled, uint32_t behind);

#endif
