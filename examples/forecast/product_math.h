/* SPDX-License-Identifier: BSD-3-Clause */
/* product_math.h - products, point by point; a point without a value (NaN) in an input has none in the product
 *
 * 'result' may be one of the inputs. */
#ifndef EXAMPLES_FORECAST_PRODUCT_MATH_H
#define EXAMPLES_FORECAST_PRODUCT_MATH_H
#include <stddef.h>

/* sqrt(u^2 + v^2), which no rotation of the grid changes. */
void wind_speed(const double u[], const double v[], double result[], size_t count);

/* (upper - lower) * unit: unit is 1 for geopotential height in m, 1/g for geopotential in m2/s2. */
void thickness(const double upper[], const double lower[], double unit, double result[], size_t count);

/* The field less its mean, which is the plain mean over the points that have a value: it needs no areas, so that every grid has
 * it.  The mean; NaN when no point has a value. */
double anomaly(const double field[], double result[], size_t count);

/* The greater of two values; where one point has none, the other's. */
void greatest_of(const double a[], const double b[], double result[], size_t count);

/* The mean virtual temperature (K) of a layer whose thickness (m) is given, 'ratio' the pressure at its bottom by that at its top. */
void layer_temperature(const double thickness[], double ratio, double result[], size_t count);

/* Least, mean and greatest of the points that have a value, and how many have. */
struct spread {
    double least, mean, greatest;
    size_t points;
};
struct spread spread_of(const double field[], size_t count);

#define STANDARD_GRAVITY 9.80665 /* m/s2 */

#endif
