#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vcpu-top as its user meets it: on a terminal (tmux) beside a daemon that relieves a crowded pCPU, and in batch.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
top=$builddir/vcpu-top
[ -x "$top" ] || skip_all 'vcpu-top was not built (ncursesw, libcurl, jansson)'
[ -n "$(type -P tmux)" ] || skip_all 'there is no tmux here'
LC_ALL=C.UTF-8

# Its terminal, in a folder that goes with the sandbox.
export TMUX_TMPDIR=$work TMUX=''
terminal() { tmux -f /dev/null "$@"; }
screen() { terminal capture-pane -p; }
# The screen once, in which the words must come up within five seconds.
shows() { wait_for 5 eval "screen | grep -qE -- '$1'"; }
# no line of it: what was decided may name it
hides() { ! screen | grep -q -- "^$1 "; }
keys() { terminal send-keys "$@"; }
line() { screen | sed -n "$1p"; }

tap_diagnose() {
    screen | sed 's/^/#   |/'
    note_file "$err"
}

# A pin may come between the two.
batch_is_so() {
    equal "$("$top" -b -n 1 | awk -v name="$SANDBOX_TAG-a" '$1 == name { print "a/" $2, $3 }' | sort)" "$(affinities a | sort)"
}

host_embed
host_crowd
domain_create other 1 5 0=0
daemon --adopt-pins --threshold 100 --exclude '*-other' --dry-run --runtime-dir /run/vcpu-scheduler 1

terminal new-session -d -x 80 -y 24 "sh -c 'echo before; TERM=screen-256color $top -d 0.3; echo after; exec sleep 100'"
check 'it finds the daemon and shows the host' shows '^vcpu-top .* policy swap  period 1 s  threshold 100 %  DRY RUN'
check 'a meter for each pCPU' shows '^  0\[\|+.*[0-9.]+%\][BF]'
check 'vCPUs, sorted by usage' shows "^$SANDBOX_TAG-[ab] +[01] +[01] +[0-9]+\\.. .* managed +0-1"
check 'the one that is excluded, and why' shows "^$SANDBOX_TAG-other +0 +0 .* excluded"
check 'what was decided' shows '^Pins +[0-9:]+: [12] of [12], expected'
check 'keys are told' equal "$(line 24)" 'F1Help  F3SearchF4FilterF5Tree  F6Sort  F7DecisnF8StagesF10Quit'
check 'it has colours' eval "terminal capture-pane -pe | grep -q $'\033\\[32m'"

keys F5
check 'F5: a tree' shows '^  `- +0 +[01] '
keys F4 o t h
check 'F4: only such domains' shows 'Filter: oth_'
check 'the others are gone' wait_for 3 hides "$SANDBOX_TAG-a"
keys Escape
check 'Esc: all again' shows "$SANDBOX_TAG-a"
keys F6 Down Down Down Enter
check 'F6: by another key' equal "$(terminal capture-pane -pe | grep -c $'\033\\[46mDOMAIN')" 1
keys F7
check 'F7: decisions' shows '^TIME +PINS +EXPECTED +GAINED'
check 'with their reasons' shows '^  busiest pCPU [01] at .* is above the threshold'
keys F8
check 'F8: stages' shows '^sample +[0-9]+ .* (us|ms)'
keys F1
check 'F1: help' shows 'States: managed; fixed'
keys q
check 'q: back' shows '^DOMAIN +VCPU'
keys / t h e
check '/: search' shows 'Search: the_'
keys Escape

terminal resize-window -x 120 -y 40
check 'a larger window' wait_for 3 eval "[ \"\$(screen | sed -n 40p | cut -c1-6)\" = F1Help ]"
terminal resize-window -x 20 -y 5
check 'one that is too small' shows '^too small'
terminal resize-window -x 80 -y 24
check 'and back' shows '^DOMAIN +VCPU'

daemon_stop
check 'it says that the daemon is gone' shows 'status\.sock: .*: does it run\?'
check 'and keeps the last figures' shows '^DOMAIN +VCPU'
daemon --adopt-pins --threshold 100 --exclude '*-other' --runtime-dir /run/vcpu-scheduler --metrics 127.0.0.1:29123 1
check 'it finds the next one by itself' shows '^vcpu-top .* threshold 100 % *$'
keys q
check 'q: the screen is given back' shows '^after$'
check 'as it was' equal "$(screen | grep -c .).$(line 1)" 2.before
terminal kill-server

wait_for 15 left_crowd
"$top" --batch --iterations 2 --delay 1.2 --filter -a >"$work/batch" 2>"$work/batch.err"
check '--batch ends well' equal "$?.$(cat "$work/batch.err")" 0.
check 'it prints twice' equal "$(grep -c '^vcpu-top' "$work/batch")" 2
check 'without control characters' not grep -q $'\033' "$work/batch"
check 'only what the filter lets through' equal "$(grep -c "^$SANDBOX_TAG-" "$work/batch")" 4
check 'what it shows is so' wait_for 20 batch_is_so
check 'by TCP, too' eval "'$top' -b -n 1 -c http://127.0.0.1:29123 | grep -q '^vcpu-top'"
check 'a socket that is not there' equal "$("$top" -b -c "$work/none" 2>&1; echo "$?")" \
    "vcpu-top: $work/none: No such file or directory: does it run?
1"
check 'one that is none' equal "$("$top" -b -c nonsense 2>&1 | grep -c 'neither a socket'; "$top" -b -c nonsense 2>/dev/null; echo $?)" $'1\n2'
check 'no terminal' equal "$("$top" 2>&1 </dev/null | cat)" 'vcpu-top: standard input and output are no terminal: see --batch'
check 'a wrong option' equal "$("$top" --sort size 2>&1; echo $?)" \
    "vcpu-top: --sort: 'size' is not usage, delay, pcpu, domain or state
2"
daemon_stop
domains_destroy

# A pool of both pCPUs.
domain_create a 2 30 0=0 1=1
daemon --pool 2 --dry-run --runtime-dir /run/vcpu-scheduler 1
check 'a pool has a meter, with its pCPUs' \
    wait_for 20 eval "'$top' -b -n 1 | grep -qE '^  0 0-1 \[.*[0-9.]+%\]'"
check 'and vCPUs show it' eval "'$top' -b -n 1 | grep -qE '^$SANDBOX_TAG-a +[01] +(0|-) +[01] '"
daemon_stop
domains_destroy

# One vCPU alone above the threshold. Where others fill the other pCPU, too, the host is full indeed: by what was seen,
# no room is told after three such periods, and only then.
room_is_told() {
    equal "$("$top" -b -n 1 | grep -o 'NO ROOM')" "$(pages '
        function page(p, all, sum, n) {
            if (!period) return
            all = 1; sum = n = 0
            for (p in fit) { n++; sum += wanted[p]; if (!fit[p] || wanted[p] <= threshold) all = 0 }
            full = all || sum > 100 * n ? full + 1 : 0
        }
        END { if (full >= 3) print "NO ROOM" }' threshold=50)"
}
domain_create alone 1 80 0=0
daemon --adopt-pins --runtime-dir /run/vcpu-scheduler --verbose 1
check 'five periods' wait_for 30 reached 5
check 'one vCPU alone is no full host' wait_for 20 room_is_told
daemon_stop
domains_destroy
tap_end
