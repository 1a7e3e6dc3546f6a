/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/log.h"

static char path[64];
static char text[256 * 1024];

/* Log into a file of this run, with these settings (NULL: not set). */
static void begin(const char *level, const char *modules, const char *color)
{
    const char *const settings[][2] = { { "MSTRO_LOG_LEVEL", level }, { "MSTRO_LOG_MODULES", modules }, { "MSTRO_LOG_COLOR", color } };
    for (size_t i = 0; i < 3; i++)
        if (settings[i][1])
            setenv(settings[i][0], settings[i][1], 1);
        else
            unsetenv(settings[i][0]);
    unlink(path);
    setenv("MSTRO_LOG_DST", path, 1);
    log_configure("ocean", 3, 1234);
}

static const char *logged(void)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void one_of_each_level(void)
{
    log_error(LOG_PM, "an error");
    log_warn(LOG_PM, "a warning");
    log_info(LOG_PM, "an information");
    log_debug(LOG_PM, "a debug line");
    log_noise(LOG_PM, "a noise");
}

static int lines_at(const char *level)
{
    int count = 0;
    begin(level, NULL, NULL);
    one_of_each_level();
    for (const char *c = logged(); *c; c++)
        count += *c == '\n';
    return count;
}

static void line_has_all_its_parts(void **state)
{
    (void)state;
    regex_t form;
    begin("info", NULL, NULL);
    log_info(LOG_PM, "serving %d shards", 4);
    assert_int_equal(regcomp(&form, "^\\[I:pm\\] ocean:3 1234 [0-9]+ \\([^ ]+ [0-9]+\\) [0-9]+: "
                                    "line_has_all_its_parts\\(tests/unit/log\\.c:[0-9]+\\) serving 4 shards\n$", REG_EXTENDED), 0);
    if (regexec(&form, logged(), 0, NULL, 0) != 0)
        fail_msg("not of the form: %s", text);
    regfree(&form);
}

static void level_is_a_name_in_any_case_or_a_number(void **state)
{
    (void)state;
    assert_int_equal(lines_at(NULL), 2);
    assert_int_equal(lines_at("none"), 0);
    assert_int_equal(lines_at("ERROR"), 1);
    assert_int_equal(lines_at("0"), 1);
    assert_int_equal(lines_at("Info"), 3);
    assert_int_equal(lines_at("2"), 3);
    assert_int_equal(lines_at("debug"), 4);
    assert_int_equal(lines_at("NOISE"), 5);
    assert_int_equal(lines_at("4"), 5);
}

static void modules_are_chosen_and_excluded(void **state)
{
    (void)state;
    begin("info", "stats", NULL);
    assert_true(log_wanted(LOG_INFO, LOG_STATS));
    assert_false(log_wanted(LOG_INFO, LOG_PM));
    assert_true(log_wanted(LOG_ERROR, LOG_PM)); /* errors are never muted by a choice of modules */
    begin("info", "all,^pm", NULL);
    assert_true(log_wanted(LOG_INFO, LOG_CDO));
    assert_false(log_wanted(LOG_INFO, LOG_PM));
    begin("info", "^PM, ^cdo", NULL);
    assert_true(log_wanted(LOG_INFO, LOG_POOL));
    assert_false(log_wanted(LOG_INFO, LOG_PM));
    assert_false(log_wanted(LOG_INFO, LOG_CDO));
    begin("none", "stats", NULL);
    assert_false(log_wanted(LOG_ERROR, LOG_PM));
}

static int calls;
static int costly(void)
{
    return ++calls;
}

static void suppressed_line_does_not_evaluate_its_arguments(void **state)
{
    (void)state;
    begin("warn", NULL, NULL);
    log_debug(LOG_CDO, "%d", costly());
    assert_int_equal(calls, 0);
    log_warn(LOG_CDO, "%d", costly());
    assert_int_equal(calls, 1);
}

