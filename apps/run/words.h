/* SPDX-License-Identifier: BSD-3-Clause */
/* words.h - a command line cut into words as a shell cuts it, without a shell */
#ifndef APPS_RUN_WORDS_H
#define APPS_RUN_WORDS_H
#include "apps/run/plan.h"

/* Blanks separate; 'single' and "double" quotes and a backslash keep.  What only a shell could do (pipes, redirection, several commands,
 * `...`) is refused, not taken literally.  NULL, or what is wrong with the text. */
const char *words_split(struct plan *p, const char *text, char ***words, uint32_t *count);

#endif
