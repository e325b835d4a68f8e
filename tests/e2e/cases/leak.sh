#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A hundred short periods: nothing leaks. VCPU_SCHEDULER_ASAN names a build with the address sanitizer.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"; }

host_embed
host_crowd
daemon --adopt-pins --cycles 100 0.05
sleep 2
early=$(resident)
sleep 2.2
late=$(resident)
daemon_end 10
check 'a hundred periods: exit status' equal "$status" 0
check 'a hundred periods: all of them' equal "$(figure periods)" 100
check 'in their time' at_most "$lasted" 7000
check 'resident memory is steady (KiB)' at_most "$late" $((early + 64))

if [ -n "${VCPU_SCHEDULER_ASAN:-}" ]; then
    scheduler=$VCPU_SCHEDULER_ASAN
    daemon_run 20 --adopt-pins --cycles 100 0.05
    check 'address sanitizer: exit status' equal "$status" 0
    check 'address sanitizer: finds nothing' not says 'Sanitizer'
fi
tap_end
