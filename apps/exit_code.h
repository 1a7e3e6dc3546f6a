/* SPDX-License-Identifier: BSD-3-Clause */
/* exit_code.h - what every program of the project means by its exit code */
#ifndef APPS_EXIT_CODE_H
#define APPS_EXIT_CODE_H

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_NO = 1,          /* the question was answered with no; output was lost */
    EXIT_CODE_USAGE = 2,       /* the command line or a file given to us is wrong */
    EXIT_CODE_UNREACHABLE = 3, /* no pool */
    EXIT_CODE_NOT_FOUND = 4,
    EXIT_CODE_REFUSED = 5,
    EXIT_CODE_TIMED_OUT = 6,
    EXIT_CODE_CONFLICT = 7,
    EXIT_CODE_SCHEMA = 8,
    EXIT_CODE_INTERNAL = 70,

    /* As a shell has it, for programs that were to be started. */
    EXIT_CODE_NOT_EXECUTABLE = 126,
    EXIT_CODE_NO_PROGRAM = 127,
    EXIT_CODE_SIGNAL = 128 /* + the number of the signal */
};

#endif
