/* SPDX-License-Identifier: BSD-3-Clause */
/* schema.c - maestro schema check|show|doc|diff: what schema files say, and what is wrong with them */
#include "config.h"

#include <errno.h>
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
#include "lib/schema/catalogue.h"
#include "lib/schema/nearest.h"
#include "lib/schema/outline.h"

struct action { const char *name; int (*run)(char **files, int count, bool json); };

static void print_usage(FILE *to)
{
    fputs("Usage: maestro schema check [--json] FILE...\n"
          "       maestro schema show [--json] [FILE...]\n"
          "       maestro schema doc [FILE...]\n"
          "       maestro schema diff FILE FILE\n\n"
          "  check   read the files, alone and together with the schemas of this environment\n"
          "  show    print the attributes of all schemas\n"
          "  doc     print them as a document (Markdown)\n"
          "  diff    say what programs with the one and the other are told of each other\n\n"
          "FILE: schema files in addition to the built-in ones and those of MSTRO_SCHEMA_LIST.\n",
          to);
}

static int complain_detail(int code)
{
    if (code != EXIT_CODE_OK)
        complain("maestro schema", "%s", mstro_error_detail());
    return code;
}

/* MSTRO_SCHEMA_LIST and the files, whose names are made absolute so that they are not looked for elsewhere. */
static char *whole_list(char **files, int count)
{
    const char *set = setting_read_text("MSTRO_SCHEMA_LIST");
    char *list = strdup(set ? set : "");
    for (int i = 0; list && i < count; i++) {
        char path[PATH_MAX], *longer = NULL;
        if (!realpath(files[i], path))
            snprintf(path, sizeof path, "%s", files[i]);
        if (asprintf(&longer, "%s;%s", list, path) < 0)
            longer = NULL;
        free(list);
        list = longer;
    }
    return list;
}

/* One file of a check; 'why' is malloc()ed, NULL when it is valid. */
struct checked { const char *path; char *why; struct schema *schema; int code; };

static int exit_code_of(mstro_status status)
{
    return status == MSTRO_NOENT ? EXIT_CODE_NOT_FOUND : EXIT_CODE_SCHEMA;
}

static struct checked check_file(const char *path)
{
    struct checked c = { .path = path };
    mstro_status status = schema_read_file(path, &c.schema);
    if (status == MSTRO_OK)
        return c;
    c.code = exit_code_of(status);
    c.why = strdup(mstro_error_detail());
    return c;
}

/* Each file first by itself: what is wrong with it is not the fault of MSTRO_SCHEMA_LIST. */
static int load(char **files, int count, struct schema **out)
{
    for (int i = 0; i < count; i++) {
        struct schema *alone = NULL;
        mstro_status status = schema_read_file(files[i], &alone);
        schema_release(alone);
        if (status != MSTRO_OK)
            return exit_code_of(status);
    }
    char *list = whole_list(files, count);
    if (!list)
        return EXIT_CODE_INTERNAL;
    mstro_status status = catalogue_load_from(list, setting_read_text("MSTRO_SCHEMA_PATH"), out);
    free(list);
    return status == MSTRO_OK ? EXIT_CODE_OK : EXIT_CODE_SCHEMA;
}

#ifdef HAVE_JANSSON
static void report_json(const struct checked files[], int count, const char *together)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        json_t *one = json_pack("{s:s, s:b}", "file", files[i].path, "valid", files[i].why == NULL);
        if (files[i].why)
            json_object_set_new(one, "error", json_string(files[i].why));
        else {
            json_object_set_new(one, "namespace", json_string(schema_file_at(files[i].schema, 0)->nspace.at));
            json_object_set_new(one, "schema-version", json_string(schema_file_at(files[i].schema, 0)->version.at));
            json_object_set_new(one, "attributes", json_integer((json_int_t)schema_entries(files[i].schema)));
        }
        json_array_append_new(list, one);
    }
    json_t *all = json_pack("{s:i, s:o}", "version", 1, "files", list);
    if (together)
        json_object_set_new(all, "error", json_string(together));
    json_dumpf(all, stdout, JSON_INDENT(2));
    json_decref(all);
    putchar('\n');
}
#else
static void report_json(const struct checked files[], int count, const char *together) { (void)files, (void)count, (void)together; }
#endif

static void report(const struct checked files[], int count, const char *together)
{
    for (int i = 0; i < count; i++)
        if (files[i].why)
            complain("maestro schema", "%s", files[i].why);
        else
            printf("%s: %zu attributes in '%s'\n", files[i].path, schema_entries(files[i].schema), schema_file_at(files[i].schema, 0)->nspace.at);
    if (together)
        complain("maestro schema", "%s", together);
}

