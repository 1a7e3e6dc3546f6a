# SPDX-License-Identifier: BSD-3-Clause
include %D%/forecast/local.mk

noinst_PROGRAMS += %D%/01-first/producer %D%/01-first/consumer
%C%_01_first_producer_SOURCES = %D%/01-first/producer.c
%C%_01_first_producer_LDADD = libmaestro.la
%C%_01_first_consumer_SOURCES = %D%/01-first/consumer.c
%C%_01_first_consumer_LDADD = libmaestro.la

noinst_PROGRAMS += %D%/02-single-step/simulation %D%/02-single-step/stepper
%C%_02_single_step_simulation_SOURCES = %D%/02-single-step/simulation.c
%C%_02_single_step_simulation_LDADD = libmaestro.la
%C%_02_single_step_stepper_SOURCES = %D%/02-single-step/stepper.c
%C%_02_single_step_stepper_LDADD = libmaestro.la
EXTRA_DIST += %D%/02-single-step/README.md

noinst_PROGRAMS += %D%/io-server/io-server
%C%_io_server_io_server_SOURCES = %D%/io-server/io-server.c %D%/io-server/model_field.c %D%/io-server/model_field.h
%C%_io_server_io_server_LDADD = libmaestro.la
EXTRA_DIST += %D%/01-first/first.yaml
