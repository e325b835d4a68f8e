#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What becomes of the work of two guests whose four vCPUs, each busy for PERCENT (40) of the time, are all pinned to one
# of two pCPUs: under nothing, under other balancers, under this daemon; and what the kernel makes of them without pins.
# A host that is busy with other things says nothing here.
# shellcheck source=../e2e/lib/lib.sh
. "$(dirname "$0")/../e2e/lib/lib.sh"
# shellcheck source=balancers.sh
. "$(dirname "$0")/balancers.sh"
percent=${PERCENT:-40}
[ "$(nproc)" -gt 1 ] || skip_all 'there is one pCPU only'

guests() { # VCPU=CPU...
    local name
    wait_quiet
    for name in a b; do
        domain_create "$name" 2 "$percent" "$@" || exit 1
    done
}

# row NAME: what the guests get in ten seconds, of what they ask for. More than 100 % is
# what the emulation itself takes.
row() {
    vcpu_usage 10 | awk -v name="$1" -v percent="$percent" '{ sum += $2; asked += percent }
        END { printf "%-28s %13.0f\n", name, 100 * sum / asked }'
}

crowded() { # NAME
    guests 0=0 1=0
    if [ "$1" = nothing ] || balancer_start "$1"; then
        row "$1"
        [ "$1" = nothing ] || balancer_stop
    fi
    domains_destroy
}

crowded_and_scheduled() {
    guests 0=0 1=0
    daemon --adopt-pins 1 >/dev/null
    sleep 5
    row vcpu-scheduler
    daemon_stop TERM
    domains_destroy
}

host_embed
echo "four vCPUs of $percent %, all pinned to one pCPU"
printf '%-28s %13s\n' '' 'work done, %'
guests # first: a cgroup that is left behind would keep its pins
row 'without pins: the kernel'
domains_destroy
crowded nothing
crowded irqbalance
crowded numad
crowded_and_scheduled
