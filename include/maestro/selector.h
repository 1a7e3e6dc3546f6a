/* SPDX-License-Identifier: BSD-3-Clause */
/* selector.h - a compiled question about attributes: (has KEY), (KEY = value), != < <= > >=, (and ...), (or ...), (not ...) */
#ifndef MAESTRO_SELECTOR_H
#define MAESTRO_SELECTOR_H
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Compile 'query' (NULL matches everything) against 'schema' (NULL: the schemas of this process); 'nspace' (may be NULL) is put
 * before keys that do not begin with a dot.  MSTRO_SELECTOR with column, token and what was expected in mstro_error_detail. */
mstro_status mstro_cdo_selector_create(mstro_schema schema, const char *nspace, const char *query, mstro_cdo_selector *result);

/* Free it.  NULL is allowed; subscriptions made with it are not affected. */
mstro_status mstro_cdo_selector_dispose(mstro_cdo_selector s);

#ifdef __cplusplus
}
#endif
#endif
