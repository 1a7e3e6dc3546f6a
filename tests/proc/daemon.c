/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon itself: how it starts, what it refuses, how it ends, what it costs. */
#include "tests/lib/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/proc/stage.h"

static int open_empty(void **state)
{
    (void)state;
    stage_open(&stage);
    return 0;
}

/* Those who are started until errors_go_back say what they say on stderr in a file without a name. */
static int errors_before;
static int errors_go_to_file(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s-stderr", stage.directory);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    unlink(path);
    errors_before = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);
    return file;
}

static void errors_go_back(void)
{
    dup2(errors_before, STDERR_FILENO);
    close(errors_before);
}

static void read_errors(int file, off_t from, char *said, size_t size)
{
    ssize_t length = pread(file, said, size - 1, from);
    said[length > 0 ? length : 0] = '\0';
}

/* Run the daemon to its end, what it says on stderr in 'said'. */
static int run_to_its_end(const char *program, const char *const arguments[], char *said, size_t size)
{
    struct process p;
    int file = errors_go_to_file();
    process_start(&p, built(program), arguments, NULL);
    errors_go_back();
    int code = process_wait(&p, 20000);
    read_errors(file, 0, said, size);
    close(file);
    close(p.in);
    close(p.out);
    return code;
}

static int run_manager(const char *const arguments[], char *said, size_t size)
{
    return run_to_its_end("pool-manager/maestro-pool-manager", arguments, said, size);
}

static void in_directory(char path[256], const char *name) { snprintf(path, 256, "%s/%s", stage.directory, name); }

static void a_second_manager_of_a_workflow_ends_with_7_naming_the_first(void **state)
{
    (void)state;
    char said[4096], pid[32];
    assert_int_equal(run_manager(NULL, said, sizeof said), 7);
    snprintf(pid, sizeof pid, "process %d", (int)stage.manager.pid);
    assert_non_null(strstr(said, pid));
    assert_non_null(strstr(said, "--workflow"));
    assert_non_null(strstr(said, "--runtime-directory"));
}

static void managers_of_two_workflows_live_side_by_side(void **state)
{
    (void)state;
    struct process other;
    const char *arguments[] = { "--workflow", "other: ../../x", NULL };
    process_start(&other, built("pool-manager/maestro-pool-manager"), arguments, NULL);
    assert_memory_equal(hear(&other, 10000), "MSTRO_POOL_MANAGER_INFO;", 24);
    process_kill(&other, SIGTERM);
    assert_int_equal(process_wait(&other, 5000), 0);
    close(other.in);
    close(other.out);
}

static void the_lock_of_a_killed_manager_holds_nobody_up(void **state)
{
    (void)state;
    process_kill(&stage.manager, SIGKILL);
    assert_int_equal(process_wait(&stage.manager, 5000), 128 + SIGKILL);
    stage_manager(&stage, NULL);
}

static void each_of_three_signals_ends_it_within_5_s(void **state)
{
    (void)state;
    const int signals[] = { SIGTERM, SIGUSR2, SIGINT };
    for (size_t i = 0; i < 3; i++) {
        stage_manager(&stage, NULL);
        process_kill(&stage.manager, signals[i]);
        assert_int_equal(process_wait(&stage.manager, 5000), 0);
    }
}

/* A DEMAND that nobody answers must not hold the end up for ever. */
static void waiting_clients_do_not_hold_the_end_up(void **state)
{
    (void)state;
    struct process *a = stage_actor(&stage, "waiting");
    expect(a, "declare 0 never", "MSTRO_OK");
    tell(a, "demand 0");
    hear_nothing(a, 200);
    process_kill(&stage.manager, SIGTERM);
    assert_int_equal(process_wait(&stage.manager, 5000), 0);
    expect_within(a, "MSTRO_POOL_LOST", 2000);
}

