# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the scripts of this folder share.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '== %s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# packages_missing GROUP...: those of contrib/packages that are not installed; of A|B either will do
packages_missing() {
    local package
    awk -v groups=" $* " 'index(groups, " " $1 " ") { print $2 }' "$top/contrib/packages" |
        while read -r package; do
            # shellcheck disable=SC2086 # alternatives
            dpkg-query -W -f '${Status}\n' ${package//|/ } 2>/dev/null | grep -q 'ok installed' || echo "${package%%|*}"
        done
}

# packages_ensure GROUP...: installs what is missing, as root on Debian; else says what is.
packages_ensure() {
    local missing
    if ! type -P dpkg-query >/dev/null; then
        say "not a Debian system: see contrib/packages for what is needed"
        return
    fi
    mapfile -t missing < <(packages_missing "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || die "please install: ${missing[*]}"
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q </dev/null >/dev/null || die 'apt-get update failed'
    apt-get install -qq -y --no-remove --no-install-recommends "${missing[@]}" </dev/null >/dev/null ||
        die "could not install: ${missing[*]}"
}

# source_copy FOLDER: the source tree, ready to be configured; the tree itself is left as it is.
source_copy() {
    local file
    mkdir -p "$1"
    if git -C "$top" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git -C "$top" ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do
                [ ! -e "$top/$file" ] || printf '%s\0' "$file"
            done | tar -C "$top" --null --files-from=- -cf - | tar -C "$1" -xf -
    else
        tar -C "$top" -cf - . | tar -C "$1" -xf -
        [ ! -e "$1/Makefile" ] || make -C "$1" -s distclean
    fi
    [ -e "$1/configure" ] || (cd "$1" && autoreconf -fi)
}
