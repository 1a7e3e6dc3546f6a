/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/product_math.h"

#include <math.h>

void wind_speed(const double u[], const double v[], double result[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        result[i] = sqrt(u[i] * u[i] + v[i] * v[i]);
}

void thickness(const double upper[], const double lower[], double unit, double result[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        result[i] = (upper[i] - lower[i]) * unit;
}

void greatest_of(const double a[], const double b[], double result[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        result[i] = fmax(a[i], b[i]); /* which ignores a NaN */
}

void layer_temperature(const double thickness[], double ratio, double result[], size_t count)
{
    static const double gas_constant = 287.05; /* of dry air, J/(kg K) */
    for (size_t i = 0; i < count; i++)
        result[i] = STANDARD_GRAVITY * thickness[i] / (gas_constant * log(ratio));
}

double anomaly(const double field[], double result[], size_t count)
{
    double mean = spread_of(field, count).mean;
    for (size_t i = 0; i < count; i++)
        result[i] = field[i] - mean;
    return mean;
}

struct spread spread_of(const double field[], size_t count)
{
    struct spread spread = {.least = NAN, .mean = NAN, .greatest = NAN};
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(field[i]))
            continue;
        spread.least = fmin(spread.least, field[i]); /* fmin ignores a NaN */
        spread.greatest = fmax(spread.greatest, field[i]);
        sum += field[i];
        spread.points++;
    }
    if (spread.points)
        spread.mean = sum / (double)spread.points;
    return spread;
}
