/* SPDX-License-Identifier: BSD-3-Clause */
/* doctor.c - maestro doctor: what this machine offers, and what is wrong with the settings */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_JANSSON
#include <jansson.h>
#endif

#include "apps/complaint.h"
#include "apps/doctor/finding.h"
#include "apps/exit_code.h"

static const char who[] = "maestro doctor";

static const char *const verdict_names[] = { [VERDICT_GOOD] = "ok", [VERDICT_NOTE] = "note", [VERDICT_BAD] = "WRONG" };

static size_t count_verdicts(const struct findings *f, enum verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++)
        count += f->list[i].verdict == verdict;
    return count;
}

static bool print_findings(const struct findings *f)
{
    const char *section = "";
    for (size_t i = 0; i < f->count; i++) {
        const struct finding *one = &f->list[i];
        if (strcmp(section, one->section) != 0)
            printf("%s%s\n", i ? "\n" : "", one->section);
        section = one->section;
        printf("  %-5s  %-24s %s\n", verdict_names[one->verdict], one->subject, one->text);
    }
    printf("\n%zu wrong, %zu worth a note\n", count_verdicts(f, VERDICT_BAD), count_verdicts(f, VERDICT_NOTE));
    return fflush(stdout) == 0 && !ferror(stdout);
}

static bool print_variables(void)
{
    for (const struct variable *v = known_variables; v->name; v++)
        printf("%-30s %s\n", v->name, v->meaning);
    return fflush(stdout) == 0 && !ferror(stdout);
}

#ifdef HAVE_JANSSON
static bool print_json(const struct findings *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->count; i++) {
        const struct finding *one = &f->list[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "section", one->section, "subject", one->subject, "verdict",
                                              one->verdict == VERDICT_BAD ? "wrong" : verdict_names[one->verdict], "text", one->text));
    }
    json_t *root = json_pack("{s:i, s:i, s:i, s:o}", "version", 1, "wrong", (int)count_verdicts(f, VERDICT_BAD), "notes",
                             (int)count_verdicts(f, VERDICT_NOTE), "findings", list);
    bool written = root && json_dumpf(root, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF && fflush(stdout) == 0;
    json_decref(root);
    return written;
}
#else
static bool print_json(const struct findings *f)
{
    (void)f;
    errno = ENOTSUP;
    return false;
}
#endif

static void print_usage(FILE *to)
{
    fputs("Usage: maestro doctor [OPTION...]\n"
          "\n"
          "Say what this machine offers to a workflow, and what is wrong with the settings.\n"
          "\n"
          "      --json       write it as JSON\n"
          "      --variables  list the variables of the environment that are read\n"
          "      --help, --version\n"
          "\n"
          "Exit code 0: nothing is wrong; 1: something is.\n",
          to);
}

static int finish(bool written)
{
    if (written)
        return EXIT_CODE_OK;
    complain(who, "cannot write to stdout: %s", strerror(errno));
    return EXIT_CODE_NO;
}

static int examine(bool json)
{
    struct findings f = { 0 };
    examine_programs(&f);
    examine_fabric(&f);
    examine_machine(&f);
    examine_environment(&f);
    examine_schemas(&f);
    int code = finish(json ? print_json(&f) : print_findings(&f));
    if (code == EXIT_CODE_OK && count_verdicts(&f, VERDICT_BAD) > 0)
        code = EXIT_CODE_NO;
    free(f.list);
    return code;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "json", no_argument, NULL, 'j' }, { "variables", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' }, { 0 },
    };
    char name[] = "maestro doctor";
    bool json = false, variables = false;
    argv[0] = name;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'j': json = true; break;
        case 'v': variables = true; break;
        case 'h': print_usage(stdout); return finish(fflush(stdout) == 0);
        case 'V': printf("maestro doctor %s\n", PACKAGE_VERSION); return finish(fflush(stdout) == 0);
        default: advise("try: maestro doctor --help"); return EXIT_CODE_USAGE;
        }
    }
    if (json && variables) {
        complain(who, "--json goes with the examination, not with --variables");
        return EXIT_CODE_USAGE;
    }
    if (optind < argc) {
        complain(who, "'%s' is one word too many", argv[optind]);
        advise("try: maestro doctor --help");
        return EXIT_CODE_USAGE;
    }
#ifndef HAVE_JANSSON
    if (json) {
        complain(who, "--json: this program was built without jansson, which writes JSON");
        return EXIT_CODE_USAGE;
    }
#endif
    return variables ? finish(print_variables()) : examine(json);
}
