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

static bool is_called(const struct map_link *link, const void *text)
{
    const struct index_key *key = map_entry(link, const struct index_key, by_text);
    return text_equal((struct text){ key->text, key->length }, *(const struct text *)text);
}

static struct index_key *key_find(const struct index *index, struct text text)
{
    struct map_link *link = map_find(&index->texts, hash_text(0, text), is_called, &text);
    return link ? map_entry(link, struct index_key, by_text) : NULL;
}

static struct index_key *key_make(struct pool *pool, struct text text)
{
    struct index_key *key = memory_take(pool, sizeof *key + text.length);
    if (!key)
        return NULL;
    key->length = text.length;
    memcpy(key->text, text.at, text.length);
    list_append(&pool->index.keys, &key->of_index);
    map_insert(&pool->index.texts, &key->by_text, hash_text(0, text));
    return key;
}

static void key_drop_if_unused(struct pool *pool, struct index_key *key)
{
    if (key->values > 0)
        return;
    list_remove(&key->of_index);
    map_remove(&pool->index.texts, &key->by_text);
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

/* NULL when memory is short. */
static struct index_value *value_get(struct pool *pool, struct text text, const struct value *value)
{
    struct index_key *key = key_find(&pool->index, text);
    if (!key && !(key = key_make(pool, text)))
        return NULL;
    struct index_value *place = value_find(&pool->index, key, value);
    return place ? place : value_make(pool, key, value);
}

/* How many stand where one with this equality would come to stand: under that of its values where they are most. */
static size_t crowd_of(const struct index *index, const struct selector_equality *equality)
{
    const struct index_key *key = key_find(index, equality->key);
    size_t most = 0;
    for (size_t i = 0; key && i < equality->count; i++) {
        const struct index_value *place = value_find(index, key, &equality->value[i]);
        most = place && place->subscriptions > most ? place->subscriptions : most;
    }
    return most;
}

/* The least crowded equality of a selector.  False: it has none. */
static bool equality_choose(const struct index *index, const struct selector *selector, struct selector_equality *chosen)
{
    struct selector_equality equality;
    size_t at = 0, fewest = SIZE_MAX;
    while (fewest > 0 && selector_equality(selector, &at, &equality)) {
        size_t crowd = crowd_of(index, &equality);
        if (crowd < fewest) {
            fewest = crowd;
            *chosen = equality;
        }
    }
    return fewest < SIZE_MAX;
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

/* Where those stand that ask for this value; NULL when memory is short. */
static struct index_set *set_of_value(struct pool *pool, struct text key, const struct value *asked, uint32_t kinds)
{
    struct index_value *value = value_get(pool, key, asked);
    struct index_set *set = value ? set_get(pool, &value->sets, value, kinds) : NULL;
    if (value && !set)
        value_drop_if_unused(pool, value);
    return set;
}

/* ---- entering and leaving ---- */

static void enter(struct index_entry *entry, struct subscription *subscription, struct index_set *set)
{
    entry->set = set;
    entry->subscription = subscription;
    list_append(&set->subscriptions, &entry->of_set);
    if (set->value)
        set->value->subscriptions++;
}

static void leave(struct pool *pool, struct index_entry *entry)
{
    struct index_set *set = entry->set;
    if (!set)
        return;
    entry->set = NULL;
    list_remove(&entry->of_set);
    if (set->value)
        set->value->subscriptions--;
    set_drop_if_unused(pool, set);
}

static void leave_objects(struct pool *pool, struct subscription *subscription)
{
    leave(pool, &subscription->of_objects);
    for (size_t i = 0; i < subscription->more_count; i++)
        leave(pool, &subscription->more[i]);
    memory_give(pool, subscription->more, subscription->more_count * sizeof *subscription->more);
    subscription->more = NULL;
    subscription->more_count = 0;
}

/* Of two values of one hash that it asks for: it is told once. */
static bool stands_in(const struct subscription *subscription, const struct index_set *set)
{
    bool stands = subscription->of_objects.set == set;
    for (size_t i = 0; !stands && i < subscription->more_count; i++)
        stands = subscription->more[i].set == set;
    return stands;
}

/* False when memory is short: then it is nowhere. */
static bool enter_values(struct pool *pool, struct subscription *subscription, const struct selector_equality *equality, uint32_t kinds)
{
    size_t more = equality->count - 1;
    if (more && !(subscription->more = memory_take(pool, more * sizeof *subscription->more)))
        return false;
    subscription->more_count = (uint8_t)more;
    for (size_t i = 0; i < equality->count; i++) {
        struct index_set *set = set_of_value(pool, equality->key, &equality->value[i], kinds);
        if (!set) {
            leave_objects(pool, subscription);
            return false;
        }
        if (!stands_in(subscription, set))
            enter(i ? &subscription->more[i - 1] : &subscription->of_objects, subscription, set);
    }
    return true;
}

static void enter_objects(struct pool *pool, struct subscription *subscription, uint32_t kinds)
{
    struct selector_equality equality;
    if (subscription->selector && equality_choose(&pool->index, subscription->selector, &equality) &&
        enter_values(pool, subscription, &equality, kinds))
        return;
    struct index_set *set = set_get(pool, &pool->index.others, NULL, kinds);
    enter(&subscription->of_objects, subscription, set ? set : &pool->index.spare[0]);
}

bool index_init(struct index *index)
{
    list_init(&index->keys);
    list_init(&index->others);
    list_init(&index->applications);
    set_init(&index->spare[0], &index->others, NULL, UINT32_MAX);
    set_init(&index->spare[1], &index->applications, NULL, UINT32_MAX);
    return map_init(&index->texts) && map_init(&index->values);
}

void index_release(struct index *index)
{
    map_release(&index->texts);
    map_release(&index->values);
}

void index_add(struct pool *pool, struct subscription *subscription)
{
    uint32_t of_applications = subscription->kinds & INDEX_OF_APPLICATIONS, of_objects = subscription->kinds & ~(uint32_t)INDEX_OF_APPLICATIONS;
    if (of_objects)
        enter_objects(pool, subscription, of_objects);
    if (of_applications) {
        struct index_set *set = set_get(pool, &pool->index.applications, NULL, of_applications);
        enter(&subscription->of_applications, subscription, set ? set : &pool->index.spare[1]);
    }
}

void index_remove(struct pool *pool, struct subscription *subscription)
{
    leave_objects(pool, subscription);
    leave(pool, &subscription->of_applications);
}

/* ---- visiting ---- */

/* What is done with whom, for an event of this kind. */
struct visit { uint32_t event; void (*visit)(struct pool *pool, struct subscription *subscription, void *context); void *context; };

static void visit_sets(struct pool *pool, struct list *sets, const struct visit *visit)
{
    list_each(at, sets) {
        struct index_set *set = list_entry(at, struct index_set, of_place);
        if (!(set->kinds & visit->event))
            continue;
        list_each(link, &set->subscriptions)
            visit->visit(pool, list_entry(link, struct index_entry, of_set)->subscription, visit->context);
    }
}

static void visit_value(struct pool *pool, const struct index_key *key, const struct value *value, const struct visit *visit)
{
    struct index_value *place = value_find(&pool->index, key, value);
    if (place)
        visit_sets(pool, &place->sets, visit);
}

/* Where few attributes are asked for. */
static void visit_keys(struct pool *pool, const struct query_subject *subject, const struct visit *visit)
{
    struct value value;
    list_each(link, &pool->index.keys) {
        const struct index_key *key = list_entry(link, struct index_key, of_index);
        pool->effort.attributes++;
        if (query_subject_find(subject, (struct text){ key->text, key->length }, &value))
            visit_value(pool, key, &value, visit);
    }
}

/* Where more are asked for than the object has. */
static void visit_attributes(struct pool *pool, const struct query_subject *subject, size_t count, const struct visit *visit)
{
    struct text text;
    struct value value;
    for (size_t i = 0; i < count; i++) {
        pool->effort.attributes++;
        const struct index_key *key = query_subject_at(subject, i, &text, &value) ? key_find(&pool->index, text) : NULL;
        if (key)
            visit_value(pool, key, &value, visit);
    }
}

void index_visit(struct pool *pool, uint32_t event, const struct query_subject *subject,
                 void (*visit)(struct pool *pool, struct subscription *subscription, void *context), void *context)
{
    const struct visit all = { event, visit, context };
    if (event & INDEX_OF_APPLICATIONS) {
        visit_sets(pool, &pool->index.applications, &all);
        return;
    }
    size_t attributes = query_subject_count(subject);
    if (pool->index.texts.count <= attributes)
        visit_keys(pool, subject, &all);
    else
        visit_attributes(pool, subject, attributes, &all);
    visit_sets(pool, &pool->index.others, &all);
}
