# SPDX-License-Identifier: BSD-3-Clause
# Every test speaks TAP, so that each case is counted.
TEST_EXTENSIONS = .sh
TEST_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TEST_LOG_DRIVER)
SH_LOG_DRIVER = $(TEST_LOG_DRIVER)
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/lib/with-deadline.sh
SH_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/lib/with-deadline.sh
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT;

unit_cflags = $(AM_CFLAGS)
unit_libs = libcore.la $(CMOCKA_LIBS)

EXTRA_DIST += %D%/lib/with-deadline.sh

include %D%/unit/local.mk
include %D%/trace/local.mk
include %D%/sim/local.mk
include %D%/proc/local.mk
include %D%/fuzz/local.mk
