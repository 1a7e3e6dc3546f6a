/* SPDX-License-Identifier: BSD-3-Clause */
/* maestro.h - the whole public interface; link with -lmaestro
 *
 * Legal C11 and C++17.  The sub-headers may be included one by one. */
#ifndef MAESTRO_MAESTRO_H
#define MAESTRO_MAESTRO_H
#include "status.h"
#include "types.h"
#include "core.h"
#include "cdo.h"
#include "request.h"
#include "attributes.h"
#include "selector.h"
#include "subscription.h"
#include "schema.h"
#include "group.h"
#include "pool_manager.h"
#endif
