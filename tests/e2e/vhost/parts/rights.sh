# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# A site that lets the service see less than its unit does.
# shellcheck source=../unit.sh
. ./unit.sh

# lives_with RIGHT WORDS: it still works with less to see, and says what it lacks in one line.
lives_with() {
    printf '[Service]\n%s\n' "$1" >"$drop_ins/right.conf"
    systemctl daemon-reload
    check "$1: it starts" systemctl start "$unit"
    check "$1: says what is missing" wait_for 10 said "$2"
    check "$1: pins" wait_for 15 crowd_dissolved
    check "$1: has said it once" equal "$(said "$2" | wc -l)" 1
    systemctl stop "$unit"
    check "$1: affinities are given back" wait_for 5 affinities_are "$crowded"
    rm "$drop_ins/right.conf"
}

set_up_service
watchdog 15
begin a b
crowd 1 a b
crowded=$(affinities)
lives_with ProtectProc=invisible 'no run-queue delay, no cross-check'
lives_with ProcSubset=pid "no load but the domains'"
lives_with InaccessiblePaths=/sys/fs/cgroup 'no cross-check'
end a b
