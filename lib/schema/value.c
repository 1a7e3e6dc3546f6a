/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "lib/schema/value.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <xxhash.h>

#include "lib/base/utf8.h"
#include "lib/schema/little.h"
#include "lib/schema/timestamp.h"

/* Payload bytes after the kind byte; variable ones are at least this long. */
static const struct { const char *name; unsigned char size; bool fixed, travels; } kinds[VALUE_KIND_END] = {
    [VALUE_BOOL] = { "bool", 1, true, true },     [VALUE_INT32] = { "int32", 4, true, true },
    [VALUE_INT64] = { "int64", 8, true, true },   [VALUE_UINT32] = { "uint32", 4, true, true },
    [VALUE_UINT64] = { "uint64", 8, true, true }, [VALUE_FLOAT] = { "float", 4, true, true },
    [VALUE_DOUBLE] = { "double", 8, true, true }, [VALUE_TEXT] = { "string", 0, false, true },
    [VALUE_TIMESTAMP] = { "timestamp", 14, true, true }, [VALUE_BLOB] = { "blob", 0, false, true },
    [VALUE_POINTER] = { "pointer", 0, false, false }, [VALUE_LIST] = { "list", 2, false, true },
};

const char *value_kind_name(enum value_kind kind)
{
    return kind < VALUE_KIND_END && kinds[kind].name ? kinds[kind].name : "nothing";
}

static size_t variable_size(const struct value *v)
{
    switch (v->kind) {
    case VALUE_TEXT: return v->text.length;
    case VALUE_BLOB: return v->blob.length;
    case VALUE_LIST: return v->items.length;
    default: return 0;
    }
}

size_t value_encoded_size(const struct value *v)
{
    if (v->kind >= VALUE_KIND_END || !kinds[v->kind].travels)
        return 0;
    return 1 + kinds[v->kind].size + variable_size(v);
}

static unsigned char *put_bytes(unsigned char *at, const void *from, size_t length)
{
    if (length)
        memcpy(at, from, length);
    return at + length;
}

static unsigned char *put_float(unsigned char *at, double real)
{
    float narrow = (float)real;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    return little_put32(at, bits);
}

static unsigned char *put_double(unsigned char *at, double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    return little_put64(at, bits);
}

unsigned char *value_encode(const struct value *v, unsigned char *at)
{
    *at++ = (unsigned char)v->kind;
    switch (v->kind) {
    case VALUE_BOOL: *at++ = v->boolean; return at;
    case VALUE_INT32: return little_put32(at, (uint32_t)v->integer);
    case VALUE_INT64: return little_put64(at, (uint64_t)v->integer);
    case VALUE_UINT32: return little_put32(at, (uint32_t)v->natural);
    case VALUE_UINT64: return little_put64(at, v->natural);
    case VALUE_FLOAT: return put_float(at, v->real);
    case VALUE_DOUBLE: return put_double(at, v->real);
    case VALUE_TEXT: return put_bytes(at, v->text.at, v->text.length);
    case VALUE_BLOB: return put_bytes(at, v->blob.at, v->blob.length);
    case VALUE_TIMESTAMP:
        at = little_put64(at, (uint64_t)v->time.sec);
        at = little_put32(at, (uint32_t)v->time.nsec);
        return little_put16(at, (uint16_t)v->time.offset);
    case VALUE_LIST: return put_bytes(little_put16(at, (uint16_t)v->count), v->items.at, v->items.length);
    default: return at - 1;
    }
}

static double get_float(const unsigned char *at)
{
    uint32_t bits = little_get32(at);
    float narrow;
    memcpy(&narrow, &bits, sizeof narrow);
    return narrow;
}

static double get_double(const unsigned char *at)
{
    uint64_t bits = little_get64(at);
    double real;
    memcpy(&real, &bits, sizeof real);
    return real;
}

