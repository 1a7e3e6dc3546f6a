# SPDX-License-Identifier: BSD-3-Clause
include %D%/forecast/local.mk
