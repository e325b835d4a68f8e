#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
policies=balance
# shellcheck source=cases.sh
. "$(dirname "$0")/cases.sh"
