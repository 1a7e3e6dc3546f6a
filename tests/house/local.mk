# SPDX-License-Identifier: BSD-3-Clause
# What the house is like: the source and the library as a whole.
house_tests = \
	%D%/built-sources.sh \
	%D%/deadline.sh \
	%D%/dist.sh \
	%D%/file-length.sh \
	%D%/include-law.sh \
	%D%/licence-lines.sh \
	%D%/man-pages.sh \
	%D%/quickstart.sh \
	%D%/readme.sh \
	%D%/symbols.sh \
	%D%/without-effect.sh \
	%D%/words.sh
dist_check_SCRIPTS += $(house_tests)
TESTS += $(house_tests)
