/* SPDX-License-Identifier: BSD-3-Clause */
/* traces - the engine's decisions, as conversations
 *
 * A trace is a text: lines "at MILLISECONDS WHO VERB ..." are what comes in, the indented lines "-> WHO: ..." below are what the
 * engine said to that.  Each file of tests/trace is one case; its first line is the rule it shows.  The trace is played again, and
 * must come out as it stands.
 *     traces [--write] [FILE...]     --write: put what comes out into the files */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trace/play.h"

static char *read_text(const char *path)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = fopen(path, "r"), *copy = open_memstream(&text, &length);
    if (!file) {
        fclose(copy);
        free(text);
        return NULL;
    }
    for (int c; (c = getc(file)) != EOF;)
        putc(c, copy);
    fclose(file);
    fclose(copy);
    return text;
}

static void show_difference(const char *stands, const char *came)
{
    int line = 1;
    while (*stands && *stands == *came) {
        const char *end = line_end(stands), *other = line_end(came);
        if (end - stands != other - came || strncmp(stands, came, (size_t)(end - stands)) != 0)
            break;
        stands = *end ? end + 1 : end;
        came = *other ? other + 1 : other;
        line++;
    }
    printf("# line %d stands: %.*s\n# line %d came:   %.*s\n", line, (int)(line_end(stands) - stands), stands, line,
           (int)(line_end(came) - came), came);
}

static bool run(const char *path, int number_of_case, bool write)
{
    bool problem = false;
    char *stands = read_text(path);
    if (!stands) {
        printf("not ok %d - %s cannot be read\n", number_of_case, path);
        return false;
    }
    char *came = play_text(stands, &problem);
    if (write) {
        FILE *file = fopen(path, "w");
        if (file) {
            fputs(came, file);
            fclose(file);
        }
    }
    bool good = !problem && strcmp(stands, came) == 0 && !strstr(came, "    !! ");
    const char *sentence = strncmp(stands, "# ", 2) == 0 ? stands + 2 : stands;
    printf("%sok %d - %.*s\n", good ? "" : "not ", number_of_case, (int)(line_end(sentence) - sentence), sentence);
    if (!good) {
        printf("# %s\n", path);
        show_difference(stands, came);
    }
    free(came);
    free(stands);
    return good;
}

static int is_trace(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 6 && strcmp(entry->d_name + length - 6, ".trace") == 0;
}

static int run_folder(const char *folder, bool write)
{
    struct dirent **entry;
    int count = scandir(folder, &entry, is_trace, alphasort), failed = 0;
    if (count <= 0) {
        printf("Bail out! no traces in %s\n", folder);
        return 1;
    }
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        char path[4096 + 512];
        snprintf(path, sizeof path, "%.2000s/%s", folder, entry[i]->d_name);
        failed += !run(path, i + 1, write);
        free(entry[i]);
    }
    free(entry);
    return failed > 0;
}

int main(int argc, char **argv)
{
    bool write = argc > 1 && strcmp(argv[1], "--write") == 0;
    char folder[2048];
    int first = write ? 2 : 1, failed = 0;
    if (first == argc) {
        const char *source = getenv("srcdir");
        snprintf(folder, sizeof folder, "%s/tests/trace", source ? source : ".");
        return run_folder(folder, write);
    }
    printf("1..%d\n", argc - first);
    for (int i = first; i < argc; i++)
        failed += !run(argv[i], i - first + 1, write);
    return failed > 0;
}
