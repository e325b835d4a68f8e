# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of packages share.

# repack DEB VERSION FOLDER: a package of the same contents and another version, in the folder.
repack() {
    local name work status
    work=$(mktemp -d)
    name=$(dpkg-deb -f "$1" Package)
    dpkg-deb -R "$1" "$work" && sed -i "s/^Version: .*/Version: $2/" "$work/DEBIAN/control" &&
        dpkg-deb --root-owner-group -b "$work" "$3/${name}_$2.deb"
    status=$?
    rm -rf "$work"
    return $status
}
