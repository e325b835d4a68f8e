#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The metrics as their readers meet them: promtool, a real Prometheus with the alert rules, the dashboard's queries; and
# clients that mean no good.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
for tool in prometheus promtool curl jq; do
    [ -n "$(type -P "$tool")" ] || skip_all "there is no $tool here"
done
contrib=$e2e/../../contrib/monitoring
port=29124
prometheus=127.0.0.1:29125

# The rules.
check 'promtool: the alert rules' promtool check rules "$contrib/prometheus/vcpu-scheduler.rules.yml"
check 'promtool: they alert when they should' promtool test rules "$contrib/prometheus/vcpu-scheduler.test.yml"
check 'promtool: the example configuration' promtool check config "$contrib/prometheus/prometheus.yml"

# The dashboard: well formed, no two panels in one place or of one number, every query by the variables.
dashboard=$contrib/grafana/vcpu-scheduler.json
panels() { jq "$@" "$dashboard"; } # -e: the answer is the status
check 'dashboard: panels have numbers of their own' panels -e '[.panels[].id] | length == (unique | length)'
# shellcheck disable=SC2016 # jq's variables
check 'dashboard: none lies on another' panels -e '[.panels[].gridPos as $p | range($p.x; $p.x + $p.w) as $x |
    range($p.y; $p.y + $p.h) as $y | [$x, $y]] | length == (unique | length)'
check 'dashboard: none is wider than the page' panels -e 'all(.panels[].gridPos; .x + .w <= 24)'
# shellcheck disable=SC2016 # Grafana's variables
check 'dashboard: every query has its data source' panels -e 'all(.panels[] | select(.targets) | .targets[];
    .datasource.uid == "${datasource}" and (.expr | contains("instance=~\"$instance\"")))'

socket=/run/vcpu-scheduler/status.sock
ask() { curl -sS --max-time 5 -g "http://127.0.0.1:$port$1" "${@:2}"; }
# query PROMQL: the values, one a line
query() { curl -sS --max-time 5 "http://$prometheus/api/v1/query" --data-urlencode "query=$1" | jq -r '.data.result[].value[1]'; }
is() { [ "$(query "$1")" = "$2" ]; }
about() { awk -v a="$(query "$1")" -v b="$2" -v d="$3" 'BEGIN { exit !(a >= b - d && a <= b + d) }' || { note "got '$(query "$1")'"; return 1; }; }
has_pins() { at_least "$(query 'sum(vcpu_scheduler_pins_total{result="done"})')" 1; }
# A vCPU that is moved meanwhile counts elsewhere.
pcpu_is_so() {
    local usage
    read -r usage _ < <(pcpu_usage 5)
    about "avg_over_time(($usage_of_vcpus)[5s:1s])" "$(percent "$usage")" 0.08
}
vcpu_is_so() {
    local usage
    usage=$(vcpu_usage 5 | awk '$1 == "a/0" { print $2 }')
    about "rate(libvirt_domain_vcpu_time_seconds_total{domain=\"$SANDBOX_TAG-a\",vcpu=\"0\"}[5s])" "$(percent "$usage")" 0.05
}
percent() { awk -v p="$1" 'BEGIN { print p / 100 }'; }
# What a page has families of.
families() { sed -n 's/^# TYPE \(vcpu_scheduler_[a-z_]*\) .*/\1/p' "$@" | sort -u; }
# unanswered [-v] PATTERN: how many of the dashboard's queries with, or without, the pattern have no answer
unanswered() {
    local without=0
    while IFS= read -r expr; do
        [ -n "$(query "$expr")" ] || { note "no data: $expr"; without=$((without + 1)); }
    done < <(queries | grep "$@")
    echo "$without"
}
# The queries of the dashboard, as Grafana would send them.
# shellcheck disable=SC2016 # Grafana's variables
queries() { panels -r '.panels[] | select(.targets) | .targets[].expr' | sed 's/\$instance/.*/g; s/\$__rate_interval/60s/g'; }

host_libvirtd
host_crowd
domain_create other 1 5 0=0
mkdir -p "$work/prometheus"
cp "$contrib/prometheus/vcpu-scheduler.rules.yml" "$work/prometheus/"
sed -e "s/127.0.0.1:9123/127.0.0.1:$port/" -e 's/scrape_interval: 15s/scrape_interval: 1s\n  evaluation_interval: 1s/' \
    "$contrib/prometheus/prometheus.yml" >"$work/prometheus/prometheus.yml"
# The time that an alert has to hold is Prometheus' business, and tested above.
sed -i 's/for: .*/for: 2s/' "$work/prometheus/vcpu-scheduler.rules.yml"
prometheus --config.file="$work/prometheus/prometheus.yml" --storage.tsdb.path="$work/prometheus/data" \
    --web.listen-address="$prometheus" >"$work/prometheus/log" 2>&1 &
server=$!
check 'Prometheus is up' wait_for 20 curl -fsS "http://$prometheus/-/ready"
check 'and knows that there is nothing yet' wait_for 20 is 'up{job="vcpu-scheduler"}' 0
# A period of two of its intervals, so that it sees pins come.
daemon --adopt-pins --threshold 100 --exclude '*-other' --runtime-dir "${socket%/*}" --metrics "127.0.0.1:$port" --metrics-libvirt 2
check 'the server answers' wait_for 8 eval "ask /metrics | grep -q '^vcpu_scheduler_busiest_ratio '"

