/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.h - the configuration file of vcpu-scheduler: NAME = VALUE lines. Before threads.
 */
#ifndef VCPU_SCHEDULER_CONFIG_FILE_H
#define VCPU_SCHEDULER_CONFIG_FILE_H

#include "config/table/row.h"

/**
 * Applies the lines of a configuration file, but for what the command line (parser->seen) gives or
 * contradicts; parser->seen is then what the file gives. path: kept by the parser. A file that is
 * not there is a mistake only if it `must_be`. Returns 0, or -EINVAL after every mistake was told
 * with file and line; with --restore mistakes are told, and all that is right is applied.
 */
int option_file_read(struct option_parser *parser, const char *path, bool must_be);

#endif
