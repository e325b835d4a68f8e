# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Six vCPUs of 20 %, all on pCPU 1, far more than it has, are spread; isolated pCPUs are used only when named.

on_isolated() { affinities | awk '$2 ~ /[67]/ { n++ } END { print n + 0 }'; }

# spreads TEXT OPTION...: looks when seven periods are over but the affinities not yet given back.
spreads() {
    local text=$1
    shift
    start --adopt-pins --threshold 30 --crosscheck require --summary json "$@"
    sleep 17
    check "$text: no more than two on one pCPU" at_most "$(most_on_one)" 2
    check "$text: on four pCPUs or more" at_least "$(pcpus_used)" 4
    isolated=$(on_isolated)
    stop
    check "$text: exit status" equal $? 0
    check "$text: every cpu.stat was found, none is suspect" not grep -qiE 'suspect|unchecked' err
    check "$text: as few pins as it takes" at_most "$(sed -n 's/.*"pins": *\([0-9]*\).*/\1/p' out)" 8
    check "$text: affinities given back" wait_for 5 affinities_are "$crowded"
}

begin a b c
crowd 1 a b c
crowded=$(affinities)
check 'six vCPUs are crowded on pCPU 1' equal "$(pinned_to 1)" 6
check 'cpu.stat of a vCPU is where systemd has it' \
    test -e "$(echo /sys/fs/cgroup/machine.slice/*vs*a.scope/libvirt/vcpu0/cpu.stat)"
check 'pCPUs 6 and 7 are isolated' equal "$(cat /sys/devices/system/cpu/isolated)" 6-7
spreads 'without isolated pCPUs'
check 'isolated pCPUs stay unused' equal "$isolated" 0
spreads 'with them, when named' --cpus 0-7
check 'isolated pCPUs that were named are used' at_least "$isolated" 1
end a b c
