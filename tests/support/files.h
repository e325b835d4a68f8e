/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.h - files and folders that a test makes and removes. A failure ends the test. */
#ifndef VCPU_SCHEDULER_TESTS_FILES_H
#define VCPU_SCHEDULER_TESTS_FILES_H

/** Makes a new file that holds the text. path: a template as mkstemp(3) takes; the file's name
 * then.
 */
void file_make(char *path, const char *text);

/** Removes a folder and all that is in it. Returns 0 or -1 with errno. */
int folder_remove(const char *path);

#endif
