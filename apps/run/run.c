/* SPDX-License-Identifier: BSD-3-Clause */
/* run.c - maestro run: the command line, and the way from it to an exit code */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/complaint.h"
#include "apps/exit_code.h"
#include "apps/program_path.h"
#include "apps/run/command.h"
#include "apps/run/run.h"
#include "apps/run/scratch.h"
#include "apps/run/summary.h"
#include "apps/run/workflow.h"
#include "apps/verbs.h"
#include "lib/base/clock.h"
#include "lib/base/setting.h"

static const char who[] = "maestro run";

struct options {
    const char *workflow_name;
    const char *json; /* "-": stdout */
    const char *manager;
    uint32_t instances;
    uint64_t timeout, grace, manager_wait; /* 0: not given */
    char **manager_options;
    uint32_t manager_option_count;
    char **variables;
    uint32_t variable_count;
    bool dry_run, quiet, label, command;
};

static void print_usage(FILE *to)
{
    fputs("Usage: maestro run [OPTION...] WORKFLOW.yaml [NAME=VALUE...]\n"
          "       maestro run [OPTION...] -- COMMAND [ARGUMENT...]\n"
          "\n"
          "Start a pool manager and the stages of a workflow (or one command), watch them, and leave nothing behind.\n"
          "\n"
          "  -n, --instances=N        instances of COMMAND (default 1)\n"
          "  -w, --workflow-name=NAME the workflow's name, instead of that of the file\n"
          "  -e, --env=NAME=VALUE     a variable for every stage\n"
          "  -m, --manager-option=WORD  a word for the command line of the pool manager\n"
          "      --pool-manager=PATH  the pool manager's program\n"
          "      --manager-wait=TIME  how long it may take to start (default 30s)\n"
          "      --timeout=TIME       end the run after this time, with exit code 6\n"
          "      --grace=TIME         between asking a process to end and killing it (default 5s)\n"
          "      --label              label the output of a single COMMAND too\n"
          "      --json[=FILE]        write a summary as JSON to FILE, or to stdout (the stages' output goes to stderr then)\n"
          "  -q, --quiet              no summary on stderr\n"
          "      --dry-run            print what would be started\n"
          "      --help, --version\n"
          "\n"
          "TIME is written 250ms, 30s, 5min, 2h.  The exit code is that of the first stage that failed (128 + N for signal N);\n"
          "2: wrong command line or file, 3: the pool manager failed, 6: a timeout, 126 and 127: a program cannot be started.\n",
          to);
}

enum { OPTION_MANAGER = 256, OPTION_MANAGER_WAIT, OPTION_TIMEOUT, OPTION_GRACE, OPTION_LABEL, OPTION_JSON, OPTION_DRY_RUN, OPTION_HELP,
       OPTION_VERSION };

static const struct option long_options[] = {
    { "instances", required_argument, NULL, 'n' },
    { "workflow-name", required_argument, NULL, 'w' },
    { "env", required_argument, NULL, 'e' },
    { "manager-option", required_argument, NULL, 'm' },
    { "pool-manager", required_argument, NULL, OPTION_MANAGER },
    { "manager-wait", required_argument, NULL, OPTION_MANAGER_WAIT },
    { "timeout", required_argument, NULL, OPTION_TIMEOUT },
    { "grace", required_argument, NULL, OPTION_GRACE },
    { "label", no_argument, NULL, OPTION_LABEL },
    { "json", optional_argument, NULL, OPTION_JSON },
    { "quiet", no_argument, NULL, 'q' },
    { "dry-run", no_argument, NULL, OPTION_DRY_RUN },
    { "help", no_argument, NULL, OPTION_HELP },
    { "version", no_argument, NULL, OPTION_VERSION },
    { 0 },
};

enum { GO_ON = -1 };

static int usage_fault(void)
{
    advise("try: maestro run --help");
    return EXIT_CODE_USAGE;
}

static int read_time(const char *option, const char *text, uint64_t *out)
{
    if (setting_duration(text_of(text), out) && *out > 0 && *out < NO_DEADLINE / 4)
        return GO_ON;
    complain(who, "--%s: '%s' is no time; it is written 250ms, 30s, 5min, 2h", option, text);
    return usage_fault();
}

static int read_instances(const char *text, uint32_t *out)
{
    int64_t number;
    if (setting_integer(text_of(text), &number) && number >= 1 && number <= PLAN_INSTANCES_MAX) {
        *out = (uint32_t)number;
        return GO_ON;
    }
    complain(who, "--instances: '%s' is no number between 1 and %d", text, PLAN_INSTANCES_MAX);
    return usage_fault();
}

