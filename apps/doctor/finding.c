/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "apps/doctor/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/complaint.h"
#include "apps/exit_code.h"
#include "lib/base/utf8.h"

void finding_add(struct findings *f, const char *section, enum verdict verdict, const char *subject, const char *format, ...)
{
    if (f->count == f->room) {
        size_t room = f->room ? 2 * f->room : 32;
        struct finding *larger = realloc(f->list, room * sizeof *larger);
        if (!larger) {
            complain("maestro doctor", "out of memory");
            exit(EXIT_CODE_INTERNAL);
        }
        f->list = larger;
        f->room = room;
    }
    struct finding *one = &f->list[f->count++];
    one->section = section;
    one->verdict = verdict;
    snprintf(one->subject, sizeof one->subject, "%s", subject);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(one->text, sizeof one->text, format, arguments);
    va_end(arguments);
    utf8_repair(one->subject); /* what did not fit may have been cut inside a character */
    utf8_repair(one->text);
}
