/* SPDX-License-Identifier: BSD-3-Clause */
/* file_list.h - file names from a command line, where @LIST stands for the names in the file LIST, one a line */
#ifndef EXAMPLES_FORECAST_FILE_LIST_H
#define EXAMPLES_FORECAST_FILE_LIST_H
#include <stddef.h>

struct file_list {
    char **path;
    size_t count;
};

/* -1 after a message on stderr. */
int file_list_read(struct file_list *list, char *const word[], size_t words);
void file_list_free(struct file_list *list);

#endif
