/* SPDX-License-Identifier: BSD-3-Clause */
/* maestro.c - the one command: maestro VERB [ARGUMENT...] */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/complaint.h"
#include "apps/exit_code.h"
#include "apps/program_path.h"
#include "apps/verbs.h"
#include "lib/schema/nearest.h"

static int verb_version(int argc, char **argv);
static int verb_help(int argc, char **argv);

/* 'run' NULL: a program of its own, in the folder 'folder' of the build tree. */
static const struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *folder;
    const char *purpose;
} verbs[] = {
    { "run", verb_run, NULL, "start a workflow: a pool manager and the stages of a file" },
    { "doctor", NULL, "apps", "say what this machine offers and what is wrong with the settings" },
    { "schema", verb_schema, NULL, "check, show, document and compare schema files" },
    { "selector", verb_selector, NULL, "try a selector: is it right, what does it match" },
    { "pool-manager", NULL, "pool-manager", "the pool manager of a workflow" },
    { "bench", NULL, "bench", "measure what it costs, beside what nothing else could do better" },
    { "version", verb_version, NULL, "say which version this is" },
    { "help", verb_help, NULL, "show the manual of a verb" },
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void print_usage(FILE *to)
{
    fputs("Usage: maestro VERB [ARGUMENT...]\n\n", to);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(to, "  %-14s %s\n", verbs[i].name, verbs[i].purpose);
    fputs("\nmaestro VERB --help says more, maestro help VERB shows the manual.\n", to);
}

static int verb_version(int argc, char **argv)
{
    (void)argc, (void)argv;
    printf("maestro %s\n", PACKAGE_VERSION);
    return finish_output("maestro", EXIT_CODE_OK);
}

static int verb_help(int argc, char **argv)
{
    char page[128] = "maestro";
    if (argc > 1)
        snprintf(page, sizeof page, "maestro-%s", argv[1]);
    if (argc < 2 && !isatty(STDOUT_FILENO)) {
        print_usage(stdout);
        return finish_output("maestro", EXIT_CODE_OK);
    }
    execlp("man", "man", page, (char *)NULL);
    if (argc < 2) {
        print_usage(stdout);
        return finish_output("maestro", EXIT_CODE_OK);
    }
    complain("maestro help", "cannot show the manual page %s: man: %s", page, strerror(errno));
    advise("try: maestro %s --help", argv[1]);
    return EXIT_CODE_NOT_FOUND;
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static int complain_about_verb(const char *name)
{
    struct nearest search = nearest_to(text_of(name));
    for (size_t i = 0; i < VERBS; i++)
        nearest_offer(&search, text_of(verbs[i].name));
    complain("maestro", "there is no verb '%s', and no program maestro-%s next to this one or in PATH", name, name);
    if (search.best.length > 0)
        advise("did you mean: maestro " TEXT_FORMAT, TEXT_ARGUMENTS(search.best));
    else
        advise("try: maestro --help");
    return EXIT_CODE_USAGE;
}

/* Become the program maestro-VERB. */
static int execute_verb(const char *name, const char *folder, char **argv)
{
    char program[NAME_MAX + 1], path[PATH_MAX];
    if (strchr(name, '/') || snprintf(program, sizeof program, "maestro-%s", name) >= (int)sizeof program
        || program_of_project(program, folder, path) != 0)
        return complain_about_verb(name);
    argv[0] = program;
    execv(path, argv);
    complain("maestro", "cannot execute %s: %s", path, strerror(errno));
    return EXIT_CODE_REFUSED;
}

/* A program that was started with 0, 1 or 2 closed would open its own files there.  In the place of a closed stdout or stderr stands
 * something that cannot be written to, so that what is lost is noticed. */
static void fill_standard_descriptors(void)
{
    int opened;
    do
        opened = open("/dev/null", O_RDONLY);
    while (opened >= 0 && opened <= STDERR_FILENO);
    if (opened >= 0)
        close(opened);
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_CODE_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_usage(stdout);
        return finish_output("maestro", EXIT_CODE_OK);
    }
    if (strcmp(name, "--version") == 0)
        name = "version";
    if (name[0] == '-') {
        complain("maestro", "unknown option '%s'", name);
        advise("try: maestro --help");
        return EXIT_CODE_USAGE;
    }
    const struct verb *verb = find_verb(name);
    return verb && verb->run ? verb->run(argc - 1, argv + 1) : execute_verb(name, verb ? verb->folder : "apps", argv + 1);
}
