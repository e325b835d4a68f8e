#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian packages, as an operator meets them: built, clean by lintian, and in a clean root of Debian installed, used on
# real guests under embedded QEMU, upgraded, removed and purged; see inside.sh. As root, in the build directory, where
# `make deb` has run.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
e2e=$here/../e2e
# shellcheck source=../e2e/lib/tap.sh
. "$e2e/lib/tap.sh"
# shellcheck source=lib.sh
. "$here/lib.sh"
[ "$(id -u)" = 0 ] || skip_all 'it needs root'
for tool in mmdebstrap lintian dpkg-deb unshare; do
    [ -n "$(type -P "$tool")" ] || skip_all "there is no $tool here"
done
guest=tests/e2e/lib/guest.elf
[ -e "$guest" ] || skip_all "there is no $guest: make it"
compgen -G 'deb/*.changes' >/dev/null || skip_all 'there is no package: make deb'

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM HUP
root=$folder/root

quietly() { "$@" >"$folder/log" 2>&1 || { note_file "$folder/log"; return 1; }; }

check 'lintian finds no error and no warning' quietly lintian --fail-on error,warning deb/*.changes
version=$(dpkg-deb -f "$(ls deb/vcpu-scheduler_*.deb)" Version)
mkdir "$folder/newer"
check 'a newer one' quietly repack "$(ls deb/vcpu-scheduler_*.deb)" "$version+1" "$folder/newer"

# The root has what a hypervisor has anyway; what else the packages need they bring in themselves.
sources=(/etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list)
for ((i = ${#sources[@]} - 1; i >= 0; i--)); do
    [ -s "${sources[i]}" ] || unset "sources[i]"
done
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
note 'making a clean root'
if ! quietly mmdebstrap --variant=minbase --skip=cleanup/apt --aptopt='APT::Install-Recommends "0"' \
    --include=systemd,libvirt-daemon,libvirt-daemon-driver-qemu,libvirt-clients,qemu-system-x86 "$suite" "$root" "${sources[@]}"; then
    skip_all 'no clean root can be made here: is the archive in reach?'
fi
mkdir -p "$root/test/tests/e2e/lib" "$root/test/old" "$root/test/new"
cp -r "$e2e" "$root/test/"
cp "$here/inside.sh" "$root/test/e2e/"
cp "$guest" "$root/test/tests/e2e/lib/"
cp deb/vcpu-scheduler_*.deb deb/vcpu-top_*.deb "$root/test/old/"
cp "$folder"/newer/*.deb "$root/test/new/"
cp /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null
[ "$tap_failed" = 0 ] || tap_end

# Its mounts are seen by nobody else, and gone when it ends.
# shellcheck disable=SC2016 # the inner shell's
unshare --mount bash -c 'mount --bind "$1" "$1" && mount --rbind /sys "$1/sys" && mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" &&
    builddir=/test VCPU_SCHEDULER=/bin/true chroot "$1" bash /test/e2e/inside.sh "$2" "$3"' - "$root" "$tap_count" "$version" </dev/null
