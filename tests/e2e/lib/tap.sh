# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# TAP for the end-to-end tests: each check is a command that succeeds or not.

tap_count=0
tap_failed=0

note() { printf '# %s\n' "$*"; }

# Prints a file as diagnostics, at most its last 60 lines.
note_file() {
    [ -s "$1" ] || return 0
    note "$1:"
    tail -n 60 "$1" | sed 's/^/#   /'
}

tap_result() { # ok|"not ok" TEXT
    tap_count=$((tap_count + 1))
    printf '%s %d - %s\n' "$1" "$tap_count" "$2"
}

# check TEXT COMMAND...: passes if the command succeeds.
check() {
    local text=$1
    shift
    if "$@"; then
        tap_result ok "$text"
        return
    fi
    tap_result 'not ok' "$text"
    tap_failed=$((tap_failed + 1))
    note "failed: $*"
    tap_diagnose
    return 0
}

# What a failed check shows besides, and whether failures prove nothing; the library fills them in.
tap_diagnose() { :; }
tap_excuse() { false; }

equal() { [ "$1" = "$2" ] || { note "got '$1', expected '$2'"; return 1; }; }
at_most() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a <= b) }' || { note "got '$1', at most $2"; return 1; }; }
at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a >= b) }' || { note "got '$1', at least $2"; return 1; }; }
not() { ! "$@"; }

skip_all() {
    printf '1..0 # SKIP %s\n' "$*"
    exit 77
}

# The plan, at the end. Ends the script: 0, 1, or 75 (EX_TEMPFAIL) where failures prove nothing.
tap_end() {
    printf '1..%d\n' "$tap_count"
    [ "$tap_failed" = 0 ] && exit 0
    tap_excuse && exit 75
    exit 1
}
