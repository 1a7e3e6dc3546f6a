/* SPDX-License-Identifier: BSD-3-Clause */
/* schema.h - a schema as the user holds it: struct schema under its public name */
#ifndef LIB_API_SCHEMA_H
#define LIB_API_SCHEMA_H
#include "lib/schema/schema.h"
#include "maestro/schema.h"

static inline struct schema *schema_of_handle(mstro_schema handle) { return (struct schema *)handle; }

#endif
