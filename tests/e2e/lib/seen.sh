# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# What the daemon saw, from its --verbose pages: a guest may get less than its schedule asks for, and others may keep a
# pCPU busy, so a decision is judged by the figures that it was made on. Figures only: not by the reasons it gives.

# pages PROGRAM [VARIABLE=VALUE]...: runs an awk program on the pages that are whole. Of a page it has period, at
# (seconds since the first), pins, expected (points), placing; for each pCPU used, wanted, fit (managed, and no figure
# is suspect); for each vCPU by index 1 to vcpus: name (NAME/VCPU), on, size, flags. page() is called at its end.
pages() {
    local program=$1 variable set=()
    shift
    for variable; do set+=(-v "$variable"); done
    awk -v tag="$SANDBOX_TAG-" "${set[@]}" '
    /^Period / {
        split("", used); split("", wanted); split("", fit); split("", name); split("", on); split("", size); split("", flags)
        period = $2; split($4, clock, ":"); at = clock[1] * 3600 + clock[2] * 60 + clock[3]
        vcpus = pins = expected = placing = 0; inside = 1; domain = ""
        next
    }
    !inside { next }
    /^pCPU / && sub(/\[.*\]/, "") { used[$2] = wanted[$2] = $3; fit[$2] = $0 !~ /unmanaged|suspect/; next }
    /^ +[0-9]+@[0-9]/ {
        for (i = 1; i <= NF; i++) {
            if ($i !~ /@/) continue
            split($i, place, "@"); vcpus++
            name[vcpus] = domain "/" place[1]; on[vcpus] = place[2]; size[vcpus] = $(i + 1)
            flags[vcpus] = i + 3 <= NF && $(i + 3) !~ /@/ ? $(i + 3) : ""
            if (used[place[2]] >= 95) { size[vcpus] += $(i + 2); wanted[place[2]] += $(i + 2) }
        }
        next
    }
    / vCPUs? +[0-9.]+ %/ && /^[^ ]/ { domain = $1; sub("^" tag, "", domain); next }
    /^Decision: [0-9]/ { pins = $2; if (/expected gain/) expected = $6 }
    /^Reason: .* floating / { placing = 1 }
    /^$/ { inside = 0; page() }
    '"$program" "${out:-out}"
}

# at_rest THRESHOLD GAIN: by the figures of the last page, no pCPU is above the threshold that a move or swap of one
# vCPU that may move would relieve by so many points. What else runs may keep the busiest busy: it hides no other.
at_rest() {
    pages '
    function may(v) { return flags[v] !~ /[FXSUNPLY+]/ }
    function better(of, by, to) { return by > 0 && wanted[to] + by <= wanted[of] - gain && by >= gain }
    function relieved(of, p, v, w) {
        for (v = 1; v <= vcpus; v++) {
            if (on[v] != of || !may(v)) continue
            for (p in fit) {
                if (!fit[p] || p == of) continue
                if (better(of, size[v], p)) return name[v] " could go to pCPU " p
                for (w = 1; w <= vcpus; w++)
                    if (on[w] == p && may(w) && better(of, size[v] - size[w], p))
                        return name[v] " could change places with " name[w]
            }
        }
        return ""
    }
    function page(p, how) {
        verdict = "no figures yet"
        if (period == 0) return
        verdict = "pins are being made"
        if (pins) return
        verdict = ""
        for (p in fit)
            if (fit[p] && wanted[p] > threshold && (how = relieved(p)))
                verdict = how ": pCPU " p " is wanted at " wanted[p] " %"
    }
    END { if (!NR) verdict = "no page"; if (verdict) { print "# period " period ": " verdict; exit 1 } }' "threshold=$1" "gain=$2"
}

# has_pinned: some page has pins in it.
has_pinned() { pages 'function page() { any += pins } END { exit !any }'; }

# acted_and_rests THRESHOLD GAIN: pins were made, and now it is at rest.
acted_and_rests() { has_pinned && at_rest "$@"; }

# each_reasoned THRESHOLD GAIN PINS: each plan but for the placing of floating vCPUs was made where the busiest pCPU
# was above the threshold, for so many points or more, with no more than so many pins.
each_reasoned() {
    pages '
    function page(p, most) {
        if (!pins || placing) return
        most = 0
        for (p in fit) if (fit[p] && wanted[p] > most) most = wanted[p]
        if (most > threshold - 0.1 && expected >= gain - 0.1 && pins <= limit) return
        print "# period " period ": " pins " pins to gain " expected " points, the busiest wanted at " most " %"
        wrong = 1
    }
    END { exit wrong || !NR }' "threshold=$1" "gain=$2" "limit=$3"
}

# is_shown: is each vCPU where the last page has it, by the kernel?
is_shown() {
    equal "$(affinities | sort)" "$(pages '
        function page(v) { shown = ""; for (v = 1; v <= vcpus; v++) shown = shown name[v] " " on[v] "\n" }
        END { printf "%s", shown }' | sort)"
}

# The number of the last whole page, and the seconds from the first to it.
last_period() { pages 'function page() { last = period } END { print last + 0 }'; }
last_at() { pages 'function page() { last = at } END { print last + 0 }'; }
reached() { [ "$(last_period)" -ge "$1" ]; }

# seen NAME/VCPU: what it was seen to want in the last page, percent.
seen() {
    pages 'function page(v) { found = ""; for (v = 1; v <= vcpus; v++) if (name[v] == vcpu) found = size[v] }
        END { print found }' "vcpu=$1"
}
