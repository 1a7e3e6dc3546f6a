# SPDX-License-Identifier: BSD-3-Clause
dist_check_SCRIPTS += %D%/first.sh %D%/io-server.sh %D%/single-step.sh
TESTS += %D%/first.sh %D%/io-server.sh %D%/single-step.sh
