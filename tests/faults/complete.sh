#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# complete.sh LIBRARY WRAPS: is every call of the daemon to the outside wrapped? Fails if it calls libvirt or the file system by
# a function that no fault can meet.
set -eu

# Error texts, what a handle or a reply holds, and the event loop stay as they are.
exempt='virGetLastError|virResetLastError|virSetErrorFunc|virTypedParams.*|virDomainGetConnect|virEvent.*'
# What else there is to work on files with, of libc.
files='(f?open|openat|creat|fdopen|mkstemp|mkostemp|read|pread|write|pwrite|writev|pwritev|fsync|fdatasync|rename|renameat|renameat2'
files="$files|unlink|unlinkat|opendir|fdopendir|scandir|mkdir|mkdirat|rmdir|flock|lockf|ftruncate|truncate)(64)?"

missing=$(nm -u "$1" | awk '{ print $2 }' | sort -u | sed 's/^__\(.*\)_chk$/\1/' |
    grep -E "^(vir[A-Z].*|$files)\$" | grep -vE "^($exempt)\$" |
    while read -r name; do grep -qx -- "-Wl,--wrap=$name" "$2" || echo "$name"; done | paste -sd' ')
[ -z "$missing" ] && exit 0
echo "not ok - every call can meet a fault; these can't: $missing"
exit 1
