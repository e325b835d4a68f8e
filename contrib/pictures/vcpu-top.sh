#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vcpu-top.sh FOLDER: vcpu-top on a virtual hypervisor host of 2 nodes (VCPU_SCHEDULER_VHOST), in the build directory:
# FOLDER/vcpu-top.svg, the last screen of a real run. See parts/picture.sh.
out=$1
# shellcheck source=../../tests/e2e/vhost/lib.sh
. "$(dirname "$0")/../../tests/e2e/vhost/lib.sh"

# shellcheck disable=SC2317 # by the trap
finish() {
    mkdir "$share/frames"
    # It ends with its standard input: here is one on which nothing ever comes.
    exec 3< <(exec sleep 600 2>/dev/null)
    silence=$!
    TERM=xterm-256color termtosvg "$share/frames" --still-frames -g 100x30 -t window_frame \
        -c "scriptreplay -m 0.1 -T $share/timing $share/typescript" <&3 >/dev/null 2>&1
    kill "$silence"
    cp "$(find "$share/frames" -name '*.svg' | sort | tail -n 2 | head -n 1)" "$out/vcpu-top.svg"
    rm -rf "$share"
}
trap finish EXIT

for name in web:2 db:4 mail:2 build:3 cache:1; do
    check "domain ${name%:*}" domain "${name%:*}" 2 "${name#*:}"
done
on_vhost picture
