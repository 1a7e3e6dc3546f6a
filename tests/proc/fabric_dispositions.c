/* SPDX-License-Identifier: BSD-3-Clause */
/* What signals do, and what is in the working directory, belongs to the application. */
#include "config.h"

#include "tests/lib/check.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/fabric/dispositions.h"
#include "lib/fabric/fabric.h"

#define KERNEL_FLAG 0x04000000 /* SA_RESTORER: glibc adds it to whatever is set, default or not */

static char program[4096]; /* the one that is linked to libmaestro.so */
static char directory[] = "/tmp/maestro-dispositions-XXXXXX";

static unsigned files_in(const char *path)
{
    unsigned count = 0;
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            print_message("# left behind: %s\n", e->d_name);
            count++;
        }
    }
    closedir(d);
    return count;
}

/* The handlers of a sanitizer are not the library's. */
static void let_sanitizers_handle_nothing(void)
{
    static const char *const names[] = { "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char all[4096];
        const char *given = getenv(names[i]);
        snprintf(all, sizeof all, "%s:handle_segv=0:handle_sigbus=0:handle_sigfpe=0", given ? given : "");
        setenv(names[i], all, 1);
    }
}

static void loading_the_library_leaves_signals_and_directory_alone(void **state)
{
    (void)state;
    int ends[2];
    char said[512] = "";
    size_t have = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        for (int number = 1; number < 65; number++)
            signal(number, SIG_DFL);
        let_sanitizers_handle_nothing();
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        if (chdir(directory) == 0)
            execl(program, program, (char *)NULL);
        _exit(126);
    }
    close(ends[1]);
    for (ssize_t count; (count = read(ends[0], said + have, sizeof said - 1 - have)) > 0;)
        have += (size_t)count;
    close(ends[0]);
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_string_equal(said, "");
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGTERM);
    assert_int_equal(files_in(directory), 0);
}

static void handler_of_the_application(int number)
{
    (void)number;
}

static void opening_a_fabric_leaves_handlers_and_directory_alone(void **state)
{
    (void)state;
    static const int watched[] = { SIGINT, SIGTERM, SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGHUP, SIGUSR1, SIGPIPE };
    struct dispositions before, after;
    struct sigaction mine = { .sa_handler = handler_of_the_application, .sa_flags = SA_RESTART };
    for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i += 2) /* every other one stays as it is */
        assert_int_equal(sigaction(watched[i], &mine, NULL), 0);
    char back[4096];
    assert_non_null(getcwd(back, sizeof back));
    assert_int_equal(chdir(directory), 0);
    dispositions_keep(&before);
    struct fabric *f;
    struct endpoint *e;
    assert_int_equal(fabric_open(NULL, &f), MSTRO_OK);
    assert_int_equal(endpoint_open(f, ENDPOINT_CONTROL, NULL, &e), MSTRO_OK);
    fabric_progress(f, clock_now() + 10 * NANOSECONDS_PER_MILLISECOND);
    fabric_close(f);
    dispositions_keep(&after);
    assert_int_equal(chdir(back), 0);
    for (int number = 1; number < DISPOSITIONS_SIGNALS; number++) {
        assert_true(before.of[number].sa_handler == after.of[number].sa_handler);
        assert_int_equal(before.of[number].sa_flags & ~KERNEL_FLAG, after.of[number].sa_flags & ~KERNEL_FLAG);
    }
    for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i += 2)
        assert_true(after.of[watched[i]].sa_handler == handler_of_the_application);
    assert_int_equal(files_in(directory), 0);
}

static void giving_back_spares_what_is_not_of_those_libraries(void **state)
{
    (void)state;
    struct sigaction mine = { .sa_handler = handler_of_the_application }, present;
    assert_int_equal(sigaction(SIGUSR2, &mine, NULL), 0);
    dispositions_give_back();
    assert_int_equal(sigaction(SIGUSR2, NULL, &present), 0);
    assert_true(present.sa_handler == handler_of_the_application);
}

static void restoring_undoes_what_was_taken_meanwhile(void **state)
{
    (void)state;
    struct dispositions kept, after;
    struct sigaction mine = { .sa_handler = handler_of_the_application };
    signal(SIGQUIT, SIG_DFL);
    dispositions_keep(&kept);
    assert_int_equal(sigaction(SIGQUIT, &mine, NULL), 0);
    dispositions_restore(&kept);
    dispositions_keep(&after);
    assert_true(after.of[SIGQUIT].sa_handler == SIG_DFL);
}

int main(void)
{
    char here[4096];
    ssize_t length = readlink("/proc/self/exe", here, sizeof here - 1);
    if (length < 0 || !mkdtemp(directory))
        return 99;
    here[length] = '\0';
    *strrchr(here, '/') = '\0';
    snprintf(program, sizeof program, "%.4000s/fabric_loaded", here);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loading_the_library_leaves_signals_and_directory_alone),
        cmocka_unit_test(opening_a_fabric_leaves_handlers_and_directory_alone),
        cmocka_unit_test(giving_back_spares_what_is_not_of_those_libraries),
        cmocka_unit_test(restoring_undoes_what_was_taken_meanwhile),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(directory);
    return failed;
}