bool value_peek(struct bytes encoded, struct value *out)
{
    const unsigned char *at = encoded.at;
    if (encoded.length < 1 || *at >= VALUE_KIND_END || !kinds[*at].travels)
        return false;
    enum value_kind kind = *at++;
    size_t length = encoded.length - 1;
    if (length < kinds[kind].size || (kinds[kind].fixed && length != kinds[kind].size))
        return false;
    out->kind = kind;
    out->count = 1;
    switch (kind) {
    case VALUE_BOOL: out->boolean = *at != 0; break;
    case VALUE_INT32: out->integer = (int32_t)little_get32(at); break;
    case VALUE_INT64: out->integer = (int64_t)little_get64(at); break;
    case VALUE_UINT32: out->natural = little_get32(at); break;
    case VALUE_UINT64: out->natural = little_get64(at); break;
    case VALUE_FLOAT: out->real = get_float(at); break;
    case VALUE_DOUBLE: out->real = get_double(at); break;
    case VALUE_TEXT: out->text = (struct text){ (const char *)at, length }; break;
    case VALUE_BLOB: out->blob = bytes_of(at, length); break;
    case VALUE_TIMESTAMP:
        out->time = (mstro_timestamp){ (int64_t)little_get64(at), (int32_t)little_get32(at + 8), (int16_t)little_get16(at + 12) };
        break;
    default: /* a list */
        out->count = little_get16(at);
        out->items = bytes_of(at + 2, length - 2);
        break;
    }
    return true;
}

/* Cut the first item's bytes off 'items'. */
static bool take_item(struct bytes *items, struct bytes *item)
{
    if (items->length < 2)
        return false;
    const unsigned char *at = items->at;
    size_t length = little_get16(at);
    if (length > items->length - 2)
        return false;
    *item = bytes_of(at + 2, length);
    *items = bytes_of(at + 2 + length, items->length - 2 - length);
    return true;
}

static bool decode_nested(struct bytes encoded, struct value *out, unsigned depth)
{
    if (!value_peek(encoded, out))
        return false;
    switch (out->kind) {
    case VALUE_BOOL: return ((const unsigned char *)encoded.at)[1] <= 1;
    case VALUE_TEXT: return text_is_clean(out->text);
    case VALUE_TIMESTAMP: return timestamp_is_valid(out->time);
    case VALUE_LIST: break;
    default: return true;
    }
    struct bytes left = out->items, bytes;
    struct value item;
    uint32_t count = 0;
    for (; take_item(&left, &bytes); count++)
        if (depth == 0 || !decode_nested(bytes, &item, depth - 1))
            return false;
    return left.length == 0 && count == out->count;
}

bool value_decode(struct bytes encoded, struct value *out)
{
    return decode_nested(encoded, out, VALUE_DEPTH_MAX);
}

size_t value_item_size(const struct value *item)
{
    return 2 + value_encoded_size(item);
}

unsigned char *value_item_encode(const struct value *item, unsigned char *at)
{
    return value_encode(item, little_put16(at, (uint16_t)value_encoded_size(item)));
}

bool value_next(struct bytes *items, struct value *item)
{
    struct bytes bytes;
    return take_item(items, &bytes) && value_peek(bytes, item);
}

static bool is_signed(const struct value *v) { return v->kind == VALUE_INT32 || v->kind == VALUE_INT64; }
static bool is_unsigned(const struct value *v) { return v->kind == VALUE_UINT32 || v->kind == VALUE_UINT64; }
static bool is_real(const struct value *v) { return v->kind == VALUE_FLOAT || v->kind == VALUE_DOUBLE; }

bool value_is_integer(const struct value *v) { return is_signed(v) || is_unsigned(v); }

