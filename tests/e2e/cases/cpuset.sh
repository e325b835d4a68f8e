#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The domain's cgroup allows less than its owner does: from the start, then taken and given back while the daemon runs;
# and pins that the kernel refuses when libvirt has written the cgroup already. By the kernel's own word all the time.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

faulty=${VCPU_SCHEDULER_FAULTS:-$builddir/tests/faults/daemon}

# The domain's folder in the hierarchy that has the cpuset controller, v2 or v1.
cpuset_of() { # NAME
    local pid line path
    read -r pid <"$qemu_run/$SANDBOX_TAG-$1.pid"
    while IFS=: read -r _ line path; do
        path=${path%/emulator}
        case $line in
        '') [ ! -e "$cgroup2$path/cpuset.cpus.effective" ] || echo "$cgroup2$path" ;;
        cpuset) [ ! -e "$cgroup1$path/cpuset.cpus" ] || echo "$cgroup1$path" ;;
        esac
    done <"/proc/$pid/cgroup"
}
cgroup2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
cgroup1=$(awk '$3 == "cgroup" && $4 ~ /(^|,)cpuset(,|$)/ { print $2; exit }' /proc/mounts)

# narrow NAME CPUS: v2 needs the domain's alone. v1 does not narrow a cpuset while one below is wider: as an administrator
# would there, from below; and from above when it is to be what it was, with `widen`.
narrow() {
    local folder file
    folder=$(cpuset_of "$1")
    if [ -e "$folder/cpuset.effective_cpus" ]; then
        for file in "$folder"/*/cpuset.cpus; do
            cat "$file" >"$work/${file//\//_}"
            echo "$2" >"$file"
        done
    fi
    echo "$2" >"$folder/cpuset.cpus"
}
widen() {
    local folder file
    folder=$(cpuset_of "$1")
    echo "$2" >"$folder/cpuset.cpus"
    for file in "$folder"/*/cpuset.cpus; do
        [ ! -e "$work/${file//\//_}" ] || cat "$work/${file//\//_}" >"$file"
    done
}
cgroup_is() { # NAME/VCPU CPUS
    equal "$(cat "$(cpuset_of "${1%/*}")/vcpu${1#*/}/cpuset.cpus")" "$2"
}
is_on() { equal "$(affinities "$1" | awk '{ print $2 }' | sort -u)" "$2"; } # NAME CPUS
said_times() { [ "$(grep -cE -- "$2" "$err")" = "$1" ]; }
kept_are_named() {
    local vcpu list
    while read -r vcpu list; do
        grep -qxF "$vcpu $list" <<<"$before" ||
            says "domain $SANDBOX_TAG-${vcpu%/*} vCPU ${vcpu#*/} stays on pCPU" || return
    done < <(affinities)
}

# Placing what floats goes by what is allowed, whatever else the host is busy with.
host_embed
domain_create a 1 20 0=0-1
domain_create b 2 20 0=0-1 1=0-1
[ -n "$(cpuset_of a)" ] || skip_all 'no cpuset controller'
narrow b 0
before=$(affinities)

daemon --verbose 0.3
check 'limited from the start: says so' \
    wait_for 5 says "domain $SANDBOX_TAG-b: limited by its cgroup's cpuset to pCPUs 0"
check 'the other one is placed' wait_for 5 pinned a/0 '[01]'
place=$(affinity a/0)
other=$((1 - place))
narrow a "$other"
check 'taken live: says so' wait_for 5 said_times 1 "domain $SANDBOX_TAG-a: limited by .* to pCPUs $other"
sleep 1
check 'taken live: is left within' is_on a "$other"
widen a 0-1
check 'given back live: says so' wait_for 5 said_times 1 "domain $SANDBOX_TAG-a: no longer limited"
check 'given back live: has its pin' pinned a/0 "$place"
narrow a "$place"
check 'taken once more: says so' wait_for 5 said_times 1 "domain $SANDBOX_TAG-a: limited by .* to pCPUs $place"
daemon_stop
check 'exit status' equal "$status" 0
check 'nobody is taken for having done it' not says 'somebody else'
check 'nothing was refused' not says 'refused|failed|stays on'
check 'the limited one was left alone' is_on b 0
check 'given back within the limit' is_on a "$place"
rm -f "$work"/_*
widen a 0-1
widen b 0-1
domains_destroy
rm -f "$work"/_*

[ -x "$faulty" ] || { note "no $faulty: refusals are not tried"; tap_end; }
scheduler=$faulty
domain_create c 2 20 0=0-1 1=0-1
before=$(affinities)
for at in 1 2 %2; do
    export VS_FAULT="sched_setaffinity:$at:error=0"
    daemon_run 8 --dwell 1 --cycles 6 --verbose 0.3
    unset VS_FAULT
    check "sched_setaffinity $at refused: exit status" equal "$status" 0
    check "sched_setaffinity $at refused: is told" says 'Unable to set|annot set|affinity.*(denied|permitted|Invalid)'
    check "sched_setaffinity $at refused: the kernel has what it had" equal "$(affinities)" "$before"
    check "sched_setaffinity $at refused: and so has the cpuset" cgroup_is c/0 0-1
done
# Six rounds of two.
export VS_FAULT=sched_setaffinity:end+1:error=1 VS_FAULT_STOP=6
for more in {2..12}; do VS_FAULT+=";sched_setaffinity:end+$more:error=1"; done
daemon_run 12 --dwell 1 --verbose 0.3
unset VS_FAULT_STOP
unset VS_FAULT
check 'none given back: all are named' kept_are_named
check 'none given back: there are some' says 'stays on pCPU'
"$scheduler" --connect "$uri" --restore >"$out" 2>"$err"
check 'none given back: --restore does it' equal "$(affinities)" "$before"
tap_end
