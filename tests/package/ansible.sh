#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Ansible role: by ansible-lint, and run on this machine, in a view of its own of the file system, with the daemon that
# was built here: what it writes, what it refuses, and that a second run changes nothing. In the build directory.
set -u
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../e2e/lib/tap.sh
. "$here/../e2e/lib/tap.sh"
for tool in ansible-lint ansible-playbook; do
    [ -n "$(type -P "$tool")" ] || skip_all "there is no $tool here"
done
if [ "${1:-}" != inside ]; then
    [ "$(id -u)" = 0 ] || skip_all 'it needs root'
    [ -x vcpu-scheduler ] || skip_all 'there is no vcpu-scheduler: make it'
    exec unshare --mount bash "$0" inside
fi
folder=$(mktemp -d)
trap 'cd /; umount -l /usr/sbin /etc "$folder"; rmdir "$folder"' EXIT
mount -t tmpfs tmpfs "$folder"
cp -r "$here/../../contrib/deploy/ansible" "$folder/ansible"
cd "$folder/ansible" || exit 1
export HOME=$folder ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_REMOTE_TEMP=$folder/remote

quietly() { "$@" >"$folder/log" 2>&1 || { note_file "$folder/log"; return 1; }; }

check 'ansible-lint finds nothing' quietly ansible-lint --offline --strict --profile production site.yml roles
check 'the example is well formed' quietly ansible-playbook -i inventory --syntax-check site.yml

# The package counts as installed: what it would have brought lies in throw-away folders.
mkdir "$folder/etc" "$folder/etc.work" "$folder/sbin" "$folder/sbin.work"
mount -t overlay overlay /etc -o "lowerdir=/etc,upperdir=$folder/etc,workdir=$folder/etc.work"
mount -t overlay overlay /usr/sbin -o "lowerdir=/usr/sbin,upperdir=$folder/sbin,workdir=$folder/sbin.work"
cp "$OLDPWD/vcpu-scheduler" /usr/sbin/
cat >"$folder/ansible/play.yml" <<YAML
- hosts: localhost
  connection: local
  roles:
    - role: vcpu_scheduler
      vars:
        vcpu_scheduler_package: coreutils
        vcpu_scheduler_options: {threshold: 61, adopt-pins: true, exclude: ['db-*', 'x y'], cpus: 2-3}
        vcpu_scheduler_allow: [192.0.2.1]
YAML
play() { quietly ansible-playbook -i localhost, play.yml "$@"; }
check 'it runs' play
check 'the configuration is what it was told' equal "$(grep -v '^#' /etc/vcpu-scheduler.conf)" 'adopt-pins = yes
cpus = 2-3
exclude = db-*
exclude = x y
threshold = 61'
check 'and the drop-in' grep -qx IPAddressAllow=192.0.2.1 /etc/systemd/system/vcpu-scheduler.service.d/allow.conf
check 'a second run changes nothing' play
check 'so it says' grep -q 'changed=0 .*failed=0' "$folder/log"
sed -i 's/threshold: 61/threshold: much/' play.yml
check 'a mistake is refused' not play
check 'in the words of the daemon' grep -q "threshold: 'much' is not a number" "$folder/log"
check 'and what was there stays' grep -qx 'threshold = 61' /etc/vcpu-scheduler.conf
tap_end
