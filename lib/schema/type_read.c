/* SPDX-License-Identifier: BSD-3-Clause */
/* type_read.c - values from what people write */
#include "config.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/base/setting.h"
#include "lib/schema/block.h"
#include "lib/schema/timestamp.h"
#include "lib/schema/type.h"

enum { NUMBER_MAX = 400 };

static mstro_status refuse(const struct type *t, struct text written, const char *why)
{
    return detail_set(MSTRO_SCHEMA, "'%.*s' is %s " TEXT_FORMAT, written.length > 80 ? 80 : (int)written.length, written.at ? written.at : "", why,
                      TEXT_ARGUMENTS(t->written));
}

static mstro_status read_integer(const struct type *t, struct text written, struct value *out)
{
    bool negative = written.length && *written.at == '-', is_signed = t->kind == VALUE_INT32 || t->kind == VALUE_INT64;
    size_t i = negative || (written.length && *written.at == '+');
    uint64_t natural = 0, most = t->kind == VALUE_INT32    ? (uint64_t)INT32_MAX + negative
                                 : t->kind == VALUE_INT64  ? (uint64_t)INT64_MAX + negative
                                 : t->kind == VALUE_UINT32 ? UINT32_MAX
                                                           : UINT64_MAX;
    if (i == written.length)
        return refuse(t, written, "not a");
    for (size_t k = i; k < written.length; k++)
        if (written.at[k] < '0' || written.at[k] > '9')
            return refuse(t, written, "not a");
    for (; i < written.length; i++)
        if (__builtin_mul_overflow(natural, 10, &natural) || __builtin_add_overflow(natural, (uint64_t)(written.at[i] - '0'), &natural) ||
            natural > most)
            return refuse(t, written, "out of range for");
    if (!is_signed && negative && natural > 0)
        return refuse(t, written, "out of range for");
    if (is_signed)
        out->integer = (int64_t)(negative ? 0 - natural : natural);
    else
        out->natural = natural;
    return MSTRO_OK;
}

/* In the C locale, whatever that of the application is. */
static mstro_status read_real(const struct type *t, struct text written, struct value *out)
{
    char buffer[NUMBER_MAX + 1], *end;
    if (written.length == 0 || written.length > NUMBER_MAX)
        return refuse(t, written, "not a");
    memcpy(buffer, written.at, written.length);
    buffer[written.length] = '\0';
    if (strspn(buffer, "+-0123456789.eE") != written.length)
        return refuse(t, written, "not a");
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    out->real = strtod_l(buffer, &end, plain);
    freelocale(plain);
    if (end == buffer || *end)
        return refuse(t, written, "not a");
    if (!isfinite(out->real) || (t->kind == VALUE_FLOAT && fabs(out->real) > FLT_MAX))
        return refuse(t, written, "out of range for");
    if (t->kind == VALUE_FLOAT)
        out->real = (float)out->real;
    return MSTRO_OK;
}

static mstro_status read_blob(const struct type *t, struct text written, struct value *out, struct arena *arena)
{
    size_t room = written.length / 4 * 3 + 3, length;
    unsigned char *bytes = arena_take(arena, room);
    if (!bytes)
        return MSTRO_NOMEM;
    if (sodium_base642bin(bytes, room, written.at, written.length, " \n\r\t", &length, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return refuse(t, written, "not base64, as needed for a");
    out->blob = bytes_of(bytes, length);
    return MSTRO_OK;
}

static mstro_status read_text(const struct type *t, struct text written, struct value *out, struct arena *arena, uint32_t *steps)
{
    out->text = arena_copy_text(arena, written);
    return out->text.at ? type_check(t, out, steps) : MSTRO_NOMEM;
}

mstro_status type_read(const struct type *t, struct text written, struct value *out, struct arena *arena, uint32_t *steps)
{
    *out = (struct value){ .kind = t->kind, .count = 1 };
    switch (t->kind) {
    case VALUE_BOOL: return setting_bool(written, &out->boolean) ? MSTRO_OK : refuse(t, written, "not a");
    case VALUE_INT32:
    case VALUE_INT64:
    case VALUE_UINT32:
    case VALUE_UINT64: return read_integer(t, written, out);
    case VALUE_FLOAT:
    case VALUE_DOUBLE: return read_real(t, written, out);
    case VALUE_TEXT: return read_text(t, written, out, arena, steps);
    case VALUE_TIMESTAMP: return timestamp_parse(written, &out->time) ? MSTRO_OK : refuse(t, written, "not a");
    case VALUE_BLOB: return read_blob(t, written, out, arena);
    default: return detail_set(MSTRO_SCHEMA, "a " TEXT_FORMAT " cannot be written as text", TEXT_ARGUMENTS(t->written));
    }
}

/* No more than a block can hold. */
static mstro_status read_items(const struct type *t, const struct yaml *y, const struct yaml_node *node, struct value *item, struct arena *arena,
                               uint32_t *steps, size_t *size)
{
    uint32_t i = 0;
    for (const struct yaml_node *child = node->first; child; child = child->next, i++) {
        mstro_status status = type_read_yaml(type_element(t, i), y, child, &item[i], arena, steps);
        if (status != MSTRO_OK)
            return status;
        *size += value_item_size(&item[i]);
        if (*size > BLOCK_MAX)
            return yaml_fault(y, node, "a list of more than %d bytes", BLOCK_MAX);
    }
    return MSTRO_OK;
}

static mstro_status read_list(const struct type *t, const struct yaml *y, const struct yaml_node *node, struct value *out, struct arena *arena,
                              uint32_t *steps)
{
    if (node->kind != YAML_SEQUENCE)
        return yaml_fault(y, node, "a " TEXT_FORMAT " is written [value, ...]", TEXT_ARGUMENTS(t->written));
    if (type_is_tuple(t) && node->count != t->count)
        return yaml_fault(y, node, "%u values are not a " TEXT_FORMAT, node->count, TEXT_ARGUMENTS(t->written));
    struct value *item = arena_take(arena, node->count * sizeof *item);
    if (!item)
        return MSTRO_NOMEM;
    size_t size = 0;
    mstro_status status = read_items(t, y, node, item, arena, steps, &size);
    if (status != MSTRO_OK)
        return status;
    unsigned char *bytes = arena_take(arena, size), *at = bytes;
    if (!bytes)
        return MSTRO_NOMEM;
    for (uint32_t i = 0; i < node->count; i++)
        at = value_item_encode(&item[i], at);
    *out = (struct value){ .kind = VALUE_LIST, .count = node->count, .items = bytes_of(bytes, size) };
    return MSTRO_OK;
}

mstro_status type_read_yaml(const struct type *t, const struct yaml *y, const struct yaml_node *node, struct value *out, struct arena *arena,
                            uint32_t *steps)
{
    if (t->kind == VALUE_LIST)
        return read_list(t, y, node, out, arena, steps);
    if (node->kind != YAML_SCALAR)
        return yaml_fault(y, node, "a " TEXT_FORMAT " is a single value", TEXT_ARGUMENTS(t->written));
    if (node->text.length == 0 && !node->quoted)
        return yaml_fault(y, node, "a value is missing; a " TEXT_FORMAT " is expected", TEXT_ARGUMENTS(t->written));
    mstro_status status = type_read(t, node->text, out, arena, steps);
    if (status != MSTRO_SCHEMA)
        return status;
    return yaml_fault(y, node, "%s", mstro_error_detail());
}