/* Alone, and where all are right also together, with the schemas of this environment. */
static int check(char **files, int count, bool json)
{
    struct schema *all = NULL;
    int worst = EXIT_CODE_OK;
    if (count == 0) {
        complain("maestro schema", "check needs at least one file");
        return EXIT_CODE_USAGE;
    }
    struct checked *checked = calloc((size_t)count, sizeof *checked);
    if (!checked)
        return EXIT_CODE_INTERNAL;
    for (int i = 0; i < count; i++) {
        checked[i] = check_file(files[i]);
        worst = checked[i].code ? checked[i].code : worst;
    }
    bool alone = worst == EXIT_CODE_OK;
    if (alone)
        worst = load(files, count, &all);
    (json ? report_json : report)(checked, count, alone && worst != EXIT_CODE_OK ? mstro_error_detail() : NULL);
    schema_release(all);
    for (int i = 0; i < count; i++) {
        schema_release(checked[i].schema);
        free(checked[i].why);
    }
    free(checked);
    return worst;
}

static char *default_text(const struct schema_entry *entry)
{
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);
    if (!to)
        return NULL;
    if (entry->fallback)
        value_print(to, entry->fallback);
    fclose(to);
    return text;
}

static void show_table(const struct schema *s)
{
    size_t wide = 3, type = 4;
    for (size_t i = 0; i < schema_entries(s); i++) {
        const struct schema_entry *entry = schema_entry_at(s, i);
        wide = entry->key.length > wide ? entry->key.length : wide;
        type = entry->type->written.length > type && entry->type->written.length < 40 ? entry->type->written.length : type;
    }
    printf("%-*s  %-*s  %-8s  %-5s  %s\n", (int)wide, "KEY", (int)type, "TYPE", "REQUIRED", "LOCAL", "DEFAULT");
    for (size_t i = 0; i < schema_entries(s); i++) {
        const struct schema_entry *entry = schema_entry_at(s, i);
        char *fallback = default_text(entry);
        printf("%-*s  %-*.*s  %-8s  %-5s  %s\n", (int)wide, entry->key.at, (int)type, (int)entry->type->written.length, entry->type->written.at,
               entry->required ? "yes" : "", entry->local ? "yes" : "", fallback ? fallback : "");
        free(fallback);
    }
}

#ifdef HAVE_JANSSON
static json_t *entry_json(const struct schema_entry *entry)
{
    char *fallback = entry->fallback ? default_text(entry) : NULL;
    json_t *object = json_pack("{s:s, s:s%, s:b, s:b, s:s, s:s, s:i}", "key", entry->key.at, "type", entry->type->written.at,
                               entry->type->written.length, "required", entry->required, "local", entry->local, "documentation",
                               entry->documentation.at, "file", entry->file->path.at, "line", (int)entry->line);
    if (object && fallback)
        json_object_set_new(object, "default", json_string(fallback));
    free(fallback);
    return object;
}

static int show_json(const struct schema *s)
{
    json_t *list = json_array(), *all = json_pack("{s:i, s:o}", "version", 1, "attributes", list);
    for (size_t i = 0; all && i < schema_entries(s); i++)
        json_array_append_new(list, entry_json(schema_entry_at(s, i)));
    int written = all ? json_dumpf(all, stdout, JSON_INDENT(2)) : -1;
    json_decref(all);
    putchar('\n');
    return written == 0 ? EXIT_CODE_OK : EXIT_CODE_INTERNAL;
}
#else
static int show_json(const struct schema *s) { (void)s; return EXIT_CODE_INTERNAL; }
#endif

static int show(char **files, int count, bool json)
{
    struct schema *s;
    int code = complain_detail(load(files, count, &s));
    if (code != EXIT_CODE_OK)
        return code;
    if (json)
        code = show_json(s);
    else
        show_table(s);
    schema_release(s);
    return code;
}

static void document_entry(const struct schema_entry *entry)
{
    char *fallback = entry->fallback ? default_text(entry) : NULL;
    printf("- `%s` (`" TEXT_FORMAT "`", entry->key.at, TEXT_ARGUMENTS(entry->type->written));
    if (fallback)
        printf(", default `%s`", fallback);
    printf("%s%s)", entry->required ? ", required" : "", entry->local ? ", stays on the handle" : "");
    if (entry->documentation.length)
        printf(": %s", entry->documentation.at);
    putchar('\n');
    free(fallback);
}

