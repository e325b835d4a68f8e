#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is kept on disk of the affinities that were found: through a kill, --no-restore, damage, a second daemon, and
# changes by others. Placing floating vCPUs does not ask the load.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

runtime=/run/vcpu-scheduler
stem='qemu%3A%2F%2F%2Fsystem'

ledgers() { (cd "$runtime" && find . -name "$stem.ledger*" -printf '%f\n' | sort | paste -sd' '); }
floating() { affinities | awk '$2 ~ /[-,]/ { n++ } END { print n + 0 }'; }
placed() { [ "$(floating)" = "$1" ]; }

# Kills a daemon that has placed them.
die() {
    daemon --wait "$@" 0.3
    check 'it places what floats' wait_for 10 placed 0
    sleep 0.3
    kill -KILL "$daemon"
    wait "$daemon" 2>/dev/null
}

restore() {
    timeout 20 "$scheduler" --connect "$uri" --restore "$@" >"$out" 2>"$err"
    status=$?
}

host_libvirtd
domain_create a 2 2
domain_define b 2 2 1=0
before=$(affinities)

restore
check 'nothing to restore: exit status' equal "$status" 0
check 'nothing to restore: says so' says 'no earlier run has left anything'
check 'the runtime directory is for root alone' equal "$(stat -c %a "$runtime")" 700

die
check 'killed: the pins are still there' placed 0
check 'killed: the ledger too' equal "$(ledgers)" "$stem.ledger"
daemon --wait 0.3
check 'a run after it takes them over' wait_for 5 says '3 taken over'
first=$daemon
daemon_run 5 --wait 0.3
check 'a second daemon: exit status' equal "$status" 1
check 'a second daemon: says who is there' says "another vcpu-scheduler: process $first, since 20"
daemon_run 5 --wait --dry-run --cycles 1 0.3
check 'but one that pins nothing may run' equal "$status" 0
for alias in qemu+unix:///system 'qemu:///system?mode=legacy' "qemu+unix:///system?socket=/var/run/libvirt/libvirt-sock"; do
    uri=$alias daemon_run 5 --wait 0.3
    check "a second one by the name $alias: exit status" equal "$status" 1
    check "a second one by the name $alias: says who is there" says "another vcpu-scheduler: process $first, since 20"
done
daemon=$first
daemon_stop
check 'the one that took over gives back' equal "$(affinities)" "$before"
check 'and nothing is left of the ledger' equal "$(ledgers)" ''

daemon --wait --no-restore 0.3
check '--no-restore: it places what floats' wait_for 10 placed 0
daemon_stop
check '--no-restore: the pins stay' placed 0
check '--no-restore: the ledger too' equal "$(ledgers)" "$stem.ledger"
restore
check '--restore: exit status' equal "$status" 0
check '--restore: affinities given back' equal "$(affinities)" "$before"
check '--restore: the ledger is gone' equal "$(ledgers)" ''

printf '# %s\nno-restore = yes\n' "$SANDBOX_TAG" >"$work/no-restore.conf"
daemon --config "$work/no-restore.conf" --wait 0.3
check 'no-restore in the file: it places what floats' wait_for 10 placed 0
daemon_stop
pinned=$(affinities)
restore --config "$work/no-restore.conf" --as-configured
check 'no-restore in the file: what the service asks for at its end' equal "$status" 0
check 'no-restore in the file: says why' says 'no-restore is configured'
check 'no-restore in the file: the pins stay' equal "$(affinities)" "$pinned"
check 'no-restore in the file: the ledger too' equal "$(ledgers)" "$stem.ledger"
restore --config "$work/no-restore.conf"
check 'no-restore in the file: by hand all is given back' equal "$(affinities)" "$before"
# What a version that went by the URI's text has left of the same host.
uri=qemu+unix:///system die
old=$runtime/qemu%2Bunix%3A%2F%2F%2Fsystem.ledger
python3 -c 'import sys, zlib
lines = sys.stdin.read().splitlines()
lines[1] = "host qemu%2Bunix%3A%2F%2F%2Fsystem"
text = "\n".join([l for l in lines[:-1] if not l.startswith("uri ")] + ["end %d " % (len(lines) - 4)])
print(text + "%08x" % zlib.crc32(text.encode()))' <"$runtime/$stem.ledger" >"$work/old"
rm "$runtime/$stem.ledger"
cp "$work/old" "$old"
restore
check 'kept by another name: found' says '3 of 3 affinities settled'
check 'kept by another name: given back' equal "$(affinities)" "$before"
check 'kept by another name: gone' not test -e "$old"

