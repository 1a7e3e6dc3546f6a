# SPDX-License-Identifier: BSD-3-Clause
dist_check_SCRIPTS += %D%/io-server.sh
TESTS += %D%/io-server.sh
