/* SPDX-License-Identifier: BSD-3-Clause */
/* attributes.h - typed metadata of a CDO
 *
 * The set call carries no type: the schema's entry for the key decides how 'val' is read.  Numbers, bools and timestamps: the
 * address of the value (a schema's int() is int64_t, uint() uint64_t, bool() bool).  Strings: the address of a char *, in set and in get.
 * raw-ptr: the pointer itself.  dims-size: the address of the first of ndims (which is set before); other lists have no known length
 * here and are set by mstro_cdo_attribute_set_list or as YAML.  Tuples, and lists in get: the address of the first value; where the values
 * are of different types or lists themselves, an array of the addresses of the values, those inside being mstro_list. */
#ifndef MAESTRO_ATTRIBUTES_H
#define MAESTRO_ATTRIBUTES_H
#include "types.h"

#define MSTRO_ATTR_CORE_CDO_NAME ".maestro.core.cdo.name"
#define MSTRO_ATTR_CORE_CDO_RAW_PTR ".maestro.core.cdo.raw-ptr"
#define MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE ".maestro.core.cdo.scope.local-size"       /* int64, bytes */
#define MSTRO_ATTR_CORE_CDO_LAYOUT_ELEMENT_SIZE ".maestro.core.cdo.layout.element-size" /* int64, bytes */
#define MSTRO_ATTR_CORE_CDO_LAYOUT_NDIMS ".maestro.core.cdo.layout.ndims"               /* int64 */
#define MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE ".maestro.core.cdo.layout.dims-size"       /* int64[ndims] */
#define MSTRO_ATTR_CORE_CDO_LAYOUT_ORDER ".maestro.core.cdo.layout.order"               /* int64: 0 row-major, 1 column-major */
#define MSTRO_ATTR_CORE_CDO_DIST_LAYOUT ".maestro.core.cdo.dist-layout"   /* blob; no effect in this version */
#define MSTRO_ATTR_CORE_CDO_ALLOCATE_NOW ".maestro.core.cdo.allocate-now" /* bool */
#define MSTRO_ATTR_CORE_CDO_MAPPED ".maestro.core.cdo.mapped"             /* bool, both sides: zero-copy mapping; no effect in this version */
#define MSTRO_ATTR_CORE_CDO_REPLICA ".maestro.core.cdo.replica"           /* bool: this OFFER repeats one that exists; refused in this version (MSTRO_UNIMPL) */
#define MSTRO_ATTR_CORE_CDO_ON_LOSS ".maestro.core.cdo.on-loss"           /* enum(fail, wait) */
#define MSTRO_ATTR_CORE_CDO_TRANSPORT ".maestro.core.cdo.transport"       /* str; no effect in this version */
#define MSTRO_ATTR_CORE_CDO_LIFETIME ".maestro.core.cdo.lifetime"         /* str; no effect in this version */
#define MSTRO_ATTR_CORE_CDO_PERSISTENCE ".maestro.core.cdo.persistence"   /* str; no effect in this version */
#define MSTRO_ATTR_CORE_CDO_COMPONENT ".maestro.core.cdo.component" /* str, read-only: who offered */
#define MSTRO_ATTR_CORE_CDO_CARRIER ".maestro.core.cdo.carrier" /* str, read-only, after demand: how the data came ("inline", "cma", "rdma", \
                                                                   "same-process", "none"), between processes with ":" and the provider */

enum mstro_cdo_attr_value_type {
    MSTRO_CDO_ATTR_VALUE_INVALID = 0,
    MSTRO_CDO_ATTR_VALUE_NONE,
    MSTRO_CDO_ATTR_VALUE_bool,
    MSTRO_CDO_ATTR_VALUE_int32,
    MSTRO_CDO_ATTR_VALUE_int64,
    MSTRO_CDO_ATTR_VALUE_uint32,
    MSTRO_CDO_ATTR_VALUE_uint64,
    MSTRO_CDO_ATTR_VALUE_float,
    MSTRO_CDO_ATTR_VALUE_double,
    MSTRO_CDO_ATTR_VALUE_cstring,
    MSTRO_CDO_ATTR_VALUE_timestamp,
    MSTRO_CDO_ATTR_VALUE_blob,
    MSTRO_CDO_ATTR_VALUE_pointer,
    MSTRO_CDO_ATTR_VALUE_list
};

#ifdef __cplusplus
extern "C" {
#endif

/* Set 'key' before the handle is sealed.  copy_value: the library copies the value (with what it points to); otherwise it keeps
 * the address, and the value must live as long as the handle.  user_owned_attribute_value: the library never frees it;
 * otherwise, and without copy, it free()s 'val' at dispose (of a string the characters, of a blob the data).  MSTRO_SCHEMA for an unknown key (the nearest one is in
 * mstro_error_detail) or a value that does not fit its type. */
mstro_status mstro_cdo_attribute_set(mstro_cdo cdo, const char *key, void *val, bool copy_value, bool user_owned_attribute_value);

/* Read 'key': *val is the address of the value (for a string: of a char *; raw-ptr: the pointer), valid until dispose or the
 * next set of this key; 'type' may be NULL.  MSTRO_NOENT when it is not set and has no default. */
mstro_status mstro_cdo_attribute_get(mstro_cdo cdo, const char *key, enum mstro_cdo_attr_value_type *type, const void **val);

/* Set a list or tuple of 'count' values, the first at 'values' as above; copied.  Otherwise as mstro_cdo_attribute_set. */
mstro_status mstro_cdo_attribute_set_list(mstro_cdo cdo, const char *key, const void *values, size_t count);

/* How many values a list or tuple has behind what mstro_cdo_attribute_get gives; 1 for anything else. */
mstro_status mstro_cdo_attribute_count(mstro_cdo cdo, const char *key, size_t *count);

/* Set all attributes of a YAML mapping {key: value, ...}. */
mstro_status mstro_cdo_attribute_set_yaml(mstro_cdo cdo, const char *yaml);

/* Print all attributes, one "key: value" a line, to stdout. */
mstro_status mstro_cdo_attributes_print(mstro_cdo cdo);

#ifdef __cplusplus
}
#endif
#endif
