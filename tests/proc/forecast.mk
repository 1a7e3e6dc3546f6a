# SPDX-License-Identifier: BSD-3-Clause
# The forecast demo's tests.
if HAVE_ECCODES
check_PROGRAMS += %D%/forecast_write
%C%_forecast_write_CFLAGS = $(forecast_cflags)
%C%_forecast_write_LDADD = $(ECCODES_LIBS) -lm
%C%_forecast_write_SOURCES = %D%/forecast_write.c %D%/forecast_sample.c %D%/forecast_sample.h

forecast_scripts = %D%/forecast_input.sh %D%/forecast_workflow.sh
dist_check_SCRIPTS += $(forecast_scripts)
TESTS += $(forecast_scripts)

if HAVE_CMOCKA
forecast_scripts += %D%/forecast_cdo.sh
check_PROGRAMS += %D%/forecast_files
TESTS += %D%/forecast_files
%C%_forecast_files_CFLAGS = $(forecast_cflags) $(CMOCKA_CFLAGS)
%C%_forecast_files_LDADD = examples/forecast/libforecast.la $(CMOCKA_LIBS) $(ECCODES_LIBS) -lm
%C%_forecast_files_SOURCES = %D%/forecast_files.c %D%/forecast_sample.c %D%/forecast_sample.h

check_PROGRAMS += %D%/forecast_verify
TESTS += %D%/forecast_verify
%C%_forecast_verify_CFLAGS = $(forecast_cflags) $(CMOCKA_CFLAGS)
%C%_forecast_verify_LDADD = examples/forecast/libforecast.la examples/forecast/libverify.la $(CMOCKA_LIBS) $(ECCODES_LIBS) -lm
%C%_forecast_verify_SOURCES = %D%/forecast_verify.c %D%/forecast_made.c %D%/forecast_made.h %D%/forecast_sample.c %D%/forecast_sample.h

if HAVE_CAIRO
check_PROGRAMS += %D%/forecast_map
TESTS += %D%/forecast_map
%C%_forecast_map_CFLAGS = $(forecast_cflags) $(CMOCKA_CFLAGS)
%C%_forecast_map_LDADD = examples/forecast/libforecast.la examples/forecast/libverify.la $(CMOCKA_LIBS) $(ECCODES_LIBS) $(CAIRO_LIBS) -lm
%C%_forecast_map_SOURCES = %D%/forecast_map.c %D%/forecast_made.c %D%/forecast_made.h %D%/forecast_sample.c %D%/forecast_sample.h
endif

check_PROGRAMS += %D%/forecast_inside
TESTS += %D%/forecast_inside
%C%_forecast_inside_CFLAGS = $(forecast_cflags) $(CMOCKA_CFLAGS)
%C%_forecast_inside_LDADD = examples/forecast/libstages.la examples/forecast/libverify.la libmaestro.la $(CMOCKA_LIBS) $(ECCODES_LIBS) -lm
%C%_forecast_inside_SOURCES = %D%/forecast_inside.c %D%/forecast_made.c %D%/forecast_made.h %D%/forecast_sample.c %D%/forecast_sample.h

check_PROGRAMS += %D%/forecast_levels
TESTS += %D%/forecast_levels
%C%_forecast_levels_CFLAGS = $(forecast_cflags) $(CMOCKA_CFLAGS)
%C%_forecast_levels_LDADD = examples/forecast/libforecast.la examples/forecast/libverify.la libcore.la libmaestro.la $(CMOCKA_LIBS) $(ECCODES_LIBS) -lm
%C%_forecast_levels_SOURCES = %D%/forecast_levels.c %D%/forecast_made.c %D%/forecast_made.h %D%/forecast_sample.c %D%/forecast_sample.h %D%/stage.c %D%/stage.h
endif
endif