ask /metrics >"$work/metrics"
check 'promtool finds nothing to say of the metrics' equal "$(promtool check metrics <"$work/metrics" 2>&1)" ''
check 'whoever asks for OpenMetrics gets it' \
    equal "$(ask /metrics -H 'Accept: application/openmetrics-text; version=1.0.0' | tail -n 1)" '# EOF'

check 'Prometheus scrapes it' wait_for 10 is 'up{job="vcpu-scheduler"}' 1
check 'pins are made' wait_for 30 left_crowd
check 'Prometheus knows of them' wait_for 5 has_pins
usage_of_vcpus='vcpu_scheduler_pcpu_usage_ratio{pcpu="0"} - ignoring(__name__) vcpu_scheduler_pcpu_other_ratio{pcpu="0"}'
check 'usage of pCPU 0 but for the host'"'"'s own is what its vCPUs use, by /proc' wait_for 60 pcpu_is_so
check 'and that of a vCPU, by the name that exporters have' wait_for 60 vcpu_is_so
check 'and where it ran' is "libvirt_domain_vcpu_cpu{domain=\"$SANDBOX_TAG-other\"}" 0
check 'the form is OpenMetrics' eval "curl -sS http://$prometheus/api/v1/metadata?metric=vcpu_scheduler_pcpu_usage_ratio |
    jq -e '.data[][0].unit == \"ratio\"'"
check 'every query of the dashboard has an answer, but for pools' equal "$(unanswered -v '^vcpu_scheduler_pool_')" 0

# A host without room: both pCPUs above the threshold.
for name in c d; do
    domain_create "$name" 2 60 0=0 1=1
done
check 'it tells that there is no room' wait_for 30 is vcpu_scheduler_no_room 1
check 'and Prometheus alerts' wait_for 30 is 'count(ALERTS{alertname="VcpuSchedulerNoRoom",alertstate="firing"})' 1
for name in c d; do
    virt "destroy $SANDBOX_TAG-$name"
done

head -c 100000 /dev/zero | tr '\0' a >"$work/header"
check 'a header without end is refused' equal \
    "$(ask /status -o /dev/null -w '%{http_code}' -H "X: $(head -c 60000 "$work/header")")" 431
# now_is NAME: by the Unix socket, which others can't fill
now_is() {
    curl -sS --max-time 3 --unix-socket "$socket" http://localhost/metrics |
        awk -v name="vcpu_scheduler_$1" '$1 == name { printf "%d", $2 }'
}
# Clients that mean no good: many that say nothing, half a request, nonsense, too much, or never read.
before=$(query vcpu_scheduler_last_period_time_seconds)
skipped=$(query vcpu_scheduler_periods_skipped_total)
hostile=()
for ((i = 0; i < 60; i++)); do
    exec {fd}<>"/dev/tcp/127.0.0.1/$port" && hostile+=("$fd")
    case $((i % 4)) in
    0) ;;
    1) printf 'GET /metr' >&"$fd" ;;
    2) printf '\0\377\r\n\r\n' >&"$fd" ;;
    3) printf 'GET /status HTTP/1.1\r\nHost: x\r\n\r\n' >&"$fd" ;;
    esac
done 2>/dev/null
sleep 5
check 'periods go on beside them' at_least "$(now_is last_period_time_seconds)" "$((${before%.*} + 3))"
check 'none is skipped' equal "$(now_is periods_skipped_total)" "$skipped"
check 'Prometheus is served again when they have timed out' wait_for 25 is 'up{job="vcpu-scheduler"}' 1
for fd in "${hostile[@]}"; do
    exec {fd}>&-
done
daemon_stop
check 'it ends well' equal "$status" 0
check 'Prometheus sees that it is gone' wait_for 10 is 'up{job="vcpu-scheduler"}' 0
check 'and alerts' wait_for 10 is 'count(ALERTS{alertname="VcpuSchedulerDown",alertstate="firing"})' 1

# Pools.
daemon --pool 2 --emulator follow --exclude '*-other' --runtime-dir "${socket%/*}" --metrics "127.0.0.1:$port" 1
check 'pools are told' wait_for 8 eval "ask /metrics | grep -q '^vcpu_scheduler_pool_usage_ratio{pool=\"0\",pcpus=\"0-1\"} '"
check 'and no pCPU is the busiest' eval "ask /metrics | grep -q '^vcpu_scheduler_busiest_pool 0' && ! ask /metrics | grep busiest_pcpu"
ask /metrics >"$work/metrics_pools"
check 'promtool finds nothing to say of them either' equal "$(promtool check metrics <"$work/metrics_pools" 2>&1)" ''
families "$work/metrics" "$work/metrics_pools" >"$work/families"
sed -n 's/^\.It Li \(vcpu_scheduler_[a-z_]*\)$/\1/p' "$e2e/../../src/man/vcpu-scheduler.8" | sort >"$work/told"
check 'the manual tells all families, and no other' diff "$work/families" "$work/told"
check 'Prometheus knows the size of the pool' wait_for 10 is 'vcpu_scheduler_pool_pcpus{pool="0"}' 2
check 'its usage is the mean of its pCPUs' \
    wait_for 20 about 'avg_over_time(vcpu_scheduler_pool_usage_ratio[10s]) - on () avg(avg_over_time(vcpu_scheduler_pcpu_usage_ratio[10s]))' 0 0.1
check 'the queries for pools have an answer' equal "$(unanswered '^vcpu_scheduler_pool_')" 0
daemon_stop
check 'it ends well with pools, too' equal "$status" 0
kill "$server"
wait "$server" 2>/dev/null
virt "destroy $SANDBOX_TAG-a; destroy $SANDBOX_TAG-b; destroy $SANDBOX_TAG-other"
tap_end
