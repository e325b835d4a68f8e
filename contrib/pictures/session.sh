#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# session.sh: what record.sh records: commands, typed as a person would, and really run.
PATH=$builddir:$PATH
export LIBVIRT_LOG_OUTPUTS=1:file:/dev/null # embedded QEMU would tell of itself

# What stands for this recording only is not shown: the host, and the tag in the domains' names.
vcpu-scheduler() { command vcpu-scheduler --connect "$uri" "$@" 2>&1 | sed -u "s/$SANDBOX_TAG-//g"; }
vcpu-top() {
    COLUMNS=80 command vcpu-top "$@" | sed -e "s/^$SANDBOX_TAG-\([a-z]*\)/\1${SANDBOX_TAG//?/ } /" -e "s/$SANDBOX_TAG-//g"
}

# types COMMAND: shows it as typed, then runs it.
types() {
    local i
    printf '\033[32m#\033[0m '
    sleep 0.8
    for ((i = 0; i < ${#1}; i++)); do
        printf '%s' "${1:i:1}"
        sleep 0.04
    done
    sleep 0.4
    echo
    eval "$1"
}

types 'vcpu-scheduler --adopt-pins --dry-run --once 1'
sleep 2
types 'vcpu-scheduler --adopt-pins 1 &'
sleep 4.5
types 'vcpu-top --batch --iterations 1'
sleep 3
types 'pkill vcpu-scheduler' # the sandbox' own: it sees no other
wait
sleep 2
