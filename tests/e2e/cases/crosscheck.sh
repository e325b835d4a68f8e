#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The cross-check: real cpu.stat files agree with libvirt; a frozen or falling one makes its vCPU suspect, and
# a suspect or, with `require`, an unchecked one stays where it is.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
copy=$work/cgroups

# A tree like the real one, of links to its cpu.stat files: what is tampered with is replaced.
copy_cgroups() {
    local folder
    rm -rf "$copy"
    while read -r folder; do
        mkdir -p "$copy/$folder"
        ln -s "$root/$folder/cpu.stat" "$copy/$folder/"
    done < <(cd "$root" && find . -type d -path "*$SANDBOX_TAG*/vcpu*")
}

# The copied cpu.stat of NAME/VCPU.
stat_of() { find "$copy" -path "*$SANDBOX_TAG-${1%/*}[./]*/vcpu${1#*/}/cpu.stat"; }

# Makes it a file of its own that stands still from now on.
freeze() {
    local file
    file=$(stat_of "$1")
    cp --remove-destination --dereference "$(readlink "$file")" "$file"
}

# Lets a frozen one count backwards, in place and always with as many digits, until `falling` is killed.
let_fall() {
    local file usec=900000000
    freeze "$1"
    file=$(stat_of "$1")
    while usec=$((usec - 1000)); do
        printf 'usage_usec %d\n' "$usec" | dd of="$file" conv=notrunc status=none
        sleep 0.05
    done &
    falling=$!
}

suspected() { grep -c "$SANDBOX_TAG-${1%/*} vCPU ${1#*/}: suspect" "$err"; }

# copied TEXT OPTION...: a run of five periods on the copy.
copied() {
    local text=$1
    shift
    daemon_run 8 --adopt-pins --threshold 100 --cgroup-root "$copy" --cycles 5 "$@" 0.5
    check "$text: exit status" equal "$status" 0
}

host_embed
host_crowd
[ -n "$root" ] || skip_all 'no cgroup v2 hierarchy is mounted'
daemon_run 8 --adopt-pins --threshold 100 --crosscheck require --cycles 5 0.5
check 'real cpu.stat: exit status' equal "$status" 0
check 'real cpu.stat: none is suspect' not says ': suspect'
check 'real cpu.stat: relieved, also with require' at_least "$(figure pins)" 1

copy_cgroups
freeze a/0
copied 'frozen'
check 'frozen: that vCPU is suspect, said once' equal "$(suspected a/0)" 1
check 'frozen: it alone' equal "$(grep -c suspect "$err")" 1
check 'frozen: nothing is decided on the pCPU it is on' equal "$(figure pins)" 0

copy_cgroups
let_fall b/1
copied 'falling'
kill "$falling"
check 'falling: that vCPU is suspect, said once' equal "$(suspected b/1)" 1
check 'falling: nothing is decided on the pCPU it is on' equal "$(figure pins)" 0

copy_cgroups
for vcpu in a/0 a/1 b/0; do
    rm "$(stat_of "$vcpu")"
done
copied 'require, one of four is checked' --crosscheck require
check 'require: the checked one is moved' says 'b vCPU 1: pCPU 0 -> 1'
check 'require: no unchecked one is moved' not says '(a vCPU [01]|b vCPU 0): pCPU'
check 'require: none is suspect' not says ': suspect'

rm -rf "${copy:?}"/*
copied 'require, none is checked' --crosscheck require
check 'require: none checked, no pin' equal "$(figure pins)" 0
copied 'off' --crosscheck off
check 'off: relieved without any cgroup' at_least "$(figure pins)" 1
tap_end
