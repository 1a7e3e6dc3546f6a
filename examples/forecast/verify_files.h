/* SPDX-License-Identifier: BSD-3-Clause */
/* verify_files.h - the files of one kind that the instances of a stage have written */
#ifndef EXAMPLES_FORECAST_VERIFY_FILES_H
#define EXAMPLES_FORECAST_VERIFY_FILES_H
#include <stdio.h>

/* A file of the input, for reading; NULL, after a sentence on stderr, when it cannot be opened or may have no end. */
FILE *file_of_input(const char *path);

/* Call 'read' with each file FOLDER/NAME, where 'name' is a pattern, until an answer is not 0.  That answer; 1, after a sentence on
 * stdout that begins with 'what', when there is no such file. */
int files_each(const char *folder, const char *name, const char *what, int (*read)(void *context, const char *path), void *context);

#endif
