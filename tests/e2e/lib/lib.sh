# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All that an end-to-end test needs. Sourced first; see the parts.
set -u
export LC_ALL=C

e2e=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
guest=$builddir/tests/e2e/lib/guest.elf
scheduler=${VCPU_SCHEDULER:-$builddir/vcpu-scheduler}
. "$e2e/lib/tap.sh"
. "$e2e/lib/sandbox.sh"
. "$e2e/lib/look.sh"
. "$e2e/lib/seen.sh"
. "$e2e/lib/hosts.sh"

[ -e "$guest" ] || skip_all "there is no $guest: make it"
[ -x "$scheduler" ] || skip_all "there is no $scheduler: make it"

out=$work/out
err=$work/err

tap_diagnose() {
    note "affinities: $(affinities | paste -sd' ')"
    note_file "$out"
    note_file "$err"
    note "others: $(others_percent) % of a pCPU"
}

# A pCPU that others kept busy is rightly decided on: then this host can't tell whether the daemon is right.
others_start=$(others_ticks)
others_since=$(now_ms)
tap_excuse() {
    local percent
    percent=$(others_percent)
    note "others used $percent % of a pCPU meanwhile"
    [ "$percent" -gt 15 ]
}

# daemon OPTION...: starts the daemon under test on the host; its figures come at the end, as JSON.
daemon() {
    note "vcpu-scheduler $*"
    rm -f "$out" "$err" # what the one before said is not to be taken for its words
    "$scheduler" --connect "$uri" --summary json "$@" >"$out" 2>"$err" &
    daemon=$!
    daemon_start=$(now_ms)
}

daemon_lives() { kill -0 "$daemon" 2>/dev/null; }

# daemon_end SECONDS: waits for its end; sets `status` and `lasted` (milliseconds). One that does not end is killed, but
# not before a libvirt on a busy host had time to begin. Without polling, which would be load on the host that the
# daemon looks at.
daemon_end() {
    local guard
    (sleep "$(($1 + 20))" && kill -KILL "$daemon" && note "killed: it did not end in $(($1 + 20)) s") &
    guard=$!
    wait "$daemon" 2>/dev/null
    status=$?
    lasted=$(($(now_ms) - daemon_start))
    kill "$guard"
    wait "$guard" 2>/dev/null
}

# daemon_run SECONDS OPTION...: the same, from start to end.
daemon_run() {
    local most=$1
    shift
    daemon "$@"
    daemon_end "$most"
}

# daemon_stop [SIGNAL]: sets also `stopped_in`, milliseconds from the signal to its end.
daemon_stop() {
    local start
    start=$(now_ms)
    kill "-${1:-TERM}" "$daemon"
    daemon_end 5
    stopped_in=$(($(now_ms) - start))
}

# A figure of the summary.
figure() { sed -n "s/.*\"$1\": *\([-0-9.]*\).*/\1/p" "$out" | tail -n 1; }

says() { grep -qiE -- "$1" "$err" "$out"; }
