/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/schemas.h"

#include <inttypes.h>

#include "lib/pool/answer.h"

/* Namespaces in one JOIN, as WELCOME has bits. */
enum { SCHEMAS_PER_SESSION = 64 };

static struct shared_schema *find(const struct pool *pool, const struct record_schema_digest *named)
{
    list_each(link, (struct list *)&pool->schemas) {
        struct shared_schema *schema = list_entry(link, struct shared_schema, link);
        if (schema->digest == named->digest && text_equal(seal_name(schema->nspace), named->nspace))
            return schema;
    }
    return NULL;
}

/* NULL when there is no room: it is as if it had not been named. */
static struct shared_schema *make(struct pool *pool, const struct record_schema_digest *named)
{
    if (pool->shared_schemas == SHARED_SCHEMAS_MAX || named->nspace.length > MAX_NAMESPACE)
        return NULL;
    struct shared_schema *schema = memory_take(pool, sizeof *schema);
    if (!schema)
        return NULL;
    schema->nspace = seal_make(pool, named->nspace, (struct bytes){ 0 });
    if (!schema->nspace) {
        memory_give(pool, schema, sizeof *schema);
        return NULL;
    }
    schema->digest = named->digest;
    list_append(&pool->schemas, &schema->link);
    pool->shared_schemas++;
    return schema;
}

bool schemas_join(struct pool *pool, struct session *session, const struct record_join *asked)
{
    uint32_t count = asked->schemas.count < SCHEMAS_PER_SESSION ? asked->schemas.count : SCHEMAS_PER_SESSION;
    if (count == 0)
        return true;
    session->schema = memory_take(pool, count * sizeof(struct shared_schema *));
    if (!session->schema)
        return false;
    session->schemas = count;
    for (uint32_t i = 0; i < count; i++) {
        struct shared_schema *schema = find(pool, &asked->schemas.at[i]);
        session->schema[i] = schema ? schema : make(pool, &asked->schemas.at[i]);
        if (session->schema[i])
            session->schema[i]->users++;
    }
    return true;
}

uint64_t schemas_unknown(const struct session *session)
{
    uint64_t unknown = 0;
    for (uint32_t i = 0; i < session->schemas; i++)
        if (session->schema[i] && !session->schema[i]->outline)
            unknown |= UINT64_C(1) << i;
    return unknown;
}

static bool has(const struct session *session, const struct shared_schema *schema)
{
    for (uint32_t i = 0; i < session->schemas; i++)
        if (session->schema[i] == schema)
            return true;
    return false;
}

/* "b.1 (host 4242) and 3 others" */
static struct text owners(struct pool *pool, const struct shared_schema *schema)
{
    list_each(link, &pool->by_age) {
        const struct session *session = list_entry(link, struct session, by_age);
        if (!has(session, schema))
            continue;
        struct text who = who_is(pool, session);
        return schema->users < 2 ? who : sentence(pool, TEXT_FORMAT " and %" PRIu32 " other%s", TEXT_ARGUMENTS(who), schema->users - 1,
                                                  schema->users == 2 ? "" : "s");
    }
    return (struct text){ 0 };
}

/* Is it another one for a namespace of this session? */
static bool differs(const struct session *session, const struct shared_schema *schema)
{
    for (uint32_t i = 0; i < session->schemas; i++) {
        const struct shared_schema *own = session->schema[i];
        if (own && own != schema && text_equal(seal_name(own->nspace), seal_name(schema->nspace)))
            return true;
    }
    return false;
}

static void tell(struct pool *pool, struct session *session, const struct shared_schema *schema)
{
    struct text who = owners(pool, schema);
    struct record *record = answer_add(pool, session, KIND_OTHER_SCHEMA);
    if (record)
        record->other_schema = (struct record_other_schema){ .digest = schema->digest, .keys = schema->keys, .nspace = seal_name(schema->nspace),
                                                             .version = seal_name(schema->outline), .who = who, .outline = seal_rest(schema->outline) };
}

void schemas_tell(struct pool *pool, struct session *session)
{
    if (session->schemas == 0)
        return;
    list_each(link, &pool->schemas) {
        const struct shared_schema *schema = list_entry(link, struct shared_schema, link);
        if (schema->outline && differs(session, schema))
            tell(pool, session, schema);
    }
}

void serve_schema(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_schema *told = &record->schema;
    struct shared_schema *schema = find(pool, &(struct record_schema_digest){ .digest = told->digest, .nspace = told->nspace });
    if (!schema || schema->outline || !has(session, schema) || told->version.length > MAX_SCHEMA_VERSION || told->outline.length > MAX_ATTRIBUTES ||
        !memory_allows(pool, told->outline.length))
        return;
    schema->outline = seal_make(pool, told->version, told->outline);
    if (!schema->outline)
        return;
    schema->keys = told->keys;
    list_each(link, &pool->by_age) {
        struct session *other = list_entry(link, struct session, by_age);
        if (differs(other, schema))
            tell(pool, other, schema);
    }
}

void schemas_leave(struct pool *pool, struct session *session)
{
    for (uint32_t i = 0; i < session->schemas; i++) {
        struct shared_schema *schema = session->schema[i];
        if (!schema || --schema->users > 0)
            continue;
        list_remove(&schema->link);
        pool->shared_schemas--;
        seal_release(pool, schema->nspace);
        seal_release(pool, schema->outline);
        memory_give(pool, schema, sizeof *schema);
    }
    if (session->schema)
        memory_give(pool, session->schema, session->schemas * sizeof(struct shared_schema *));
}
