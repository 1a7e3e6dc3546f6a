/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "lib/fabric/dispositions.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

void dispositions_keep(struct dispositions *kept)
{
    for (int number = 1; number < DISPOSITIONS_SIGNALS; number++)
        if (sigaction(number, NULL, &kept->of[number]) != 0)
            kept->of[number] = (struct sigaction){ .sa_handler = SIG_ERR }; /* the C library keeps a few for itself */
}

void dispositions_restore(const struct dispositions *kept)
{
    for (int number = 1; number < DISPOSITIONS_SIGNALS; number++) {
        struct sigaction present;
        const struct sigaction *before = &kept->of[number];
        if (before->sa_handler == SIG_ERR || sigaction(number, NULL, &present) != 0)
            continue;
        if (present.sa_handler != before->sa_handler || present.sa_flags != before->sa_flags)
            sigaction(number, before, NULL);
    }
}

static bool is_foreign(const struct sigaction *action)
{
    Dl_info where;
    if (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN)
        return false;
    if (!dladdr((void *)action->sa_sigaction, &where) || !where.dli_fname)
        return false;
    return strstr(where.dli_fname, "libpsm") || strstr(where.dli_fname, "libinfinipath");
}

void dispositions_give_back(void)
{
    for (int number = 1; number < DISPOSITIONS_SIGNALS; number++) {
        struct sigaction present;
        if (sigaction(number, NULL, &present) == 0 && is_foreign(&present))
            sigaction(number, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
    }
}

/* Runs after the constructors of the libraries that we are linked to and before those of the application. */
__attribute__((constructor)) static void give_back_at_load(void)
{
    dispositions_give_back();
}
