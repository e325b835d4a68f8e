#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
policy=balance
# shellcheck source=vhost-cases.sh
. "$(dirname "$0")/vhost-cases.sh"
