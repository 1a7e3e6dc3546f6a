/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/attribute_table.h"
#include "tests/lib/check.h"

void attribute_table_open(const char *text, const char *name, struct schema **schema, struct attributes **attributes)
{
    struct schema *mine;
    assert_int_equal(catalogue_load_from(NULL, NULL, schema), MSTRO_OK);
    assert_int_equal(schema_read_text(text_of(text), "mine.yaml", &mine), MSTRO_OK);
    assert_int_equal(schema_merge(*schema, mine), MSTRO_OK);
    schema_release(mine);
    assert_int_equal(attributes_create(*schema, name, attributes), MSTRO_OK);
}

void attribute_table_close(struct schema *schema, struct attributes *attributes)
{
    attributes_destroy(attributes);
    schema_release(schema);
}
