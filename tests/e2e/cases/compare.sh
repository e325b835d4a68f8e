#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A record of a real host replays, a trace is compared with each kind of pool under every policy, and the page of it draws in a real
# browser. Its picture stays in the build's tests/compare.png, for people to look at.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

record=$work/live.csv.gz
trace=$work/sample.csv
page=$work/page.html

replay() { "$scheduler" --quiet --connect "trace:$1" "${@:2}" >"$out" 2>"$err"; }
heads() { zcat -f "$1" | grep -c "^# $2: $3\$"; }
head_of() { zcat -f "$record" | sed -n "s/^# $1: //p"; }
rows() { zcat -f "$1" | grep -c '^[0-9]'; }
policies() { "$scheduler" --help | awk '/^Policies:/ { on = 1; next } !NF { on = 0 } on && /^  [a-z]/ { print $1 }'; }
# The mean of a column's demands from the second row on, as a whole number.
demand() { # COLUMN
    zcat -f "$record" | awk -F, -v column="$1" '/^[1-9]/ { sum += $(column + 1); n++ } END { printf "%d\n", sum / n }'
}

near() { at_least "$1" $(($2 - $3)) && at_most "$1" $(($2 + $3)); }

# CPU time and waiting of the vCPUs so far: a line "NAME/VCPU NANOSECONDS" for each
vcpu_wants() {
    local vcpu task ran waited
    vcpu_tasks | while read -r vcpu task; do
        read -r ran waited _ <"$task/schedstat" && echo "$vcpu $((ran + waited))"
    done
}

# vcpu_demand SECONDS: measures; a line "NAME/VCPU PERCENT" for each
vcpu_demand() {
    local before start
    start=$(now_ms)
    before=$(vcpu_wants)
    sleep "$1"
    join <(sort <<<"$before") <(vcpu_wants | sort) |
        awk -v ms=$(($(now_ms) - start)) '{ printf "%s %d\n", $1, ($3 - $2) / ms / 10000 }'
}

# 40 vCPUs of 10 VMs on 8 pCPUs for so many periods: most idle, some steady, some that come and go, always the same.
# The second head line tries to be markup.
sample() { # PERIODS
    awk -v periods="$1" 'BEGIN {
        print "# source: generated for a test"
        print "# note: </script><script>document.title = \"broken out\"</script> & <b>bold</b>"
        print "# pcpus: 8\n# vcpus: 40\n# resolution: 60 s"
        printf "# vm: "
        for (v = 0; v < 40; v++) printf "%s%d", v ? "," : "", v / 4
        print ""
        seed = 7
        for (t = 0; t < periods; t++) {
            printf "%d", t
            for (v = 0; v < 40; v++) {
                seed = (seed * 1103515245 + 12345) % 2147483648
                noise = int(seed / 65536) % 6
                base = v % 8 == 0 ? 24 : 2
                if (v % 7 == 3 && int(t / 24) % 3 == v % 3) base = 60
                printf ",%d", base + noise
            }
            print ""
        }
    }'
}

# Opens the page as an operator would, without a network. Sets `dom` and `said`.
browser() { # OPTION...
    local profile=$work/chromium
    rm -rf "$profile"
    timeout 60 unshare --net chromium --headless --no-sandbox --disable-gpu --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --user-data-dir="$profile" \
        --enable-logging=stderr --window-size=1280,1900 "$@" "file://$page" >"$work/dom" 2>"$work/console"
}
data() { sed -n "s/.*<html[^>]* data-$1=\"\([^\"]*\)\".*/\1/p" "$work/dom"; }
# Of the page; what the browser says of pages of its own is its own business.
no_complaint() { ! grep -E 'CONSOLE' "$work/console" | grep -v 'source: chrome://'; }

host_embed
wait_quiet
domain_create a 1 40 0=1
domain_create b 2 10 0=0 1=0

daemon --policy none --cycles 8 --record "$record" 0.5
sleep 0.6
wanted=$(vcpu_demand 3)
daemon_end 15
check 'recording: exit status' equal "$status" 0
check 'recording: vCPUs' equal "$(heads "$record" vcpus 3)" 1
check 'recording: pCPUs' equal "$(heads "$record" pcpus "$(nproc)")" 1
check 'recording: the period' equal "$(heads "$record" resolution '0.5 s')" 1
check 'recording: a row a period' equal "$(rows "$record")" 8
# The domains are in any order; a has one vCPU, b two.
placed="$(head_of vm) on $(head_of start)"
a=1
[ "$placed" = '0,1,1 on 1,0,0' ] || a=3
note "wanted, by /proc: $(paste -sd' ' <<<"$wanted"); recorded: $(demand 1) $(demand 2) $(demand 3)"
check "recording: whose vCPUs, and where they were: $placed" \
    equal "$placed" "$([ $a = 1 ] && echo '0,1,1 on 1,0,0' || echo '0,0,1 on 0,0,1')"
