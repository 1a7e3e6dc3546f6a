/* SPDX-License-Identifier: BSD-3-Clause */
/* schemas.c - the files of MSTRO_SCHEMA_LIST, each by itself and all together, as mstro_init would read them */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/doctor/finding.h"
#include "lib/base/setting.h"
#include "lib/schema/catalogue.h"

static const char section[] = "schemas";

/* True when it can be used. */
static bool examine_file(struct findings *f, struct text name, const char *path)
{
    struct schema *s;
    char subject[sizeof f->list->subject];
    snprintf(subject, sizeof subject, TEXT_FORMAT, TEXT_ARGUMENTS(name));
    mstro_status status = catalogue_read(name, path, &s);
    if (status != MSTRO_OK) {
        finding_add(f, section, VERDICT_BAD, subject, "%s", status == MSTRO_NOMEM ? mstro_status_description(status) : mstro_error_detail());
        return false;
    }
    finding_add(f, section, VERDICT_GOOD, subject, "%zu attributes in '%s'", schema_entries(s), schema_file_at(s, 0)->nspace.at);
    schema_release(s);
    return true;
}

/* Files may be wrong together only: a key of two types, a namespace that stands twice. */
static void examine_together(struct findings *f)
{
    struct schema *all;
    if (catalogue_load(&all) == MSTRO_OK)
        schema_release(all);
    else
        finding_add(f, section, VERDICT_BAD, "all together", "%s", mstro_error_detail());
}

static void examine_folders(struct findings *f, const char *path)
{
    for (const char *at = path; at && *at; at += strcspn(at, ":"), at += *at == ':') {
        char folder[sizeof f->list->text];
        struct stat is;
        snprintf(folder, sizeof folder, "%.*s", (int)strcspn(at, ":"), at);
        if (*folder && stat(folder, &is) == 0)
            errno = S_ISDIR(is.st_mode) ? 0 : ENOTDIR;
        if (*folder && errno != 0)
            finding_add(f, section, VERDICT_NOTE, "MSTRO_SCHEMA_PATH", "%s: %s; no schema is found there", folder, strerror(errno));
    }
}

void examine_schemas(struct findings *f)
{
    const char *path = setting_read_text("MSTRO_SCHEMA_PATH");
    struct text list = text_of(setting_read_text("MSTRO_SCHEMA_LIST")), name;
    size_t before = f->count;
    bool all_good = true;
    examine_folders(f, path);
    while (catalogue_next(&list, &name))
        all_good = examine_file(f, name, path) && all_good;
    if (all_good)
        examine_together(f);
    if (f->count == before)
        finding_add(f, section, VERDICT_GOOD, "built-in", "no other is asked for (MSTRO_SCHEMA_LIST)");
}
