#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whose a vCPU's affinity is, on a virtual hypervisor host: pCPUs that come and go, isolated ones, numad's advice.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
check 'domain o of 20 % a vCPU' domain o 2 2
check 'domain h of 40 % a vCPU' domain h 2 4
check 'domain p of 20 % a vCPU' domain p 2 2
sed -i "s|<vcpu[^>]*>|<vcpu placement='auto'>|" "$share/p.xml"
on_vhost owner
