/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "lib/wire/codec.h"
#include "lib/wire/rows.h"

enum { BYTES_SHOWN = 16 };

void print_format(struct printer *p, const char *format, ...)
{
    size_t left = p->length < p->size ? p->size - p->length : 0;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(left ? p->to + p->length : NULL, left, format, arguments);
    va_end(arguments);
    if (length > 0)
        p->length += (size_t)length;
}

void print_text(struct printer *p, const char *field, struct text t)
{
    print_format(p, " %s=\"", field);
    for (size_t i = 0; i < t.length; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if (c == '"' || c == '\\')
            print_format(p, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            print_format(p, "\\x%02x", c);
        else
            print_format(p, "%c", c);
    }
    print_format(p, "\"");
}

void print_bytes(struct printer *p, const char *field, struct bytes b)
{
    const unsigned char *at = b.at;
    print_format(p, " %s=%zu:", field, b.length);
    for (size_t i = 0; i < b.length && i < BYTES_SHOWN; i++)
        print_format(p, "%02x", at[i]);
    if (b.length > BYTES_SHOWN)
        print_format(p, "...");
}

NESTED_RECORDS(DEFINE_NESTED_PRINT)
RECORDS(DEFINE_PRINT)

const char *record_name(enum record_kind kind)
{
    switch (kind) {
#define NAME_KIND(NAME, name, number) \
    case KIND_##NAME: \
        return #NAME;
        RECORDS(NAME_KIND)
#undef NAME_KIND
    }
    return "?";
}

size_t record_print(char *to, size_t size, const struct record *r)
{
    struct printer p = { .to = to, .size = size };
    print_format(&p, "%s", record_name(r->kind));
    switch (r->kind) {
#define PRINT_KIND(NAME, name, number) \
    case KIND_##NAME: \
        print_##name(&p, &r->name); \
        break;
        RECORDS(PRINT_KIND)
#undef PRINT_KIND
    }
    return p.length;
}
