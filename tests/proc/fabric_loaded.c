/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that is linked to the library and does nothing with it: it writes the signals that have a handler when main begins, a
 * number a line, and then ends by SIGTERM, as a user would end it. */
#include <signal.h>
#include <stdio.h>

#include "maestro/core.h"

int main(void)
{
    if (!mstro_version())
        return 1;
    for (int number = 1; number < 65; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
            printf("%d\n", number);
    }
    fflush(stdout);
    raise(SIGTERM);
    return 0;
}
