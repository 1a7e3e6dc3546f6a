/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/name.h"

#include "lib/base/detail.h"
#include "lib/base/utf8.h"
#include "lib/wire/records.h"

mstro_status name_check_object(const char *operation, const char *name)
{
    if (!name || !*name)
        return detail_set(MSTRO_INVARG, "%s: an object needs a name", operation);
    struct text t = text_of(name);
    if (t.length > MAX_NAME)
        return detail_set(MSTRO_INVARG, "%s: the name has %zu bytes, %d are allowed: '%.60s...'", operation, t.length, MAX_NAME, name);
    if (!text_is_utf8(t))
        return detail_set(MSTRO_INVARG, "%s: the name is not UTF-8", operation);
    return MSTRO_OK;
}

mstro_status name_check_member(const char *what, const char *name)
{
    struct text t = text_of(name);
    if (t.length == 0)
        return detail_set(MSTRO_INVARG, "the %s name is empty", what);
    if (t.length > MAX_COMPONENT)
        return detail_set(MSTRO_INVARG, "the %s name has %zu bytes, %d are allowed", what, t.length, MAX_COMPONENT);
    if (!text_is_utf8(t))
        return detail_set(MSTRO_INVARG, "the %s name is not UTF-8", what);
    for (size_t i = 0; i < t.length; i++)
        if ((unsigned char)t.at[i] < ' ' || t.at[i] == ';')
            return detail_set(MSTRO_INVARG, "the %s name has a ';' or a control character", what);
    return MSTRO_OK;
}
