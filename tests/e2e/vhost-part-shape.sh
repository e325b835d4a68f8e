# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The shape of the host: two busy vCPUs don't share a core while another is free, and a domain whose memory is on a node
# stays there. Under emulation neither costs anything: what is tested is what the daemon decides.

core() { echo $(($(affinity "$1") / 2)); } # pCPUs 2n and 2n + 1 are threads of a core
cores_differ() { [ "$(core "$1/0")" != "$(core "$1/1")" ]; }
on() { ! affinities "$1" | awk '{ print $2 }' | grep -qv "^[$2]$"; } # on DOMAIN PCPUS
parted() { [ "$(affinity "$1/0")" != "$(affinity "$1/1")" ]; }
all_of_it() { cores_differ s && parted n && on s 0-3 && on n 4-7; }

"$scheduler" --topology >out 2>err
check '--topology draws 2 nodes' equal "$(grep -c '^ *node [01]' out)" 2
check '... of 2 cores of 2 threads' equal "$(grep -oE '\[[0-9a-z:]+ [0-9a-z:]+\]' out | tr -d '[:lower:]' | sed 's/:[0-9]*//g' | paste -sd' ')" \
    '[0 1] [2 3] [4 5] [6 7]'

begin s n
for vcpu in 0 1; do
    virsh -q vcpupin vs-s "$vcpu" $((2 + vcpu))
    virsh -q vcpupin vs-n "$vcpu" 4
done
virsh -q resume vs-s
virsh -q resume vs-n
before=$(affinities)
start --adopt-pins --cpus 0-7 --policy balance --crosscheck require --verbose
check 'two busy vCPUs on threads of one core are moved apart' wait_for 40 cores_differ s
check 'two that crowd one thread are parted' wait_for 10 parted n
check '... on the node that their memory is on' on n 4-7
check 'as do the others, on the other node' on s 0-3
sleep 6
check 'so it stays' all_of_it
note "$(affinities | paste -sd' ')"
stop
check 'affinities are given back' wait_for 5 affinities_are "$before"

# The same without knowing it.
start --adopt-pins --cpus 0-7 --policy balance --crosscheck require --flat
sleep 12
note "flat: $(affinities | paste -sd' ')"
check 'blind to it, the daemon leaves siblings crowded' not cores_differ s
stop
end s n
