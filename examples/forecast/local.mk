# SPDX-License-Identifier: BSD-3-Clause
# The forecast demo: stages that know nothing but the public interface, ecCodes and, for the map, cairo.
EXTRA_DIST += %D%/README.md %D%/forecast.yaml %D%/run

if HAVE_ECCODES
forecast_cflags = -D_GNU_SOURCE $(MAESTRO_CFLAGS) $(ECCODES_CFLAGS) $(CAIRO_CFLAGS)

noinst_LTLIBRARIES += %D%/libforecast.la
%C%_libforecast_la_CFLAGS = $(forecast_cflags)
%C%_libforecast_la_LIBADD = $(ECCODES_LIBS) $(CAIRO_LIBS) -lm
%C%_libforecast_la_SOURCES = \
	%D%/field_index.c %D%/field_index.h %D%/field_label.c %D%/field_label.h \
	%D%/field_values.c %D%/field_values.h %D%/grib_fields.c %D%/grib_fields.h %D%/grib_input.c %D%/grib_input.h \
	%D%/grid_sampler.c %D%/grid_sampler.h %D%/level_line.c %D%/level_line.h %D%/level_set.c %D%/level_set.h %D%/map_format.h %D%/plan.c %D%/plan.h \
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

# What the stages do in the pool, for the programs and for one process that does it all.
noinst_LTLIBRARIES += %D%/libstages.la
%C%_libstages_la_CFLAGS = $(forecast_cflags)
%C%_libstages_la_LIBADD = %D%/libforecast.la
%C%_libstages_la_SOURCES = \
	%D%/archiving.c %D%/archiving.h %D%/coordination.c %D%/coordination.h %D%/field_attributes.c %D%/field_attributes.h \
	%D%/file_list.c %D%/file_list.h %D%/gathering.c %D%/gathering.h %D%/level_job.c %D%/level_job.h %D%/lending.c %D%/lending.h %D%/lot.c %D%/lot.h \
	%D%/offering.c %D%/offering.h \
	%D%/production.c %D%/production.h %D%/share.c %D%/share.h %D%/stage.c %D%/stage.h \
	%D%/statistics.c %D%/statistics.h

# The second opinion, which shares nothing with them but the format of the map.
noinst_LTLIBRARIES += %D%/libverify.la
%C%_libverify_la_CFLAGS = $(forecast_cflags)
%C%_libverify_la_LIBADD = $(ECCODES_LIBS) $(CAIRO_LIBS) -lm
%C%_libverify_la_SOURCES = \
	%D%/map_format.h %D%/verify.h %D%/verify_archive.c %D%/verify_expected.c %D%/verify_expected.h \
	%D%/verify_files.c %D%/verify_files.h %D%/verify_fields.c %D%/verify_fields.h %D%/verify_levels.c %D%/verify_output.c \
	%D%/verify_products.c %D%/verify_rows.c %D%/verify_rows.h %D%/verify_table.c
if HAVE_CAIRO
%C%_libverify_la_SOURCES += %D%/verify_map.c
EXTRA_DIST += %D%/verify_map_none.c
else
%C%_libverify_la_SOURCES += %D%/verify_map_none.c
EXTRA_DIST += %D%/verify_map.c
endif

noinst_PROGRAMS += %D%/forecast %D%/products %D%/archive %D%/coordinator %D%/inventory %D%/levels %D%/verify %D%/summary
forecast_libs = %D%/libstages.la libmaestro.la $(ECCODES_LIBS) $(CAIRO_LIBS) -lm

%C%_forecast_CFLAGS = $(forecast_cflags)
%C%_forecast_LDADD = $(forecast_libs)
%C%_forecast_LDFLAGS = $(AM_LDFLAGS) -no-install
%C%_forecast_SOURCES = %D%/forecast.c

%C%_products_CFLAGS = $(forecast_cflags)
%C%_products_LDADD = $(forecast_libs)
%C%_products_LDFLAGS = $(AM_LDFLAGS) -no-install
%C%_products_SOURCES = %D%/products.c

%C%_archive_CFLAGS = $(forecast_cflags)
%C%_archive_LDADD = $(forecast_libs)
%C%_archive_LDFLAGS = $(AM_LDFLAGS) -no-install
%C%_archive_SOURCES = %D%/archive.c

%C%_coordinator_CFLAGS = $(forecast_cflags)
%C%_coordinator_LDADD = $(forecast_libs)
%C%_coordinator_LDFLAGS = $(AM_LDFLAGS) -no-install
%C%_coordinator_SOURCES = %D%/coordinator.c

%C%_inventory_CFLAGS = $(forecast_cflags)
%C%_inventory_LDADD = $(forecast_libs)
%C%_inventory_LDFLAGS = $(AM_LDFLAGS) -no-install
%C%_inventory_SOURCES = %D%/inventory.c

%C%_levels_CFLAGS = $(forecast_cflags)
%C%_levels_LDADD = $(forecast_libs)
%C%_levels_LDFLAGS = $(AM_LDFLAGS) -no-install
%C%_levels_SOURCES = %D%/levels.c

%C%_verify_CFLAGS = $(forecast_cflags)
%C%_verify_LDADD = %D%/libverify.la
%C%_verify_SOURCES = %D%/verify.c %D%/file_list.c %D%/file_list.h

%C%_summary_CFLAGS = $(forecast_cflags)
%C%_summary_LDADD =
%C%_summary_SOURCES = %D%/summary.c
endif
