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
    list_init(&place->sets);
    map_insert(&pool->index.values, &place->by_value, hash_mix((uintptr_t)key, value_hash(value)));
    return place;
}

static void value_drop_if_unused(struct pool *pool, struct index_value *value)
{
    if (!list_empty(&value->sets))
        return;
    map_remove(&pool->index.values, &value->by_value);
    value->key->values--;
    key_drop_if_unused(pool, value->key);
    memory_give(pool, value, sizeof *value);
}

/* NULL: it asks for no such thing, or memory is short. */
static struct index_value *value_of(struct pool *pool, const struct subscription *subscription)
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

/* ---- sets ---- */

static struct index_set *set_find(struct list *sets, uint32_t kinds)
{
    list_each(link, sets) {
        struct index_set *set = list_entry(link, struct index_set, of_place);
        if (set->kinds == kinds)
            return set;
    }
    return NULL;
}

static void set_init(struct index_set *set, struct list *sets, struct index_value *value, uint32_t kinds)
{
    set->value = value;
    set->kinds = kinds;
    list_init(&set->subscriptions);
    list_append(sets, &set->of_place);
}

/* The set for these kinds, NULL when memory is short. */
static struct index_set *set_get(struct pool *pool, struct list *sets, struct index_value *value, uint32_t kinds)
{
    struct index_set *set = set_find(sets, kinds);
    if (!set && (set = memory_take(pool, sizeof *set)))
        set_init(set, sets, value, kinds);
    return set;
}

static bool is_spare(const struct index *index, const struct index_set *set)
{
    return set == &index->spare[0] || set == &index->spare[1];
}

static void set_drop_if_unused(struct pool *pool, struct index_set *set)
{
    struct index_value *value = set->value;
    if (!list_empty(&set->subscriptions) || is_spare(&pool->index, set))
        return;
    list_remove(&set->of_place);
    memory_give(pool, set, sizeof *set);
    if (value)
        value_drop_if_unused(pool, value);
}

/* Where those stand that ask for these kinds of objects. */
static struct index_set *set_of_objects(struct pool *pool, const struct subscription *subscription, uint32_t kinds)
{
    struct index_value *value = value_of(pool, subscription);
    struct index_set *set = value ? set_get(pool, &value->sets, value, kinds) : NULL;
    if (value && !set)
        value_drop_if_unused(pool, value);
    return set ? set : set_get(pool, &pool->index.others, NULL, kinds);
}

static void enter(struct index *index, struct subscription *subscription, int which, struct index_set *set)
{
    subscription->set[which] = set ? set : &index->spare[which];
    list_append(&subscription->set[which]->subscriptions, &subscription->of_index[which]);
}

bool index_init(struct index *index)
{
    list_init(&index->keys);
    list_init(&index->others);
    list_init(&index->applications);
    set_init(&index->spare[0], &index->others, NULL, UINT32_MAX);
    set_init(&index->spare[1], &index->applications, NULL, UINT32_MAX);
    return map_init(&index->values);
}

void index_release(struct index *index)
{
    map_release(&index->values);
}

void index_add(struct pool *pool, struct subscription *subscription)
{
    uint32_t of_applications = subscription->kinds & INDEX_OF_APPLICATIONS, of_objects = subscription->kinds & ~(uint32_t)INDEX_OF_APPLICATIONS;
    list_init(&subscription->of_index[0]);
    list_init(&subscription->of_index[1]);
    if (of_objects)
        enter(&pool->index, subscription, 0, set_of_objects(pool, subscription, of_objects));
    if (of_applications)
        enter(&pool->index, subscription, 1, set_get(pool, &pool->index.applications, NULL, of_applications));
}

void index_remove(struct pool *pool, struct subscription *subscription)
{
    for (int which = 0; which < 2; which++) {
        list_remove(&subscription->of_index[which]);
        if (subscription->set[which])
            set_drop_if_unused(pool, subscription->set[which]);
    }
}

/* ---- visiting ---- */

/* What is done with whom, for an event of this kind. */
struct visit { uint32_t event; void (*visit)(struct pool *pool, struct subscription *subscription, void *context); void *context; int which; };

static void visit_sets(struct pool *pool, struct list *sets, const struct visit *visit)
{
    list_each(at, sets) {
        struct index_set *set = list_entry(at, struct index_set, of_place);
        if (!(set->kinds & visit->event))
            continue;
        list_each(link, &set->subscriptions)
            visit->visit(pool, list_entry(link - visit->which, struct subscription, of_index[0]), visit->context);
    }
}

void index_visit(struct pool *pool, uint32_t event, const struct query_subject *subject,
                 void (*visit)(struct pool *pool, struct subscription *subscription, void *context), void *context)
{
    bool of_applications = event & INDEX_OF_APPLICATIONS;
    const struct visit all = { event, visit, context, of_applications };
    if (of_applications) {
        visit_sets(pool, &pool->index.applications, &all);
        return;
    }
    list_each(link, &pool->index.keys) {
        const struct index_key *key = list_entry(link, struct index_key, of_index);
        struct value value;
        struct index_value *place = NULL;
        if (query_subject_find(subject, (struct text){ key->text, key->length }, &value))
            place = value_find(&pool->index, key, &value);
        if (place)
            visit_sets(pool, &place->sets, &all);
    }
    visit_sets(pool, &pool->index.others, &all);
}
