# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The shape of the host: two busy vCPUs don't share a core while another is free, and a domain whose memory is on a node
# stays there. Under emulation neither costs anything: what is tested is what the daemon decides. One domain runs at a
# time, on node 1, of which one core is isolated and so free; core 1 of node 0 is as free, and farther from its memory.

core() { echo $(($(affinity "$1") / 2)); } # pCPUs 2n and 2n + 1 are threads of a core
cores_differ() { [ "$(core "$1/0")" != "$(core "$1/1")" ]; }
on_node_1() { ! affinities "$1" | awk '{ print $2 }' | grep -qv '^[4-7]$'; }
apart_on_node_1() { cores_differ "$1" && on_node_1 "$1"; }

# Has a page shown both vCPUs of a domain busy on core 2 while core 3 had next to nothing? Only then it is to part them.
crowded_core_was_seen() { # DOMAIN
    pages '
    function page(v, least) {
        least = 100
        for (v = 1; v <= vcpus; v++) {
            if (index(name[v], domain_is "/") != 1) continue
            if (on[v] !~ /[45]/) return
            if (size[v] < least) least = size[v]
        }
        if (vcpus && least >= 40 && wanted[6] + wanted[7] < 5) any = 1
    }
    END { exit !any }' "domain_is=$1"
}

# parts DOMAIN TEXT: what is on one core at the start is on two of the node soon, and stays there.
parts() {
    start --adopt-pins --cpus 0-7 --threshold 20 --policy balance --crosscheck require --verbose
    if wait_for 50 cores_differ "$1" || crowded_core_was_seen "$1"; then
        check "$2" cores_differ "$1"
        check '... on the node that their memory is on' on_node_1 "$1"
        check '... for three more periods' wait_for 30 reached $(($(last_period) + 3))
        check '... and stay so' apart_on_node_1 "$1"
    else
        tap_result ok "$2 # SKIP never seen busy while the other core was free"
    fi
    note "$(affinities | paste -sd' ')"
    stop
    check 'affinities are given back' wait_for 5 affinities_are "$before"
}

"$scheduler" --topology >out 2>err
check '--topology draws 2 nodes' equal "$(grep -c '^ *node [01]' out)" 2
check '... of 2 cores of 2 threads' equal "$(grep -oE '\[[0-9a-z:]+ [0-9a-z:]+\]' out | tr -d '[:lower:]' | sed 's/:[0-9]*//g' | paste -sd' ')" \
    '[0 1] [2 3] [4 5] [6 7]'

begin s n
for vcpu in 0 1; do
    virsh -q vcpupin vs-s "$vcpu" $((4 + vcpu))
    virsh -q vcpupin vs-n "$vcpu" 4
done
before=$(affinities)
virsh -q resume vs-s
parts s 'two busy vCPUs on threads of one core are moved apart'

# The same without knowing it.
start --adopt-pins --cpus 0-7 --threshold 20 --policy balance --crosscheck require --flat --verbose
check 'blind to it: six periods' wait_for 60 reached 6
note "flat: $(affinities | paste -sd' ')"
check 'blind to it, the daemon leaves siblings crowded' not cores_differ s
stop
virsh -q suspend vs-s

virsh -q resume vs-n
parts n 'two that crowd one thread are parted'
end s n
