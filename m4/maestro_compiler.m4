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
  MAESTRO_SMALL_BLOCKS
  AM_CONDITIONAL([SANITIZED], [test "x$enable_sanitizer" != xno])
  AC_SUBST([MAESTRO_CFLAGS])
  AC_SUBST([MAESTRO_LDFLAGS])
])

dnl MAESTRO_SMALL_BLOCKS: structs of up to 256 bytes, which every operation clears and copies, in vector registers where the processor and
dnl the compiler have that.  gcc 12 would say "rep stos", whose start takes longer than the rest: about 16 % of a client's CPU time.
AC_DEFUN([MAESTRO_SMALL_BLOCKS], [
  small_blocks="-mmemset-strategy=vector_loop:256:noalign,libcall:-1:noalign -mmemcpy-strategy=vector_loop:256:noalign,libcall:-1:noalign"
  AC_CACHE_CHECK([for -mmemset-strategy], [maestro_cv_small_blocks], [
    before=$CFLAGS
    CFLAGS="$CFLAGS -Werror $small_blocks"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])], [maestro_cv_small_blocks=yes], [maestro_cv_small_blocks=no])
    CFLAGS=$before
  ])
  AS_IF([test "$maestro_cv_small_blocks" = yes], [MAESTRO_CFLAGS="$MAESTRO_CFLAGS $small_blocks"])
])
