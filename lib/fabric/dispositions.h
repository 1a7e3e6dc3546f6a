/* SPDX-License-Identifier: BSD-3-Clause */
/* dispositions.h - what signals do belongs to the application
 *
 * Libraries below libfabric (libpsm2, libpsm_infinipath) take SIGINT, SIGTERM, SIGSEGV and more when they are loaded, and write
 * files into the working directory from their handlers.  A constructor of ours gives back what they took at load; whoever calls
 * into libfabric for the first time keeps and restores all dispositions around it. */
#ifndef LIB_FABRIC_DISPOSITIONS_H
#define LIB_FABRIC_DISPOSITIONS_H
#include <signal.h>

#define DISPOSITIONS_SIGNALS 65

struct dispositions { struct sigaction of[DISPOSITIONS_SIGNALS]; };

void dispositions_keep(struct dispositions *kept);

/* Put back those that differ from 'kept'. */
void dispositions_restore(const struct dispositions *kept);

/* Set to SIG_DFL what leads into one of those libraries. */
void dispositions_give_back(void);

#endif
