# SPDX-License-Identifier: BSD-3-Clause
libcore_la_SOURCES += %D%/credential.c %D%/credential.h %D%/handover.c %D%/handover.h %D%/memory.c %D%/memory.h %D%/node.c %D%/node.h %D%/porter.c %D%/porter.h
