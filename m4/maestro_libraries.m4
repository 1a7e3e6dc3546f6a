dnl SPDX-License-Identifier: BSD-3-Clause
dnl MAESTRO_LIBRARIES: what is needed, what is optional and what each optional library gives
AC_DEFUN([MAESTRO_LIBRARIES], [
  PKG_CHECK_MODULES([FABRIC], [libfabric >= 1.14])
  MAESTRO_FABRIC_SYMBOLS
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
  MAESTRO_OPTIONAL([mpi], [MPI], [ompi-c], [benchmarks as programs of mpirun (Open MPI)])
])

dnl MAESTRO_FABRIC_SYMBOLS: what lib/fabric/library.c needs to load libfabric when it is first needed: its SONAME, and the
dnl version of each function that the headers belong to
AC_DEFUN([MAESTRO_FABRIC_SYMBOLS], [
  AC_CHECK_TOOL([NM], [nm])
  AC_CHECK_TOOL([OBJDUMP], [objdump])
  AC_MSG_CHECKING([for the symbols of libfabric])
  fabric_file=`$PKG_CONFIG --variable=libdir libfabric`/libfabric.so
  fabric_soname=`$OBJDUMP -p "$fabric_file" 2>/dev/null | $SED -n 's/^ *SONAME *//p'`
  AS_IF([test -z "$fabric_soname"], [AC_MSG_ERROR([$fabric_file is no shared library])])
  AC_DEFINE_UNQUOTED([FABRIC_SONAME], ["$fabric_soname"], [The shared library of libfabric])
  m4_foreach_w([function], [getinfo freeinfo dupinfo fabric strerror], [
    fabric_version=`$NM -D --with-symbol-versions "$fabric_file" | $SED -n 's/.* fi_[]function[]@@//p'`
    AS_IF([test -z "$fabric_version"], [AC_MSG_ERROR([$fabric_file has no fi_]function)])
    AC_DEFINE_UNQUOTED([FABRIC_VERSION_]m4_toupper(function), ["$fabric_version"], [Version of fi_]function[ that the headers belong to])
  ])
  AC_MSG_RESULT([$fabric_soname])
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
    mpi        $have_mpi   (benchmarks under mpirun)
"])
])
