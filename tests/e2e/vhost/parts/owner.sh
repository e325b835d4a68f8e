# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# A vCPU that nobody has pinned may run everywhere, whatever was online when it was first seen, but on no isolated pCPU;
# pCPUs that come and go are nobody's doing. pCPUs 6 and 7 are isolated.

switch() { # 0 OR 1 PCPU...
    local pcpu state=$1
    shift
    for pcpu; do
        echo "$state" >"/sys/devices/system/cpu/cpu$pcpu/online"
    done
}
periods() { grep -c '^Period ' out; }
# later COUNT: that many periods from now on
later() {
    local until=$(($(periods) + $1))
    wait_for 40 sh -c "[ \$(grep -c '^Period ' out) -ge $until ]"
}
# o_is_on PATTERN: is each of its vCPUs pinned to such a pCPU?
o_is_on() { [ "$(affinities o | awk '{ print $2 }' | grep -cx "$1")" = 2 ]; }

p_is_on() { [ "$(affinities p | awk '{ print $2 }' | grep -cx "$1")" = 2 ]; }

begin o h
virsh -q resume vs-o
before=$(affinities o)
start --floating leave --verbose
check 'floating vCPUs are left' later 3
switch 0 5
check 'a pCPU goes' later 2
switch 1 5
check 'and comes back' later 2
check 'nobody has changed an affinity' [ "$(grep -c 'somebody else' err)" = 0 ]
stop
check '--floating leave: they have what they had, by the kernel' [ "$(affinities o)" = "$before" ]

# First seen while most are offline.
switch 0 2 3 4 5
start --threshold 30 --verbose
check 'placed where it can be' wait_for 20 o_is_on '[01]'
switch 1 2 3 4 5
virsh -q vcpupin vs-h 0 0 >/dev/null
virsh -q vcpupin vs-h 1 1 >/dev/null
virsh -q resume vs-h
check 'pCPUs that came online are used' wait_for 40 o_is_on '[2-5]'
check 'isolated ones are not' later 3
check '... at all' o_is_on '[0-5]'
stop
check 'exit status' equal $? 0
check 'what came online is given back, too, by the kernel' [ "$(affinities o)" = "$before" ]
end o h

# A numad that knows one answer: node 1.
printf '#!/bin/sh\necho 1\n' >/usr/bin/numad
chmod +x /usr/bin/numad
virsh -q define p.xml
virsh -q start vs-p
advice=$(affinities p)
note "numad's advice: $advice; of the definition: $(virsh -q vcpupin vs-p --config | paste -sd' ')"
start --verbose
check "placement='auto': placed within numad's advice, by the kernel" wait_for 20 p_is_on '[4-7]'
check '... and stays there' later 3
check '... all of it' p_is_on '[4-7]'
stop
check 'the advice is given back, by the kernel' [ "$(affinities p)" = "$advice" ]
virsh -q destroy vs-p
virsh -q undefine vs-p