static void wrong_settings_end_with_2_and_a_suggestion(void **state)
{
    (void)state;
    char said[4096], path[256];
    const char *misspelt[] = { "--lease=quick", NULL };
    assert_int_equal(run_manager(misspelt, said, sizeof said), 2);
    assert_non_null(strstr(said, "lease"));
    in_directory(path, "settings.yaml");
    FILE *file = fopen(path, "w");
    fputs("lease: 2s\nhartbeat: 100ms\n", file);
    fclose(file);
    const char *with_file[] = { "--config", path, NULL };
    assert_int_equal(run_manager(with_file, said, sizeof said), 2);
    assert_non_null(strstr(said, "settings.yaml:2:1"));
    assert_non_null(strstr(said, "heartbeat"));
    unlink(path);
    const char *nowhere[] = { "--listen", "no-such-interface", NULL };
    assert_int_equal(run_manager(nowhere, said, sizeof said), 2);
    assert_non_null(strstr(said, "no-such-interface"));
}

static void an_address_that_no_interface_has_ends_with_2_and_those_there_are(void **state)
{
    (void)state;
    const char *addresses[] = { "127.0.0.2", "203.0.113.77", "0.0.0.0", "2001:db8::77" };
    for (size_t i = 0; i < 4; i++) {
        char said[4096];
        const char *arguments[] = { "--listen", addresses[i], NULL };
        assert_int_equal(run_manager(arguments, said, sizeof said), 2);
        assert_non_null(strstr(said, addresses[i]));
        assert_non_null(strstr(said, "127.0.0.1 (lo)"));
    }
}

/* The option ends the daemon with 2, and with these words. */
static void refused(const char *option, const char *value, const char *said_of_it)
{
    char said[4096];
    const char *arguments[] = { option, value, "--print-settings", NULL };
    assert_int_equal(run_manager(arguments, said, sizeof said), 2);
    if (!strstr(said, said_of_it))
        fail_msg("%s '%s' gave: %s", option, value, said);
}

static void amounts_that_make_no_sense_end_with_2_and_what_may_stand_there(void **state)
{
    (void)state;
    refused("--heartbeat", "0", "1ms or more");
    refused("--lease", "0", "10ms or more, or never");
    refused("--lease", "1ms", "10ms or more, or never");
    refused("--heartbeat", "never", "longer than two heartbeats");
    refused("--memory-budget", "0%", "1% to 100% of the memory");
    refused("--memory-budget", "101%", "1% to 100% of the memory");
    refused("--memory-budget", "half", "1% to 100% of the memory");
    refused("--receive-buffers", "100000000", "from 1 to 65536");
    char said[4096];
    const char *short_lease[] = { "--lease=499ms", "--heartbeat=250ms", "--print-settings", NULL };
    assert_int_equal(run_manager(short_lease, said, sizeof said), 2);
    assert_non_null(strstr(said, "longer than two heartbeats"));
    const char *lease_alone[] = { "--lease=499ms", "--print-settings", NULL };
    assert_int_equal(run_manager(lease_alone, said, sizeof said), 0);
    const char *good[] = { "--lease=never", "--heartbeat=never", "--receive-buffers=65536", "--memory-budget=100%", "--print-settings", NULL };
    assert_int_equal(run_manager(good, said, sizeof said), 0);
}

