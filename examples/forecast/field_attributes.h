/* SPDX-License-Identifier: BSD-3-Clause */
/* field_attributes.h - the keys of a GRIB field as .maestro.ecmwf. attributes of an object */
#ifndef EXAMPLES_FORECAST_FIELD_ATTRIBUTES_H
#define EXAMPLES_FORECAST_FIELD_ATTRIBUTES_H
#include <eccodes.h>
#include <maestro/maestro.h>

/* Set what 'field' says of: class, type, stream, expver, domain, levtype; levelist, param, number, step (hours); date and time
 * of the run.  What it does not say is not set. */
mstro_status field_attributes_set(mstro_cdo cdo, codes_handle *field);

/* Size, element size and dimensions of 'count' doubles: rows and columns where the grid has them. */
mstro_status field_layout_set(mstro_cdo cdo, codes_handle *field, size_t count);

#endif
