/* SPDX-License-Identifier: BSD-3-Clause */
/* archiving.h - what the archive does in the pool: writes every message that is offered to a file, in order, byte for byte
 *
 * It knows no names beforehand.  A subscription tells it of every OFFER of a message and holds the forecast until it has required
 * it (REQUIRE_ACK), so that none can come and go unseen.  How many there will be stands in the forecast's index. */
#ifndef EXAMPLES_FORECAST_ARCHIVING_H
#define EXAMPLES_FORECAST_ARCHIVING_H
#include "examples/forecast/statistics.h"

/* Do it, in a pool that is joined, into FOLDER/archive.grib.  0 or an exit code, after a message on stderr. */
int archiving_run(const char *folder, struct statistics *statistics);

#endif
