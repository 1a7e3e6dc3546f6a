dnl SPDX-License-Identifier: BSD-3-Clause
dnl MAESTRO_LIBRARIES: what is needed, what is optional and what each optional library gives
AC_DEFUN([MAESTRO_LIBRARIES], [
  PKG_CHECK_MODULES([FABRIC], [libfabric >= 1.14])
  PKG_CHECK_MODULES([YAML], [yaml-0.1])
  PKG_CHECK_MODULES([SODIUM], [libsodium >= 1.0.18])
  PKG_CHECK_MODULES([XXHASH], [libxxhash])
  PKG_CHECK_MODULES([PCRE2], [libpcre2-8])
  AC_SEARCH_LIBS([pthread_create], [pthread])
  AC_SEARCH_LIBS([dladdr], [dl])
  AC_SEARCH_LIBS([roundl], [m])

  MAESTRO_OPTIONAL([cmocka], [CMOCKA], [cmocka], [the unit tests of `make check`])
  MAESTRO_OPTIONAL([jansson], [JANSSON], [jansson], [--json output of the programs])
  MAESTRO_OPTIONAL([eccodes], [ECCODES], [eccodes], [the forecast demo (GRIB in and out)])
  MAESTRO_OPTIONAL([cairo], [CAIRO], [cairo], [the map of the forecast demo])
])

dnl MAESTRO_OPTIONAL(name, PREFIX, pkg-config module, what it gives)
AC_DEFUN([MAESTRO_OPTIONAL], [
  AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1], [build without $1, which gives $4])], [], [with_$1=check])
  have_$1=no
  AS_IF([test "x$with_$1" != xno], [
    PKG_CHECK_MODULES([$2], [$3], [have_$1=yes], [
      AS_IF([test "x$with_$1" = xyes], [AC_MSG_ERROR([--with-$1 was given, but $3 was not found])])
    ])
  ])
  AM_CONDITIONAL([HAVE_$2], [test "x$have_$1" = xyes])
  AS_IF([test "x$have_$1" = xyes], [AC_DEFINE([HAVE_$2], [1], [Define to 1 for $4])])
])

AC_DEFUN([MAESTRO_REPORT], [
  AS_ECHO(["
  maestro $PACKAGE_VERSION
    prefix     $prefix
    cmocka     $have_cmocka   (unit tests)
    jansson    $have_jansson   (--json)
    eccodes    $have_eccodes   (forecast demo)
    cairo      $have_cairo   (map of the forecast demo)
"])
])
