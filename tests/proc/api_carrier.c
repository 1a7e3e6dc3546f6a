/* SPDX-License-Identifier: BSD-3-Clause */
/* A consumer can tell how its data came. */
#include "tests/lib/check.h"

#include <maestro/maestro.h>
#include <stdlib.h>

/* Offer 'size' bytes, demand them and compare what the consumer's handle says. */
static void carrier_of(int64_t size, const char *expected)
{
    static char bytes[1 << 20];
    mstro_cdo producer, consumer;
    const void *value = NULL;
    void *data = NULL;
    assert_int_equal(mstro_cdo_declare("cargo", MSTRO_ATTR_DEFAULT, &producer), MSTRO_OK);
    assert_int_equal(mstro_cdo_attribute_set(producer, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false), MSTRO_OK);
    if (size)
        assert_int_equal(mstro_cdo_attribute_set(producer, MSTRO_ATTR_CORE_CDO_RAW_PTR, bytes, false, true), MSTRO_OK);
    assert_int_equal(mstro_cdo_offer(producer), MSTRO_OK);
    assert_int_equal(mstro_cdo_declare("cargo", MSTRO_ATTR_DEFAULT, &consumer), MSTRO_OK);
    assert_int_equal(mstro_cdo_attribute_get(consumer, MSTRO_ATTR_CORE_CDO_CARRIER, NULL, &value), MSTRO_NOENT);
    assert_int_equal(mstro_cdo_demand(consumer), MSTRO_OK);
    assert_int_equal(mstro_cdo_attribute_get(consumer, MSTRO_ATTR_CORE_CDO_CARRIER, NULL, &value), MSTRO_OK);
    assert_string_equal(*(char *const *)value, expected);
    if (size)
        assert_int_equal(mstro_cdo_access_ptr(consumer, &data, NULL), MSTRO_OK);
    assert_int_equal(mstro_cdo_dispose(consumer), MSTRO_OK);
    free(data);
    assert_int_equal(mstro_cdo_withdraw(producer), MSTRO_OK);
    assert_int_equal(mstro_cdo_dispose(producer), MSTRO_OK);
}

static void consumer_reads_how_its_data_came(void **state)
{
    (void)state;
    assert_int_equal(mstro_init("carrier", "tester", 0), MSTRO_OK);
    carrier_of(1 << 20, "same-process");
    carrier_of(100, "inline");
    carrier_of(0, "none");
    assert_int_equal(mstro_finalize(), MSTRO_OK);
}

static void nobody_sets_how_data_came(void **state)
{
    (void)state;
    char text[] = "pigeon", *value = text;
    mstro_cdo cdo;
    assert_int_equal(mstro_init("carrier", "tester", 0), MSTRO_OK);
    assert_int_equal(mstro_cdo_declare("cargo", MSTRO_ATTR_DEFAULT, &cdo), MSTRO_OK);
    assert_int_equal(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_CARRIER, &value, true, false), MSTRO_INVARG);
    assert_int_equal(mstro_cdo_dispose(cdo), MSTRO_OK);
    assert_int_equal(mstro_finalize(), MSTRO_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consumer_reads_how_its_data_came),
        cmocka_unit_test(nobody_sets_how_data_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
