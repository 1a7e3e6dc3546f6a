/* SPDX-License-Identifier: BSD-3-Clause */
/* stage.h - what every stage of the workflow does: join, say that it is ready, say what went wrong, leave
 *
 * A stage that fails returns the exit code of stage_fail from main. */
#ifndef EXAMPLES_FORECAST_STAGE_H
#define EXAMPLES_FORECAST_STAGE_H
#include "examples/forecast/statistics.h"

#include <maestro/maestro.h>

enum { EXIT_USAGE = 2 };

/* Say on stderr what was attempted and what became of it; the exit code for 'status': 1 a peer was lost, 3 the pool cannot be
 * reached or is gone, 4 not found, 5 refused, 6 timed out, 7 conflict, 8 schema or selector, 70 anything else. */
int stage_fail(const char *attempt, mstro_status status);

/* Make the folder if it is not there.  0 or an exit code. */
int stage_folder(const char *path);

/* A stage that has only the options --output=FOLDER and --help. */
struct stage_program {
    const char *component, *usage;
    int operands, operands_max;
    int (*run)(const char *folder, char *operand[], struct statistics *statistics); /* in the pool; an exit code */
};

/* The main of it: make the folder, join, run, leave and write down what was counted.  The exit code. */
int stage_main(int argc, char *argv[], const struct stage_program *program);

/* Which instance this is, and of how many: what the environment says (MSTRO_COMPONENT_INDEX, MSTRO_COMPONENT_INSTANCES, set by
 * maestro run), else 0 of 1. */
unsigned stage_index(void);
unsigned stage_instances(void);

/* Join the pool that the environment names as 'component', this instance.  0 or an exit code. */
int stage_join(const char *component);

/* Leave it.  'code', or an exit code of its own when 'code' is 0 and leaving failed. */
int stage_leave(int code);

/* Wait for the object 'name' and fetch it; the bytes are the caller's, to free().  0 or an exit code. */
int stage_fetch(const char *name, void **bytes, int64_t *size);

/* Offer a 0-byte object that says: instance 'index' of 'component' is ready.  0 or an exit code. */
int stage_announce(const char *component, unsigned index, mstro_cdo *signal);

/* Take the signal back.  0 or an exit code. */
int stage_unannounce(mstro_cdo signal);

/* Require the signal that instance 'index' of 'component' is ready: from here on it is not missed, however short it stands.  0 or an
 * exit code. */
int stage_expect(const char *component, unsigned index, mstro_cdo *signal);

/* Wait for a signal that was required, at most 'seconds', and give the handle back.  0 or an exit code. */
int stage_await(mstro_cdo signal, unsigned seconds);

/* Has somebody left or been lost without whom the rest will not come?  True for an event of a component called 'component',
 * after saying so on stderr. */
bool stage_lost(mstro_pool_event event, const char *component);

#endif
