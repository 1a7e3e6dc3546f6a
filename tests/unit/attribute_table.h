/* SPDX-License-Identifier: BSD-3-Clause */
/* attribute_table.h - the attributes of an object under the built-in schemas and one of the test's own */
#ifndef TESTS_UNIT_ATTRIBUTE_TABLE_H
#define TESTS_UNIT_ATTRIBUTE_TABLE_H
#include "lib/schema/attributes.h"
#include "lib/schema/catalogue.h"

/* For the object 'name'; 'text' is the test's schema.  What fails fails the running test. */
void attribute_table_open(const char *text, const char *name, struct schema **schema, struct attributes **attributes);
void attribute_table_close(struct schema *schema, struct attributes *attributes);

#endif
