#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What bash offers for the command line. TAP.
builddir=$(cd "${builddir:-.}" && pwd)
srcdir=$(cd "${srcdir:-.}" && pwd)
PATH=$builddir:$PATH
# shellcheck source=contrib/completions/vcpu-scheduler.bash
. "$srcdir/contrib/completions/vcpu-scheduler.bash"
count=0

# offers EXPECTED WORD...: what is offered for the last word
offers() {
    local expected=$1
    shift
    COMP_WORDS=("$program" "$@")
    COMP_CWORD=$#
    _vcpu_scheduler
    count=$((count + 1))
    if [ "${COMPREPLY[*]}" = "$expected" ]; then
        echo "ok $count - $*"
    else
        echo "not ok $count - $*"
        echo "# '${COMPREPLY[*]}', not '$expected'"
    fi
}

program=vcpu-scheduler
offers '--policy' --pol
offers 'swap balance exchange stddev none' --policy ''
offers 'balance' --policy b
offers 'warn require off' --crosscheck ''
offers 'json' --summary = j
offers 'place leave' --verbose --floating ''
offers '--runtime-dir' --run
offers "$srcdir/contrib/demo.sh" --config "$srcdir/contrib/dem"
if [ -x "$builddir/vcpu-top" ]; then
    program=vcpu-top
    offers '--batch' --ba
    offers 'usage delay pcpu domain state' --sort ''
    offers "$srcdir/contrib/demo.sh" --connect "$srcdir/contrib/dem"
fi
echo "1..$count"
