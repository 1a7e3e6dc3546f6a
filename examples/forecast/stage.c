/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/stage.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static int exit_code(mstro_status status)
{
    switch (status) {
    case MSTRO_PEER_LOST:
        return 1;
    case MSTRO_NO_PM:
    case MSTRO_POOL_LOST:
    case MSTRO_POOL_STALE:
    case MSTRO_PARTITIONED:
    case MSTRO_STALE_EPOCH:
        return 3;
    case MSTRO_NOENT:
        return 4;
    case MSTRO_REFUSED:
    case MSTRO_QUOTA:
    case MSTRO_VERSION_MISMATCH:
        return 5;
    case MSTRO_TIMEOUT:
        return 6;
    case MSTRO_CONFLICT:
        return 7;
    case MSTRO_SCHEMA:
    case MSTRO_SELECTOR:
        return 8;
    default:
        return 70;
    }
}

int stage_fail(const char *attempt, mstro_status status)
{
    const char *detail = mstro_error_detail();
    warnx("%s: %s%s%s", attempt, mstro_status_description(status), *detail ? ": " : "", detail);
    return exit_code(status);
}

int stage_folder(const char *path)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return 0;
    warn("cannot make the folder %s", path);
    return 1;
}

/* 0, an exit code, or -1 when the help was asked for and printed.  Operands begin at optind: options behind the first are its own. */
static int output_option(int argc, char *argv[], const struct stage_program *program, const char **folder)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'}, {0}};
    int option;
    while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(program->usage, stdout);
            return -1;
        }
        if (option != 'o')
            break;
        *folder = optarg;
    }
    int operands = argc - optind;
    if (option == -1 && *folder && operands >= program->operands && operands <= program->operands_max)
        return stage_folder(*folder);
    if (option == -1 && operands > program->operands_max)
        warnx("'%s' is one word too many", argv[optind + program->operands_max]);
    else if (option == -1)
        warnx("%s", *folder ? "a word is missing" : "--output=FOLDER is missing");
    fputs(program->usage, stderr);
    return EXIT_USAGE;
}

static unsigned from_environment(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    char *end;
    unsigned long value = text && *text ? strtoul(text, &end, 10) : otherwise;
    return text && *text && *end ? otherwise : (unsigned)value;
}

unsigned stage_index(void)
{
    return from_environment("MSTRO_COMPONENT_INDEX", 0);
}

unsigned stage_instances(void)
{
    unsigned instances = from_environment("MSTRO_COMPONENT_INSTANCES", 1);
    return instances ? instances : 1;
}

int stage_join(const char *component)
{
    const char *workflow = getenv(MSTRO_ENV_WORKFLOW_NAME);
    mstro_status status = mstro_init(workflow ? workflow : "forecast", component, stage_index());
    return status == MSTRO_OK ? 0 : stage_fail("cannot join the pool", status);
}

int stage_leave(int code)
{
    mstro_status status = mstro_finalize();
    if (status != MSTRO_OK && code == 0)
        return stage_fail("leaving the pool", status);
    return code;
}

int stage_main(int argc, char *argv[], const struct stage_program *program)
{
    struct statistics statistics = {0};
    const char *folder = NULL;
    int code = output_option(argc, argv, program, &folder);
    if (code)
        return code < 0 ? 0 : code;
    code = stage_join(program->component);
    if (code == 0)
        code = stage_leave(program->run(folder, argv + optind, &statistics));
    if (code == 0 && statistics_write(&statistics, folder, program->component, stage_index()))
        code = 1;
    statistics_free(&statistics);
    return code;
}

int stage_fetch(const char *name, void **bytes, int64_t *size)
{
    mstro_cdo cdo = NULL;
    mstro_status status = mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo);
    if (status == MSTRO_OK)
        status = mstro_cdo_demand(cdo);
    if (status == MSTRO_OK)
        status = mstro_cdo_access_ptr(cdo, bytes, size);
    if (status != MSTRO_OK)
        return stage_fail(name, status);
    mstro_cdo_dispose(cdo);
    return 0;
}

static void signal_name(char *name, size_t size, const char *component, unsigned index)
{
    snprintf(name, size, "ready/%s/%u", component, index);
}

int stage_announce(const char *component, unsigned index, mstro_cdo *signal)
{
    char name[128];
    int64_t nothing = 0;
    signal_name(name, sizeof name, component, index);
    mstro_status status = mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, signal);
    if (status == MSTRO_OK)
        status = mstro_cdo_attribute_set(*signal, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &nothing, true, false);
    if (status == MSTRO_OK)
        status = mstro_cdo_offer(*signal);
    return status == MSTRO_OK ? 0 : stage_fail(name, status);
}

int stage_unannounce(mstro_cdo signal)
{
    mstro_status status = mstro_cdo_withdraw(signal);
    if (status == MSTRO_OK)
        status = mstro_cdo_dispose(signal);
    return status == MSTRO_OK ? 0 : stage_fail("taking the ready signal back", status);
}

/* Demand 'cdo' within some time. */
static mstro_status demand_within(mstro_cdo cdo, unsigned seconds)
{
    mstro_request request;
    struct timespec until;
    bool done = false;
    mstro_status status = mstro_cdo_demand_async(cdo, &request);
    if (status != MSTRO_OK)
        return status;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    status = mstro_request_timedwait(request, &until);
    if (status != MSTRO_TIMEOUT)
        return status;
    status = mstro_request_test(request, &done);
    if (done)
        return status;
    status = mstro_request_cancel(request);
    return status == MSTRO_CANCELLED ? MSTRO_TIMEOUT : status;
}

int stage_expect(const char *component, unsigned index, mstro_cdo *signal)
{
    char name[128];
    signal_name(name, sizeof name, component, index);
    mstro_status status = mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, signal);
    if (status == MSTRO_OK)
        status = mstro_cdo_require(*signal);
    return status == MSTRO_OK ? 0 : stage_fail(name, status);
}

int stage_await(mstro_cdo signal, unsigned seconds)
{
    mstro_status status = demand_within(signal, seconds);
    int code = 0;
    if (status == MSTRO_TIMEOUT) {
        warnx("%s has not come within %u s: a consumer that was to be waited for is not ready", mstro_cdo_name(signal), seconds);
        code = exit_code(status);
    } else if (status != MSTRO_OK)
        code = stage_fail(mstro_cdo_name(signal), status);
    if (code)
        mstro_cdo_retract(signal);
    mstro_cdo_dispose(signal);
    return code;
}

bool stage_lost(mstro_pool_event event, const char *component)
{
    if (event->kind == MSTRO_POOL_EVENT_APP_LEAVE && strcmp(event->payload.leave.component_name, component) == 0) {
        warnx("%s is gone before it had offered everything that is needed: it left or was lost", component);
        return true;
    }
    if (event->kind == MSTRO_POOL_EVENT_LOST && strcmp(event->payload.lost.component_name, component) == 0) {
        warnx("%s is gone: %s is lost", component, event->payload.lost.cdo_name);
        return true;
    }
    return false;
}
