/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - text of others (domain names, libvirt's words) made safe to show.
 *
 * Pure functions: any thread.
 */
#ifndef VCPU_SCHEDULER_BASE_TEXT_H
#define VCPU_SCHEDULER_BASE_TEXT_H

#include <stddef.h>

/** 1 if it says yes (yes, true, on, 1), 0 if it says no (no, false, off, 0), -EINVAL else. */
int text_yes(const char *text);

/**
 * Makes a text harmless for a terminal, in place: each control character (C0, DEL, C1), each
 * character that reorders or breaks lines (U+2028, U+2029, bidirectional controls) and each byte
 * that isn't part of valid UTF-8 becomes one '?'. Returns the new length, never more than the old
 * one.
 */
size_t text_clean(char *text);

/**
 * How much of a clean text fits.
 * columns: of the terminal; East Asian wide characters take two (Unicode Standard Annex 11).
 * used: how many columns the part takes, written always.
 * Returns the length of that part in bytes.
 */
size_t text_fit(const char *text, unsigned columns, unsigned *used);

#endif