static int document(char **files, int count, bool json)
{
    (void)json;
    struct schema *s;
    int code = complain_detail(load(files, count, &s));
    if (code != EXIT_CODE_OK)
        return code;
    for (size_t f = 0; f < schema_files(s); f++) {
        const struct schema_file *file = schema_file_at(s, f);
        printf("%s# %s %s\n\nAttributes of `%s`, from %s.\n\n", f ? "\n" : "", file->name.at, file->version.at, file->nspace.at, file->path.at);
        for (size_t i = 0; i < schema_entries(s); i++)
            if (schema_entry_at(s, i)->file == file)
                document_entry(schema_entry_at(s, i));
    }
    schema_release(s);
    return code;
}

/* The outlines of a file's one namespace. */
static int read_outlines(const char *path, struct outlines **out)
{
    struct checked c = check_file(path);
    if (c.why) {
        complain("maestro schema", "%s", c.why);
        free(c.why);
        return c.code;
    }
    mstro_status status = outlines_create(c.schema, out);
    schema_release(c.schema);
    return status == MSTRO_OK ? EXIT_CODE_OK : EXIT_CODE_INTERNAL;
}

static int compare(const char *one, const struct outline *mine, const char *other, const struct outline *theirs)
{
    enum outline_verdict verdict;
    char here[PATH_MAX + 4], there[PATH_MAX + 4], *words = NULL;
    if (!text_equal(mine->nspace, theirs->nspace)) {
        complain("maestro schema", "%s is about '" TEXT_FORMAT "', %s about '" TEXT_FORMAT "'", one, TEXT_ARGUMENTS(mine->nspace), other, TEXT_ARGUMENTS(theirs->nspace));
        return EXIT_CODE_USAGE;
    }
    snprintf(here, sizeof here, "in %s", one);
    snprintf(there, sizeof there, "in %s", other);
    if (outline_compare(mine, theirs, here, there, &verdict, &words) != MSTRO_OK)
        return EXIT_CODE_INTERNAL;
    fputs(words ? words : "", stdout);
    free(words);
    return verdict == OUTLINE_EQUAL ? EXIT_CODE_OK : verdict == OUTLINE_COMPATIBLE ? EXIT_CODE_NO : EXIT_CODE_CONFLICT;
}

static int diff(char **files, int count, bool json)
{
    struct outlines *one = NULL, *other = NULL;
    (void)json;
    if (count != 2) {
        complain("maestro schema", "diff needs two files");
        return EXIT_CODE_USAGE;
    }
    int code = read_outlines(files[0], &one);
    if (code == EXIT_CODE_OK)
        code = read_outlines(files[1], &other);
    if (code == EXIT_CODE_OK)
        code = compare(files[0], &one->at[0], files[1], &other->at[0]);
    outlines_destroy(one);
    outlines_destroy(other);
    return code;
}

static const struct action actions[] = { { "check", check }, { "show", show }, { "doc", document }, { "diff", diff } };
enum { ACTIONS = sizeof actions / sizeof actions[0] };

static int complain_about_action(const char *name)
{
    struct nearest search = nearest_to(text_of(name));
    for (size_t i = 0; i < ACTIONS; i++)
        nearest_offer(&search, text_of(actions[i].name));
    complain("maestro schema", "there is nothing called '%s'", name);
    if (search.best.length)
        advise("did you mean: maestro schema " TEXT_FORMAT, TEXT_ARGUMENTS(search.best));
    else
        advise("try: maestro schema --help");
    return EXIT_CODE_USAGE;
}

static bool may_be_json(const struct action *action)
{
    bool reports = action->run == show || action->run == check;
#ifdef HAVE_JANSSON
    const bool built = true;
#else
    const bool built = false;
#endif
    if (!reports)
        complain("maestro schema", "only check and show have --json");
    else if (!built)
        complain("maestro schema", "this maestro was built without jansson: no --json");
    return reports && built;
}

int verb_schema(int argc, char **argv)
{
    static const struct option options[] = { { "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 } };
    static char name[] = "maestro schema"; /* getopt's messages begin with it */
    bool json = false;
    argv[0] = name;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h')
            print_usage(stdout);
        else if (option != 'j')
            advise("try: maestro schema --help");
        if (option != 'j')
            return option == 'h' ? EXIT_CODE_OK : EXIT_CODE_USAGE;
        json = true;
    }
    if (optind == argc) {
        print_usage(stderr);
        return EXIT_CODE_USAGE;
    }
    for (size_t i = 0; i < ACTIONS; i++)
        if (strcmp(argv[optind], actions[i].name) == 0) {
            if (json && !may_be_json(&actions[i]))
                return EXIT_CODE_USAGE;
            return finish_output("maestro schema", actions[i].run(argv + optind + 1, argc - optind - 1, json));
        }
    return complain_about_action(argv[optind]);
}
