#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh: builds the daemon in a folder of its own and shows it at work: on the domains that run here, without
# changing anything, or, where none runs, on tiny guests under embedded QEMU, which crowd one pCPU. As root.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

build() {
    source_copy "$folder/source" && mkdir -p "$folder/build" && cd "$folder/build" &&
        "$folder/source/configure" && make -j"$(nproc)" && make guest
}

running_domains() {
    timeout 10 virsh -q -c qemu:///system list --name --state-running 2>/dev/null </dev/null | grep -c . || :
}

ended() {
    local status=$?
    rm -rf "$folder"
    if [ $status = 0 ]; then
        say 'demo: done, everything is as it was'
    else
        say "demo: failed (exit status $status)"
    fi
}

[ "$(id -u)" = 0 ] || die 'libvirt wants root for this: sudo contrib/demo.sh'
packages_ensure build run
folder=$(mktemp -d)
trap ended EXIT
trap 'exit 130' INT TERM HUP

say "building in $folder"
(build) >"$folder/log" 2>&1 || { tail -n 30 "$folder/log"; die 'the build failed'; }
cd "$folder/build"
count=$(running_domains)
if [ "$count" -gt 0 ]; then
    say "$count domains run here: what the daemon would do for them (--dry-run), three periods of 2 s"
    ./vcpu-scheduler --connect qemu:///system --dry-run --cycles 3 --verbose --summary text 2
else
    say 'no domain runs here: tiny guests under embedded QEMU'
    builddir=$PWD bash "$folder/source/tests/e2e/demo.sh"
fi
