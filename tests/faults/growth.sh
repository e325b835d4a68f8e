# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a process has, over time: resident memory (KiB), descriptors, threads.

# What memory may grow by from the second and third tenth of the run to its last fifth: a heap breathes.
growth_kib=${GROWTH_KIB:-512}

# growth_look FOLDER PID...: a line for each that lives to FOLDER/PID.growth. Fails if none does.
growth_look() {
    local folder=$1 pid fds line rss threads lives=1
    shift
    for pid; do
        rss='' threads=''
        while read -r line; do
            case $line in
            VmRSS:*) rss=${line//[^0-9]/} ;;
            Threads:*) threads=${line//[^0-9]/} ;;
            esac
        done 2>/dev/null <"/proc/$pid/status"
        fds=("/proc/$pid/fd"/*)
        if [ -n "$rss" ] && [ -e "${fds[0]}" ]; then
            echo "$rss ${#fds[@]} $threads" >>"$folder/$pid.growth"
            lives=0
        fi
    done
    return $lives
}

# growth_figures FILE: what it had early, the most of each, and at the end: of memory the most, of descriptors and threads
# the least, for one that is there for a moment is no leak, and one that stays is always there.
growth_figures() {
    awk 'function most(from, to, column, i, m) {
            for (i = from; i <= to; i++) if (value[i, column] > m) m = value[i, column]
            return m + 0
        }
        function least(from, to, column, i, m) {
            m = value[from, column]
            for (i = from; i <= to; i++) if (value[i, column] < m) m = value[i, column]
            return m + 0
        }
        { for (c = 1; c <= 3; c++) value[NR, c] = $c }
        END {
            for (c = 1; c <= 3; c++)
                printf "%d %d ", most(int(NR / 10) + 1, int(NR * 3 / 10) + 1, c),
                    c == 1 ? most(int(NR * 4 / 5) + 1, NR - 1, c) : least(int(NR * 4 / 5) + 1, NR - 1, c)
            print NR
        }' "$1"
}

growth_check() { # NAME FILE
    local rss rss_end fds fds_end threads threads_end count
    read -r rss rss_end fds fds_end threads threads_end count < <(growth_figures "$2")
    note "$1: $count looks; memory $rss -> $rss_end KiB, descriptors $fds -> $fds_end, threads $threads -> $threads_end"
    check "$1: memory stays within $growth_kib KiB" at_most "$rss_end" $((rss + growth_kib))
    check "$1: descriptors" at_most "$fds_end" "$fds"
    check "$1: threads" at_most "$threads_end" "$threads"
    check "$1: looked at often enough" at_least "$count" 10
}
