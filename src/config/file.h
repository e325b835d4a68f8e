/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.h - the configuration file of vcpu-scheduler: NAME = VALUE lines. Main thread.
 */
#ifndef VCPU_SCHEDULER_CONFIG_FILE_H
#define VCPU_SCHEDULER_CONFIG_FILE_H

#include "config/table/row.h"

/**
 * Applies the lines of a configuration file, except options that the command line (parser->seen)
 * gives or contradicts. Sets parser->seen to the options of the file. path: must stay valid. A
 * missing file is a mistake only if it `must_be`. Returns 0, or -EINVAL after reporting each
 * mistake with file and line. With --restore, mistakes are reported but the rest is applied.
 */
int option_file_read(struct option_parser *parser, const char *path, bool must_be);

#endif
