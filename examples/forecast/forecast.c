/* SPDX-License-Identifier: BSD-3-Clause */
/* forecast - the stage that produces: offers every message and every field of GRIB files, as a model would its output */
#include "examples/forecast/field_index.h"
#include "examples/forecast/file_list.h"
#include "examples/forecast/offering.h"
#include "examples/forecast/stage.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

static const char usage[] =
    "usage: forecast [OPTION]... FILE...\n"
    "Offer every message and every field of the GRIB files FILE to the pool.  @LIST stands for the files\n"
    "that LIST names, one a line.\n\n"
    "  --expect=COMPONENT[:N]  wait until N instances (1) of COMPONENT are ready; may be repeated\n"
    "  --patience=SECONDS      how long to wait for them (60)\n"
    "  --pace=MS               wait so long between messages (0: as fast as they are taken)\n"
    "  --lend=MIB              lend at most about so much memory at one time (1024)\n"
    "  --output=FOLDER         write FOLDER/statistics/forecast.0\n"
    "  --list                  print the index of FILE... and do nothing else\n";

enum { INSTANCES_MAX = 4096 };

struct settings {
    struct offering offering;
    struct file_list files;
    const char *output;
    bool list;
};

/* False, and said, when 'text' is no number from 0 to a billion: more is a slip. */
static bool read_number(const char *text, unsigned *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value > 1000000000) {
        warnx("'%s' is not a number from 0 to 1000000000", text);
        return false;
    }
    *number = (unsigned)value;
    return true;
}

/* NAME or NAME:INSTANCES */
static bool read_expectation(struct offering *s, const char *text)
{
    unsigned instances = 1;
    size_t name = strcspn(text, ":");
    if (s->expected == EXPECT_MAX || name == 0 || name >= sizeof s->expect[0].component)
        return false;
    if (text[name] && (!read_number(text + name + 1, &instances) || instances == 0 || instances > INSTANCES_MAX)) {
        warnx("'%s' expects no number of instances from 1 to %d", text, INSTANCES_MAX);
        return false;
    }
    snprintf(s->expect[s->expected].component, sizeof s->expect[0].component, "%.*s", (int)name, text);
    s->expect[s->expected++].instances = instances;
    return true;
}

/* Read one option's value; false when it is not a good one. */
static bool read_option(struct settings *s, int option)
{
    unsigned mib;
    switch (option) {
    case 'e':
        return read_expectation(&s->offering, optarg);
    case 't':
        return read_number(optarg, &s->offering.patience);
    case 'p':
        return read_number(optarg, &s->offering.pace);
    case 'm':
        if (!read_number(optarg, &mib))
            return false;
        s->offering.lend = (size_t)mib << 20;
        return true;
    case 'o':
        s->output = optarg;
        return true;
    case 'l':
        s->list = true;
        return true;
    default:
        return false;
    }
}

/* 0, an exit code, or -1 when the help was asked for. */
static int read_settings(struct settings *s, int argc, char *argv[])
{
    static const struct option options[] = {
        {"expect", required_argument, NULL, 'e'}, {"patience", required_argument, NULL, 't'},
        {"pace", required_argument, NULL, 'p'},   {"lend", required_argument, NULL, 'm'},
        {"output", required_argument, NULL, 'o'}, {"list", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},         {0},
    };
    bool good = true;
    int option;
    while (good && (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            return -1;
        }
        good = read_option(s, option);
    }
    if (good && optind == argc)
        warnx("a GRIB file is missing");
    if (!good || optind == argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (file_list_read(&s->files, argv + optind, (size_t)(argc - optind)))
        return 1;
    s->offering.file = (const char *const *)s->files.path;
    s->offering.files = s->files.count;
    return 0;
}

static int print_index(const struct offering *o)
{
    struct field_index index;
    if (field_index_scan(&index, o->file, o->files))
        return 1;
    char *text = field_index_print(&index);
    int failed = !text || fputs(text, stdout) < 0 || fflush(stdout);
    if (failed)
        warn("cannot print the index");
    free(text);
    field_index_free(&index);
    return failed ? 1 : 0;
}

static int forecast(const struct settings *s)
{
    struct statistics statistics = {0};
    int code = s->output ? stage_folder(s->output) : 0;
    if (code == 0)
        code = stage_join("forecast");
    if (code)
        return code;
    code = stage_leave(offering_run(&s->offering, &statistics));
    if (code == 0 && s->output && statistics_write(&statistics, s->output, "forecast", stage_index()))
        code = 1;
    statistics_free(&statistics);
    return code;
}

int main(int argc, char *argv[])
{
    struct settings settings = {.offering = {.patience = 60, .lend = (size_t)1024 << 20}};
    int code = read_settings(&settings, argc, argv);
    if (code == 0)
        code = settings.list ? print_index(&settings.offering) : forecast(&settings);
    file_list_free(&settings.files);
    return code < 0 ? 0 : code;
}
