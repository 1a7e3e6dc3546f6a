# SPDX-License-Identifier: BSD-3-Clause
# Built by `make bench`, never asserted by the tests.
EXTRA_PROGRAMS += %D%/bare-rpc %D%/bare-read
%C%_bare_rpc_SOURCES = %D%/bare-rpc.c %D%/bare_fabric.c %D%/bare_fabric.h %D%/sample.h
%C%_bare_rpc_LDADD = $(FABRIC_LIBS)
%C%_bare_read_SOURCES = %D%/bare-read.c %D%/bare_fabric.c %D%/bare_fabric.h %D%/sample.h
%C%_bare_read_LDADD = $(FABRIC_LIBS)
EXTRA_PROGRAMS += %D%/operations %D%/transfers
%C%_operations_SOURCES = %D%/operations.c %D%/field.h %D%/sample.h
%C%_operations_LDADD = libmaestro.la
%C%_transfers_SOURCES = %D%/transfers.c %D%/sample.h
%C%_transfers_LDADD = libmaestro.la
EXTRA_PROGRAMS += %D%/fixed-work
%C%_fixed_work_SOURCES = %D%/fixed-work.c %D%/field.h
%C%_fixed_work_LDADD = libmaestro.la
EXTRA_PROGRAMS += %D%/engine
%C%_engine_SOURCES = %D%/engine.c
%C%_engine_LDADD = libcore.la
EXTRA_DIST += %D%/compare
bench_programs = %D%/bare-rpc %D%/bare-read %D%/operations %D%/transfers %D%/fixed-work %D%/engine

.PHONY: bench
bench: all $(bench_programs)
	$(SHELL) $(srcdir)/%D%/compare --build .
CLEANFILES += $(bench_programs)
