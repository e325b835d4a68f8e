#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# package.sh deb|rpm TARBALL: makes packages of a release tarball, in the folder deb or rpm of this one, by what lies in
# debian or rpm here. `make deb` and `make rpm` call it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
kind=$1
tarball=$(readlink -f "$2")
name=$(basename "$tarball" .tar.xz)
version=${name##*-}

die() { printf 'package.sh: %s\n' "$*" >&2; exit 1; }
need() { [ -n "$(type -P "$1")" ] || die "there is no $1 here: it is in the package $2"; }

# The unit tests have run where the tarball was made, and run again by `dpkg-buildpackage` without that option.
make_deb() {
    need dpkg-buildpackage dpkg-dev
    need dh debhelper
    cp "$tarball" "vcpu-scheduler_$version.orig.tar.xz"
    tar xf "$tarball"
    cp -r "$here/debian" "$name/debian"
    (cd "$name" && DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS-nocheck}" dpkg-buildpackage -us -uc)
    rm -rf "$name"
}

# Where rpm does not manage what is installed, as on Debian, it can't tell whether all that is needed is there.
make_rpm() {
    local check=()
    need rpmbuild rpm-build
    rpm -q rpm >/dev/null 2>&1 || check=(--nodeps)
    rpmbuild -ba "${check[@]}" --define "_topdir $PWD" --define "_sourcedir $(dirname "$tarball")" \
        "$here/rpm/vcpu-scheduler.spec"
}

mkdir -p "$kind"
cd "$kind"
case $kind in
deb) make_deb ;;
rpm) make_rpm ;;
*) die "'$kind' is not deb or rpm" ;;
esac
