/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_default(const struct bench_option *o)
{
    if (o->kind == OPTION_COUNT)
        printf(" (%ld)", *(long *)o->to);
    else if (o->kind == OPTION_REAL)
        printf(" (%g)", *(double *)o->to);
    else if (o->kind == OPTION_TEXT)
        printf(" (%s)", *(const char **)o->to);
    putchar('\n');
}

static void help(const char *program, const struct bench_option *table, const char *purpose)
{
    static const char *const words[] = { [OPTION_COUNT] = "N", [OPTION_REAL] = "X", [OPTION_TEXT] = "WORD", [OPTION_FLAG] = "" };
    printf("%s - %s\n\n", program, purpose);
    for (const struct bench_option *o = table; o->name; o++) {
        printf("  --%-12s %-5s %s", o->name, words[o->kind], o->what);
        print_default(o);
    }
}

/* False when 'text' is no value of this kind. */
static bool take(const struct bench_option *o, const char *text)
{
    char *end = NULL;
    if (o->kind == OPTION_COUNT)
        return (*(long *)o->to = strtol(text, &end, 10)) >= 0 && end != text && !*end;
    if (o->kind == OPTION_REAL)
        return (*(double *)o->to = strtod(text, &end)) >= 0 && end != text && !*end;
    *(const char **)o->to = text;
    return true;
}

void options_read(int argc, char **argv, const struct bench_option *table, const char *purpose)
{
    const char *program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            help(program, table, purpose);
            exit(0);
        }
        const struct bench_option *o = table;
        while (o->name && (strncmp(argv[i], "--", 2) != 0 || strcmp(argv[i] + 2, o->name) != 0))
            o++;
        if (o->name && o->kind == OPTION_FLAG) {
            *(bool *)o->to = true;
        } else if (!o->name || ++i == argc || !take(o, argv[i])) {
            fprintf(stderr, "%s: wrong option or value at '%s'\n  try: %s --help\n", program, argv[i == argc ? i - 1 : i], program);
            exit(2);
        }
    }
}
