#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pictures.sh: makes README's pictures anew, contrib/pictures/*.svg, each a recording of a real run: a session on tiny
# guests under embedded QEMU, and, where VCPU_SCHEDULER_VHOST names a virtual host, vcpu-top there. As root, on a host that
# has little else to do.
set -euo pipefail
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

[ "$(id -u)" = 0 ] || die 'libvirt wants root for this: sudo contrib/pictures/pictures.sh'
packages_ensure build run picture
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM HUP

say "building in $folder"
(
    source_copy "$folder/source" && mkdir -p "$folder/build" && cd "$folder/build" &&
        "$folder/source/configure" && make -j"$(nproc)" && make guest
) >"$folder/log" 2>&1 || { tail -n 30 "$folder/log"; die 'the build failed'; }
say 'recording'
builddir=$folder/build bash "$folder/source/contrib/pictures/record.sh" "$folder"
if [ -n "${VCPU_SCHEDULER_VHOST:-}" ]; then
    (cd "$folder/build" && srcdir=$folder/source bash "$folder/source/contrib/pictures/vcpu-top.sh" "$folder")
fi
cp "$folder"/*.svg "$top/contrib/pictures/"
say "made: $(cd "$top/contrib/pictures" && echo *.svg)"
