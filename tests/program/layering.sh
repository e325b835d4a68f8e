#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The order of the rooms in src/: a file includes headers of its own room, of include/, and of rooms of a lower rank. What
# belongs to one library is included in one room. Written of includes: "room/header.h", or "header.h" of include/. TAP.
# shellcheck disable=SC2317 # check() calls the functions
srcdir=${srcdir:-.}
# shellcheck source=tests/support/checks.sh
. "$srcdir/tests/support/checks.sh"

ranks='0 base
1 log model
2 trace policy ledger config/table
3 planner host
4 sampler actuator config
5 report status
6 pipeline
7 compare top main'

# All includes of the tree: FILE:LINE:#include "HEADER".
includes() { (cd "$srcdir" && grep -rnE --include='*.[ch]' '^ *# *include' src include); }

# What breaks the order, one a line: FILE:LINE: the rule.
offences() {
    awk -v ranks="$ranks" -v headers="$(cd "$srcdir/include" && echo ./*.h)" '
        # The room of a path below src: its folder, of which a host keeps the first part only.
        function room_of(path) {
            if (path !~ /\//)
                return "main"
            sub(/\/[^\/]*$/, "", path)
            return path ~ /^host\// ? "host" : path
        }
        function offence(rule) { printf "%s:%d: %s\n", file, number, rule }
        BEGIN {
            count = split(ranks, lines, "\n")
            for (i = 1; i <= count; i++) {
                words = split(lines[i], names, " ")
                for (n = 2; n <= words; n++)
                    rank[names[n]] = names[1]
            }
            count = split(headers, names, " ")
            for (i = 1; i <= count; i++)
                public[substr(names[i], 3)] = 1
            only["libvirt/"] = "src/host/libvirt/"
            only["libcgroup.h"] = "src/host/linux/"
            only["curses.h"] = "src/top/"
        }
        {
            split($0, parts, ":")
            file = parts[1]
            number = parts[2]
            header = $0
            sub(/^[^<"]*[<"]/, "", header)
            sub(/[>"].*/, "", header)
            for (library in only) {
                if ($0 ~ /</ && index(header, library) == 1 && index(file, only[library]) != 1)
                    offence(header " belongs to " only[library])
            }
            if ($0 !~ /include *"/ || header == "config.h" || header ~ /\.inc$/)
                next
            if (header in public)
                next
            to = room_of(header)
            if (file ~ /^include\//) {
                if (rank[to] != 0 || to == "main")
                    offence("include/ includes itself and base only, not " header)
                next
            }
            from = room_of(substr(file, 5))
            if (!(from in rank))
                offence("the room " from " has no rank")
            else if (!(to in rank))
                offence(header " is in no room: written \"room/header.h\"?")
            else if (from == "top" && to != "top" && to != "base" && to != "config/table")
                offence("top includes base and config/table only, not " header)
            else if (to != from && rank[to] >= rank[from] && from != "main")
                offence(from " (rank " rank[from] ") must not include " to " (rank " rank[to] "): " header)
        }'
}

# Headers that have no file of their name beside them, nor are what a room keeps to itself.
lone_headers() {
    (cd "$srcdir/src" && find . -name '*.h' ! -name internal.h | sort) | while read -r header; do
        [ -e "$srcdir/src/${header%.h}.c" ] || grep -q 'static inline\|^enum\|^#define' "$srcdir/src/$header" || echo "$header"
    done
}

# Headers that include each other, as tsort finds them.
cycles() {
    includes | sed -nE 's/^([^:]*\.h):[0-9]+:[^"]*"([^"]*)".*/\1 \2/p' | while read -r file header; do
        [ -e "$srcdir/include/$header" ] && echo "$file include/$header" || echo "$file src/$header"
    done | { tsort >/dev/null; } 2>&1
}

# Headers of a room with the name of a public one: in that room the compiler would take it for that.
shadows() {
    (cd "$srcdir/src" && find . -name '*.h') | while read -r header; do
        [ ! -e "$srcdir/include/${header##*/}" ] || echo "$header"
    done
}

# One wrong include, as a line of includes().
wrong() { printf '%s\n' "$1" | offences | grep -q "$2"; }

none() { [ -z "$1" ] || { printf '%s\n' "$1" | sed 's/^/# /'; return 1; }; }

check 'a planner that includes a report is found' wrong 'src/planner/view.c:7:#include "report/report.h"' '^src/planner/view.c:7: planner'
check 'a room of the same rank is found' wrong 'src/planner/view.c:7:#include "host/linux/cgroup.h"' 'rank 3'
check 'libvirt elsewhere is found' wrong 'src/planner/view.c:3:#include <libvirt/libvirt.h>' 'belongs to src/host/libvirt'
check 'a header without its room is found' wrong 'src/planner/view.c:3:#include "cgroup.h"' 'in no room\|must not'
check 'a public header that includes a room is found' wrong 'include/plan.h:3:#include "policy/forecast.h"' 'include/ includes'
check 'every include keeps to the order' none "$(includes | offences)"
check 'no header of a room hides a public one' none "$(shadows)"
check 'no headers include each other' none "$(cycles)"
check 'every header is named after the file that defines it' none "$(lone_headers)"
checks_end
