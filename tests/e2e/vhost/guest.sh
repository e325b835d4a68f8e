#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest.sh COUNT PART...: runs on the virtual host, in the shared folder: what the parts have in common, then the
# parts. COUNT checks came before. See lib.sh.
set -u
# shellcheck source=../lib/tap.sh
. ./tap.sh
# shellcheck source=../lib/look.sh
. ./look.sh
# shellcheck source=../lib/seen.sh
. ./seen.sh
tap_count=$1
shift
# shellcheck disable=SC2034 # look.sh
SANDBOX_TAG=vs
qemu_run=/run/libvirt/qemu
scheduler=/usr/local/sbin/vcpu-scheduler
# shellcheck disable=SC2034 # seen.sh
out=out

tap_diagnose() {
    note "affinities: $(affinities | paste -sd' ')"
    note_file out
    note_file err
}

# What is installed, with those libraries that are not here.
install_it() {
    local library
    cp -a root/. /
    for library in $(ldd /usr/local/*bin/vcpu-* | awk '/not found/ { print $1 }' | sort -u); do
        cp "libs/$library" /usr/local/lib/
    done
    ldconfig
}

# begin DOMAIN...: created together, since that takes long, and paused: no vCPU runs before its pins are set.
begin() {
    local name
    for name; do
        virsh -q create --paused "$name.xml" >/dev/null &
    done
    wait
}

# crowd PCPU DOMAIN...: all their vCPUs go to that pCPU, and then run.
crowd() {
    local name vcpu pcpu=$1
    shift
    for name; do
        for vcpu in 0 1; do
            virsh -q vcpupin "vs-$name" "$vcpu" "$pcpu" >/dev/null
        done
        virsh -q resume "vs-$name"
    done
}

end() {
    local name
    for name; do
        virsh -q destroy "vs-$name" >/dev/null &
    done
    wait
}

start() { # OPTION...
    note "vcpu-scheduler $* 2"
    "$scheduler" "$@" 2 >out 2>err &
    daemon=$!
}

stop() {
    kill "$daemon"
    wait "$daemon"
}

most_on_one() { affinities | awk '{ print $2 }' | sort | uniq -c | awk '$1 > most { most = $1 } END { print most }'; }
affinities_are() { [ "$(affinities)" = "$1" ]; } # a line may be missed while /proc changes

check 'what was installed is in place' install_it
for part; do
    note "--- $part, after $SECONDS s"
    # shellcheck source=/dev/null
    . "./part-$part.sh"
done
tap_end
