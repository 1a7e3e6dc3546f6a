/* SPDX-License-Identifier: BSD-3-Clause */
/* stage.h - a pool manager and actors (actor.h), each a process of its own, for tests to direct
 *
 *     stage_open(&s); stage_manager(&s, NULL);
 *     struct actor *a = stage_actor(&s, "producer");
 *     expect(a, "offer 0", "MSTRO_OK");
 *     tell(b, "demand 0"); ... hear(b, 1000)
 *
 * Everything ends with stage_close; what fails fails the running cmocka test. */
#ifndef TESTS_PROC_STAGE_H
#define TESTS_PROC_STAGE_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { ACTORS = 16, ANSWER_MAX = 8192 };

struct process { pid_t pid; int in, out; char answer[ANSWER_MAX]; size_t left; char rest[ANSWER_MAX]; };

struct stage {
    char directory[64]; /* of its own, also MSTRO_RUNTIME_DIR */
    char workflow[64];
    char info[4096]; /* what the manager printed */
    struct process manager, actors[ACTORS];
    unsigned count;
};

void stage_open(struct stage *s);
void stage_close(struct stage *s);

/* The stage of a test program, for cmocka: with a manager, and its end. */
extern struct stage stage;
int stage_begin(void **state);
int stage_end(void **state);

/* Start the manager with these arguments (NULL ends; NULL: none), wait for its line. */
void stage_manager(struct stage *s, const char *const arguments[]);

/* The same by a program that becomes the manager: prlimit, say. */
void stage_manager_by(struct stage *s, const char *program, const char *const arguments[]);

/* An actor that has joined as 'component' 0. */
struct process *stage_actor(struct stage *s, const char *component);

/* A watcher (watcher.c) that has joined as 'component' 0. */
struct process *stage_watcher(struct stage *s, const char *component);

/* An actor that has not joined. */
struct process *stage_extra(struct stage *s);

/* A program with its stdin and stdout in our hands, and its environment changed: "NAME=VALUE", or "NAME" to remove it. */
void process_start(struct process *p, const char *program, const char *const arguments[], char *const changes[]);

/* The network namespace of the processes that are started from now on; NULL: that of the test. */
void process_place(const char *namespace);

/* Put the calling process there. */
bool process_enter_place(void);

/* Its exit code, or 128 + signal; -1: it still runs after 'ms'. */
int process_wait(struct process *p, unsigned ms);

/* CPU time that it has used so far, in ns; as fine as the kernel's clock tick. */
long long process_cpu(const struct process *p);

void process_kill(struct process *p, int signal);

/* SIGSTOP; when this returns it stands still. */
void process_stop(struct process *p);

/* Say a line. */
void tell(struct process *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Does it say a line within 'ms'?  p->answer has it. */
bool hears(struct process *p, unsigned ms);

/* What 'ms' are in a build in which everything takes longer, with a sanitizer. */
unsigned allowance(unsigned ms);

/* The next line it says, without newline; fails the test when there is none after 'ms' (times MAESTRO_TEST_SLOWNESS). */
const char *hear(struct process *p, unsigned ms);

/* Nothing comes for 'ms'. */
void hear_nothing(struct process *p, unsigned ms);

/* Say 'line' and hear, within 20 s, what begins with 'beginning'. */
void expect(struct process *p, const char *line, const char *beginning);

/* Hear what begins with 'beginning', within 'ms'; how long it took, in ms. */
unsigned expect_within(struct process *p, const char *beginning, unsigned ms);

/* The path of a program of the build. */
const char *built(const char *program);

#endif
