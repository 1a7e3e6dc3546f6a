# SPDX-License-Identifier: BSD-3-Clause
# Every test speaks TAP, so that each case is counted.
TEST_EXTENSIONS = .sh
TEST_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TEST_LOG_DRIVER)
SH_LOG_DRIVER = $(TEST_LOG_DRIVER)
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/lib/with-deadline.sh
SH_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/lib/with-deadline.sh
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	MAESTRO_TEST_SLOWNESS=$(slowness); export MAESTRO_TEST_SLOWNESS; \
	MAESTRO_PROGRAMS='$(bin_PROGRAMS) $(bin_SCRIPTS) $(dist_bin_SCRIPTS)'; export MAESTRO_PROGRAMS; \
	CC='$(CC)'; export CC; CXX='$(CXX)'; export CXX; SANITIZER_FLAGS='$(MAESTRO_LDFLAGS)'; export SANITIZER_FLAGS;
if SANITIZED
slowness = 5
AM_TESTS_ENVIRONMENT += \
	LSAN_OPTIONS=suppressions=$(abs_top_srcdir)/tests/lib/leaks.supp:print_suppressions=0; export LSAN_OPTIONS; \
	TSAN_OPTIONS=suppressions=$(abs_top_srcdir)/tests/lib/races.supp:history_size=4; export TSAN_OPTIONS; \
	UBSAN_OPTIONS=print_stacktrace=1; export UBSAN_OPTIONS;
else
slowness = 1
endif
EXTRA_DIST += %D%/lib/leaks.supp %D%/lib/races.supp

unit_cflags = $(AM_CFLAGS)
unit_libs = libcore.la $(CMOCKA_LIBS)

EXTRA_DIST += %D%/lib/check.h %D%/lib/ear.h %D%/lib/entries.h %D%/lib/lingering.h %D%/lib/share.h %D%/lib/slowness.h %D%/lib/sources.sh %D%/lib/tap.sh %D%/lib/with-deadline.sh

# Tests that take long, or do more when MAESTRO_LONG=1 is in their environment, as it is here.
LONG_TESTS =
check-long: all $(check_PROGRAMS) $(check_LTLIBRARIES)
	@if test -z '$(strip $(LONG_TESTS))'; then echo "there are no tests that take long"; exit 1; fi
	MAESTRO_LONG=1 MAESTRO_TEST_DEADLINE=$${MAESTRO_TEST_DEADLINE-14400} $(MAKE) check-TESTS TESTS='$(LONG_TESTS)'
.PHONY: check-long

if !HAVE_CMOCKA
check-local:
	@echo "NOTE: cmocka was not found when configure ran: only the tests that are scripts were run."; \
	echo "      Install it (Debian: libcmocka-dev), run configure again, then make check."
endif

include %D%/house/local.mk
include %D%/install/local.mk
include %D%/unit/local.mk
include %D%/trace/local.mk
include %D%/sim/local.mk
include %D%/proc/local.mk
include %D%/scenarios/local.mk
include %D%/fuzz/local.mk
