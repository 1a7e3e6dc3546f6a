# SPDX-License-Identifier: BSD-3-Clause
dist_check_SCRIPTS += %D%/first.sh %D%/io-server.sh %D%/io-server-threads.sh %D%/single-step.sh
TESTS += %D%/first.sh %D%/io-server.sh %D%/single-step.sh
# A whole build: too long for every test run, where --sanitizer=thread runs io-server.sh.
LONG_TESTS += %D%/io-server-threads.sh
