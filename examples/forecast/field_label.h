/* SPDX-License-Identifier: BSD-3-Clause */
/* field_label.h - what a GRIB field is, in words that are safe in a name
 *
 * Each writes at most 'size' bytes; none fails: what a field does not say is left out. */
#ifndef EXAMPLES_FORECAST_FIELD_LABEL_H
#define EXAMPLES_FORECAST_FIELD_LABEL_H
#include <eccodes.h>

/* "u", "gh"; discipline.category.number ("0.3.196") for a parameter ecCodes has no name for. */
void field_label_param(codes_handle *field, char *text, size_t size);

/* "isobaricInhPa=250", "depthBelowLandLayer=0.1..0.4", "surface", "surface108=3000..0" for a kind without a name.  Both surfaces
 * count: ecCodes' own level is an integer and knows only one. */
void field_label_level(codes_handle *field, char *text, size_t size);

/* "2011-01-10T12+120h", "...+114-120h", and "/member7" in an ensemble. */
void field_label_time(codes_handle *field, char *text, size_t size);

/* Equal for fields on equal points. */
void field_label_grid(codes_handle *field, char *text, size_t size);

#endif
