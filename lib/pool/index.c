/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/index.h"

#include "lib/pool/subscription.h"

static bool is_of_key(const struct map_link *link, const void *key)
{
    return map_entry(link, const struct index_value, by_value)->key == key;
}

/* Two values of one hash share a place: whoever stands there is asked anyway. */
static struct index_value *value_find(const struct index *index, const struct index_key *key, const struct value *value)
{
    struct map_link *link = map_find(&index->values, hash_mix((uintptr_t)key, value_hash(value)), is_of_key, key);
    return link ? map_entry(link, struct index_value, by_value) : NULL;
}

static struct index_key *key_find(const struct index *index, struct text text)
{
    list_each(link, (struct list *)&index->keys) {
        struct index_key *key = list_entry(link, struct index_key, of_index);
        if (text_equal((struct text){ key->text, key->length }, text))
            return key;
    }
    return NULL;
}

static struct index_key *key_make(struct pool *pool, struct text text)
{
    struct index_key *key = memory_take(pool, sizeof *key + text.length);
    if (!key)
        return NULL;
    key->length = text.length;
    memcpy(key->text, text.at, text.length);
    list_append(&pool->index.keys, &key->of_index);
    return key;
}

static void key_drop_if_unused(struct pool *pool, struct index_key *key)
{
    if (key->values > 0)
        return;
    list_remove(&key->of_index);
    memory_give(pool, key, sizeof *key + key->length);
}

static struct index_value *value_make(struct pool *pool, struct index_key *key, const struct value *value)
{
    struct index_value *place = memory_take(pool, sizeof *place);
    if (!place) {
        key_drop_if_unused(pool, key);
        return NULL;
    }
    place->key = key;
    key->values++;
    list_init(&place->subscriptions);
    map_insert(&pool->index.values, &place->by_value, hash_mix((uintptr_t)key, value_hash(value)));
    return place;
}

/* NULL: it asks for no such thing, or memory is short. */
static struct index_value *place_of(struct pool *pool, const struct subscription *subscription)
{
    struct text text;
    struct value value;
    if (!subscription->selector || !selector_equality(subscription->selector, &text, &value))
        return NULL;
    struct index_key *key = key_find(&pool->index, text);
    if (!key && !(key = key_make(pool, text)))
        return NULL;
    struct index_value *place = value_find(&pool->index, key, &value);
    return place ? place : value_make(pool, key, &value);
}

bool index_init(struct index *index)
{
    list_init(&index->keys);
    list_init(&index->others);
    return map_init(&index->values);
}

void index_release(struct index *index)
{
    map_release(&index->values);
}

void index_add(struct pool *pool, struct subscription *subscription)
{
    subscription->place = place_of(pool, subscription);
    list_append(subscription->place ? &subscription->place->subscriptions : &pool->index.others, &subscription->of_index);
}

void index_remove(struct pool *pool, struct subscription *subscription)
{
    struct index_value *place = subscription->place;
    list_remove(&subscription->of_index);
    if (!place || !list_empty(&place->subscriptions))
        return;
    map_remove(&pool->index.values, &place->by_value);
    place->key->values--;
    key_drop_if_unused(pool, place->key);
    memory_give(pool, place, sizeof *place);
}

static void visit_list(struct pool *pool, struct list *subscriptions,
                       void (*visit)(struct pool *pool, struct subscription *subscription, void *context), void *context)
{
    list_each(link, subscriptions)
        visit(pool, list_entry(link, struct subscription, of_index), context);
}

void index_visit(struct pool *pool, const struct query_subject *subject, void (*visit)(struct pool *pool, struct subscription *subscription, void *context),
                 void *context)
{
    list_each(link, &pool->index.keys) {
        const struct index_key *key = list_entry(link, struct index_key, of_index);
        struct value value;
        struct index_value *place = NULL;
        if (query_subject_find(subject, (struct text){ key->text, key->length }, &value))
            place = value_find(&pool->index, key, &value);
        if (place)
            visit_list(pool, &place->subscriptions, visit, context);
    }
    visit_list(pool, &pool->index.others, visit, context);
}
