# SPDX-License-Identifier: GPL-2.0-or-later
# VS_HARDENING: what the compiler and linker have against exploitation goes to HARDEN_CFLAGS and HARDEN_LDFLAGS.
# Left out with --disable-hardening, and _FORTIFY_SOURCE where nothing is optimised or it is set already.
AC_DEFUN([VS_HARDENING], [
    AC_ARG_ENABLE([hardening], [AS_HELP_STRING([--disable-hardening], [no hardening options])],
                  [], [enable_hardening=yes])
    HARDEN_CFLAGS=
    HARDEN_LDFLAGS=
    AS_IF([test "$enable_hardening" = yes], [
        AX_APPEND_COMPILE_FLAGS([-fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE],
                                [HARDEN_CFLAGS], [-Werror])
        # Level 3 also checks room whose size is known at run time only; a C library without it warns.
        vs_saved_cflags=$CFLAGS
        vs_fortify=no
        AC_MSG_CHECKING([which _FORTIFY_SOURCE can be set])
        for level in 3 2; do
            CFLAGS="$vs_saved_cflags -Werror -D_FORTIFY_SOURCE=$level"
            AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]], [[]])], [vs_fortify=$level; break])
        done
        AC_MSG_RESULT([$vs_fortify])
        AS_IF([test "$vs_fortify" != no], [HARDEN_CFLAGS="$HARDEN_CFLAGS -D_FORTIFY_SOURCE=$vs_fortify"])
        CFLAGS=$vs_saved_cflags
        vs_saved_ldflags=$LDFLAGS
        for option in -pie -Wl,-z,relro -Wl,-z,now; do
            LDFLAGS="$vs_saved_ldflags $HARDEN_LDFLAGS $option"
            AC_LINK_IFELSE([AC_LANG_PROGRAM()], [HARDEN_LDFLAGS="$HARDEN_LDFLAGS $option"])
        done
        LDFLAGS=$vs_saved_ldflags
    ])
    AC_SUBST([HARDEN_CFLAGS])
    AC_SUBST([HARDEN_LDFLAGS])
])
