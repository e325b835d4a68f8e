#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --emulator follow: QEMU's first thread has the pCPUs of its domain's vCPUs, by the kernel, and gets back what it had:
# at the end, when it is excluded, and after kill -9. One that its owner or somebody else has pinned is left alone.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

runtime=$work/runtime

emulator() { awk '$1 == "Cpus_allowed_list:" { print $2 }' "/proc/$(qemu_pid "$1")/status"; }
has() { equal "$(emulator "$1")" "$2"; }
follows() { [[ $(affinity "$1/0") == [01] ]] && has "$1" "$(affinity "$1/0")"; }
# What libvirt has of it.
unmarked() { ! virsh -q -c "$uri" dumpxml "$SANDBOX_TAG-$1" | grep -q 'emulator original'; }
told() { virsh -q -c "$uri" emulatorpin "$SANDBOX_TAG-$1" | awk '{ print $NF }'; }
starts() { daemon --runtime-dir "$runtime" --emulator follow --config "$config" 0.3; }

host_libvirtd
config=$work/vcpu-scheduler.conf
printf '# %s\n' "$SANDBOX_TAG" >"$config"
domain_create a 1 2
domain_create b 1 2
domain_create wide 3 2 0=0 1=1
domain_xml own 1 2 >"$work/own.xml"
sed -i "s|<cputune>|&<emulatorpin cpuset='1'/>|" "$work/own.xml"
virt create "$work/own.xml"
before=$(emulator a)
starts
check 'it follows where its vCPU was placed' wait_for 8 follows a
check 'so does the next' wait_for 8 follows b
check 'where its vCPUs have all pCPUs, it has them too' has wide "$before"
check "the owner's pin is left alone" has own 1
check 'each was pinned once' equal "$(grep -c 'emulator: to pCPU' "$err")" 2
check 'the mark names it' grep -q '<.*emulator original="all" pinned=' \
    <(virsh -q -c "$uri" dumpxml "$SANDBOX_TAG-a" | tr "'" '"')

kill -KILL "$daemon"
wait "$daemon" 2>/dev/null
check 'kill -9: it stays where it is' follows a
check 'kill -9: the ledger holds it' grep -qE '^[-0-9a-f]{36} [0-9]+ emulator [01] - [-0-9,]+ ' "$runtime"/*.ledger
timeout 20 "$scheduler" --connect "$uri" --runtime-dir "$runtime" --restore >"$out" 2>"$err"
check '--restore: given back' has a "$before"
check '--restore: so says libvirt' equal "$(told a)" "$before"
check '--restore: there is no mark any more' unmarked a
check '--restore: the other, too' has b "$before"

starts
check 'again: it follows' wait_for 8 follows a
wait_for 8 follows b
virt emulatorpin "$SANDBOX_TAG-b" "$(affinity b/0)" --live
check 'pinned by somebody else to the same pCPU: is noticed' \
    wait_for 8 says 'b emulator: somebody else has changed its affinity'
place=$(emulator b)
echo "exclude = *-a" >>"$config"
kill -HUP "$daemon"
check 'excluded: given back' wait_for 8 has a "$before"
daemon_stop
check 'exit status' equal "$status" 0
check "somebody else's stays at the end" has b "$place"
check "the owner's stays" has own 1

starts
wait_for 8 says 'pCPU'
sleep 1
check 'the next run leaves it alone as well' has b "$place"
sed -i '/^exclude/d' "$config"
kill -HUP "$daemon"
check 'no more excluded: it follows again' wait_for 8 follows a
daemon_stop
check 'given back at the end' has a "$before"
check 'there is no mark any more' unmarked a
tap_end
