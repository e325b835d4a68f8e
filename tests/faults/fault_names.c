/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fault.h"

const char *const fault_names[FAULT_KINDS] = {
    [FAULT_NONE] = "any",
    [FAULT_ERROR] = "error",
    [FAULT_LOST] = "lost",
    [FAULT_SHORT] = "short",
    [FAULT_DELAY] = "delay",
    [FAULT_HANG] = "hang",
    [FAULT_DISCONNECT] = "disconnect",
    [FAULT_GONE] = "gone",
    [FAULT_RESTART] = "restart",
    [FAULT_EXHAUST] = "exhaust",
};
