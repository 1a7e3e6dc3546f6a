/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2, setns */
#endif
#include "tests/lib/check.h"

#include "tests/proc/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"

enum { PATIENCE = 20000 }; /* ms */

const char *built(const char *program)
{
    static char path[4096];
    const char *top = getenv("top_builddir");
    snprintf(path, sizeof path, "%s/%s", top ? top : ".", program);
    return path;
}

/* ---- processes ---- */

static void change_environment(char *const changes[])
{
    for (; changes && *changes; changes++) {
        if (strchr(*changes, '='))
            putenv(*changes);
        else
            unsetenv(*changes);
    }
}

static const char *place;

void process_place(const char *namespace) { place = namespace; }

bool process_enter_place(void)
{
    char path[128];
    if (!place)
        return true;
    snprintf(path, sizeof path, "/run/netns/%s", place);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    return file >= 0 && setns(file, CLONE_NEWNET) == 0;
}

static void become(const char *program, const char *const arguments[], char *const changes[], int in, int out)
{
    char *words[32] = { (char *)program };
    for (size_t i = 0; arguments && arguments[i] && i < 30; i++)
        words[i + 1] = (char *)arguments[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    change_environment(changes);
    if (process_enter_place()) {
        close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC); /* what the test itself was started with is nobody else's */
        execv(program, words);
    }
    _exit(127);
}

void process_start(struct process *p, const char *program, const char *const arguments[], char *const changes[])
{
    int to[2], from[2];
    *p = (struct process){ 0 };
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0)
        become(program, arguments, changes, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    p->in = to[1];
    p->out = from[0];
}

long long process_cpu(const struct process *p)
{
    char path[64];
    unsigned long long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)p->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system), 2);
    fclose(file);
    return (long long)(user + system) * (1000000000 / sysconf(_SC_CLK_TCK));
}

