# SPDX-License-Identifier: GPL-2.0-or-later
# VS_WARNINGS: each warning option that this compiler knows goes to WARN_CFLAGS; --enable-werror makes them errors.
AC_DEFUN([VS_WARNINGS], [
    AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat warnings as errors])],
                  [], [enable_werror=no])
    WARN_CFLAGS=
    AX_APPEND_COMPILE_FLAGS([-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes dnl
        -Wold-style-definition -Wmissing-declarations -Wredundant-decls -Wpointer-arith -Wwrite-strings dnl
        -Wcast-qual -Wcast-align -Wformat=2 -Wundef -Wvla -Wnull-dereference -Wduplicated-cond dnl
        -Wduplicated-branches -Wlogical-op -Wswitch-enum -Wimplicit-fallthrough -Wdouble-promotion dnl
        -Walloca -Wcomma -Wassign-enum],
        [WARN_CFLAGS], [-Werror])
    vs_werror_said="shown"
    AS_IF([test "$enable_werror" = yes], [
        WARN_CFLAGS="$WARN_CFLAGS -Werror"
        vs_werror_said="errors"
    ])
    AC_SUBST([WARN_CFLAGS])
])
