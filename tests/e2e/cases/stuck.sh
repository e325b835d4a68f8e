#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A QEMU that hangs, with a job that waits for it, must not delay the samples of the others, nor what is done for
# them.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# A job of libvirt's own or one that QEMU does: either keeps a pin waiting.
job_held() { virsh -q -c "$uri" domcontrol "$SANDBOX_TAG-stuck" | grep -qE 'job|occupied'; }

# quick CALL [OPTION...]: does libvirt answer it for the stuck domain?
quick() { timeout 3 virsh -q -c "$uri" "$1" "$stuck" "${@:2}" >/dev/null; }

host_libvirtd
host_crowd
domain_create stuck 1 10
stuck=$SANDBOX_TAG-stuck
virt metadata "$stuck" --uri https://vcpu-scheduler.org/xmlns/domain/1.0 --key vcpu-scheduler \
    --set '<scheduler exclude="no"/>'
kill -STOP "$(qemu_pid stuck)"
virsh -q -c "$uri" save "$stuck" "$work/saved" >/dev/null 2>&1 &
saving=$!
check 'its job is held' wait_for 5 job_held

# What the daemon asks libvirt about a domain, by the same calls.
uri_option="--uri https://vcpu-scheduler.org/xmlns/domain/1.0"
for call in vcpupin vcpuinfo domstate 'domstats --state' numatune dumpxml "metadata $uri_option"; do
    # shellcheck disable=SC2086
    check "told at once all the same: ${call%% *}" quick $call
done

daemon --adopt-pins --threshold 100 --floating leave --cycles 10 --verbose 0.5
check 'the others are relieved as ever' wait_for 4 left_crowd
daemon_end 40
check 'exit status' equal "$status" 0
check 'ten periods' equal "$(figure periods)" 10
check 'in the time of ten periods' at_most "$(last_at)" 5.5
check 'each plan for what it saw' each_reasoned 100 0.1 2
check 'the job is still held' job_held
kill "$saving"
kill -CONT "$(qemu_pid stuck)"
tap_end
