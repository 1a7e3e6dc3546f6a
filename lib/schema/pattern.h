/* SPDX-License-Identifier: BSD-3-Clause */
/* pattern.h - regular expressions and globs that cannot run away
 *
 * A regular expression is PCRE2's, at most PATTERN_MAX bytes, PATTERN_COMPILED_MAX when compiled, without groups that capture (named ones;
 * others only hold together), and so without back references; without (*...) and \X, too.  Matching gives up when it has used the steps it
 * was given.  PCRE2's own limit does not do: it begins anew at each place of the text where a match could begin, and does not see how far a
 * repeated item runs. */
#ifndef LIB_SCHEMA_PATTERN_H
#define LIB_SCHEMA_PATTERN_H
#include "lib/base/view.h"
#include "maestro/status.h"

struct pattern;

enum { PATTERN_MAX = 256, PATTERN_COMPILED_MAX = 8 * 1024, PATTERN_TEXT_MAX = 1536 };
enum pattern_flag { PATTERN_CASELESS = 1, PATTERN_WHOLE = 2 /* the whole text must match, not a part of it */ };
enum pattern_answer { PATTERN_NO, PATTERN_YES, PATTERN_TOO_EXPENSIVE };

/* On MSTRO_INVARG 'problem' (at least 1 byte) says what is wrong with the pattern and *offset where. */
mstro_status pattern_compile(struct text written, unsigned flags, struct pattern **out, char *problem, size_t room, size_t *offset);
size_t pattern_memory(const struct pattern *p); /* bytes that it takes */
void pattern_destroy(struct pattern *p); /* NULL is allowed */

/* Takes what it uses off *steps: one (about 40 ns) for each item of the pattern that is tried, and for every 16 characters that an item runs
 * over, or may have looked at before it failed (a {COUNT}, or how far it looks back); classes that hold properties or many characters beyond
 * ASCII cost a multiple.  An item may run over the whole text before that is counted: so what that takes is taken at once, and a text of more
 * than PATTERN_TEXT_MAX bytes is too expensive.  A text that is not UTF-8 does not match. */
enum pattern_answer pattern_matches(const struct pattern *p, struct text t, uint32_t *steps);

/* '*' any run, '?' any one byte, '[a-z]' '[!a-z]' one of a set, '\' the next as it is; the whole text must match; a '[' without ']'
 * stands for itself.  Takes what it uses off *steps: one (about 4 ns) for each byte that is tried, for every 2 bytes of a set that is looked
 * through, and for every 64 bytes of the text that are passed over to the next that can match. */
enum pattern_answer glob_matches(struct text glob, struct text t, uint32_t *steps);

#endif
