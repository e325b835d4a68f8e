# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the shell tests of `make check` share: a folder that goes at the end, and checks that are told as TAP.
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
tests=0
failed=0

# check TEXT COMMAND...: passes if the command succeeds; what it says is shown if not.
check() {
    tests=$((tests + 1))
    text=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        echo "ok $tests - $text"
    else
        echo "not ok $tests - $text"
        sed 's/^/# /' "$work/said"
        failed=1
    fi
}

# skip TEXT REASON
skip() {
    tests=$((tests + 1))
    echo "ok $tests - $1 # SKIP $2"
}

# The plan, and the status to exit with.
checks_end() {
    echo "1..$tests"
    exit $failed
}