static void a_workflow_that_nobody_could_name_ends_with_2(void **state)
{
    (void)state;
    char longer[258];
    memset(longer, 'w', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    refused("--workflow", "a;b", "the workflow name has a ';' or a control character");
    refused("--workflow", longer, "the workflow name has 257 bytes, 256 are allowed");
    refused("--workflow", "\xe9", "the workflow name is not UTF-8");
}

static void files_that_cannot_be_end_with_2_naming_option_and_path(void **state)
{
    (void)state;
    char missing[256];
    in_directory(missing, "missing/file");
    refused("--config", stage.directory, stage.directory);
    refused("--info-file", "", "info-file: '' is not the path of a file");
    refused("--info-file", missing, "info-file: nothing can be written into");
    refused("--info-file", missing, "missing/: No such file");
    refused("--key-file", missing, "key-file: nothing can be written into");
}

static void the_info_file_is_for_its_owner_alone_and_goes_at_the_end(void **state)
{
    (void)state;
    char path[256], text[5000] = "";
    struct stat is;
    in_directory(path, "info");
    const char *arguments[] = { "--info-file", path, NULL };
    stage_manager(&stage, arguments);
    assert_int_equal(stat(path, &is), 0);
    assert_int_equal(is.st_mode & 0777, 0600);
    FILE *file = fopen(path, "r");
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, stage.info);
    process_kill(&stage.manager, SIGTERM);
    assert_int_equal(process_wait(&stage.manager, 5000), 0);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void what_is_not_ours_in_place_of_the_info_file_is_left_alone(void **state)
{
    (void)state;
    char path[256], target[256], said[4096], kept[16] = "";
    in_directory(path, "info");
    in_directory(target, "precious");
    int fd = open(target, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, "precious", 8), 8);
    const char *arguments[] = { "--info-file", path, NULL };
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(run_manager(arguments, said, sizeof said), 5);
    assert_non_null(strstr(said, path));
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(run_manager(arguments, said, sizeof said), 5);
    unlink(path);
    assert_int_equal(pread(fd, kept, sizeof kept, 0), 8);
    assert_memory_equal(kept, "precious", 8);
    close(fd);
    unlink(target);
}

static void a_link_in_place_of_the_runtime_directory_is_refused(void **state)
{
    (void)state;
    char path[256], setting[300], said[4096];
    in_directory(path, "link");
    assert_int_equal(symlink("/tmp", path), 0);
    snprintf(setting, sizeof setting, "--runtime-directory=%s", path);
    const char *arguments[] = { setting, NULL };
    assert_int_equal(run_manager(arguments, said, sizeof said), 5);
    assert_non_null(strstr(said, path));
    unlink(path);
}

static void a_key_file_keeps_the_key_out_of_the_info(void **state)
{
    (void)state;
    char path[256];
    in_directory(path, "key");
    const char *arguments[] = { "--key-file", path, NULL };
    stage_manager(&stage, arguments);
    struct process *a = stage_actor(&stage, "reads the key");
    expect(a, "finalize", "MSTRO_OK");
    assert_int_equal(chmod(path, 0644), 0);
    struct process *b = stage_extra(&stage);
    expect(b, "init b 0", "MSTRO_REFUSED");
    assert_non_null(strstr(b->answer, path));
    assert_int_equal(unlink(path), 0);
    expect(b, "init b 0", "MSTRO_REFUSED");
}

static void a_taken_component_name_is_refused_naming_its_process(void **state)
{
    (void)state;
    struct process *a = stage_actor(&stage, "model"), *b = stage_extra(&stage);
    char pid[32];
    expect(b, "init model 0", "MSTRO_CONFLICT");
    snprintf(pid, sizeof pid, "%d", (int)a->pid);
    assert_non_null(strstr(b->answer, pid));
    expect(b, "init model 1", "MSTRO_OK");
}

static void infos_that_are_none_or_stale_are_named(void **state)
{
    (void)state;
    struct process *a;
    setenv("MSTRO_POOL_MANAGER_INFO", "rubbish", 1);
    a = stage_extra(&stage);
    expect(a, "init a 0", "MSTRO_INVARG");
    assert_non_null(strstr(a->answer, "rubbish"));
    setenv("MSTRO_POOL_MANAGER_INFO", stage.info, 1);
    process_kill(&stage.manager, SIGTERM);
    assert_int_equal(process_wait(&stage.manager, 5000), 0);
    a = stage_extra(&stage);
    tell(a, "init a 0");
    expect_within(a, "MSTRO_NO_PM", 2000);
    unsetenv("MSTRO_POOL_MANAGER_INFO");
}

/* ---- a system at its limits ---- */