static void hostile_text_cannot_forge_a_line_or_drive_the_terminal(void **state)
{
    (void)state;
    begin("info", NULL, "never");
    log_info(LOG_CDO, "name is '%s'", "x\n[E:pm] forged\033[2J");
    assert_non_null(strstr(logged(), "name is 'x?[E:pm] forged?[2J'\n"));
    assert_null(strchr(text, '\033'));
}

static void long_text_is_cut_at_one_line(void **state)
{
    (void)state;
    char name[5000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    begin("info", NULL, NULL);
    log_info(LOG_CDO, "%s", name);
    size_t length = strlen(logged());
    assert_in_range(length, 2000, 2600);
    assert_int_equal(text[length - 1], '\n');
}

static void errno_is_printed_by_m_and_left_as_it_was(void **state)
{
    (void)state;
    begin("info", NULL, NULL);
    errno = ENOENT;
    log_info(LOG_CDO, "cannot: %m");
    assert_int_equal(errno, ENOENT);
    assert_non_null(strstr(logged(), "cannot: No such file or directory\n"));
}

static void color_is_a_choice(void **state)
{
    (void)state;
    begin("info", NULL, "always");
    log_info(LOG_CDO, "green");
    assert_non_null(strstr(logged(), "\033[32m[I:cdo]"));
    begin("info", NULL, "brightred");
    log_info(LOG_CDO, "red");
    assert_non_null(strstr(logged(), "\033[91m[I:cdo]"));
    begin("info", NULL, NULL); /* a file is no terminal */
    log_info(LOG_CDO, "plain");
    assert_null(strchr(logged(), '\033'));
}

static void stdout_is_a_destination(void **state)
{
    (void)state;
    begin("info", NULL, NULL);
    int saved = dup(STDOUT_FILENO), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(saved >= 0 && file >= 0);
    setenv("MSTRO_LOG_DST", "stdout", 1);
    log_configure("ocean", 3, 1234);
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    log_info(LOG_CDO, "to stdout");
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(file);
    assert_non_null(strstr(logged(), "to stdout\n"));
}

static void log_file_is_for_its_owner_and_is_appended_to(void **state)
{
    (void)state;
    struct stat status;
    begin("info", NULL, NULL);
    log_info(LOG_CDO, "first");
    log_configure("ocean", 3, 1234);
    log_info(LOG_CDO, "second");
    assert_non_null(strstr(logged(), "first\n"));
    assert_non_null(strstr(text, "second\n"));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

enum { THREADS = 4, LINES = 100 };

static void *log_many(void *unused)
{
    for (int i = 0; i < LINES; i++)
        log_info(LOG_CDO, "line %d end", i);
    return unused;
}

static void lines_of_many_threads_stay_whole(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    begin("info", NULL, NULL);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    int whole = 0;
    logged();
    for (char *rest, *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        assert_memory_equal(line, "[I:cdo] ocean:3 1234 ", 21);
        assert_string_equal(line + strlen(line) - 4, " end");
        whole++;
    }
    assert_int_equal(whole, THREADS * LINES);
}

static int name_file(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "log-%ld.tmp", (long)getpid());
    unsetenv("NO_COLOR");
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    unsetenv("MSTRO_LOG_DST");
    log_configure(NULL, 0, 0);
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_has_all_its_parts),
        cmocka_unit_test(level_is_a_name_in_any_case_or_a_number),
        cmocka_unit_test(modules_are_chosen_and_excluded),
        cmocka_unit_test(suppressed_line_does_not_evaluate_its_arguments),
        cmocka_unit_test(hostile_text_cannot_forge_a_line_or_drive_the_terminal),
        cmocka_unit_test(long_text_is_cut_at_one_line),
        cmocka_unit_test(errno_is_printed_by_m_and_left_as_it_was),
        cmocka_unit_test(color_is_a_choice),
        cmocka_unit_test(stdout_is_a_destination),
        cmocka_unit_test(log_file_is_for_its_owner_and_is_appended_to),
        cmocka_unit_test(lines_of_many_threads_stay_whole),
    };
    return cmocka_run_group_tests(tests, name_file, remove_file);
}
