/* SPDX-License-Identifier: BSD-3-Clause */
/* check.h - cmocka with what it needs to be included first */
#ifndef TESTS_LIB_CHECK_H
#define TESTS_LIB_CHECK_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#endif
