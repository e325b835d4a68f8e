#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Searches the model of the ring exhaustively, then each mutant of it until its error is found. Prints
# TAP; exit status 77 without spin or a compiler. Takes SPIN and CC from the environment.
set -u

spin=${SPIN:-spin}
cc=${CC:-cc}
model=$(cd "$(dirname "$0")" && pwd)/ring.pml

for tool in "$spin" "${cc%% *}"; do
    if ! command -v "$tool" >/dev/null 2>&1; then
        echo "1..0 # SKIP no $tool"
        exit 77
    fi
done

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1

number=0
failed=0

report() # verdict name
{
    number=$((number + 1))
    echo "$1 $number - $2"
    if [ "$1" != ok ]; then
        failed=1
        sed 's/^/# /' log
    fi
}

search() # spin-options compiler-options pan-options; the output is in the file log
{
    rm -f pan pan.* log ./*.trail
    # shellcheck disable=SC2086 # lists of options
    "$spin" $1 -a "$model" >log 2>&1 && $cc -O2 -w -DCOLLAPSE $2 -o pan pan.c >>log 2>&1 &&
        ./pan -m1000000 -w22 $3 >>log 2>&1
}

holds() # name spin-options compiler-options pan-options
{
    search "$2" "$3" "$4"
    if grep -q 'errors: 0$' log && ! grep -Eq 'not completed|search depth too small' log; then
        echo "# $(sed -n 's/^ *\([0-9]*\) states, stored.*/\1 states/p' log)"
        report ok "$1"
    else
        report 'not ok' "$1"
    fi
}

fails() # mutant kind-of-error name
{
    search "-DMUTANT=$1" -DSAFETY ''
    if grep -q "^pan:1: $2" log; then
        report ok "finds $3"
    else
        report 'not ok' "finds $3"
    fi
}

sleeps='invalid end state'
wrong='assertion violated'

echo 1..15
holds 'one buffer fills the ring there' '-DITEMS=5 -DCAPACITY=1' -DSAFETY ''
holds 'the ring there holds all buffers' '-DITEMS=4 -DCAPACITY=2' -DSAFETY ''
holds 'the second look counts' '-DITEMS=4 -DCAPACITY=1 -DBY_COUNT' -DSAFETY ''
# No state is marked as progress, so that every cycle of states counts as one without it.
holds 'every run ends' '-DITEMS=3 -DCAPACITY=1' -DNP -l
fails 1 "$sleeps" 'falling asleep without a second look'
fails 2 "$sleeps" 'a waker that only reads the state'
fails 3 "$sleeps" 'a stop that does not wake'
fails 4 "$sleeps" 'an announcement taken back with a load and a store'
fails 5 "$wrong" 'a push that publishes without release'
fails 6 "$sleeps" 'an announcement that is a plain store'
fails 7 "$wrong" 'a pop that does not free the slot'
fails 8 "$wrong" 'a consumer that does not look again once stopped'
fails 9 "$sleeps" 'a stop that is a load and a store'
fails 10 "$sleeps" 'a waker that modifies the state only where it reads asleep'
fails 11 "$wrong" 'a push that does not look for room'
exit $failed
