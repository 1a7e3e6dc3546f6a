# SPDX-License-Identifier: BSD-3-Clause
# Programs that `maestro bench` runs; never asserted by the tests.
benchdir = $(pkglibexecdir)/bench
bench_PROGRAMS = %D%/bare-read %D%/bare-rpc %D%/bare-shm %D%/bare-socket
bare_fabric = %D%/bare_fabric.c %D%/bare_fabric.h %D%/sample.h
%C%_bare_read_SOURCES = %D%/bare-read.c $(bare_fabric)
%C%_bare_read_LDADD = $(FABRIC_LIBS)
%C%_bare_rpc_SOURCES = %D%/bare-rpc.c $(bare_fabric)
%C%_bare_rpc_LDADD = $(FABRIC_LIBS)
%C%_bare_shm_SOURCES = %D%/bare-shm.c %D%/sample.h
%C%_bare_socket_SOURCES = %D%/bare-socket.c %D%/sample.h lib/base/histogram.c
%C%_bare_socket_CFLAGS = $(AM_CFLAGS)

# With processes that they fork; the same source again for those of mpirun, where there is MPI.
bench_common = %D%/field.h %D%/joining.h %D%/latency.c %D%/latency.h %D%/options.c %D%/options.h %D%/ranks.h %D%/sample.h %D%/window.h lib/base/histogram.c
bench_PROGRAMS += %D%/inject %D%/pingpong %D%/sink
%C%_inject_SOURCES = %D%/inject.c %D%/ranks_fork.c $(bench_common)
%C%_inject_CFLAGS = $(AM_CFLAGS) -pthread
%C%_inject_LDADD = libmaestro.la
%C%_pingpong_SOURCES = %D%/pingpong.c %D%/ranks_fork.c $(bench_common)
%C%_pingpong_CFLAGS = $(AM_CFLAGS) -pthread
%C%_pingpong_LDADD = libmaestro.la
%C%_sink_SOURCES = %D%/sink.c %D%/ranks_fork.c $(bench_common)
%C%_sink_CFLAGS = $(AM_CFLAGS) -pthread
%C%_sink_LDADD = libmaestro.la
if HAVE_MPI
bench_PROGRAMS += %D%/inject-mpi %D%/sink-mpi
%C%_inject_mpi_SOURCES = %D%/inject.c %D%/ranks_mpi.c $(bench_common)
%C%_inject_mpi_CFLAGS = $(AM_CFLAGS) $(MPI_CFLAGS) -pthread
%C%_inject_mpi_LDADD = libmaestro.la $(MPI_LIBS)
%C%_sink_mpi_SOURCES = %D%/sink.c %D%/ranks_mpi.c $(bench_common)
%C%_sink_mpi_CFLAGS = $(AM_CFLAGS) $(MPI_CFLAGS) -pthread
%C%_sink_mpi_LDADD = libmaestro.la $(MPI_LIBS)
endif

bench_PROGRAMS += %D%/engine %D%/fixed-work %D%/join %D%/resident %D%/sessions %D%/subscriptions %D%/transfers
%C%_engine_SOURCES = %D%/engine.c
%C%_engine_LDADD = libcore.la
%C%_fixed_work_SOURCES = %D%/fixed-work.c %D%/field.h
%C%_fixed_work_LDADD = libmaestro.la
%C%_join_SOURCES = %D%/join.c %D%/field.h %D%/options.c %D%/options.h %D%/sample.h
%C%_join_LDADD = libmaestro.la $(FABRIC_LIBS)
%C%_resident_SOURCES = %D%/resident.c %D%/field.h %D%/options.c %D%/options.h %D%/sample.h
%C%_resident_LDADD = libmaestro.la
%C%_sessions_SOURCES = %D%/sessions.c %D%/options.c %D%/options.h %D%/sample.h
%C%_sessions_LDADD = libcore.la
%C%_subscriptions_SOURCES = %D%/subscriptions.c %D%/options.c %D%/options.h %D%/sample.h
%C%_subscriptions_LDADD = $(maestro_static)
%C%_transfers_SOURCES = %D%/transfers.c %D%/sample.h
%C%_transfers_LDADD = libmaestro.la

# One file of all its parts, so that it runs from anywhere; the programs are beside it here, and elsewhere when installed.
bench_parts = \
	%D%/command/options.sh \
	%D%/command/machine.sh \
	%D%/command/rounds.sh \
	%D%/command/json.sh \
	%D%/command/peers.sh \
	%D%/command/rates.sh \
	%D%/command/latencies.sh \
	%D%/command/sizes.sh \
	%D%/command/main.sh
EXTRA_DIST += $(bench_parts)
bin_SCRIPTS += %D%/maestro-bench
CLEANFILES += %D%/maestro-bench bench.json
%D%/maestro-bench: $(bench_parts) Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && from_here=$$(realpath -m --relative-to='$(bindir)' '$(benchdir)') && \
	for part in $(bench_parts); do cat '$(srcdir)'/$$part || exit 1; done | sed "s|@programs_from_here@|$$from_here|" > $@.part && \
	chmod +x $@.part && mv $@.part $@

# make bench BENCH='--rounds 5 --seconds 2 inject'
BENCH =
.PHONY: bench
bench: all
	%D%/maestro-bench --json bench.json $(BENCH)

EXTRA_DIST += %D%/count-instructions %D%/instructions.txt
.PHONY: count-instructions
count-instructions: %D%/fixed-work
	bash $(srcdir)/%D%/count-instructions %D%
