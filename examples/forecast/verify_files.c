/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify_files.h"

#include <err.h>
#include <glob.h>
#include <sys/stat.h>

FILE *file_of_input(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat what;
    if (!file) {
        warn("cannot open %s", path);
    } else if (fstat(fileno(file), &what) == 0 && (S_ISCHR(what.st_mode) || S_ISBLK(what.st_mode))) {
        warnx("cannot open %s: it is a device, which may have no end", path);
        fclose(file);
        file = NULL;
    }
    return file;
}

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
