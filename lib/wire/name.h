/* SPDX-License-Identifier: BSD-3-Clause */
/* name.h - what may be the name of an object, of a component or of a workflow */
#ifndef LIB_WIRE_NAME_H
#define LIB_WIRE_NAME_H
#include "maestro/status.h"

/* MSTRO_INVARG with what is wrong: neither NULL nor empty, at most MAX_NAME bytes, UTF-8.  'operation' begins the detail. */
mstro_status name_check_object(const char *operation, const char *name);

/* MSTRO_INVARG with what is wrong: not empty, at most MAX_COMPONENT bytes, UTF-8 without control characters and ';' (which ends a name where
 * a pool manager announces itself).  'what': "component" or "workflow". */
mstro_status name_check_member(const char *what, const char *name);

#endif