static int read_variable(struct plan *p, struct options *o, char *text)
{
    if (text[0] && text[0] != '=' && strchr(text, '=') && !plan_decides(text)) {
        plan_append(p, &o->variables, &o->variable_count, text);
        return GO_ON;
    }
    if (plan_decides(text))
        complain(who, "--env: '%s': this variable is set by maestro run", text);
    else
        complain(who, "--env: '%s' is not NAME=VALUE", text);
    return usage_fault();
}

static int read_name(struct options *o, const char *text)
{
    if (plan_name_is_good(text)) {
        o->workflow_name = text;
        return GO_ON;
    }
    complain(who, "--workflow-name: '%s' is no name: letters, digits and '_.-', at most %d, beginning with a letter or digit", text, PLAN_NAME_MAX);
    return usage_fault();
}

static int read_json(struct options *o, const char *file)
{
    o->json = file ? file : "-";
    if (summary_has_json())
        return GO_ON;
    complain(who, "--json: this program was built without jansson, which writes JSON");
    advise("configure finds it when libjansson-dev is installed");
    return EXIT_CODE_USAGE;
}

static int read_option(struct plan *p, struct options *o, int option)
{
    switch (option) {
    case 'n': return read_instances(optarg, &o->instances);
    case 'w': return read_name(o, optarg);
    case 'e': return read_variable(p, o, optarg);
    case 'm': plan_append(p, &o->manager_options, &o->manager_option_count, optarg); return GO_ON;
    case OPTION_MANAGER: o->manager = optarg; return GO_ON;
    case OPTION_MANAGER_WAIT: return read_time("manager-wait", optarg, &o->manager_wait);
    case OPTION_TIMEOUT: return read_time("timeout", optarg, &o->timeout);
    case OPTION_GRACE: return read_time("grace", optarg, &o->grace);
    case OPTION_LABEL: o->label = true; return GO_ON;
    case OPTION_JSON: return read_json(o, optarg);
    case 'q': o->quiet = true; return GO_ON;
    case OPTION_DRY_RUN: o->dry_run = true; return GO_ON;
    case OPTION_HELP: print_usage(stdout); return fflush(stdout) == 0 ? EXIT_CODE_OK : EXIT_CODE_NO;
    case OPTION_VERSION: printf("maestro run %s\n", PACKAGE_VERSION); return fflush(stdout) == 0 ? EXIT_CODE_OK : EXIT_CODE_NO;
    default: return usage_fault(); /* getopt has said what is wrong */
    }
}

/* Options end at the first word that is none, so that those of COMMAND are its own; before a COMMAND stands "--". */
static int read_options(struct plan *p, struct options *o, int argc, char **argv)
{
    char name[] = "maestro run";
    argv[0] = name;
    int option, end = 1;
    while ((option = getopt_long(argc, argv, "+n:w:e:m:q", long_options, NULL)) != -1) {
        int code = read_option(p, o, option);
        if (code != GO_ON)
            return code;
        end = optind;
    }
    o->command = optind > end;
    if (optind < argc)
        return GO_ON;
    complain(who, "a workflow file, or -- and a command, is missing");
    return usage_fault();
}

/* What the command line says beyond the file. */
static void apply_options(struct plan *p, const struct options *o)
{
    uint32_t count = 0;
    while (p->manager_options[count])
        count++;
    for (uint32_t i = 0; i < o->manager_option_count; i++)
        plan_append(p, &p->manager_options, &count, o->manager_options[i]);
    for (uint32_t i = 0; i < p->tasks; i++) {
        uint32_t variables = 0;
        while (p->task[i].variables[variables])
            variables++;
        for (uint32_t v = 0; v < o->variable_count; v++)
            plan_append(p, &p->task[i].variables, &variables, o->variables[v]);
    }
    if (o->workflow_name)
        p->workflow = o->workflow_name;
    if (o->timeout)
        p->timeout = o->timeout;
    if (o->grace)
        p->grace = o->grace;
}

