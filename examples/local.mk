# SPDX-License-Identifier: BSD-3-Clause
include %D%/forecast/local.mk

noinst_PROGRAMS += %D%/01-first/producer %D%/01-first/consumer
%C%_01_first_producer_SOURCES = %D%/01-first/producer.c
%C%_01_first_producer_LDADD = libmaestro.la
%C%_01_first_consumer_SOURCES = %D%/01-first/consumer.c
%C%_01_first_consumer_LDADD = libmaestro.la

noinst_PROGRAMS += %D%/io-server/io-server
%C%_io_server_io_server_SOURCES = %D%/io-server/io-server.c
%C%_io_server_io_server_LDADD = libmaestro.la
EXTRA_DIST += %D%/01-first/first.yaml
