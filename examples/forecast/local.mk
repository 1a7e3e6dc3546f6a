# SPDX-License-Identifier: BSD-3-Clause
# The forecast demo: stages that know nothing but the public interface, ecCodes and, for the map, cairo.
if HAVE_ECCODES
forecast_cflags = -D_GNU_SOURCE $(MAESTRO_CFLAGS) $(ECCODES_CFLAGS) $(CAIRO_CFLAGS)

noinst_LTLIBRARIES += %D%/libforecast.la
%C%_libforecast_la_CFLAGS = $(forecast_cflags)
%C%_libforecast_la_LIBADD = $(ECCODES_LIBS) $(CAIRO_LIBS) -lm
%C%_libforecast_la_SOURCES = \
	%D%/field_index.c %D%/field_index.h %D%/field_label.c %D%/field_label.h \
	%D%/field_values.c %D%/field_values.h %D%/grib_fields.c %D%/grib_fields.h %D%/grib_input.c %D%/grib_input.h \
	%D%/grid_sampler.c %D%/grid_sampler.h %D%/plan.c %D%/plan.h \
	%D%/product_grib.c %D%/product_grib.h %D%/product_make.c %D%/product_make.h \
	%D%/product_math.c %D%/product_math.h %D%/product_table.c %D%/product_table.h \
	%D%/wind_map.h
if HAVE_CAIRO
%C%_libforecast_la_SOURCES += %D%/wind_map.c
EXTRA_DIST += %D%/wind_map_none.c
else
%C%_libforecast_la_SOURCES += %D%/wind_map_none.c
EXTRA_DIST += %D%/wind_map.c
endif

noinst_PROGRAMS += %D%/verify
%C%_verify_CFLAGS = $(forecast_cflags)
%C%_verify_LDADD = $(ECCODES_LIBS) -lm
%C%_verify_SOURCES = %D%/verify.c %D%/verify.h %D%/verify_archive.c %D%/verify_products.c
endif
