/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wraps.h - what the wrappers log at a clean end: all that the daemon has not freed. */
#ifndef VS_TESTS_WRAPS_H
#define VS_TESTS_WRAPS_H

void files_tell_open(void);
void libvirt_tell_open(void);

#endif
