# SPDX-License-Identifier: BSD-3-Clause
# maestro run and the other verbs, as a user has them.
run_tests = \
	%D%/doctor.sh \
	%D%/run-command.sh \
	%D%/run-coupled.sh \
	%D%/run-ending.sh \
	%D%/run-output.sh \
	%D%/run-pool.sh \
	%D%/run-workflow.sh
dist_check_SCRIPTS += $(run_tests)
TESTS += $(run_tests)
EXTRA_DIST += tests/lib/fake-pool-manager.sh tests/lib/run.sh tests/lib/run-real.sh
