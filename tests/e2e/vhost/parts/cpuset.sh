# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The cpuset of the domains' slice is narrowed, opened, and loses pCPUs to a partition, all while the daemon runs; the
# kernel's own word is looked at all the time, for it refuses what lies outside and libvirt does not tell.

slice=/sys/fs/cgroup/machine.slice
partition=/sys/fs/cgroup/vs-partition
allow() { systemctl set-property --runtime machine.slice AllowedCPUs="$1"; }

# within LIST: has every vCPU some of these pCPUs, and no other? Pinned ones only, with a second word.
within() {
    local list
    while read -r _ list; do
        [[ $list =~ ^[$1]([-,][$1])*$ ]] || return
        [ -z "${2:-}" ] || [[ $list =~ ^[0-9]$ ]] || return
    done < <(affinities a; affinities b)
}
pins() { for name in a b; do virsh -q vcpupin "vs-$name"; done; } # libvirt's word
says() { grep -qE -- "$1" err out; }
# Is what libvirt wrote to each vCPU's own cpuset what the kernel has?
cpusets_agree() {
    local vcpu list scope
    while read -r vcpu list; do
        for scope in "$slice"/*vs*"${vcpu%/*}".scope; do
            [ "$(cat "$scope/libvirt/vcpu${vcpu#*/}/cpuset.cpus")" = "$list" ] || return
        done
    done < <(affinities a; affinities b)
}

begin a b
for vcpu in 0 1; do
    virsh -q vcpupin vs-b "$vcpu" 1,4-5 >/dev/null
done
virsh -q resume vs-a
virsh -q resume vs-b

# A partition is exclusive: its siblings ask for no pCPUs of their own, and that of the domains has not asked so far.
virsh -q vcpupin vs-a 0 2 >/dev/null
before=$(affinities)
told=$(pins)
start --threshold 100 --adopt-pins
check 'all are pinned' wait_for 15 within 0-7 pinned
mkdir "$partition"
echo 2-3 >"$partition/cpuset.cpus"
echo root >"$partition/cpuset.cpus.partition"
check 'a partition takes pCPUs' equal "$(cat "$partition/cpuset.cpus.partition")" root
check 'those are left to it' wait_for 15 within 014567 pinned
check '... their own cpusets, too' wait_for 5 cpusets_agree
check 'nobody is taken for having done it' not says 'somebody else'
echo member >"$partition/cpuset.cpus.partition"
rmdir "$partition"
check 'nothing was refused' not says 'refused|failed|Unable to set'
stop
check 'exit status' equal $? 0
check 'affinities are given back' wait_for 5 affinities_are "$before"
check 'and libvirt says so' equal "$(pins)" "$told"

allow 0-3
sleep 1
start --threshold 100 --adopt-pins
check 'says what limits them' wait_for 15 says "limited by its cgroup's cpuset to pCPUs 0-3"
check 'all are pinned within' wait_for 15 within 0-3 pinned
check 'nothing was refused' not says 'refused|failed|Unable to set'
allow 0-7
check 'given back live: says so' wait_for 10 says 'no longer limited'
allow 2-5
check 'taken live: all are pinned within what is left' wait_for 15 within 2-5 pinned
check '... their own cpusets, too' wait_for 5 cpusets_agree
allow 0-7
sleep 4
check 'nothing was refused' not says 'refused|failed|Unable to set'
stop
check 'exit status' equal $? 0
check 'affinities are given back' wait_for 5 affinities_are "$before"
check 'and libvirt says so' equal "$(pins)" "$told"

# Taken and given back again and again, at any moment of a period: whatever was refused is put back.
before=$(affinities)
start --threshold 10 --adopt-pins --policy stddev --stddev 1 --min-gain 0 --dwell 1
for limit in 0-3 4-5 0-7 1 2-5 0-7 0-1 0-5 3-4 0-7; do
    allow "$limit"
    sleep "1.$((RANDOM % 10))"
    check "allowed $limit: nobody is outside" within "$(seq -s '' "${limit%-*}" "${limit#*-}")"
done
stop
check 'exit status' equal $? 0
check 'nobody is taken for having done it' not says 'somebody else'
check 'affinities are given back' wait_for 5 affinities_are "$before"
check 'and libvirt says so' equal "$(pins)" "$told"

# The end comes while what the owner wants is forbidden: it is named, kept, and given back when it can be.
virsh -q vcpupin vs-b 0 5 >/dev/null
virsh -q vcpupin vs-b 1 5 >/dev/null
before=$(affinities)
# --flat: two of 20 % on one pCPU lose nothing there, but on threads of one core, or away from their memory.
start --flat --threshold 10 --adopt-pins --policy stddev --stddev 1 --min-gain 0 --dwell 0
b_moved() { affinities b | grep -qv ' 5$'; }
check "one of two on the owner's pCPU is moved" wait_for 15 b_moved
allow 0-3
check 'taken live: all are within' wait_for 15 within 0-3
sleep 3
stop
check 'the end says what stays' says 'domain vs-b vCPU [01] stays on pCPU'
check 'within what is allowed' within 0-3
allow 0-7
"$scheduler" --restore >out 2>err
check '--restore gives it back' wait_for 5 affinities_are "$before"
end a b
