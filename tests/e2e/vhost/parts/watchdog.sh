# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A stage that hangs: the daemon names it and goes on with it; systemd ends the daemon if that takes too long.
# shellcheck source=../unit.sh
. ./unit.sh

# hold STAGE SECONDS: keeps the thread from whatever it waits for next.
hold() {
    local task
    for task in "/proc/$(property MainPID)/task"/*; do
        [ "$(cat "$task/comm")" = "$1" ] || continue
        timeout "$2" strace -p "${task##*/}" -e trace=ppoll -e inject=ppoll:delay_enter=600s 2>/dev/null &
        holder=$!
    done
}

ended_by_watchdog() { journalctl -q --no-pager -u "$unit" -o cat | grep -q 'Watchdog timeout'; }

set_up_service
watchdog 30
begin a b
crowd 1 a b
crowded=$(affinities)
check 'it starts' systemctl start "$unit"
check 'pins are made' wait_for 20 crowd_dissolved
hold sampler 18
check 'a sampler that hangs is named' wait_for 17 said 'the sampler has made no progress for'
check 'it goes on, and that is said' wait_for 10 said 'the sampler goes on, after'
check 'each once' equal "$(said 'the sampler' | wc -l)" 2
check 'nothing else hung, and nothing was ended for it' equal "$(said 'no progress' | wc -l).$(property NRestarts)" 1.0
systemctl stop "$unit"
check 'affinities are given back' wait_for 5 affinities_are "$crowded"

watchdog 15
check 'it starts again' systemctl start "$unit"
check 'pins are made again' wait_for 20 crowd_dissolved
hold sampler 60
check 'systemd ends a daemon whose sampler hangs for too long' \
    wait_for 50 ended_by_watchdog
kill "$holder"
check 'it comes back by itself' wait_for 60 came_back 1
check 'and pins' wait_for 20 crowd_dissolved
systemctl stop "$unit"
check 'affinities are given back at the end' wait_for 5 affinities_are "$crowded"
end a b