bool value_is_number(const struct value *v)
{
    return value_is_integer(v) || is_real(v);
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static long double as_real(const struct value *v)
{
    return is_real(v) ? (long double)v->real : is_signed(v) ? (long double)v->integer : (long double)v->natural;
}

static bool compare_numbers(const struct value *a, const struct value *b, int *order)
{
    if (is_real(a) || is_real(b)) {
        long double x = as_real(a), y = as_real(b);
        if (isnan(x) || isnan(y))
            return false;
        *order = ORDER(x, y);
    } else if (is_signed(a) && is_signed(b))
        *order = ORDER(a->integer, b->integer);
    else if (is_unsigned(a) && is_unsigned(b))
        *order = ORDER(a->natural, b->natural);
    else if (is_signed(a))
        *order = a->integer < 0 ? -1 : ORDER((uint64_t)a->integer, b->natural);
    else
        *order = b->integer < 0 ? 1 : ORDER(a->natural, (uint64_t)b->integer);
    return true;
}

static int compare_bytes(struct bytes a, struct bytes b)
{
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared ? memcmp(a.at, b.at, shared) : 0;
    return order ? ORDER(order, 0) : ORDER(a.length, b.length);
}

static bool compare_lists(struct bytes a, struct bytes b, int *order)
{
    struct value x, y;
    for (;;) {
        bool more_a = value_next(&a, &x), more_b = value_next(&b, &y);
        if (!more_a || !more_b) {
            *order = (int)more_a - (int)more_b;
            return true;
        }
        if (!value_compare(&x, &y, order))
            return false;
        if (*order)
            return true;
    }
}

bool value_compare(const struct value *a, const struct value *b, int *order)
{
    if (value_is_number(a) && value_is_number(b))
        return compare_numbers(a, b, order);
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_BOOL: *order = ORDER(a->boolean, b->boolean); return true;
    case VALUE_TEXT:
        *order = compare_bytes(bytes_of(a->text.at, a->text.length), bytes_of(b->text.at, b->text.length));
        return true;
    case VALUE_BLOB: *order = compare_bytes(a->blob, b->blob); return true;
    case VALUE_TIMESTAMP:
        *order = a->time.sec != b->time.sec ? ORDER(a->time.sec, b->time.sec) : ORDER(a->time.nsec, b->time.nsec);
        return true;
    case VALUE_LIST: return compare_lists(a->items, b->items, order);
    default: return false;
    }
}

static uint64_t hash_word(uint64_t word, uint64_t seed)
{
    return XXH3_64bits_withSeed(&word, sizeof word, seed);
}

/* Whole numbers hash as integers whatever their kind is: 5, 5u and 5.0 are equal. */
static uint64_t hash_number(const struct value *v)
{
    enum { SEED_WHOLE = 1, SEED_REAL = 2 };
    if (is_signed(v))
        return hash_word((uint64_t)v->integer, SEED_WHOLE);
    if (is_unsigned(v))
        return hash_word(v->natural, SEED_WHOLE);
    if (v->real == floor(v->real)) {
        if (v->real >= -0x1p63 && v->real < 0x1p63)
            return hash_word((uint64_t)(int64_t)v->real, SEED_WHOLE);
        if (v->real >= 0 && v->real < 0x1p64)
            return hash_word((uint64_t)v->real, SEED_WHOLE);
    }
    uint64_t bits;
    memcpy(&bits, &v->real, sizeof bits);
    return hash_word(bits, SEED_REAL);
}

uint64_t value_hash(const struct value *v)
{
    if (value_is_number(v))
        return hash_number(v);
    switch (v->kind) {
    case VALUE_BOOL: return hash_word(v->boolean, VALUE_BOOL);
    case VALUE_TEXT: return XXH3_64bits_withSeed(v->text.at, v->text.length, VALUE_TEXT);
    case VALUE_BLOB: return XXH3_64bits_withSeed(v->blob.at, v->blob.length, VALUE_BLOB);
    case VALUE_TIMESTAMP: return hash_word((uint64_t)v->time.sec, (uint64_t)v->time.nsec << 8 | VALUE_TIMESTAMP);
    case VALUE_LIST: {
        uint64_t hash = VALUE_LIST;
        struct value item;
        for (struct bytes left = v->items; value_next(&left, &item);)
            hash = hash_word(value_hash(&item), hash);
        return hash;
    }
    default: return 0;
    }
}