int process_wait(struct process *p, unsigned ms)
{
    uint64_t end = clock_now() + allowance(ms) * NANOSECONDS_PER_MILLISECOND;
    int status;
    for (;;) {
        pid_t ended = waitpid(p->pid, &status, WNOHANG);
        if (ended == p->pid)
            break;
        if (ended < 0 || clock_now() > end)
            return -1;
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    p->pid = 0;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void process_kill(struct process *p, int signal) { assert_int_equal(kill(p->pid, signal), 0); }

void process_stop(struct process *p)
{
    int status = 0;
    process_kill(p, SIGSTOP);
    assert_int_equal(waitpid(p->pid, &status, WUNTRACED), p->pid);
    assert_true(WIFSTOPPED(status));
}

static void process_end(struct process *p)
{
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    if (p->in > 0)
        close(p->in);
    if (p->out > 0)
        close(p->out);
    *p = (struct process){ 0 };
}

/* ---- lines ---- */

void tell(struct process *p, const char *format, ...)
{
    va_list arguments;
    char line[ANSWER_MAX];
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    line[length++] = '\n';
    assert_int_equal(write(p->in, line, (size_t)length), length);
}

/* True when a whole line is in 'answer'. */
static bool take_line(struct process *p)
{
    char *end = memchr(p->rest, '\n', p->left);
    if (!end)
        return false;
    size_t length = (size_t)(end - p->rest);
    memcpy(p->answer, p->rest, length);
    p->answer[length] = '\0';
    p->left -= length + 1;
    memmove(p->rest, end + 1, p->left);
    return true;
}

bool hears(struct process *p, unsigned ms)
{
    uint64_t end = clock_now() + ms * NANOSECONDS_PER_MILLISECOND;
    while (!take_line(p)) {
        uint64_t now = clock_now();
        struct pollfd ready = { .fd = p->out, .events = POLLIN };
        if (poll(&ready, 1, now >= end ? 0 : (int)((end - now) / NANOSECONDS_PER_MILLISECOND) + 1) <= 0)
            return false;
        ssize_t got = read(p->out, p->rest + p->left, sizeof p->rest - p->left);
        if (got <= 0)
            return false;
        p->left += (size_t)got;
    }
    return true;
}

unsigned allowance(unsigned ms)
{
    const char *slowness = getenv("MAESTRO_TEST_SLOWNESS");
    return slowness && atoi(slowness) > 1 ? ms * (unsigned)atoi(slowness) : ms;
}

const char *hear(struct process *p, unsigned ms)
{
    if (!hears(p, allowance(ms)))
        fail_msg("no answer of process %d within %u ms", (int)p->pid, allowance(ms));
    return p->answer;
}

void hear_nothing(struct process *p, unsigned ms)
{
    if (hears(p, ms))
        fail_msg("expected nothing, heard: %s", p->answer);
}

unsigned expect_within(struct process *p, const char *beginning, unsigned ms)
{
    uint64_t begin = clock_now();
    hear(p, ms);
    if (strncmp(p->answer, beginning, strlen(beginning)) != 0)
        fail_msg("expected: %s, heard: %s", beginning, p->answer);
    return (unsigned)((clock_now() - begin) / NANOSECONDS_PER_MILLISECOND);
}

void expect(struct process *p, const char *line, const char *beginning)
{
    tell(p, "%s", line);
    if (strncmp(hear(p, PATIENCE), beginning, strlen(beginning)) != 0)
        fail_msg("%s: expected: %s, heard: %s", line, beginning, p->answer);
}

/* ---- the stage ---- */

void stage_open(struct stage *s)
{
    *s = (struct stage){ 0 };
    signal(SIGPIPE, SIG_IGN);
    snprintf(s->directory, sizeof s->directory, "/tmp/maestro-test-XXXXXX");
    assert_non_null(mkdtemp(s->directory));
    snprintf(s->workflow, sizeof s->workflow, "test-%ld", (long)getpid());
    setenv("MSTRO_RUNTIME_DIR", s->directory, 1);
    setenv("MSTRO_WORKFLOW_NAME", s->workflow, 1);
    unsetenv("MSTRO_POOL_MANAGER_INFO");
}

/* What the library and the manager left there fails the test. */
static void remove_directory(const char *path)
{
    char left[512] = "";
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            snprintf(left + strlen(left), sizeof left - strlen(left), " %.100s", entry->d_name);
            unlinkat(dirfd(directory), entry->d_name, 0);
        }
    closedir(directory);
    rmdir(path);
    if (*left)
        fail_msg("left behind in the runtime directory:%s", left);
}

void stage_close(struct stage *s)
{
    for (unsigned i = 0; i < s->count; i++)
        process_end(&s->actors[i]);
    int code = 0;
    if (s->manager.pid > 0) {
        kill(s->manager.pid, SIGCONT);
        kill(s->manager.pid, SIGTERM);
        code = process_wait(&s->manager, 10000);
    }
    process_end(&s->manager);
    remove_directory(s->directory);
    assert_int_equal(code, 0);
}

void stage_manager(struct stage *s, const char *const arguments[])
{
    stage_manager_by(s, built("pool-manager/maestro-pool-manager"), arguments);
}

void stage_manager_by(struct stage *s, const char *program, const char *const arguments[])
{
    static const char head[] = "MSTRO_POOL_MANAGER_INFO;";
    process_start(&s->manager, program, arguments, NULL);
    const char *line = hear(&s->manager, PATIENCE);
    size_t length = strlen(line);
    assert_memory_equal(line, head, sizeof head - 1);
    assert_int_equal(line[length - 1], ';');
    snprintf(s->info, sizeof s->info, "%.*s", (int)(length - sizeof head), line + sizeof head - 1);
    assert_null(strchr(s->info, ';'));
    setenv("MSTRO_POOL_MANAGER_INFO", s->info, 1);
}

static struct process *stage_program(struct stage *s, const char *program)
{
    assert_true(s->count < ACTORS);
    struct process *p = &s->actors[s->count++];
    process_start(p, built(program), NULL, NULL);
    return p;
}

struct process *stage_extra(struct stage *s) { return stage_program(s, "tests/proc/actor"); }

static struct process *join(struct process *p, const char *component, const char *index)
{
    char line[300];
    snprintf(line, sizeof line, "init %s%s", component, index);
    expect(p, line, "MSTRO_OK");
    return p;
}

struct process *stage_actor(struct stage *s, const char *component) { return join(stage_extra(s), component, " 0"); }

struct process *stage_watcher(struct stage *s, const char *component)
{
    return join(stage_program(s, "tests/proc/watcher"), component, "");
}

/* ---- the stage of a test program ---- */

struct stage stage;

int stage_begin(void **state)
{
    (void)state;
    stage_open(&stage);
    stage_manager(&stage, NULL);
    return 0;
}

int stage_end(void **state)
{
    (void)state;
    stage_close(&stage);
    return 0;
}
