#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vhost-guest.sh COUNT: runs on the virtual host, in the shared folder; see vhost.sh. COUNT checks came before.
set -u
. ./tap.sh
. ./look.sh
tap_count=$1
SANDBOX_TAG=vs
qemu_run=/run/libvirt/qemu
cp -a root/. /
scheduler=$(cd root && find . -type f -name vcpu-scheduler -perm -1 | head -n 1)
scheduler=${scheduler#.}

tap_diagnose() {
    note "affinities: $(affinities | paste -sd' ')"
    note_file out
    note_file err
}

# Six vCPUs of 20 %, all on pCPU 1: far more than it has.
crowd() {
    local name vcpu
    for name in a b c; do
        virsh -q create --paused "$name.xml" >/dev/null &
    done
    wait
    for name in a b c; do
        for vcpu in 0 1; do
            virsh -q vcpupin "vs-$name" "$vcpu" 1 >/dev/null
        done
        virsh -q resume "vs-$name" >/dev/null
    done
}

most_on_one() { affinities | awk '{ print $2 }' | sort | uniq -c | awk '$1 > most { most = $1 } END { print most }'; }
pcpus_used() { affinities | awk '{ print $2 }' | sort -u | wc -l; }
given_back() { [ "$(affinities)" = "$crowded" ]; } # a line may be missed while /proc changes
on_isolated() { affinities | awk '$2 ~ /[67]/ { n++ } END { print n + 0 }'; }

# spreads TEXT OPTION...: looks when eight periods are over but the affinities not yet given back.
spreads() {
    local daemon text=$1
    shift
    note "$text: vcpu-scheduler $*"
    "$scheduler" --adopt-pins --threshold 30 --crosscheck require --summary json "$@" 2 >out 2>err &
    daemon=$!
    sleep 20
    placed=$(affinities)
    check "$text: no more than two on one pCPU" at_most "$(most_on_one)" 2
    check "$text: on four pCPUs or more" at_least "$(pcpus_used)" 4
    isolated=$(on_isolated)
    kill "$daemon"
    wait "$daemon"
    check "$text: exit status" equal $? 0
    check "$text: every cpu.stat was found, none is suspect" not grep -qiE 'suspect|unchecked' err
    check "$text: as few pins as it takes" at_most "$(sed -n 's/.*"pins": *\([0-9]*\).*/\1/p' out)" 8
    check "$text: affinities given back" wait_for 5 given_back
}

crowd
crowded=$(affinities)
check 'six vCPUs are crowded on pCPU 1' equal "$(pinned_to 1)" 6
check 'cpu.stat of a vCPU is where systemd has it' \
    test -e "$(echo /sys/fs/cgroup/machine.slice/*vs*a.scope/libvirt/vcpu0/cpu.stat)"
check 'pCPUs 6 and 7 are isolated' equal "$(cat /sys/devices/system/cpu/isolated)" 6-7
spreads 'without isolated pCPUs'
check 'isolated pCPUs stay unused' equal "$isolated" 0
spreads 'with them, when named' --cpus 0-7
check 'isolated pCPUs that were named are used' at_least "$isolated" 1
tap_end
