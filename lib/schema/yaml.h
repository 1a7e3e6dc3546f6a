/* SPDX-License-Identifier: BSD-3-Clause */
/* yaml.h - the one bounded reader of YAML: schemas, attributes, workflows, settings
 *
 * A text of at most 64 KiB becomes a tree of at most YAML_NODES_MAX nodes, nested at most YAML_DEPTH_MAX deep, each with the
 * 1-based line and column where it stands.  Anchors, aliases, tags, duplicate keys, keys that are no scalars and second documents are refused.
 * Every failure is one sentence "file:line:column: what" in mstro_error_detail, with the status the caller chose. */
#ifndef LIB_SCHEMA_YAML_H
#define LIB_SCHEMA_YAML_H
#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "maestro/status.h"

enum { YAML_SIZE_MAX = 64 * 1024, YAML_DEPTH_MAX = 32, YAML_NODES_MAX = 4000 };

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;                          /* a scalar that was written in quotes or as a block: always a string */
    uint32_t line, column;
    struct text text;                     /* of a scalar; terminated */
    struct text key;                      /* the key under which it stands in a mapping; terminated */
    uint32_t key_line, key_column;
    uint32_t count;                       /* children of a sequence or mapping */
    struct yaml_node *first, *last, *next; /* children in order; next sibling */
    const struct yaml_node *parent;
    struct map_link link;
};

struct yaml {
    const char *file; /* as it stands in messages; the caller's */
    const char *about; /* what is being read, as it stands in messages behind the place: set by who reads, or NULL */
    mstro_status failure;
    const struct yaml_node *root; /* never NULL after a successful read */
    struct arena arena;
    struct map keys; /* (mapping, key) -> node */
};

/* Read 'text'; 'file' names it in messages, 'failure' is the status of whatever is wrong with it (now or in yaml_fault).
 * yaml_release is due only after MSTRO_OK. */
mstro_status yaml_read_text(struct yaml *out, struct text text, const char *file, mstro_status failure);

/* The same of a regular file: never hangs on a FIFO or a device.  MSTRO_NOENT when there is none. */
mstro_status yaml_read_file(struct yaml *out, const char *path, mstro_status failure);

void yaml_release(struct yaml *y);

/* The value of 'key' in 'mapping', or NULL. */
const struct yaml_node *yaml_find(const struct yaml *y, const struct yaml_node *mapping, const char *key);

/* Say "file:line:column: ..." about 'at' and return y->failure. */
mstro_status yaml_fault(const struct yaml *y, const struct yaml_node *at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same about the key of 'at'. */
mstro_status yaml_fault_key(const struct yaml *y, const struct yaml_node *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* 'node' must be a mapping with no key outside 'known' (ends with NULL); the fault suggests the nearest.  'what' names the
 * mapping in the message: "a stage". */
mstro_status yaml_expect_keys(const struct yaml *y, const struct yaml_node *node, const char *what, const char *const known[]);

/* A scalar that YAML reads as true or false (true/false, yes/no, on/off, in any case).  False when it is none. */
bool yaml_bool(const struct yaml_node *node, bool *out);

/* An unquoted decimal integer.  False when it is none or does not fit. */
bool yaml_int(const struct yaml_node *node, int64_t *out);

#endif
