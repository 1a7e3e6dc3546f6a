/* SPDX-License-Identifier: BSD-3-Clause */
/* How much memory a process may have: made-up control groups in a folder, and its own limits. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/system/memory.h"

static char root[64];

static int open_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/maestro-test-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int close_root(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

/* A file below the root, with the folders above it. */
static void put(const char *path, const char *text)
{
    char whole[256];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(whole, sizeof whole, "%s/%.*s", root, (int)(slash - path), path);
        mkdir(whole, 0700);
    }
    snprintf(whole, sizeof whole, "%s/%s", root, path);
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static uint64_t limit_as(const char *membership)
{
    char path[128];
    put("membership", membership);
    snprintf(path, sizeof path, "%s/membership", root);
    return memory_limit_of_groups(path, root);
}

static void a_group_is_limited_by_itself_and_by_those_above_it(void **state)
{
    (void)state;
    put("job/step/memory.max", "max\n");
    put("job/memory.max", "1000000\n");
    assert_int_equal(limit_as("0::/job/step\n"), 1000000);
    put("job/step/memory.max", "300000\n");
    assert_int_equal(limit_as("0::/job/step\n"), 300000);
    put("memory.max", "200000\n");
    assert_int_equal(limit_as("0::/job/step\n"), 200000);
}

static void groups_of_the_first_version_count_too(void **state)
{
    (void)state;
    put("memory/slurm/job/memory.limit_in_bytes", "700000\n");
    put("memory/slurm/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(limit_as("5:cpu,cpuacct:/elsewhere\n4:memory:/slurm/job\n0::/\n"), 700000);
}

static void where_nothing_is_said_there_is_no_limit(void **state)
{
    (void)state;
    assert_true(limit_as("0::/\n") == UINT64_MAX);
    assert_true(limit_as("") == UINT64_MAX);
    assert_true(limit_as("nonsense\n:\n0:\n") == UINT64_MAX);
    assert_true(memory_limit_of_groups("/nowhere/membership", "/nowhere") == UINT64_MAX);
}

static void the_limits_of_the_process_count(void **state)
{
    (void)state;
    uint64_t before = memory_limit();
    assert_true(before > 1 << 20 && before < UINT64_MAX);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = { .rlim_cur = before / 2, .rlim_max = before / 2 };
        _exit(setrlimit(RLIMIT_DATA, &limit) == 0 && memory_limit() == before / 2 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define in_root(test) cmocka_unit_test_setup_teardown(test, open_root, close_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_root(a_group_is_limited_by_itself_and_by_those_above_it),
        in_root(groups_of_the_first_version_count_too),
        in_root(where_nothing_is_said_there_is_no_limit),
        cmocka_unit_test(the_limits_of_the_process_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
