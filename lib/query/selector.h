/* SPDX-License-Identifier: BSD-3-Clause */
/* selector.h - a compiled question about the attributes of an object
 *
 *     (has KEY)  (KEY = VALUE)  != < <= > >=  (KEY ~= REGEX)  (KEY ~=i REGEX)  (KEY glob PATTERN)  (and Q ...)  (or Q ...)  (not Q)
 *
 * Compiled and typed where the schemas are (the client), evaluated where the objects are (the pool): in between it travels as bytes.  A
 * selector is immutable: any thread may evaluate it.  A comparison with an attribute that an object does not have is false. */
#ifndef LIB_QUERY_SELECTOR_H
#define LIB_QUERY_SELECTOR_H
#include "lib/schema/schema.h"
#include "lib/schema/value.h"
#include "maestro/status.h"

struct selector;

enum { SELECTOR_TEXT_MAX = 64 * 1024, SELECTOR_TERMS_MAX = 1024, SELECTOR_DEPTH_MAX = 32, SELECTOR_BYTES_MAX = 16 * 1024, SELECTOR_STEPS_MAX = 1200 };

/* What a selector is asked about.  Name, size and component answer for .maestro.core.cdo.{name,scope.local-size,component}; the block
 * (lib/schema/block.h) for everything else. */
struct query_subject {
    struct text name, component;
    int64_t size; /* bytes */
    struct bytes block;
};

/* Of an equality with more values nothing is said. */
enum { SELECTOR_VALUES_MAX = 16 };

enum selector_answer { SELECTOR_NO, SELECTOR_YES, SELECTOR_TOO_EXPENSIVE };

/* Compile 'query' (NULL: everything matches).  Keys that do not begin with a dot get 'nspace' (may be NULL) before them.  Keys are looked up
 * in 'schema', then in 'also' (either may be NULL).  MSTRO_SELECTOR names column, token and what was expected. */
mstro_status selector_compile(const char *query, const char *nspace, const struct schema *schema, const struct schema *also,
                              struct selector **out);

/* Make one of bytes that nobody vouches for.  MSTRO_SELECTOR says what is wrong with them. */
mstro_status selector_decode(struct bytes encoded, struct selector **out);

void selector_destroy(struct selector *s); /* NULL is allowed */

/* The byte form, for selector_decode elsewhere; valid as long as 's'. */
struct bytes selector_bytes(const struct selector *s);

/* The different keys it names, in the order in which they came: views into 's'. */
size_t selector_keys(const struct selector *s);
struct text selector_key(const struct selector *s, size_t i);
/* Bytes that 's' takes; NULL: 0. */
size_t selector_memory(const struct selector *s);

/* Does it match everything? */
bool selector_is_all(const struct selector *s);

/* At most SELECTOR_STEPS_MAX steps, about 10 us. */
enum selector_answer selector_matches(const struct selector *s, const struct query_subject *subject);

/* What every match has: an attribute that equals one of these values.  Views into the selector; value_hash is the hash to use. */
struct selector_equality {
    struct text key;
    size_t count;
    struct value value[SELECTOR_VALUES_MAX];
};

/* The next such equality from '*at' (0 at first) on, for an index.  False: there is no further one. */
bool selector_equality(const struct selector *s, size_t *at, struct selector_equality *out);

/* The value of 'key' in 'subject', as a selector sees it.  False when it has none. */
bool query_subject_find(const struct query_subject *subject, struct text key, struct value *out);

/* The same by number, below query_subject_count: each attribute once.  False: this one does not count. */
size_t query_subject_count(const struct query_subject *subject);
bool query_subject_at(const struct query_subject *subject, size_t i, struct text *key, struct value *out);

#endif
