#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# contrib/vcpu-scheduler.conf: it is accepted as it is, and with every line of it in force; it names every option that a
# reload takes, marks with (restart) what one does not, and tells the defaults as they are. TAP.
# shellcheck disable=SC2317 # functions are called by check()
srcdir=${srcdir:-.}
builddir=${builddir:-.}
sample=$srcdir/contrib/vcpu-scheduler.conf
table=$srcdir/src/config/options.c
# shellcheck source=checks.sh
. "$srcdir/tests/support/checks.sh"

accepted() { "$builddir/vcpu-scheduler" --config "$1" --check; }
row() { awk -v name="$1" 'BEGIN { RS = "{" } index($0, ".name = \"" name "\"")' "$table"; }
is_live() { row "$1" | grep -q '\.live = true'; }

# The comment above the option says whether it takes a restart.
marked() { # NAME
    awk -v name="$1" '/^$/ { comment = "" } /^# / { comment = comment $0 }
        index($0, "#" name " = ") == 1 { print comment; exit }' "$sample" | grep -q '(restart)'
}

told_rightly() { # NAME VALUE
    standard=$(row "$1" | sed -n 's/.*\.standard = "\([^"]*\)".*/\1/p')
    case $1.$standard.$2 in
    no-restore.yes.no | *..*) ;; # the field is the opposite; no default that could be written
    *) [ "$standard" = "$2" ] || { echo "$1 is $standard"; return 1; } ;;
    esac
    if is_live "$1"; then ! marked "$1"; else marked "$1"; fi
}

sed -n 's/^#\([a-z][a-z-]*\) = .*/\1/p' "$sample" >"$work/names"
sed 's/^#\([a-z][a-z-]* = \)/\1/' "$sample" >"$work/all"
check 'it is accepted' accepted "$sample"
check 'and with all in force' accepted "$work/all"
sed -n 's/^\([a-z][a-z-]*\) = \(.*\)/\1 \2/p' "$work/all" >"$work/values"
while read -r name value; do
    check "$name" told_rightly "$name" "$value"
done <"$work/values"
grep -oE '\.name = "[a-z-]+"' "$table" | cut -d'"' -f2 >"$work/rows"
while read -r name; do
    is_live "$name" || continue
    check "it has $name" grep -qx "$name" "$work/names"
done <"$work/rows"
checks_end
