# SPDX-License-Identifier: BSD-3-Clause
include %D%/forecast.mk
include %D%/fabric.mk
include %D%/run.mk
include %D%/schema.mk
include %D%/io-server.mk
include %D%/api.mk
include %D%/wire.mk
include %D%/bench.mk
