# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Six vCPUs, all on pCPU 1, more than it has, are spread; isolated pCPUs are used only when named.

on_isolated() { affinities | awk '$2 ~ /[67]/ { n++ } END { print n + 0 }'; }

# spreads TEXT OPTION...: looks when nothing more is to be gained, by what the daemon saw. Under emulation siblings and
# remote memory cost nothing. Where they are taken to cost something, a vCPU is rightly left that would lose more by
# them than it gains: shape.sh looks at that.
spreads() {
    local text=$1
    shift
    start --adopt-pins --threshold 30 --smt-factor 1 --remote-factor 1 --crosscheck require --verbose --summary json \
        "$@"
    check "$text: the crowd is spread" wait_for 60 acted_and_rests 30 12
    isolated=$(on_isolated)
    check "$text: they are where it shows them" wait_for 10 is_shown
    stop
    check "$text: exit status" equal $? 0
    check "$text: every cpu.stat was found, none is suspect" \
        equal "$(cat out err | grep -E '[1-9][0-9]* (suspect|unchecked),|: suspect')" ''
    check "$text: each plan for what it saw" each_reasoned 30 0.1 2
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
# Besides the crowded one there are only such to go to.
spreads 'with them, when named' --cpus 1,6-7
check 'isolated pCPUs that were named are used' at_least "$isolated" 1
end a b c
