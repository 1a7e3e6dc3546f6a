/* SPDX-License-Identifier: BSD-3-Clause */
/* attributes.h - the attribute table of one handle
 *
 * What maestro/attributes.h promises is kept here.  A table belongs to its handle: one thread at a time.  Life:
 *
 *     attributes_create -> set* -> attributes_seal -> attributes_block travels with OFFER
 *                                                  -> attributes_adopt (consumer, after DEMAND: the producer's block)
 *     attributes_destroy
 *
 * After the seal set is refused; attributes_put (the library's own) is not. */
#ifndef LIB_SCHEMA_ATTRIBUTES_H
#define LIB_SCHEMA_ATTRIBUTES_H
#include <stdio.h>

#include "lib/schema/schema.h"

struct attributes;

enum { ATTRIBUTES_MAX = 1024 };

/* An empty table for the object 'name' (which must outlive it, terminated); holds a reference to 's'. */
mstro_status attributes_create(struct schema *s, const char *name, struct attributes **out);
void attributes_destroy(struct attributes *a); /* NULL is allowed */

/* The same in memory of the caller's: attributes_size() bytes, aligned to 16. */
size_t attributes_size(void);
struct attributes *attributes_begin(void *place, struct schema *s, const char *name);
void attributes_end(struct attributes *a);

/* As mstro_cdo_attribute_set, _get and _set_list.  Unknown keys: MSTRO_SCHEMA with the nearest one, or dropped with MSTRO_OK where the schema says
 * so (schema_drops_unknown).  A list other than dims-size has no known length here: MSTRO_INVARG, attributes_set_list is for it.  What is given away
 * (neither copied nor the user's) is freed at destroy or when set again: of a string its characters, of a blob its data, of the rest
 * what 'val' points to; raw-ptr itself. */
mstro_status attributes_set(struct attributes *a, const char *key, void *val, bool copy, bool user_owned);
mstro_status attributes_get(const struct attributes *a, const char *key, enum mstro_cdo_attr_value_type *type, const void **val);
mstro_status attributes_set_list(struct attributes *a, const char *key, const void *values, size_t count);
mstro_status attributes_set_yaml(struct attributes *a, const char *yaml);
void attributes_print(const struct attributes *a, FILE *to);

/* Elements of a list or tuple behind what get gives; 1 for anything else; MSTRO_NOENT as get. */
mstro_status attributes_count(const struct attributes *a, const char *key, size_t *count);

/* Check what must be there, add the defaults of the schema files in use, freeze.  Repeated: MSTRO_OK and nothing happens.  MSTRO_SCHEMA
 * names the missing key; MSTRO_NOMEM also when the block would exceed BLOCK_MAX. */
mstro_status attributes_seal(struct attributes *a);
bool attributes_sealed(const struct attributes *a);

/* The sealed attributes but name, size, component and what stays on the handle (block.h); valid until destroy.  Empty before the seal. */
struct bytes attributes_block(const struct attributes *a);

/* Make the attributes of a producer's block readable here, instead of those of an earlier block; nobody vouches for the
 * bytes (MSTRO_INVMSG, nothing changed).  Keys this schema does not know are kept as what they are.  A key of another type than
 * this schema says is kept too, logged, and get says MSTRO_SCHEMA. */
mstro_status attributes_adopt(struct attributes *a, struct bytes block);

/* The library's own word on a core key (true size after demand, buffer, component); also after the seal.  Text is copied. */
mstro_status attributes_put(struct attributes *a, enum core_key key, const struct value *v);
mstro_status attributes_put_pointer(struct attributes *a, enum core_key key, void *pointer);
mstro_status attributes_put_size(struct attributes *a, int64_t size); /* CORE_LOCAL_SIZE */
mstro_status attributes_put_text(struct attributes *a, enum core_key key, struct text t);

/* Core keys, without search.  Not set (and no default): false, NULL, empty. */
bool attributes_value(const struct attributes *a, enum core_key key, struct value *out);
void *attributes_raw_ptr(const struct attributes *a);
bool attributes_local_size(const struct attributes *a, int64_t *size);
bool attributes_flag(const struct attributes *a, enum core_key key);        /* ALLOCATE_NOW, MAPPED, REPLICA */
struct text attributes_text(const struct attributes *a, enum core_key key); /* ON_LOSS, TRANSPORT, COMPONENT ... */

#endif
