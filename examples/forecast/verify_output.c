/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify.h"
#include "examples/forecast/verify_fields.h"

static int verify_computed(const char *output, const struct fields *inputs)
{
    const int answers[] = {verify_products(output, inputs), verify_table(output, inputs), verify_levels(output, inputs),
                           verify_map(output, inputs)};
    int worst = 0;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        worst = answers[i] > worst ? answers[i] : worst;
    return worst;
}

int verify_output(const char *output, char *const input[], size_t inputs)
{
    struct fields fields = {0};
    int archive = verify_archive(output, input, inputs), computed = 0;
    for (size_t i = 0; i < inputs && computed == 0; i++)
        computed = fields_read(&fields, input[i], false);
    fields_sort(&fields);
    if (computed == 0)
        computed = verify_computed(output, &fields);
    fields_free(&fields);
    return archive > computed ? archive : computed;
}
