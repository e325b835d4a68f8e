#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian packages where systemd runs, on a virtual hypervisor host: see parts/package.sh. In the build directory,
# where `make deb` has run.
# shellcheck source=../e2e/vhost/lib.sh
. "$(dirname "$0")/../e2e/vhost/lib.sh"
compgen -G 'deb/*.changes' >/dev/null || skip_all 'there is no package: make deb'
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# What the packages depend on, as far as the host may lack it.
fetch() {
    local names
    mapfile -t names < <(for deb in deb/vcpu-scheduler_*.deb deb/vcpu-top_*.deb; do dpkg-deb -f "$deb" Depends; done |
        tr ',|' '\n' | sed 's/(.*//; s/ //g' | grep '^lib' | sort -u)
    (cd "$share/needed" && apt-get -qq download "${names[@]}") >"$share/log" 2>&1
}

mkdir -p "$share/root" "$share/needed" "$share/old" "$share/new"
fetch || skip_all 'what the packages need can not be had: is the archive in reach?'
cp deb/vcpu-scheduler_*.deb deb/vcpu-top_*.deb "$share/old/"
version=$(dpkg-deb -f "$(ls deb/vcpu-scheduler_*.deb)" Version)
for deb in deb/vcpu-scheduler_*.deb deb/vcpu-top_*.deb; do
    check "a newer ${deb##*/}" note_when_failed repack "$deb" "$version+1" "$share/new"
done
for name in a b; do
    check "domain $name of 50 % a vCPU" domain "$name" 2 5
done
check 'the virtual host is built' note_when_failed "$vhost" build
run_on_vhost package
