/* SPDX-License-Identifier: BSD-3-Clause */
/* complaint.h - errors for people, on stderr: what happened, on what; then the likely cause or the next command */
#ifndef APPS_COMPLAINT_H
#define APPS_COMPLAINT_H

/* "WHO: text" */
void complain(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "  text", below a complaint. */
void advise(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What was written to stdout has arrived: 'code'; otherwise it is said, and the answer is EXIT_CODE_NO. */
int finish_output(const char *who, int code);

#endif