check 'recording: what a wants' near "$(demand $a)" "$(awk '/^a/ { print $2 }' <<<"$wanted")" 8
check 'recording: what a vCPU of b wants' near "$(demand 2)" "$(awk '/^b/ { sum += $2 } END { print int(sum / 2) }' <<<"$wanted")" 8
check 'recording: nothing is left beside it' not test -e "$record.part"

check 'the record replays' replay "$record" --policy none --summary json
check 'the record replays: every period' equal "$(figure periods)" 8
check 'the record is compared' replay "$record" --compare
for policy in $(policies); do
    check "the record is compared: $policy" grep -q "^\\(cpu\\)\\?  *$policy  *[0-9]" "$out"
done
check 'the record is compared: the kernel alone' says '^kernel alone  *0  *0\.0'
check 'the record is compared: what it would choose' says '^For this host: '

daemon --record "$work/stopped.csv" 0.5
sleep 5 # ten periods; a busy host needs some to begin
daemon_stop TERM
check 'a record that is stopped: exit status' equal "$status" 0
check 'a record that is stopped: is whole' at_least "$(rows "$work/stopped.csv")" 2
check 'a record that is stopped: replays' replay "$work/stopped.csv" --summary json

mkdir "$work/full"
mount -t tmpfs -o size=4k tmpfs "$work/full"
head -c 4096 /dev/zero >"$work/full/filler"
daemon --record "$work/full/x.csv" 0.5
daemon_end 10
check 'a record without room: exit status' equal "$status" 1
check 'a record without room: names the file' says "full/x.csv.*No space"
domains_destroy

sample 300 >"$trace"
check 'a trace is compared' replay "$trace" --compare --report "$page"
cp "$out" "$work/table"
cp "$page" "$work/page.before"
check 'once more' replay "$trace" --compare --report "$page"
check 'the table is the same' cmp "$out" "$work/table"
check 'the page is the same' cmp "$page" "$work/page.before"

if [ -z "$(type -P chromium)" ]; then
    tap_result ok 'the page draws # SKIP there is no chromium here'
    tap_end
fi
# 8 pCPUs: single ones, pools of 2 and 4, and the kernel alone.
count=$(policies | wc -l)
all=$((3 * count + 1))
check 'the page opens' browser --dump-dom
check 'the page draws to its end' equal "$(data drawn)" yes
check 'the page draws both maps' equal "$(data cells)" $((8 * 300 + 1 * 300))
check 'the page draws a line for each policy at one level, single pins, the kernel and the bound' \
    equal "$(data lines)" $((count + 3))
check 'the page has a row for each policy at each level, a heading for each, and the bound' \
    equal "$(grep -o '<tbody>.*</tbody>' "$work/dom" | grep -o '<tr' | wc -l)" $((all + 4 + 1))
check 'the page says what it would choose' grep -q 'id="choice">For this host: the kernel alone' "$work/dom"
check 'the page takes nothing in a trace for markup' grep -q '&lt;b&gt;bold&lt;/b&gt;' "$work/dom"
check 'the browser complains of nothing' no_complaint

headers() { grep -o '<thead>.*</thead>' "$work/dom" | grep -o '<th[ >]' | wc -l; }
flat_headers=$(headers)
sample 300 | sed 's/^# pcpus: 8$/&\n# topology: 2,1,2,2\n# smt_factor: 0.6/' >"$trace"
check 'a trace with a topology is compared' replay "$trace" --compare --report "$page"
check 'a trace with a topology: lost work has three parts' says 'lost % *crowding *siblings *remote'
check 'a trace with a topology: the page opens' browser --dump-dom
check 'a trace with a topology: levels by its shape' \
    equal "$(grep -o '<tr class="level"><th[^>]*><span><b>[a-z ]*' "$work/dom" | sed 's/.*>//' | paste -sd,)" \
    'cpu,core,llc,no pins'
check 'a trace with a topology: three more columns' equal "$(headers)" $((flat_headers + 3))
check 'a trace with a topology: the browser complains of nothing' no_complaint

sample 2000 >"$trace"
check 'a long trace is compared' replay "$trace" --compare --report "$page"
check 'a long trace: the page is small' at_most "$(stat -c %s "$page")" 500000
check 'a long trace: opens' browser --dump-dom
check 'a long trace: columns of four periods' equal "$(data cells)" $((8 * 500 + 1 * 500))
check 'a long trace: single pins are compared alone' replay "$trace" --compare --report "$page" --pool cpu
check 'a long trace: single pins: the page opens' browser --dump-dom
check 'a long trace: single pins: headings' equal "$(grep -o '<tr class="level"' "$work/dom" | wc -l)" 2
check 'a long trace: takes a picture' browser --screenshot="$builddir/tests/compare.png"
check 'a long trace: a picture with something on it' at_least "$(stat -c %s "$builddir/tests/compare.png")" 50000
check 'a long trace: the browser complains of nothing' no_complaint
tap_end