die
virt destroy "$SANDBOX_TAG-a"
domain_create a 2 2 0=1 1=0
virt vcpupin "$SANDBOX_TAG-b" 0 "$(($(affinity b/0) ^ 1))"
after=$(affinities)
restore
check 'restarted, or changed by others meanwhile: exit status' equal "$status" 0
check 'restarted, or changed by others meanwhile: left alone' equal "$(affinities)" "$after"
check 'changed by others: says so' says 'b vCPU 0: its affinity was changed by somebody else'

virt vcpupin "$SANDBOX_TAG-a" 0 0-1
virt vcpupin "$SANDBOX_TAG-b" 0 0-1
before=$(affinities)
die
sed -i s/end/End/ "$runtime/$stem.ledger"
restore
check 'damaged: exit status of --restore' equal "$status" 1
check 'damaged: set aside' equal "$(ledgers)" "$stem.ledger.damaged-1"
check 'damaged: says so' says 'is damaged: its checksum is wrong'
check 'damaged: nothing is guessed' placed 0
virt vcpupin "$SANDBOX_TAG-a" 0 0-1
virt vcpupin "$SANDBOX_TAG-b" 0 0-1
truncate -s 100 "$runtime/$stem.ledger"
daemon --wait 0.3
check 'damaged: a run begins all the same' wait_for 10 placed 0
daemon_stop
check 'damaged: and gives back' equal "$(affinities)" "$before"
check 'damaged: both are kept' equal "$(ledgers)" "$stem.ledger.damaged-1 $stem.ledger.damaged-2"

# A disk that is full, but for names.
mkdir "$work/full"
mount -t tmpfs -o size=8k,mode=700 tmpfs "$work/full"
dd if=/dev/zero of="$work/full/ballast" bs=4k count=9 2>/dev/null
daemon --wait --runtime-dir "$work/full" 0.3
check 'disk full: says so' wait_for 10 says 'ledger.new: can.t be written: No space left'
check 'disk full: nothing is pinned' affinities_stay 1
check 'disk full: all floats as before' equal "$(affinities)" "$before"
daemon_stop
check 'disk full: exit status' equal "$status" 0
chmod 770 "$work/full"
daemon_run 5 --runtime-dir "$work/full" 0.3
check 'a directory that others may write to: exit status' equal "$status" 1
check 'a directory that others may write to: says so' says 'others may write to it'

# Without --connect: every host that there is a ledger of. None of them is libvirt's own default here.
before=$(affinities)
die
host_embed
domain_create c 1 2
daemon --wait 0.3
placed_there() { qemu_run=$work/embed/run/qemu placed 0; }
check 'a second host: it places what floats' wait_for 10 placed_there
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null
check 'two hosts, two ledgers' equal "$(find "$runtime" -name '*.ledger' | wc -l)" 2
LIBVIRT_DEFAULT_URI=test:///default timeout 20 "$scheduler" --restore >"$out" 2>"$err"
check '--restore without --connect: exit status' equal $? 0
check '--restore without --connect: one host' equal "$(qemu_run=/run/libvirt/qemu affinities)" "$before"
check '--restore without --connect: and the other' equal "$(affinity c/0)" 0-1
check '--restore without --connect: no ledger is left' equal "$(find "$runtime" -name '*.ledger')" ''
tap_end
