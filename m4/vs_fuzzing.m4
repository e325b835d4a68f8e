# SPDX-License-Identifier: GPL-2.0-or-later
# VS_FUZZING: --enable-fuzzing links the fuzz targets with libFuzzer, which is clang's, instead of running them over
# their corpora. After VS_SANITIZER.
AC_DEFUN([VS_FUZZING], [
    AC_ARG_ENABLE([fuzzing], [AS_HELP_STRING([--enable-fuzzing], [link the fuzz targets with libFuzzer; needs clang])],
                  [], [enable_fuzzing=no])
    FUZZ_LDFLAGS=
    AS_IF([test "$enable_fuzzing" = yes], [
        vs_saved_cflags=$CFLAGS
        CFLAGS="$CFLAGS -fsanitize=fuzzer"
        AC_LINK_IFELSE([AC_LANG_SOURCE([[
            #include <stddef.h>
            #include <stdint.h>
            int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return data && size ? 0 : 0; }]])], [],
            [AC_MSG_ERROR([this compiler has no libFuzzer: use CC=clang])])
        CFLAGS=$vs_saved_cflags
        SAN_CFLAGS="$SAN_CFLAGS -fsanitize=fuzzer-no-link"
        FUZZ_LDFLAGS=-fsanitize=fuzzer
    ])
    AM_CONDITIONAL([FUZZING], [test "$enable_fuzzing" = yes])
    AC_SUBST([FUZZ_LDFLAGS])
])