/* The shortest form that reads back as the same number, with a point whatever the locale of the application is. */
static void print_real(FILE *to, double real, int digits, int most, bool narrow)
{
    char buffer[40];
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0), before = uselocale(plain);
    for (; digits <= most; digits++) {
        snprintf(buffer, sizeof buffer, "%.*g", digits, real);
        if (narrow ? strtof(buffer, NULL) == (float)real : strtod(buffer, NULL) == real)
            break;
    }
    uselocale(before);
    freelocale(plain);
    fputs(buffer, to);
}

static void print_blob(FILE *to, struct bytes blob)
{
    char buffer[sodium_base64_ENCODED_LEN(48, sodium_base64_VARIANT_ORIGINAL)];
    for (size_t done = 0; done < blob.length; done += 48) { /* a multiple of 3: the pieces join without padding */
        size_t part = blob.length - done < 48 ? blob.length - done : 48;
        fputs(sodium_bin2base64(buffer, sizeof buffer, (const unsigned char *)blob.at + done, part, sodium_base64_VARIANT_ORIGINAL), to);
    }
}

/* Would it be read as it is, where ',' and ']' end it? */
static bool is_bare(struct text t)
{
    static const char inside[] = ",[]{}\"'\\#:\n\t\r";
    if (t.length == 0 || t.at[0] == ' ' || t.at[t.length - 1] == ' ')
        return false;
    for (size_t i = 0; i < t.length; i++)
        if (t.at[i] == '\0' || strchr(inside, t.at[i]))
            return false;
    return true;
}

void value_print_item(FILE *to, const struct value *v)
{
    if (v->kind != VALUE_TEXT || is_bare(v->text)) {
        value_print(to, v);
        return;
    }
    fputc('"', to);
    for (size_t i = 0; i < v->text.length; i++) {
        char c = v->text.at[i];
        if (c == '"' || c == '\\')
            fputc('\\', to);
        fputs(c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : (char[]){ c, '\0' }, to);
    }
    fputc('"', to);
}

static void print_list(FILE *to, struct bytes items)
{
    struct value item;
    const char *between = "";
    fputc('[', to);
    for (; value_next(&items, &item); between = ", ") {
        fputs(between, to);
        value_print_item(to, &item);
    }
    fputc(']', to);
}

void value_print(FILE *to, const struct value *v)
{
    char buffer[TIMESTAMP_TEXT_MAX];
    switch (v->kind) {
    case VALUE_BOOL: fputs(v->boolean ? "true" : "false", to); break;
    case VALUE_INT32:
    case VALUE_INT64: fprintf(to, "%" PRId64, v->integer); break;
    case VALUE_UINT32:
    case VALUE_UINT64: fprintf(to, "%" PRIu64, v->natural); break;
    case VALUE_FLOAT: print_real(to, v->real, 6, 9, true); break;
    case VALUE_DOUBLE: print_real(to, v->real, 15, 17, false); break;
    case VALUE_TEXT: fprintf(to, TEXT_FORMAT, TEXT_ARGUMENTS(v->text)); break;
    case VALUE_TIMESTAMP: fputs(timestamp_format(v->time, buffer), to); break;
    case VALUE_BLOB: print_blob(to, v->blob); break;
    case VALUE_POINTER: fprintf(to, "%p", v->pointer); break;
    case VALUE_LIST: print_list(to, v->items); break;
    default: break;
    }
}

bool text_is_clean(struct text t)
{
    size_t i = 0;
    while (i < t.length && t.at[i] > 0) /* nearly everything is ASCII */
        i++;
    if (i == t.length)
        return true;
    return !memchr(t.at + i, '\0', t.length - i) && text_is_utf8((struct text){ t.at + i, t.length - i });
}
