#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Domains by names that libvirt accepts and a terminal, a shell or a page would not take well: they are found, measured
# and pinned as any other, and come out as text.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# As XML; libvirt refuses a slash, and XML what is below a blank but these.
# shellcheck disable=SC2016
names=(
    '&lt;img src=x onerror=x&gt;&amp;&quot;&apos;$(reboot)`reboot`%s%n'
    'red&#x9b;31m&#x202e;txt.exe&#x2028;vcpu-scheduler: all is well'
    'tab&#9;end'
    'new&#10;line'
    "$(printf '%0200d' 0)"
)

# create NAME XML-NAME: a domain that is NAME to the files of this test
create() {
    local escaped=${2//\\/\\\\}
    escaped=${escaped//&/\\&}
    domain_xml "$1" 1 20 0=0-1 | sed "s|<name>.*</name>|<name>$SANDBOX_TAG-${escaped//|/\\|}</name>|" >"$work/$1.xml"
    virt create "$work/$1.xml" && domain_up "$1" 1
}

is_utf8() { iconv -f UTF-8 -t UTF-8 "$1" >/dev/null; }

# Neither C0 (but newlines) nor C1, nor what reorders or ends a line.
is_harmless() {
    not env LC_ALL=C.UTF-8 grep -nP '[\x00-\x09\x0b-\x1f\x7f\x{80}-\x{9f}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]' "$1"
}

is_ours() { not grep -v '^vcpu-scheduler: ' "$err"; }

host_libvirtd
for n in "${!names[@]}"; do
    check "libvirt takes ${names[n]:0:30}" create "d$n" "${names[n]}"
done
before=$(affinities)

# Floating vCPUs get their pCPU whatever the load is, but none that lacks a source.
daemon_run 10 --record "$work/record" --crosscheck require --threshold 100 --cycles 4 0.5
check 'exit status' equal "$status" 0
check 'measured by both sources, and pinned' equal "$(figure pins)" "${#names[@]}"
check 'affinities given back' equal "$(affinities)" "$before"
check 'log: no control sequence' is_harmless "$err"
check 'log: valid UTF-8' is_utf8 "$err"
check 'log: each line is ours' is_ours
check 'log: each name' equal "$(grep -c "domain $SANDBOX_TAG-.* vCPU 0: floating -> pCPU" "$err")" "${#names[@]}"
check 'log: no source is missing' not says 'no run-queue delay|no cross-check'
check 'record: no control sequence' is_harmless "$work/record"

daemon_run 10 --verbose --cycles 3 0.5
check '--verbose: exit status' equal "$status" 0
check '--verbose: what is harmless of a name' grep -qF "$SANDBOX_TAG-red?31m?txt.exe" "$out"
check '--verbose: markup as it is' grep -qF "$SANDBOX_TAG-<img src=x " "$out"
check '--verbose: no control sequence' is_harmless "$out"
check '--verbose: valid UTF-8' is_utf8 "$out"
tap_end
