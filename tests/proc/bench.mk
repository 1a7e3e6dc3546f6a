# SPDX-License-Identifier: BSD-3-Clause
dist_check_SCRIPTS += %D%/bench.sh
TESTS += %D%/bench.sh
LONG_TESTS += %D%/bench.sh
