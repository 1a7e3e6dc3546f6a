/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/file_list.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(struct file_list *list, const char *path)
{
    char **grown = realloc(list->path, (list->count + 1) * sizeof *grown);
    if (grown)
        list->path = grown;
    char *copy = grown ? strdup(path) : NULL;
    if (!copy) {
        warnx("out of memory");
        return -1;
    }
    list->path[list->count++] = copy;
    return 0;
}

static int add_from(struct file_list *list, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0, before = list->count;
    int result = 0;
    if (!file) {
        warn("cannot open the list %s", path);
        return -1;
    }
    while (result == 0 && getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            result = add(list, line);
    }
    free(line);
    fclose(file);
    if (result == 0 && list->count == before) {
        warnx("the list %s names no file", path);
        result = -1;
    }
    return result;
}

int file_list_read(struct file_list *list, char *const word[], size_t words)
{
    int result = 0;
    *list = (struct file_list){0};
    for (size_t i = 0; i < words && result == 0; i++)
        result = word[i][0] == '@' ? add_from(list, word[i] + 1) : add(list, word[i]);
    return result;
}

void file_list_free(struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->path[i]);
    free(list->path);
    *list = (struct file_list){0};
}
