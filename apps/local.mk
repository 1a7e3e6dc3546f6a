# SPDX-License-Identifier: BSD-3-Clause
# Programs that libmaestro's users do not need stand in their own folder.
bin_PROGRAMS += %D%/maestro
%C%_maestro_SOURCES = \
	%D%/complaint.c \
	%D%/complaint.h \
	%D%/exit_code.h \
	%D%/maestro.c \
	%D%/program_path.c \
	%D%/program_path.h \
	%D%/verbs.h \
	%D%/run/command.c \
	%D%/run/command.h \
	%D%/run/guard.c \
	%D%/run/guard.h \
	%D%/run/orphans.c \
	%D%/run/orphans.h \
	%D%/run/output.c \
	%D%/run/output.h \
	%D%/run/plan.c \
	%D%/run/plan.h \
	%D%/run/process.c \
	%D%/run/process.h \
	%D%/run/reap.c \
	%D%/run/run.c \
	%D%/run/run.h \
	%D%/run/scratch.c \
	%D%/run/scope.c \
	%D%/run/scope.h \
	%D%/run/scratch.h \
	%D%/run/start.c \
	%D%/run/summary.c \
	%D%/run/summary.h \
	%D%/run/supervisor.c \
	%D%/run/words.c \
	%D%/run/words.h \
	%D%/run/workflow.c \
	%D%/run/workflow.h \
	%D%/schema/schema.c \
	%D%/schema/selector.c \
	pool-manager/settings.c \
	pool-manager/settings.h
%C%_maestro_CPPFLAGS = $(AM_CPPFLAGS) -DMAESTRO_HELPERS='"$(pkglibexecdir)"'
%C%_maestro_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
# Only what is used: `maestro run` needs no fabric.
%C%_maestro_LDFLAGS = $(AM_LDFLAGS) -Wl,--as-needed
%C%_maestro_LDADD = libcore.la $(JANSSON_LIBS)

bin_PROGRAMS += %D%/maestro-doctor
%C%_maestro_doctor_SOURCES = \
	%D%/complaint.c \
	%D%/complaint.h \
	%D%/exit_code.h \
	%D%/program_path.c \
	%D%/program_path.h \
	%D%/doctor/doctor.c \
	%D%/doctor/environment.c \
	%D%/doctor/fabric.c \
	%D%/doctor/finding.c \
	%D%/doctor/finding.h \
	%D%/doctor/machine.c \
	%D%/doctor/programs.c \
	%D%/doctor/schemas.c
%C%_maestro_doctor_CPPFLAGS = $(%C%_maestro_CPPFLAGS)
%C%_maestro_doctor_CFLAGS = $(%C%_maestro_CFLAGS)
%C%_maestro_doctor_LDADD = libcore.la $(JANSSON_LIBS)
