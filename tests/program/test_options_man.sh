#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every row of a program's table of options stands in its man page, with its letter, argument, default and range, and
# in --help; and the man page describes no option that there is not. All manuals are well formed. TAP.
# shellcheck disable=SC2317 # functions are called by check()
srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=checks.sh
. "$srcdir/tests/support/checks.sh"

# A row a line: name, letter, argument, default, low, high, hidden; "-" for what it has not.
rows() {
    awk '
        function field(name, pattern,  text) {
            if (!match($0, "\\." name " = " pattern))
                return "-"
            text = substr($0, RSTART, RLENGTH)
            sub(/^[^=]*= ["\047]?/, "", text)
            sub(/["\047]?$/, "", text)
            return text
        }
        BEGIN { RS = "{" }
        /\.name = "/ {
            print field("name", "\"[^\"]*\""), field("letter", "\047.\047"), field("argument", "\"[^\"]*\""),
                field("standard", "\"[^\"]*\""), field("low", "[0-9.e]+"), field("high", "[0-9.e]+"),
                field("hidden", "true")
        }' "$table"
}

# The text of one option of the man page.
paragraph() { # NAME
    awk -v name="-$1" '
        /^\.(It|El)/ { inside = 0; for (i = 1; i <= NF; i++) if ($i == name) inside = 1 }
        inside' "$manual"
}

# Macros off, on one line.
plain() { sed 's/^\.[A-Z][a-z] //' | tr '\n' ' '; }

described() { # NAME LETTER ARGUMENT DEFAULT LOW HIGH
    head="Fl -$1"
    [ "$2" = - ] || head="Fl $2 , $head"
    [ "$3" = - ] || head="$head Ar $3"
    paragraph "$1" | plain >"$work/paragraph"
    paragraph "$1" | head -n 1 | grep -Fx -e ".It $head" || { echo "no '.It $head'"; return 1; }
    [ "$3" = - ] || [ "$4" = - ] || grep -F "The default is $4." "$work/paragraph" ||
        { echo "not the default $4"; return 1; }
    # --once is --cycles 1: a range without an argument.
    [ "$3" = - ] || [ "$5" = - ] || grep -E " $5 to $(printf '%.12g' "$6")([,. ]|\$)" "$work/paragraph" ||
        { echo "not the range $5 to $6"; return 1; }
}

helped() { # NAME HIDDEN
    if [ "$2" = true ]; then
        ! grep -E -e "--$1( |\$)" "$work/help"
    else
        grep -E -e "--$1( |\$)" "$work/help"
    fi
}

known() { # NAME
    grep -E "^$1 " "$work/rows"
}

quiet_lint() {
    mandoc -T lint -W warning "$manual" >"$work/lint" 2>&1 || :
    grep -v 'outdated mandoc.db' "$work/lint" && return 1
    return 0
}

quiet_man() {
    LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$manual" 2>"$work/warnings" >/dev/null || return 1
    cat "$work/warnings"
    [ ! -s "$work/warnings" ]
}

check_program() { # NAME TABLE MANUAL LEAST-ROWS
    table=$srcdir/src/$2
    manual=$srcdir/src/man/$3
    rows >"$work/rows"
    check "$1: the table is read" [ "$(wc -l <"$work/rows")" = "$(grep -c '\.name = "' "$table")" ]
    check "$1: the table has its rows" [ "$(wc -l <"$work/rows")" -ge "$4" ]
    while read -r name letter argument standard low high hidden; do
        check "$1: man page: --$name" described "$name" "$letter" "$argument" "$standard" "$low" "$high"
    done <"$work/rows"

    sed -n 's/^\.It.* Fl -\([a-z][a-z-]*\).*/\1/p' "$manual" >"$work/names"
    while read -r name; do
        check "$1: table: --$name of the man page" known "$name"
    done <"$work/names"

    if [ ! -x "$builddir/$1" ]; then
        skip "$1: --help" "it was not built"
        return
    fi
    check "$1: --help ends well" sh -c "'$builddir/$1' --help >'$work/help'"
    while read -r name letter argument standard low high hidden; do
        check "$1: --help: --$name" helped "$name" "$hidden"
    done <"$work/rows"
}

check_program vcpu-scheduler config/options.c vcpu-scheduler.8 20
check_program vcpu-top top/options.c vcpu-top.1 10

for manual in "$srcdir"/src/man/*.[158]; do
    name=${manual##*/}
    if command -v mandoc >/dev/null; then
        check "mandoc finds nothing in $name" quiet_lint
    else
        skip "mandoc finds nothing in $name" "no mandoc"
    fi
    if man --version 2>/dev/null | grep -q '^man 2'; then
        check "man finds nothing in $name" quiet_man
    else
        skip "man finds nothing in $name" "no man-db"
    fi
done
checks_end