static int find_manager(const struct options *o, char path[PATH_MAX])
{
    const char *given = o->manager ? o->manager : setting_read_text("MAESTRO_POOL_MANAGER");
    int failure = given ? program_search(given, getenv("PATH"), NULL, path) : program_of_project("maestro-pool-manager", "pool-manager", path);
    if (!failure)
        return GO_ON;
    complain(who, "the pool manager %s: %s", given ? given : "maestro-pool-manager", strerror(failure));
    if (given)
        advise("it was named by %s", o->manager ? "--pool-manager" : "MAESTRO_POOL_MANAGER");
    else
        advise("it is looked for next to this program, in %s and in PATH; --pool-manager or MAESTRO_POOL_MANAGER name another", MAESTRO_HELPERS);
    return EXIT_CODE_UNREACHABLE;
}

/* Where the JSON goes is found out before anything is started. */
static int open_json(const struct options *o, FILE **out)
{
    *out = NULL;
    if (!o->json)
        return GO_ON;
    *out = strcmp(o->json, "-") == 0 ? stdout : fopen(o->json, "we");
    if (*out)
        return GO_ON;
    complain(who, "--json: cannot write %s: %s", o->json, strerror(errno));
    return EXIT_CODE_REFUSED;
}

static int report(struct run *r, int code, FILE *json)
{
    if (!r->conduct->quiet)
        summary_print(r, stderr);
    int lost = output_failure(&r->output);
    if (lost)
        complain(who, "output of the stages was lost: %s", strerror(lost));
    bool written = !json || summary_write_json(r, json);
    if (json && json != stdout && fclose(json) != 0)
        written = false;
    if (!written)
        complain(who, "the JSON summary could not be written: %s", strerror(errno));
    return code == EXIT_CODE_OK && (lost || !written) ? EXIT_CODE_NO : code;
}

static int carry_out(struct run *r, const struct plan *p, const struct options *o, FILE *json)
{
    struct conduct conduct = {
        .quiet = o->quiet,
        .labels = o->label || p->file || p->tasks > 1,
        .data_to_error = json == stdout,
        .give_input = !p->file && p->tasks == 1,
        .manager_wait = o->manager_wait ? o->manager_wait : 30 * NANOSECONDS_PER_SECOND,
    };
    int failure = scratch_make(r->runtime_directory);
    if (failure) {
        complain(who, "cannot make a directory in %s: %s", r->runtime_directory, strerror(failure));
        advise("the run keeps its sockets there; MSTRO_RUNTIME_DIR, XDG_RUNTIME_DIR or TMPDIR name another place");
        return EXIT_CODE_REFUSED;
    }
    int code = run_supervise(r, p, &conduct);
    code = report(r, code, json);
    run_release(r);
    return code;
}

static int run_plan(struct plan *p, const struct options *o)
{
    struct run *r = calloc(1, sizeof *r);
    FILE *json;
    if (!r)
        return EXIT_CODE_INTERNAL;
    int code = find_manager(o, r->manager_path);
    if (code == GO_ON && o->dry_run) {
        summary_print_plan(p, r->manager_path, stdout);
        code = fflush(stdout) == 0 ? EXIT_CODE_OK : EXIT_CODE_NO;
    } else if (code == GO_ON && (code = run_check_tasks(p)) == 0 && (code = open_json(o, &json)) == GO_ON)
        code = carry_out(r, p, o, json);
    free(r);
    return code;
}

static int plan_command(struct plan *p, const struct options *o, char **words)
{
    plan_from_command(p, words, o->instances ? o->instances : 1);
    p->workflow = p->stage->name;
    return GO_ON;
}

static int plan_workflow(struct plan *p, const struct options *o, char **words)
{
    if (o->instances) {
        complain(who, "--instances is for a COMMAND; the stages of a file say 'instances: N'");
        return EXIT_CODE_USAGE;
    }
    mstro_status status = workflow_read(p, words[0], words + 1);
    if (status == MSTRO_OK)
        return GO_ON;
    complain(who, "%s", mstro_error_detail());
    if (status == MSTRO_NOENT)
        advise("to start a program: maestro run -- %s", words[0]);
    else
        advise("maestro-workflow(5) describes such files");
    return status == MSTRO_NOENT ? EXIT_CODE_NOT_FOUND : status == MSTRO_NOMEM ? EXIT_CODE_INTERNAL : EXIT_CODE_USAGE;
}

int verb_run(int argc, char **argv)
{
    struct plan plan;
    struct options options = { 0 };
    plan_init(&plan);
    int code = read_options(&plan, &options, argc, argv);
    if (code == GO_ON)
        code = (options.command ? plan_command : plan_workflow)(&plan, &options, argv + optind);
    if (code == GO_ON) {
        apply_options(&plan, &options);
        code = run_plan(&plan, &options);
    }
    plan_release(&plan);
    return code;
}
