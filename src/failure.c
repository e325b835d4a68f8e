/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failure.c - apart from the hosts, so that what only words its failures needs none of them. */
#include "host.h"

#include <stdarg.h>
#include <stdio.h>

int fail(struct failure *why, int error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return error;
}
