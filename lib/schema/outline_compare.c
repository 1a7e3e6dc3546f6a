/* SPDX-License-Identifier: BSD-3-Clause */
/* outline_compare.c - two outlines of one namespace: what is different, in words */
#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/schema/outline.h"

enum { CONFLICTS_MAX = 16, NAMES_ROOM = 120, SHOWN = 80 };

/* Some names and how many there are: "a, b and 7 more". */
struct names { char at[NAMES_ROOM]; size_t used; unsigned shown, count; };

struct row { struct text key, type, required, fallback; };

struct comparison {
    const struct outline *mine, *theirs;
    const char *here, *there;
    struct names only_here, only_there, required, fallback, type;
    unsigned conflicts; /* lines written */
    bool partial;       /* what was compared is not all */
    FILE *conflict; /* their lines */
};

static void add_name(struct names *n, struct text name)
{
    n->count++;
    int length = snprintf(n->at + n->used, sizeof n->at - n->used, "%s%.*s", n->shown ? ", " : "", name.length > SHOWN ? SHOWN : (int)name.length, name.at);
    if (length < 0 || (size_t)length >= sizeof n->at - n->used || n->shown + 1 < n->count)
        n->at[n->used] = '\0';
    else {
        n->used += (size_t)length;
        n->shown++;
    }
}

static void print_names(FILE *to, const char *what, const char *where, const struct names *n)
{
    if (n->count == 0)
        return;
    fprintf(to, "; %s%s%s: %s", what, *where ? " " : "", where, n->at);
    if (n->count > n->shown)
        fprintf(to, "%s%u more", n->shown ? " and " : "", n->count - n->shown);
}

/* How many of its keys are known. */
static size_t known_keys(const struct outline *o)
{
    return o->row ? o->keys : block_count(o->rows);
}

static bool item_at(const struct outline *o, size_t i, struct text *key, struct value *list)
{
    if (!o->row)
        return block_at(o->rows, i, key, list);
    if (i >= o->keys)
        return false;
    *key = o->row[i].key;
    *list = o->row[i].value;
    return true;
}

/* False past the end; *malformed when it is no row. */
static bool row_at(const struct outline *o, size_t i, struct row *out, bool *malformed)
{
    struct value list, item[3];
    if (!item_at(o, i, &out->key, &list))
        return false;
    struct bytes left = list.items;
    *malformed = list.kind != VALUE_LIST;
    for (int k = 0; k < 3 && !*malformed; k++)
        *malformed = !value_next(&left, &item[k]) || item[k].kind != VALUE_TEXT;
    if (*malformed)
        return false;
    out->type = item[0].text;
    out->required = item[1].text;
    out->fallback = item[2].text;
    return true;
}

static int shown(struct text t) { return t.length > SHOWN ? SHOWN : (int)t.length; }

static void compare_rows(struct comparison *c, const struct row *mine, const struct row *theirs)
{
    if (!text_equal(mine->required, theirs->required))
        add_name(&c->required, mine->key);
    if (!text_equal(mine->fallback, theirs->fallback))
        add_name(&c->fallback, mine->key);
    if (text_equal(mine->type, theirs->type))
        return;
    add_name(&c->type, mine->key);
    if (c->conflicts == CONFLICTS_MAX)
        return;
    c->conflicts++;
    fprintf(c->conflict, "'" TEXT_FORMAT "%.*s' is %.*s %s and %.*s %s: where a value of it does not fit, reading it is MSTRO_SCHEMA\n",
            TEXT_ARGUMENTS(c->mine->nspace), shown(mine->key), mine->key.at, shown(mine->type), mine->type.at, c->here, shown(theirs->type),
            theirs->type.at, c->there);
}

/* Beyond the last key of an outline that was cut nothing is known. */
static bool knows(const struct outline *o, size_t i)
{
    return i < known_keys(o) || known_keys(o) == o->keys;
}

/* False: a row is malformed. */
static bool walk(struct comparison *c)
{
    struct row mine, theirs;
    bool malformed = false;
    size_t i = 0, k = 0;
    while (knows(c->mine, i) && knows(c->theirs, k)) {
        bool has_mine = row_at(c->mine, i, &mine, &malformed), has_theirs = !malformed && row_at(c->theirs, k, &theirs, &malformed);
        if (malformed || (!has_mine && !has_theirs))
            break;
        int order = !has_mine ? 1 : !has_theirs ? -1 : block_key_order(mine.key, theirs.key);
        if (order < 0)
            add_name(&c->only_here, mine.key);
        else if (order > 0)
            add_name(&c->only_there, theirs.key);
        else
            compare_rows(c, &mine, &theirs);
        i += order <= 0;
        k += order >= 0;
    }
    c->partial = !knows(c->mine, i) || !knows(c->theirs, k);
    return !malformed;
}

static void print_version(FILE *to, struct text version, const char *where)
{
    if (version.length)
        fprintf(to, "version %.*s %s", shown(version), version.at, where);
    else
        fprintf(to, "no version %s", where);
}

static void print_summary(const struct comparison *c, FILE *to)
{
    fprintf(to, "the schemas of '%.*s' differ, ", shown(c->mine->nspace), c->mine->nspace.at);
    print_version(to, c->mine->version, c->here);
    fputs(" and ", to);
    print_version(to, c->theirs->version, c->there);
    print_names(to, "only", c->here, &c->only_here);
    print_names(to, "only", c->there, &c->only_there);
    print_names(to, "required by one only", "", &c->required);
    print_names(to, "another default", "", &c->fallback);
    print_names(to, "another type", "", &c->type);
    if (c->partial)
        fprintf(to, "; of %u keys %s only the first %zu have come, of the others nothing is known", c->theirs->keys, c->there, known_keys(c->theirs));
    fputs(c->conflicts || c->partial ? "\n" : "; compatible: nothing is misread\n", to);
}

/* The two parts, one behind the other. */
static char *join_lines(const struct comparison *c, const char *conflicts)
{
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);
    if (!to)
        return NULL;
    print_summary(c, to);
    fputs(conflicts, to);
    if (fclose(to) == 0)
        return text;
    free(text);
    return NULL;
}

mstro_status outline_compare(const struct outline *mine, const struct outline *theirs, const char *here, const char *there,
                             enum outline_verdict *verdict, char **words)
{
    struct comparison c = { .mine = mine, .theirs = theirs, .here = here, .there = there };
    char *conflicts = NULL;
    size_t length;
    *verdict = OUTLINE_EQUAL;
    *words = NULL;
    if (mine->digest == theirs->digest)
        return MSTRO_OK;
    mstro_status status = block_check(theirs->rows);
    if (status != MSTRO_OK)
        return status;
    if (!(c.conflict = open_memstream(&conflicts, &length)))
        return MSTRO_NOMEM;
    if (!walk(&c))
        status = detail_set(MSTRO_INVMSG, "the outline of a schema has a malformed row");
    if (fclose(c.conflict) != 0 && status == MSTRO_OK)
        status = MSTRO_NOMEM;
    if (status == MSTRO_OK && !(*words = join_lines(&c, conflicts)))
        status = MSTRO_NOMEM;
    if (status == MSTRO_OK)
        *verdict = c.conflicts ? OUTLINE_INCOMPATIBLE : c.partial ? OUTLINE_UNKNOWN : OUTLINE_COMPATIBLE;
    free(conflicts);
    return status;
}
