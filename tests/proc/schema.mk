# SPDX-License-Identifier: BSD-3-Clause
dist_check_SCRIPTS += %D%/schema.sh %D%/selector.sh
TESTS += %D%/schema.sh %D%/selector.sh
