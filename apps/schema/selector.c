/* SPDX-License-Identifier: BSD-3-Clause */
/* selector.c - maestro selector check|match: try a query before a program has it */
#include "config.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_JANSSON
#include <jansson.h>
#endif

#include "apps/complaint.h"
#include "apps/exit_code.h"
#include "apps/verbs.h"
#include "lib/base/setting.h"
#include "lib/query/selector.h"
#include "lib/schema/attributes.h"
#include "lib/schema/catalogue.h"
#include "lib/wire/name.h"

/* What the command line says. */
struct question {
    const char *nspace, *name, *component, *query, *file;
    int64_t size;
    bool json;
    struct schema *schema;
};

static void print_usage(FILE *to)
{
    fputs("Usage: maestro selector check [--namespace NAMESPACE] [--json] QUERY\n"
          "       maestro selector match [OPTION...] QUERY [FILE]\n\n"
          "  check   is the query right?  Prints the attributes it asks for, with their types\n"
          "  match   does an object match?  FILE holds its attributes in YAML; '-' is stdin\n\n"
          "  -n, --namespace NAMESPACE   put before keys that do not begin with a dot\n"
          "      --name NAME             of the object\n"
          "      --component COMPONENT   that offers it\n"
          "      --size BYTES\n"
          "      --json\n\n"
          "The schemas are the built-in ones and those of MSTRO_SCHEMA_LIST.\n"
          "Exit codes: 0 right or a match, 1 no match, 2 usage, 4 no such file, 8 the query or the attributes are wrong.\n",
          to);
}

#ifdef HAVE_JANSSON
static void print_json(json_t *object)
{
    json_dumpf(object, stdout, JSON_INDENT(2));
    json_decref(object);
    putchar('\n');
}

static void report_json(const struct question *q, const struct selector *s)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < selector_keys(s); i++) {
        const struct schema_entry *entry = schema_find(q->schema, selector_key(s, i));
        json_array_append_new(keys, json_pack("{s:s, s:s%}", "key", entry->key.at, "type", entry->type->written.at, entry->type->written.length));
    }
    print_json(json_pack("{s:i, s:b, s:o}", "version", 1, "valid", 1, "keys", keys));
}

static void report_mistake_json(size_t column, const char *what)
{
    json_t *object = json_pack("{s:i, s:b, s:s}", "version", 1, "valid", 0, "error", what);
    if (column)
        json_object_set_new(object, "column", json_integer((json_int_t)column));
    print_json(object);
}

static void answer_json(bool matches) { print_json(json_pack("{s:i, s:b}", "version", 1, "matches", matches)); }
#else
static void report_json(const struct question *q, const struct selector *s) { (void)q, (void)s; }
static void report_mistake_json(size_t column, const char *what) { (void)column, (void)what; }
static void answer_json(bool matches) { (void)matches; }
#endif

/* The query, and below it where the mistake is. */
static void point_at(const char *query, size_t column)
{
    size_t length = strlen(query), shown = 1;
    if (column == 0 || length > 200 || memchr(query, '\n', length))
        return;
    char mark[256];
    for (const char *at = query; *at && shown < column; at++)
        if (((unsigned char)at[1] & 0xc0) != 0x80)
            mark[shown++ - 1] = ' ';
    mark[shown - 1] = '\0';
    advise("%s", query);
    advise("%s^", mark);
}

static int tell_mistake(const struct question *q)
{
    size_t column = 0;
    const char *what = mstro_error_detail();
    if (sscanf(what, "selector, column %zu", &column) != 1)
        column = 0;
    if (q->json)
        report_mistake_json(column, what);
    complain("maestro selector", "%s", what);
    point_at(q->query, column);
    return EXIT_CODE_SCHEMA;
}

static int check(const struct question *q, const struct selector *s)
{
    if (q->file) {
        complain("maestro selector", "check takes one query; quote it for the shell");
        return EXIT_CODE_USAGE;
    }
    if (q->json)
        report_json(q, s);
    for (size_t i = 0; !q->json && i < selector_keys(s); i++) {
        const struct schema_entry *entry = schema_find(q->schema, selector_key(s, i));
        printf("%s  " TEXT_FORMAT "\n", entry->key.at, TEXT_ARGUMENTS(entry->type->written));
    }
    return EXIT_CODE_OK;
}

/* The whole file, terminated; what is longer than attributes may be is cut, and then refused by who reads it. */
static int read_file(const char *path, char **out)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    char *text = malloc(YAML_SIZE_MAX + 2);
    if (!file || !text) {
        complain("maestro selector", "cannot open '%s': %m", path);
        free(text);
        return EXIT_CODE_NOT_FOUND;
    }
    size_t length = fread(text, 1, YAML_SIZE_MAX + 1, file);
    bool failed = ferror(file);
    if (file != stdin)
        fclose(file);
    if (failed) {
        complain("maestro selector", "cannot read '%s': %m", path);
        free(text);
        return EXIT_CODE_NOT_FOUND;
    }
    text[length] = '\0';
    *out = text;
    return EXIT_CODE_OK;
}

