/* SPDX-License-Identifier: BSD-3-Clause */
/* selector.h - a selector as the user holds it: struct selector under its public name */
#ifndef LIB_API_SELECTOR_H
#define LIB_API_SELECTOR_H
#include "lib/query/selector.h"
#include "maestro/selector.h"

static inline const struct selector *selector_of_handle(mstro_cdo_selector handle) { return (const struct selector *)handle; }

#endif