static void a_manager_that_gets_no_thread_ends_saying_so_whichever_it_is(void **state)
{
    (void)state;
    static const char *const missing[] = { "the pool", "the pool", "strangers at the door", "the pool's door" };
    enum { THREADS = sizeof missing / sizeof missing[0] };
    const char *arguments[] = { "--shards=2", NULL };
    for (int left = 0; left < THREADS; left++) {
        char said[4096], number[16], expected[128];
        snprintf(number, sizeof number, "%d", left);
        snprintf(expected, sizeof expected, "no thread can be started for %s: ", missing[left]);
        setenv("MAESTRO_THREADS_LEFT", number, 1);
        assert_int_equal(run_to_its_end("tests/proc/manager_short_of_threads", arguments, said, sizeof said), 70);
        assert_non_null(strstr(said, expected));
        assert_non_null(strstr(said, "ulimit -u"));
    }
    setenv("MAESTRO_THREADS_LEFT", "4", 1);
    stage_manager_by(&stage, built("tests/proc/manager_short_of_threads"), arguments);
    unsetenv("MAESTRO_THREADS_LEFT");
    expect(stage_actor(&stage, "somebody"), "finalize", "MSTRO_OK");
}

/* ---- variables ---- */

enum { LINES = 4 };

/* How many frames had been received whenever the manager said so, every 250 ms, with one idle client. */
static void frames_received_by(unsigned long long frames[LINES])
{
    static char said[65536];
    const char *const key = "\"frames_received\":";
    struct stat said_before;
    unsigned lines = 0;
    setenv("MSTRO_TELEMETRY_HEARTBEAT", "250ms", 1);
    int file = errors_go_to_file();
    stage_manager(&stage, NULL);
    errors_go_back();
    unsetenv("MSTRO_TELEMETRY_HEARTBEAT");
    stage_actor(&stage, "idle");
    fstat(file, &said_before);
    for (int ms = 0; ms < 20000 && lines < LINES; ms += 10) {
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
        read_errors(file, said_before.st_size, said, sizeof said);
        lines = 0;
        for (char *line = said, *end; lines < LINES && (end = strchr(line, '\n')); line = end + 1) {
            const char *at = strstr(line, key);
            if (at && at < end)
                frames[lines++] = strtoull(at + strlen(key), NULL, 10);
        }
    }
    close(file);
    assert_int_equal(lines, LINES);
}

static void statistics_come_as_often_as_the_environment_says(void **state)
{
    unsigned long long frames[LINES];
    (void)state;
    frames_received_by(frames);
    assert_true(frames[LINES - 1] >= 1); /* the JOIN */
}

/* 37 in 750 ms; one or two by default. */
static void an_idle_process_says_so_as_often_as_the_environment_of_the_manager_says(void **state)
{
    unsigned long long frames[LINES];
    (void)state;
    setenv("MSTRO_HEARTBEAT", "20ms", 1);
    frames_received_by(frames);
    unsetenv("MSTRO_HEARTBEAT");
    assert_true(frames[LINES - 1] - frames[0] >= 8);
}

/* ---- idle ---- */

enum { IDLE_CLIENTS = 8, IDLE_SECONDS = 10 };

static long long usage_of(struct process *clients[])
{
    long long sum = 0;
    for (int i = 0; i < IDLE_CLIENTS; i++) {
        expect(clients[i], "usage", "MSTRO_OK");
        sum += atoll(clients[i]->answer + 9);
    }
    return sum;
}

static long long used_by_clients(struct process *clients[])
{
    long long before = usage_of(clients);
    nanosleep(&(struct timespec){ .tv_sec = IDLE_SECONDS }, NULL);
    long long used = usage_of(clients) - before;
    print_message("%d idle clients used %.2f ms of CPU time in %d s\n", IDLE_CLIENTS, (double)used / 1e6, IDLE_SECONDS);
    return used;
}

static long long used_by_manager(struct process *clients[])
{
    (void)clients;
    long long before = process_cpu(&stage.manager);
    nanosleep(&(struct timespec){ .tv_sec = IDLE_SECONDS }, NULL);
    long long used = process_cpu(&stage.manager) - before;
    print_message("the manager of %d idle clients used %lld ms of CPU time in %d s\n", IDLE_CLIENTS, used / 1000000, IDLE_SECONDS);
    return used;
}

