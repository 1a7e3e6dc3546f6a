# SPDX-License-Identifier: BSD-3-Clause
dist_check_SCRIPTS += %D%/first.sh %D%/io-server.sh
TESTS += %D%/first.sh %D%/io-server.sh