static int read_attributes(const struct question *q, struct attributes *a)
{
    char *text = NULL;
    int code = q->file ? read_file(q->file, &text) : EXIT_CODE_OK;
    if (code != EXIT_CODE_OK)
        return code;
    mstro_status status = text ? attributes_set_yaml(a, text) : MSTRO_OK;
    free(text);
    if (status == MSTRO_OK)
        status = attributes_seal(a);
    if (status == MSTRO_OK)
        return EXIT_CODE_OK;
    complain("maestro selector", "%s", mstro_error_detail());
    return EXIT_CODE_SCHEMA;
}

static int match(const struct question *q, const struct selector *s)
{
    struct attributes *a;
    int64_t size = q->size;
    if (attributes_create(q->schema, q->name, &a) != MSTRO_OK)
        return EXIT_CODE_INTERNAL;
    int code = read_attributes(q, a);
    if (size < 0 && !attributes_local_size(a, &size))
        size = -1;
    struct query_subject subject = { text_of(q->name), text_of(q->component), size, attributes_block(a) };
    enum selector_answer answer = code == EXIT_CODE_OK ? selector_matches(s, &subject) : SELECTOR_NO;
    attributes_destroy(a);
    if (code != EXIT_CODE_OK)
        return code;
    if (answer == SELECTOR_TOO_EXPENSIVE) {
        complain("maestro selector", "%s", mstro_status_description(MSTRO_TOO_EXPENSIVE));
        advise("a regular expression that is anchored or begins with a letter costs less: see maestro-selector(5), Limits");
        return EXIT_CODE_SCHEMA;
    }
    if (q->json)
        answer_json(answer == SELECTOR_YES);
    else
        puts(answer == SELECTOR_YES ? "matches" : "does not match");
    return answer == SELECTOR_YES ? EXIT_CODE_OK : EXIT_CODE_NO;
}

static int ask(struct question *q, int (*run)(const struct question *, const struct selector *))
{
    struct selector *s = NULL;
    if (catalogue_load(&q->schema) != MSTRO_OK) {
        complain("maestro selector", "%s", mstro_error_detail());
        return EXIT_CODE_SCHEMA;
    }
    mstro_status status = selector_compile(q->query, q->nspace, q->schema, NULL, &s);
    int code = status == MSTRO_OK ? run(q, s) : status == MSTRO_SELECTOR ? tell_mistake(q) : EXIT_CODE_INTERNAL;
    selector_destroy(s);
    schema_release(q->schema);
    return code;
}

static bool read_size(const char *text, int64_t *out)
{
    if (setting_integer(text_of(text), out) && *out >= 0)
        return true;
    complain("maestro selector", "--size is a number of bytes, not '%s'", text);
    return false;
}

/* An object of another name there cannot be, so that no query need match it. */
static bool take(mstro_status name, const char *text, const char **out)
{
    *out = text;
    if (name != MSTRO_OK)
        complain("maestro selector", "%s", mstro_error_detail());
    return name == MSTRO_OK;
}

/* EXIT_CODE_OK: go on. */
static int read_options(int argc, char **argv, struct question *q)
{
    enum { NAME = 256, COMPONENT, SIZE, JSON };
    static const struct option options[] = { { "namespace", required_argument, NULL, 'n' }, { "name", required_argument, NULL, NAME },
                                             { "component", required_argument, NULL, COMPONENT }, { "size", required_argument, NULL, SIZE },
                                             { "json", no_argument, NULL, JSON }, { 0 } };
    static char name[] = "maestro selector"; /* getopt's messages begin with it */
    argv[0] = name;
    for (int option; (option = getopt_long(argc, argv, "n:", options, NULL)) != -1;)
        switch (option) {
        case 'n': q->nspace = optarg; break;
        case NAME:
            if (!take(name_check_object("--name", optarg), optarg, &q->name))
                return EXIT_CODE_USAGE;
            break;
        case COMPONENT:
            if (!take(name_check_member("component", optarg), optarg, &q->component))
                return EXIT_CODE_USAGE;
            break;
        case SIZE:
            if (!read_size(optarg, &q->size))
                return EXIT_CODE_USAGE;
            break;
        case JSON: q->json = true; break;
        default: advise("try: maestro selector --help"); return EXIT_CODE_USAGE;
        }
#ifndef HAVE_JANSSON
    if (q->json) {
        complain("maestro selector", "this maestro was built without jansson: no --json");
        return EXIT_CODE_USAGE;
    }
#endif
    return EXIT_CODE_OK;
}

int verb_selector(int argc, char **argv)
{
    struct question q = { .size = -1, .name = "", .component = "" };
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_usage(stdout);
            return finish_output("maestro selector", EXIT_CODE_OK);
        }
    int code = read_options(argc, argv, &q);
    if (code != EXIT_CODE_OK)
        return code;
    const char *action = optind < argc ? argv[optind] : "";
    bool checks = strcmp(action, "check") == 0, matches = strcmp(action, "match") == 0;
    int left = argc - optind - 1;
    if ((!checks && !matches) || left < 1 || left > 2) {
        if (*action && !checks && !matches)
            complain("maestro selector", "there is nothing called '%s'", action);
        print_usage(stderr);
        return EXIT_CODE_USAGE;
    }
    q.query = argv[optind + 1];
    q.file = left == 2 ? argv[optind + 2] : NULL;
    return finish_output("maestro selector", ask(&q, checks ? check : match));
}