/* A descriptor that stays readable would burn a core only after traffic. */
static void begin_and_exchange(struct process *clients[])
{
    char name[32];
    for (int i = 0; i < IDLE_CLIENTS; i++) {
        snprintf(name, sizeof name, "idle-%d", i);
        clients[i] = stage_actor(&stage, name);
        expect(clients[i], "declare 0 mine", "MSTRO_OK");
        expect(clients[i], "declare 1 mine", "MSTRO_OK");
        expect(clients[i], "require 1", "MSTRO_OK");
        expect(clients[i], "fill 0 100000 1", "MSTRO_OK");
        expect(clients[i], "offer 0", "MSTRO_OK");
        expect(clients[i], "demand 1", "MSTRO_OK");
        expect(clients[i], "withdraw 0", "MSTRO_OK");
        expect(clients[i], "dispose 0", "MSTRO_OK");
        expect(clients[i], "dispose 1", "MSTRO_OK");
    }
}

/* Others on the machine make the same work dearer: the median of three counts, so two of them decide. */
static void is_cheap_while_idle(long long (*used)(struct process *clients[]))
{
    struct process *clients[IDLE_CLIENTS];
    const char *sanitizer = getenv("SANITIZER_FLAGS");
    long long most = (sanitizer && *sanitizer ? 40 : 10) * IDLE_SECONDS * 1000000LL;
    begin_and_exchange(clients);
    int cheap = 0, dear = 0;
    while (cheap < 2 && dear < 2)
        *(used(clients) <= most ? &cheap : &dear) += 1;
    assert_int_equal(cheap, 2);
}

static void eight_idle_clients_cost_less_than_a_hundredth_of_a_core(void **state)
{
    (void)state;
    is_cheap_while_idle(used_by_clients);
}

static void the_manager_of_eight_idle_clients_costs_less_than_a_hundredth_of_a_core(void **state)
{
    (void)state;
    is_cheap_while_idle(used_by_manager);
}

#define on(opened, test) cmocka_unit_test_setup_teardown(test, opened, stage_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on(stage_begin, a_second_manager_of_a_workflow_ends_with_7_naming_the_first),
        on(stage_begin, managers_of_two_workflows_live_side_by_side),
        on(stage_begin, the_lock_of_a_killed_manager_holds_nobody_up),
        on(open_empty, each_of_three_signals_ends_it_within_5_s),
        on(stage_begin, waiting_clients_do_not_hold_the_end_up),
        on(open_empty, wrong_settings_end_with_2_and_a_suggestion),
        on(open_empty, amounts_that_make_no_sense_end_with_2_and_what_may_stand_there),
        on(open_empty, a_workflow_that_nobody_could_name_ends_with_2),
        on(open_empty, files_that_cannot_be_end_with_2_naming_option_and_path),
        on(open_empty, an_address_that_no_interface_has_ends_with_2_and_those_there_are),
        on(open_empty, the_info_file_is_for_its_owner_alone_and_goes_at_the_end),
        on(open_empty, what_is_not_ours_in_place_of_the_info_file_is_left_alone),
        on(open_empty, a_link_in_place_of_the_runtime_directory_is_refused),
        on(open_empty, a_key_file_keeps_the_key_out_of_the_info),
        on(stage_begin, a_taken_component_name_is_refused_naming_its_process),
        on(stage_begin, infos_that_are_none_or_stale_are_named),
        on(open_empty, a_manager_that_gets_no_thread_ends_saying_so_whichever_it_is),
        on(open_empty, statistics_come_as_often_as_the_environment_says),
        on(open_empty, an_idle_process_says_so_as_often_as_the_environment_of_the_manager_says),
        on(stage_begin, eight_idle_clients_cost_less_than_a_hundredth_of_a_core),
        on(stage_begin, the_manager_of_eight_idle_clients_costs_less_than_a_hundredth_of_a_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
