#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Domains that leave with the daemon's pins in their live definition, and come back or arrive elsewhere: saved and
# restored, with a managed save, by migration to a second host. A host of our own for that, on the same machine.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

pins_uri=https://vcpu-scheduler.org/xmlns/pins/1.0
optout_uri=https://vcpu-scheduler.org/xmlns/domain/1.0

# How the vCPUs of a domain are: their lists in the order of their numbers.
lists() { affinities "$1" | sort | cut -d' ' -f2 | paste -sd' '; }
lists_are() { equal "$(lists "$1")" "$2"; }
all_pinned() { ! affinities "$1" | grep -qE ' .*[-,]' && [ -n "$(affinities "$1")" ]; }
marked() { virt metadata "$SANDBOX_TAG-$1" --uri "$pins_uri" "${@:2}" 2>/dev/null >/dev/null; }
# has_come NAME: has the daemon said so?
has_come() { says "domain $SANDBOX_TAG-$1: has come with .* pin"; }
restore_run() { timeout 20 "$scheduler" --connect "$uri" --restore >"$out" 2>"$err"; }
save() { virt save "$SANDBOX_TAG-$1" "$work/$1.save"; }
restore() { virt restore "$work/$1.save"; }

host_libvirtd

# Saved and restored, while the daemon runs: a transient domain of one floating vCPU and one that its owner has pinned.
domain_create t 2 2 1=1
virt metadata "$SANDBOX_TAG-t" --uri "$optout_uri" --key owner --set '<scheduler exclude="no"/>'
before=$(lists t)
daemon --wait 0.3
check 'saved: it places what floats' wait_for 10 all_pinned t
check 'saved: the pin is marked as ours' wait_for 3 marked t
check 'saved' save t
check 'restored' restore t
check 'restored: the pin has come back' all_pinned t
check 'restored: it is known as ours' wait_for 5 has_come t
check "restored: the owner's is not" not says 'has come with 2 pins'
daemon_stop
check 'restored: exit status' equal "$status" 0
check 'restored: given back in the kernel' lists_are t "$before"
check 'restored: no mark is left' not marked t
check "restored: the owner's other metadata is" \
    virt metadata "$SANDBOX_TAG-t" --uri "$optout_uri"

# Without a daemon the pin stays; --restore finds it.
daemon --wait 0.3
wait_for 10 all_pinned t
save t
daemon_stop
restore t
check 'restored without a daemon: the pin stays' all_pinned t
check '--restore: exit status' restore_run
check '--restore: gives back what has come' lists_are t "$before"
check '--restore: no mark is left' not marked t

# Killed; the ledger is lost, the mark is not. The owner pins by hand, which is theirs.
daemon --wait 0.3
wait_for 10 all_pinned t
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null
rm -f /run/vcpu-scheduler/*.ledger
other=$(($(affinity t/0) ^ 1))
virt vcpupin "$SANDBOX_TAG-t" 0 "$other"
daemon_run 10 --wait --cycles 3 0.3
check 'pinned by hand since: left as it is' lists_are t "$other 1"
check 'pinned by hand since: no pin' equal "$(figure pins)" 0
domains_destroy

# A managed save, of a definition that says nothing of pins.
domain_define p 2 2
before=$(lists p)
daemon --wait 0.3
check 'managed save: it places what floats' wait_for 10 all_pinned p
check 'managed save' virt managedsave "$SANDBOX_TAG-p"
check 'managed save: started again' virt start "$SANDBOX_TAG-p"
check 'managed save: known as ours' wait_for 5 has_come p
daemon_stop
check 'managed save: given back in the kernel' lists_are p "$before"
check 'managed save: no mark is left' not marked p
virt undefine "$SANDBOX_TAG-p"
domains_destroy

# ---- a second host ----

far=$work/far
far_uri="qemu+unix:///system?socket=$far/run/libvirt-sock"
on_far() { uri=$far_uri qemu_run=$far/run/qemu "$@"; }

# A second libvirtd in a mount namespace of its own, with an identity of its own.
far_begin() {
    mkdir -p "$far"/{run,lib,etc} /run/libvirt /var/lib/libvirt
    cp /etc/libvirt/*.conf "$far/etc"
    echo 'host_uuid = "5ca1ab1e-0000-4000-8000-00000000fa12"' >>"$far/etc/libvirtd.conf"
    unshare --mount bash -c "mount --bind $far/run /run/libvirt && mount --bind $far/lib /var/lib/libvirt &&
        mount --bind $far/etc /etc/libvirt && exec libvirtd --pid-file $far/pid" >>"$work/far.log" 2>&1 &
    far_libvirtd=$!
    disown
    wait_for 10 on_far virt version
}

# There is no such domain there, so its name may differ: both hosts share the kernel's cgroups.
migrate() { # NAME OPTION...
    virt migrate --live "${@:2}" "$SANDBOX_TAG-$1" "$far_uri" tcp://127.0.0.1:49200 --dname "$SANDBOX_TAG-far-$1"
}

far_daemon() { # OPTION...
    rm -f "$out.far" "$err.far"
    nsenter -t "$far_libvirtd" -m "$scheduler" --connect qemu:///system --runtime-dir "$far/vs" --wait --summary json "$@" \
        >"$out.far" 2>"$err.far" &
    far_daemon=$!
}
far_stop() {
    kill "$far_daemon"
    wait "$far_daemon"
}
far_says() { grep -qE -- "$1" "$err.far"; }

check 'a second host' far_begin
domain_create m 2 2
before=$(lists m)
daemon --wait 0.3
far_daemon 0.3
check 'migrated: it places what floats' wait_for 10 all_pinned m
check 'migrated' migrate m
check 'migrated: the pin has gone with it' on_far all_pinned far-m
check 'migrated: it is known over there' wait_for 5 far_says "domain $SANDBOX_TAG-far-m: has come with 2 pins"
daemon_stop
check 'migrated: exit status of the first daemon' equal "$status" 0
check 'migrated: the second ends well' far_stop
check 'migrated: given back in the kernel' on_far lists_are far-m "$before"
check 'migrated: no mark is left' on_far not marked far-m
on_far domains_destroy

# Becomes persistent over there: pin and mark are in the new definition, too.
domain_create k 1 2
before=$(lists k)
daemon --wait 0.3
wait_for 10 all_pinned k
check 'migrated with --persistent' migrate k --persistent
daemon_stop
far_daemon 0.3
check 'made persistent: known over there' wait_for 5 far_says "domain $SANDBOX_TAG-far-k: has come with 1 pin"
far_stop
check 'made persistent: given back in the kernel' on_far lists_are far-k "$before"
far_daemon --cycles 3 0.3
check 'made persistent: the pin in the definition is not the wish of its owner' wait_for 10 on_far all_pinned far-k
wait "$far_daemon"
check 'made persistent: given back once more' on_far lists_are far-k "$before"
on_far domains_destroy
tap_end
