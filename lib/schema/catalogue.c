/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/catalogue.h"

#include <limits.h>
#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/base/setting.h"

/* Made from schemas/NAME.yaml: string literals. */
static const char core_yaml[] =
#include "lib/schema/core_yaml.h"
    ;
static const char ecmwf_yaml[] =
#include "lib/schema/ecmwf_yaml.h"
    ;

static const struct builtin { const char *file, *nspace, *text; bool kept; } builtins[] = {
    { "built-in core.yaml", ".maestro.core.", core_yaml, true }, /* kept: the library cannot do without */
    { "built-in ecmwf.yaml", ".maestro.ecmwf.", ecmwf_yaml, false },
};

/* The next piece of a list, and what is left of it. */
static bool take_piece(struct text *list, char separator, struct text *piece)
{
    while (list->length && *list->at == separator)
        *list = (struct text){ list->at + 1, list->length - 1 };
    if (list->length == 0)
        return false;
    const char *end = memchr(list->at, separator, list->length);
    *piece = (struct text){ list->at, end ? (size_t)(end - list->at) : list->length };
    *list = (struct text){ list->at + piece->length, list->length - piece->length };
    return true;
}

static mstro_status read_in_folder(struct text folder, struct text name, struct schema **out)
{
    char path[PATH_MAX];
    int length = folder.length ? snprintf(path, sizeof path, TEXT_FORMAT "/" TEXT_FORMAT, TEXT_ARGUMENTS(folder), TEXT_ARGUMENTS(name))
                               : snprintf(path, sizeof path, TEXT_FORMAT, TEXT_ARGUMENTS(name));
    if (length < 0 || (size_t)length >= sizeof path)
        return detail_set(MSTRO_SCHEMA, "MSTRO_SCHEMA_LIST: the path of '" TEXT_FORMAT "' is too long", TEXT_ARGUMENTS(name));
    return schema_read_file(path, out);
}

bool catalogue_next(struct text *list, struct text *name)
{
    return take_piece(list, ';', name);
}

mstro_status catalogue_read(struct text name, const char *path, struct schema **out)
{
    struct text folders = text_of(path), folder;
    if (name.at[0] != '/')
        while (take_piece(&folders, ':', &folder)) {
            mstro_status status = read_in_folder(folder, name, out);
            if (status != MSTRO_NOENT)
                return status;
        }
    mstro_status status = read_in_folder((struct text){ 0 }, name, out);
    if (status == MSTRO_NOENT)
        return detail_set(status, "MSTRO_SCHEMA_LIST names '" TEXT_FORMAT "', which is neither here nor in MSTRO_SCHEMA_PATH (%.500s); "
                          "write its path out, or add its folder to MSTRO_SCHEMA_PATH", TEXT_ARGUMENTS(name), path ? path : "not set");
    return status;
}

/* All files of the user, merged. */
static mstro_status read_list(const char *list, const char *path, struct schema *user)
{
    struct text left = text_of(list), name;
    while (catalogue_next(&left, &name)) {
        struct schema *one;
        mstro_status status = catalogue_read(name, path, &one);
        if (status != MSTRO_OK)
            return status == MSTRO_NOENT ? MSTRO_SCHEMA : status;
        status = schema_merge(user, one);
        schema_release(one);
        if (status != MSTRO_OK)
            return status;
    }
    return MSTRO_OK;
}

static mstro_status add_builtin(const struct builtin *b, const struct schema *user, struct schema *into)
{
    struct schema *s;
    if (!b->kept && schema_has_namespace(user, text_of(b->nspace))) {
        log_info(LOG_SCHEMA, "schema: the user's schema for '%s' replaces the built-in one", b->nspace);
        return MSTRO_OK;
    }
    mstro_status status = schema_read_text(text_of(b->text), b->file, &s);
    if (status != MSTRO_OK)
        return status;
    status = schema_merge(into, s);
    schema_release(s);
    return status;
}

mstro_status catalogue_load_from(const char *list, const char *path, struct schema **out)
{
    struct schema *user = NULL, *all = NULL;
    mstro_status status = schema_create(&user);
    if (status == MSTRO_OK)
        status = schema_create(&all);
    if (status == MSTRO_OK)
        status = read_list(list, path, user);
    for (size_t i = 0; status == MSTRO_OK && i < sizeof builtins / sizeof builtins[0]; i++)
        status = add_builtin(&builtins[i], user, all);
    if (status == MSTRO_OK)
        status = schema_merge(all, user);
    schema_release(user);
    if (status == MSTRO_OK)
        *out = all;
    else
        schema_release(all);
    return status;
}

mstro_status catalogue_load(struct schema **out)
{
    bool drop;
    mstro_status status = setting_read_bool("MSTRO_DROP_UNKNOWN_ATTRIBUTES", false, &drop);
    if (status == MSTRO_OK)
        status = catalogue_load_from(setting_read_text("MSTRO_SCHEMA_LIST"), setting_read_text("MSTRO_SCHEMA_PATH"), out);
    if (status == MSTRO_OK)
        schema_drop_unknown(*out, drop);
    return status;
}
