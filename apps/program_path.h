/* SPDX-License-Identifier: BSD-3-Clause */
/* program_path.h - where the programs are
 *
 * The programs of the project stand together: next to each other where they are installed, in the build tree each in the folder of
 * its source. */
#ifndef APPS_PROGRAM_PATH_H
#define APPS_PROGRAM_PATH_H
#include <limits.h>

/* Find the program 'name' of the project: next to this one, in 'folder' next to this one's folder (build tree), in the folder for
 * helper programs, along PATH.  0 or an errno value. */
int program_of_project(const char *name, const char *folder, char path[PATH_MAX]);

/* Find what 'name' would start, as execvp does, with 'search' for PATH (NULL: the default) and seen from 'directory' (NULL: here).  A
 * name with a '/' is kept as it is.  0; ENOENT; EACCES for what exists and cannot be executed; ENAMETOOLONG. */
int program_search(const char *name, const char *search, const char *directory, char path[PATH_MAX]);

#endif
