/* SPDX-License-Identifier: BSD-3-Clause */
/* scratch.h - the run's own directory: made for it, 0700, gone after it */
#ifndef APPS_RUN_SCRATCH_H
#define APPS_RUN_SCRATCH_H
#include <limits.h>
#include <stdbool.h>

/* Make one in the first of $MSTRO_RUNTIME_DIR, $XDG_RUNTIME_DIR, $TMPDIR, /tmp that is there; those set by the user and not
 * absolute are left out.  0 or an errno value; 'path' names the directory, or the last place that was tried. */
int scratch_make(char path[PATH_MAX]);

/* Remove it with everything in it; follows no symbolic link.  False when something is left. */
bool scratch_remove(const char *path);

#endif
