dnl SPDX-License-Identifier: BSD-3-Clause
dnl MAESTRO_COMPILER: warnings, --enable-werror, --enable-sanitizer=LIST
AC_DEFUN([MAESTRO_COMPILER], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])], [], [enable_werror=no])
  AC_ARG_ENABLE([sanitizer],
    [AS_HELP_STRING([--enable-sanitizer=LIST], [build with -fsanitize=LIST, e.g. address,undefined or thread])],
    [], [enable_sanitizer=no])

  MAESTRO_CFLAGS="-std=gnu11 -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wpointer-arith -Wwrite-strings -Wvla -fvisibility=hidden -fno-common"
  AS_IF([test "x$enable_werror" = xyes], [MAESTRO_CFLAGS="$MAESTRO_CFLAGS -Werror"])
  AS_IF([test "x$enable_sanitizer" != xno], [
    MAESTRO_CFLAGS="$MAESTRO_CFLAGS -fsanitize=$enable_sanitizer -fno-sanitize-recover=all -fno-omit-frame-pointer"
    MAESTRO_LDFLAGS="-fsanitize=$enable_sanitizer"
    AC_DEFINE([MAESTRO_SANITIZED], [1], [Define to 1 in a sanitizer build: deadlines of tests are longer])
  ])
  AM_CONDITIONAL([SANITIZED], [test "x$enable_sanitizer" != xno])
  AC_SUBST([MAESTRO_CFLAGS])
  AC_SUBST([MAESTRO_LDFLAGS])
])
