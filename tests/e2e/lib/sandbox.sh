# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the script that sources this once more in namespaces of its own, so that nothing here meets the host's
# libvirt and QEMUs, and nothing outlives it: /etc and /var are covered by throw-away overlays, /run is empty, and
# the script is process 1, with whose end the kernel ends all the rest. Only cgroups are the host's; they carry
# the tag in their names, and are removed from outside.

cgroups=/sys/fs/cgroup

sandbox_missing() {
    local tool
    [ "$(id -u)" = 0 ] || { echo 'it needs root'; return; }
    for tool in unshare virsh libvirtd qemu-system-x86_64; do
        [ -n "$(type -P "$tool")" ] || { echo "there is no $tool here"; return; }
    done
    unshare --mount --pid --fork --mount-proc true 2>/dev/null || echo 'it needs namespaces of its own'
}

sandbox_machine_folders() { find "$cgroups" -maxdepth 2 -type d -name machine; }

# Removes the cgroups of this run's domains, which may take a moment to be empty, and libvirt's folder over
# them where it was not there before.
sandbox_sweep() { # FOLDERS-BEFORE
    local try folder
    for try in 1 2 3 4 5; do
        find "$cgroups" -depth -type d -path "*$SANDBOX_TAG*" -exec rmdir {} + 2>/dev/null && break
        sleep 0.2
    done
    for folder in $(sandbox_machine_folders); do
        case " $1 " in
        *" $folder "*) ;;
        *) rmdir "$folder" 2>/dev/null || : ;;
        esac
    done
}

sandbox_enter() { # SCRIPT ARGUMENT...
    local before inner status
    before=$(sandbox_machine_folders | tr '\n' ' ')
    export SANDBOX_TAG=vs$$
    unshare --mount --pid --fork --kill-child --mount-proc bash "$@" </dev/null &
    inner=$!
    trap 'kill -KILL $inner' INT TERM HUP
    wait "$inner"
    status=$?
    sandbox_sweep "$before"
    exit "$status"
}

# Inside: the throw-away view of the file system. libvirt wants its users to exist, even where it uses root.
sandbox_cover() {
    local folder
    trap 'exit 130' INT TERM HUP
    mount -t tmpfs tmpfs /run
    for folder in etc var; do
        mkdir -p "/run/overlay/$folder/upper" "/run/overlay/$folder/work"
        mount -t overlay overlay "/$folder" \
            -o "lowerdir=/$folder,upperdir=/run/overlay/$folder/upper,workdir=/run/overlay/$folder/work"
    done
    for folder in kvm libvirt libvirt-qemu; do
        getent group "$folder" >/dev/null || groupadd -r "$folder"
    done
    getent passwd libvirt-qemu >/dev/null || useradd -r -g libvirt-qemu libvirt-qemu
    rm -rf /etc/libvirt
    mkdir -p "$work" /etc/libvirt
}

work=/run/e2e
if [ -z "${SANDBOX_TAG:-}" ]; then
    sandbox_missing=$(sandbox_missing)
    [ -z "$sandbox_missing" ] || skip_all "$sandbox_missing"
    sandbox_enter "$0" "$@"
fi
sandbox_cover
