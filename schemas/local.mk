# SPDX-License-Identifier: BSD-3-Clause
schemadir = $(pkgdatadir)/schemas
dist_schema_DATA = \
	%D%/cf.yaml \
	%D%/core.yaml \
	%D%/ecmwf.yaml
