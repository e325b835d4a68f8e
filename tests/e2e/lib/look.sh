# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is really so, from /proc: never through the daemon under test, or libvirt.

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# wait_for SECONDS COMMAND...: tries until it succeeds.
wait_for() {
    local end=$(($(now_ms) + $1 * 1000))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(now_ms)" -lt "$end" ] || return 1
        sleep 0.2
    done
}

qemu_pid() { cat "$qemu_run/$SANDBOX_TAG-$1.pid"; }

# domains that have a QEMU
domains() {
    local file
    for file in "$qemu_run/$SANDBOX_TAG"-*.pid; do
        [ -e "$file" ] || continue
        file=${file##*/"$SANDBOX_TAG"-}
        echo "${file%.pid}"
    done
}

# vcpu_tasks [NAME]: a line "NAME/VCPU /proc/PID/task/TID" for each vCPU, of all domains or one. Without a process
# of its own, as all that is called again and again while the daemon looks at the load.
vcpu_tasks() {
    local file name pid='' task comm
    for file in "$qemu_run/$SANDBOX_TAG-"${1:-*}.pid; do
        read -r pid 2>/dev/null <"$file" || [ -n "$pid" ] || continue
        name=${file##*/"$SANDBOX_TAG"-}
        for task in "/proc/$pid/task"/*; do
            read -r comm 2>/dev/null <"$task/comm" || continue
            [ "${comm#CPU }" = "$comm" ] && continue
            comm=${comm#CPU }
            echo "${name%.pid}/${comm%%/*} $task"
        done
    done
}

# affinities [NAME]: a line "NAME/VCPU LIST" for each vCPU, of all domains or one. Each status is read at once: `read`
# goes back to the end of its line, and that is elsewhere when the thread has gone from "running" to "sleeping".
affinities() {
    local vcpu task line lines
    vcpu_tasks "$@" | while read -r vcpu task; do
        lines=()
        mapfile -t lines 2>/dev/null <"$task/status"
        for line in "${lines[@]}"; do
            [ "${line%%:*}" != Cpus_allowed_list ] || echo "$vcpu ${line##*[[:space:]]}"
        done
    done 2>/dev/null
}

affinity() { affinities "${1%/*}" | awk -v vcpu="$1" '$1 == vcpu { print $2 }'; }

# pinned NAME/VCPU CPU: is it? CPU may be a pattern.
pinned() {
    # shellcheck disable=SC2053
    [[ $(affinity "$1") == $2 ]]
}

# how many vCPUs are pinned to a pCPU
pinned_to() { affinities | awk -v cpu="$1" '$2 == cpu { n++ } END { print n + 0 }'; }

# CPU time of the vCPUs so far: a line "NAME/VCPU NANOSECONDS" for each
vcpu_times() {
    local vcpu task time
    vcpu_tasks | while read -r vcpu task; do
        read -r time _ <"$task/schedstat" && echo "$vcpu $time"
    done
}

# vcpu_usage SECONDS: measures; a line "NAME/VCPU PERCENT" for each
vcpu_usage() {
    local before after start
    start=$(now_ms)
    before=$(vcpu_times)
    sleep "$1"
    after=$(vcpu_times)
    join <(sort <<<"$before") <(sort <<<"$after") |
        awk -v ms=$(($(now_ms) - start)) '{ printf "%s %.1f\n", $1, ($3 - $2) / ms / 10000 }'
}

# pcpu_usage SECONDS: measures; the percent that pinned vCPUs use, for pCPU 0, 1 …
pcpu_usage() {
    join <(affinities | sort) <(vcpu_usage "$1" | sort) |
        awk -v count="$(nproc)" '{ sum[$2] += $3 }
            END { for (i = 0; i < count; i++) printf "%.1f%s", sum[i], i < count - 1 ? " " : "\n" }'
}

# "CPU BUSY ALL" for each pCPU: ticks so far
host_ticks() { awk '/^cpu[0-9]/ { busy = $2 + $3 + $4 + $7 + $8 + $9; print $1, busy, busy + $5 + $6 }' /proc/stat; }

# The greatest share in percent that any pCPU was busy, over SECONDS.
host_busy() {
    local before
    before=$(host_ticks)
    sleep "$1"
    paste -d' ' - <(host_ticks) <<<"$before" | awk '{ busy = 100 * ($5 - $2) / ($6 - $3 + 0.001) }
        busy > most { most = busy }
        END { printf "%d\n", most }'
}

# CPU ticks that others used so far: all of the host's but those of this sandbox, in which everything ends up
# in the figures of process 1, its reaper.
others_ticks() {
    local own
    own=$(cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' | awk '{ sum += $12 + $13 + $14 + $15 } END { print sum }')
    host_ticks | awk -v own="$own" '{ busy += $2 } END { print busy - own }'
}

# What others used since `others_start` and `others_since` were set, in percent of one pCPU.
others_percent() {
    awk -v ticks=$(($(others_ticks) - others_start)) -v ms=$(($(now_ms) - others_since)) \
        -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%d\n", ticks / hz * 1000 / ms * 100 }'
}

# Decisions are on measured load: others' work would change them. Waits for a calm second, two minutes at most.
wait_quiet() {
    local try busy=100
    for ((try = 0; try < 120; try++)); do
        busy=$(host_busy 1)
        [ "$busy" -gt 12 ] || break
    done
    others_start=$(others_ticks)
    others_since=$(now_ms)
}

# spread N0 N1: are so many vCPUs pinned to pCPU 0, and to pCPU 1?
spread() { equal "$(pinned_to 0) $(pinned_to 1)" "$1 $2"; }

# affinities_stay SECONDS: does none change meanwhile?
affinities_stay() {
    local before end
    before=$(affinities)
    end=$(($(now_ms) + $1 * 1000))
    while [ "$(now_ms)" -lt "$end" ]; do
        equal "$(affinities)" "$before" || return
        sleep 0.2
    done
}
