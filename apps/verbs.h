/* SPDX-License-Identifier: BSD-3-Clause */
/* verbs.h - what `maestro VERB` does itself; every other verb is a program maestro-VERB */
#ifndef APPS_VERBS_H
#define APPS_VERBS_H

/* Each gets its own argv (argv[0] is the verb) and returns the exit code. */
int verb_run(int argc, char **argv);
int verb_schema(int argc, char **argv);
int verb_selector(int argc, char **argv);

#endif
