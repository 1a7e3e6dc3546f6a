/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify_files.h"

#include <glob.h>
#include <stdio.h>

int files_each(const char *folder, const char *name, const char *what, int (*read)(void *context, const char *path), void *context)
{
    char pattern[4096];
    glob_t found;
    int result = 0;
    snprintf(pattern, sizeof pattern, "%s/%s", folder, name);
    if (glob(pattern, 0, NULL, &found)) {
        printf("%s: there is no %s\n", what, pattern);
        return 1;
    }
    for (size_t i = 0; i < found.gl_pathc && result == 0; i++)
        result = read(context, found.gl_pathv[i]);
    globfree(&found);
    return result;
}
