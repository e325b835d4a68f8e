# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The hosts under test, each with real QEMU domains: embedded QEMU without a libvirt daemon, and a libvirtd of
# our own. Either sets `uri` and `qemu_run`, where libvirt keeps the pid files.

host_config='user="root"
group="root"
stdio_handler="file"
security_driver="none"
namespaces=[]'

# Embedded QEMU. Only one process may have its root open: no virsh while the daemon under test runs.
host_embed() {
    mkdir -p "$work/embed/etc"
    echo "$host_config" >"$work/embed/etc/qemu.conf"
    uri="qemu:///embed?root=$work/embed"
    qemu_run=$work/embed/run/qemu
}

# A libvirtd of our own, at the addresses of the system's.
host_libvirtd() {
    echo "$host_config" >/etc/libvirt/qemu.conf
    printf 'auth_unix_%s="none"\n' rw ro >/etc/libvirt/libvirtd.conf
    uri=qemu:///system
    qemu_run=/run/libvirt/qemu
    libvirtd_start
}

libvirtd_start() {
    libvirtd >>"$work/libvirtd.log" 2>&1 &
    libvirtd=$!
    disown
    wait_for 10 virt version || note 'libvirtd does not answer'
}

# virsh on the host; its output is shown only if it fails.
virt() {
    virsh -q -c "$uri" "$@" >"$work/virsh.out" 2>&1 || { sed 's/^/# virsh: /' "$work/virsh.out"; return 1; }
}

# domain_xml NAME VCPUS[/MAX] SCHEDULE [VCPU=CPUS]...
# Each VCPU=CPUS is a vcpupin of the definition. A serial port tells which vCPUs are up.
domain_xml() {
    local name=$1 vcpus=${2%/*} most=${2#*/} schedule=$3 pin
    shift 3
    cat <<XML
<domain type='qemu'>
  <name>$SANDBOX_TAG-$name</name>
  <memory unit='MiB'>16</memory>
  <vcpu placement='static' current='$vcpus'>$most</vcpu>
  <cputune>
$(for pin; do echo "    <vcpupin vcpu='${pin%=*}' cpuset='${pin#*=}'/>"; done)
  </cputune>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>$guest</kernel>
    <cmdline>$schedule</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <devices>
    <emulator>$(type -P qemu-system-x86_64)</emulator>
    <controller type='usb' model='none'/>
    <serial type='file'><source path='$work/$name.up'/></serial>
    <memballoon model='none'/>
  </devices>
</domain>
XML
}

# domain_create NAME VCPUS[/MAX] SCHEDULE [VCPU=CPUS]...: a transient domain, running when this returns.
domain_create() {
    domain_xml "$@" >"$work/$1.xml"
    virt create "$work/$1.xml" && domain_up "$1" "${2%/*}"
}

# The same, of a persistent definition.
domain_define() {
    domain_xml "$@" >"$work/$1.xml"
    virt "define $work/$1.xml; start $SANDBOX_TAG-$1" && domain_up "$1" "${2%/*}"
}

# Waits until so many vCPUs of the domain do their work.
domain_up() { # NAME VCPUS
    wait_for 20 serial_says "$1" "$2" || { note "domain $1 does not come up"; return 1; }
}

serial_says() { [ "$(stat -c %s "$work/$1.up" 2>/dev/null || echo 0)" -ge "$2" ]; }

# The classic: two domains of two vCPUs, all crowded on pCPU 0 while pCPU 1 has nothing. They want more than it has:
# with a threshold of 100 % no other load can make every pCPU look full, so some are moved for sure.
host_crowd() { # [PERCENT-PER-VCPU]
    local percent=${1:-40} domain
    for domain in a b; do
        domain_create "$domain" 2 "$percent" 0=0 1=0 || return
    done
}

# Has a vCPU of theirs left pCPU 0? How many are best elsewhere depends on what else runs.
left_crowd() { [ "$(affinities | awk '$1 ~ /^[ab]\// && $2 == "1" { n++ } END { print n + 0 }')" -ge 1 ]; }

domains_destroy() {
    local name
    for name in $(domains); do
        virsh -q -c "$uri" destroy "$SANDBOX_TAG-$name" >/dev/null 2>&1
        rm -f "$work/$name.up"
    done
}
