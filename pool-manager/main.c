/* SPDX-License-Identifier: BSD-3-Clause */
/* maestro-pool-manager - a pool that processes join, until SIGTERM, SIGINT or SIGUSR2 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/exit_code.h"
#include "lib/base/log.h"
#include "lib/wire/name.h"
#include "maestro/maestro.h"
#include "pool-manager/manager.h"
#include "pool-manager/private_file.h"
#include "pool-manager/runtime_directory.h"
#include "pool-manager/settings.h"

struct options {
    const char *config, *info_file;
    bool quiet, print_settings;
};

enum { OPTION_SETTING = 1000 };

static void print_help(void)
{
    printf("usage: maestro-pool-manager [OPTION...]\n\n"
           "A pool that the processes of a workflow join.  Prints one line on stdout,\n"
           "  MSTRO_POOL_MANAGER_INFO;<info>;\n"
           "and serves until SIGTERM, SIGINT or SIGUSR2.  Processes join with <info> in the environment variable\n"
           "MSTRO_POOL_MANAGER_INFO.  Whoever can read <info> can join.\n\n"
           "  --config FILE              settings as YAML, 'lease: 2s' a line\n"
           "  --info-file FILE           write <info> there too, mode 0600\n"
           "  --quiet                    with --info-file: print nothing on stdout\n"
           "  --print-settings           say what is set, and where it comes from, and end\n"
           "  --help, --version\n\nSettings:\n");
    settings_print_help(stdout);
    printf("\nExit codes: 0 ended as asked, 2 wrong usage, 5 refused, 7 the workflow has a manager already, 70 other failures.\n");
}

static int exit_code_of(mstro_status status)
{
    switch (status) {
    case MSTRO_OK: return EXIT_CODE_OK;
    case MSTRO_INVARG:
    case MSTRO_NOENT: return EXIT_CODE_USAGE;
    case MSTRO_REFUSED: return EXIT_CODE_REFUSED;
    case MSTRO_CONFLICT: return EXIT_CODE_CONFLICT;
    default: return EXIT_CODE_INTERNAL;
    }
}

static int complain(mstro_status status, const char *doing)
{
    const char *detail = mstro_error_detail();
    fprintf(stderr, "maestro-pool-manager: %s: %s\n", doing, *detail ? detail : mstro_status_description(status));
    return exit_code_of(status);
}

/* -1: go on; else end with this exit code. */
static int read_options(int argc, char **argv, struct options *options)
{
    enum { CONFIG = 1, INFO_FILE, QUIET, PRINT, HELP, VERSION };
    struct option table[40] = {
        { OPTION_CONFIG, required_argument, NULL, CONFIG }, { OPTION_INFO_FILE, required_argument, NULL, INFO_FILE },
        { "quiet", no_argument, NULL, QUIET },         { "print-settings", no_argument, NULL, PRINT },
        { "help", no_argument, NULL, HELP },           { "version", no_argument, NULL, VERSION },
    };
    for (size_t i = 0; settings[i].name; i++)
        table[6 + i] = (struct option){ settings[i].name, required_argument, NULL, OPTION_SETTING + (int)i };

    for (int option; (option = getopt_long(argc, argv, "h", table, NULL)) != -1;)
        switch (option) {
        case CONFIG: options->config = optarg; break;
        case INFO_FILE: options->info_file = optarg; break;
        case QUIET: options->quiet = true; break;
        case PRINT: options->print_settings = true; break;
        case VERSION: printf("maestro-pool-manager %s\n", mstro_version()); return EXIT_CODE_OK;
        case 'h':
        case HELP: print_help(); return EXIT_CODE_OK;
        case '?': fprintf(stderr, "maestro-pool-manager --help lists the options\n"); return EXIT_CODE_USAGE;
        default: {
            mstro_status status = setting_give(&settings[option - OPTION_SETTING], optarg, ORIGIN_FLAG);
            if (status != MSTRO_OK)
                return complain(status, "command line");
        }
        }
    if (optind < argc) {
        fprintf(stderr, "maestro-pool-manager: '%s' is not understood (maestro-pool-manager --help)\n", argv[optind]);
        return EXIT_CODE_USAGE;
    }
    return -1;
}

static int load_settings(const struct options *options)
{
    mstro_status status = settings_check_environment();
    if (status == MSTRO_OK && options->config)
        status = settings_load(options->config);
    if (status == MSTRO_OK)
        status = settings_check_together();
    if (status == MSTRO_OK)
        status = name_check_member("workflow", setting_text(setting_find("workflow"))); /* nobody could join one that mstro_init refuses */
    const char *key_file = setting_path("key-file");
    if (status == MSTRO_OK && key_file)
        status = private_file_check("key-file", key_file);
    if (status == MSTRO_OK && options->info_file)
        status = private_file_check(OPTION_INFO_FILE, options->info_file);
    return status == MSTRO_OK ? -1 : complain(status, "settings");
}

int main(int argc, char **argv)
{
    struct options options = { 0 };
    struct workflow_lock lock;

    umask(077);
    int code = read_options(argc, argv, &options);
    if (code < 0)
        code = load_settings(&options);
    if (code >= 0)
        return code;
    if (options.print_settings) {
        settings_print(stdout);
        return EXIT_CODE_OK;
    }

    signal(SIGPIPE, SIG_IGN);
    log_configure("maestro-pool-manager", 0, 0);
    mstro_status status = workflow_lock(&lock, setting_text(setting_find("workflow")));
    if (status != MSTRO_OK)
        return complain(status, "cannot start");
    status = manager_run(options.info_file, options.quiet && options.info_file);
    workflow_unlock(&lock);
    return status == MSTRO_OK ? EXIT_CODE_OK : complain(status, "cannot start");
}
