# SPDX-License-Identifier: BSD-3-Clause
# Programs of users, compiled against the installed tree.
install_tests = %D%/install.sh
dist_check_SCRIPTS += $(install_tests)
TESTS += $(install_tests)
EXTRA_DIST += \
	%D%/CMakeLists.txt \
	%D%/contract.c \
	%D%/contract.cc \
	%D%/contract.h \
	%D%/interposer.c \
	%D%/program.c \
	%D%/program.cc
