#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The shape of a virtual hypervisor host: sibling threads and nodes.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
check 'domain s of 60 % a vCPU, on node 1' domain s 2 6 1
check 'domain n of 90 %, on node 1' domain n 2 9 1
on_vhost shape
