# SPDX-License-Identifier: GPL-2.0-or-later
# VS_SANITIZER: --with-sanitizer=address,undefined or =thread, for the whole build.
AC_DEFUN([VS_SANITIZER], [
    AC_ARG_WITH([sanitizer], [AS_HELP_STRING([--with-sanitizer=LIST],
        [build with the compiler's sanitizers, e.g. address,undefined or thread])],
        [], [with_sanitizer=no])
    SAN_CFLAGS=
    AS_IF([test "$with_sanitizer" != no && test -n "$with_sanitizer"], [
        SAN_CFLAGS="-fsanitize=$with_sanitizer -fno-omit-frame-pointer"
        AS_CASE([$with_sanitizer], [*undefined*], [SAN_CFLAGS="$SAN_CFLAGS -fno-sanitize-recover=undefined"])
        vs_saved_cflags=$CFLAGS
        CFLAGS="$CFLAGS $SAN_CFLAGS"
        AC_LINK_IFELSE([AC_LANG_PROGRAM()], [],
            [AC_MSG_ERROR([this compiler can't link with -fsanitize=$with_sanitizer])])
        CFLAGS=$vs_saved_cflags
        HARDEN_CFLAGS=$(echo "$HARDEN_CFLAGS" | sed 's/-D_FORTIFY_SOURCE=.//')
    ])
    AM_CONDITIONAL([SANITIZED], [test "$with_sanitizer" != no])
    AC_SUBST([SAN_CFLAGS])
])
