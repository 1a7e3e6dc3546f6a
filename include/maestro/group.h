/* SPDX-License-Identifier: BSD-3-Clause */
/* group.h - objects that are offered and required as one
 *
 * Not available in this version: every function returns MSTRO_UNIMPL. */
#ifndef MAESTRO_GROUP_H
#define MAESTRO_GROUP_H
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

mstro_status mstro_group_declare(const char *name, mstro_group *result);
mstro_status mstro_group_add(mstro_group g, mstro_cdo cdo);
mstro_status mstro_group_add_by_name(mstro_group g, const char *cdo_name);
mstro_status mstro_group_add_by_selector(mstro_group g, mstro_cdo_selector s);
mstro_status mstro_group_seal(mstro_group g);
mstro_status mstro_group_offer(mstro_group g);
mstro_status mstro_group_require(mstro_group g);
mstro_status mstro_group_demand(mstro_group g);
mstro_status mstro_group_retract(mstro_group g);
mstro_status mstro_group_withdraw(mstro_group g);
mstro_status mstro_group_size_get(mstro_group g, size_t *count);
mstro_status mstro_group_next(mstro_group g, mstro_cdo *member); /* MSTRO_NOENT after the last */
mstro_status mstro_group_dispose(mstro_group g);

#ifdef __cplusplus
}
#endif
#endif
