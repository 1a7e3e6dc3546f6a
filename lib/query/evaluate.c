/* SPDX-License-Identifier: BSD-3-Clause */
/* evaluate.c - does an object match? */
#include <float.h>
#include <math.h>

#include "lib/query/program.h"
#include "lib/schema/block.h"

enum {
    STEPS_TERM = 2, /* it is fetched from memory, where there are many */
    STEPS_FIND = 4,
    STEPS_ITEM = 1, /* of a list: it is read before it is compared */
    STEPS_PATTERN = 60,
    BYTES_PER_STEP = 32, /* of text compared */
    GLOBS_PER_STEP = 2,  /* of a glob's own count */
    STEPS_PER_ITEM = 8  /* of a regular expression's own count */
};

struct evaluation {
    const struct selector *s;
    const struct query_subject *subject;
    uint32_t steps;
    uint64_t looked, present; /* bits by key */
    struct value found[PROGRAM_KEYS_MAX];
};

enum origin origin_of(struct text key)
{
    if (text_equal(key, core_key_text(CORE_NAME)))
        return ORIGIN_NAME;
    if (text_equal(key, core_key_text(CORE_LOCAL_SIZE)))
        return ORIGIN_SIZE;
    return text_equal(key, core_key_text(CORE_COMPONENT)) ? ORIGIN_COMPONENT : ORIGIN_BLOCK;
}

static bool find_value(const struct query_subject *subject, const struct query_key *key, struct value *out)
{
    switch (key->origin) {
    case ORIGIN_NAME: *out = (struct value){ .kind = VALUE_TEXT, .count = 1, .text = subject->name }; return subject->name.length > 0;
    case ORIGIN_SIZE: *out = (struct value){ .kind = VALUE_INT64, .count = 1, .integer = subject->size }; return subject->size >= 0;
    case ORIGIN_COMPONENT:
        *out = (struct value){ .kind = VALUE_TEXT, .count = 1, .text = subject->component };
        return subject->component.length > 0;
    default: return block_find(subject->block, key->text, out);
    }
}

bool query_subject_find(const struct query_subject *subject, struct text key, struct value *out)
{
    return find_value(subject, &(struct query_key){ key, origin_of(key) }, out);
}

/* Those that do not come from the block, then those in it. */
static const enum core_key outside[] = { CORE_NAME, CORE_LOCAL_SIZE, CORE_COMPONENT };
enum { OUTSIDE = sizeof outside / sizeof outside[0] };

size_t query_subject_count(const struct query_subject *subject)
{
    return OUTSIDE + block_count(subject->block);
}

bool query_subject_at(const struct query_subject *subject, size_t i, struct text *key, struct value *out)
{
    if (i >= OUTSIDE)
        return block_at(subject->block, i - OUTSIDE, key, out) && origin_of(*key) == ORIGIN_BLOCK;
    *key = core_key_text(outside[i]);
    return query_subject_find(subject, *key, out);
}

static bool spend(struct evaluation *e, uint32_t steps)
{
    bool enough = e->steps > steps;
    e->steps -= enough ? steps : e->steps;
    return enough;
}

/* Each key is looked up once, however many terms name it.  NULL: the object has no such attribute. */
static const struct value *value_of(struct evaluation *e, uint16_t key)
{
    uint64_t bit = UINT64_C(1) << key;
    if (!(e->looked & bit)) {
        e->looked |= bit;
        spend(e, STEPS_FIND);
        if (find_value(e->subject, &e->s->key[key], &e->found[key]))
            e->present |= bit;
    }
    return e->present & bit ? &e->found[key] : NULL;
}

static bool compare(struct evaluation *e, const struct value *a, const struct value *b, int *order)
{
    uint32_t extra = a->kind == VALUE_TEXT ? (uint32_t)(a->text.length / BYTES_PER_STEP) : 0;
    return spend(e, 1 + extra) && value_compare(a, b, order);
}

static long double as_real(const struct value *v)
{
    if (!value_is_integer(v))
        return v->real;
    return v->kind == VALUE_INT32 || v->kind == VALUE_INT64 ? (long double)v->integer : (long double)v->natural;
}

enum { ULPS = 4 }; /* a real may be so far from the step that was meant: both it and where the range begins are rounded */

enum { SECONDS_PER_DAY = 86400 };

static bool on_day(mstro_timestamp moment, mstro_timestamp from, uint64_t days)
{
    return moment.nsec == from.nsec && days <= INT64_MAX / SECONDS_PER_DAY && (moment.sec - from.sec) % ((int64_t)days * SECONDS_PER_DAY) == 0;
}

/* 'v' is not below 'from'; 'by' is above 0, of timestamps days. */
static bool on_step(const struct value *v, const struct value *from, const struct value *by)
{
    if (from->kind == VALUE_TIMESTAMP)
        return v->kind == VALUE_TIMESTAMP && on_day(v->time, from->time, by->natural);
    if (value_is_integer(v) && value_is_integer(from) && value_is_integer(by))
        return (v->natural - from->natural) % by->natural == 0; /* modulo 2^64 the difference is right for signed ones too */
    long double real = as_real(v), first = as_real(from), step = as_real(by);
    long double meant = first + roundl((real - first) / step) * step;
    long double precision = v->kind == VALUE_FLOAT ? FLT_EPSILON : DBL_EPSILON;
    return fabsl(real - meant) <= ULPS * precision * fmaxl(fabsl(real), fabsl(first));
}

static bool fits(struct evaluation *e, const struct value *v, const struct operand *o)
{
    int order;
    if (!compare(e, v, &o[0].value, &order))
        return false;
    if (o->kind == ENTRY_VALUE)
        return order == 0;
    if (order < 0 || !compare(e, v, &o[1].value, &order) || order > 0)
        return false;
    return o->kind == ENTRY_RANGE || on_step(v, &o[0].value, &o[2].value);
}

static bool any_fits(struct evaluation *e, const struct term *t, const struct value *v)
{
    static const unsigned char operands_of[] = { [ENTRY_VALUE] = 1, [ENTRY_RANGE] = 2, [ENTRY_STEPS] = 3 };
    const struct operand *o = &e->s->operand[t->first], *end = o + t->count;
    for (; o < end; o += operands_of[o->kind])
        if (fits(e, v, o))
            return true;
    return false;
}

/* Both count in their own steps. */
static enum pattern_answer pattern_answer(struct evaluation *e, const struct term *t, struct text text)
{
    uint32_t left = t->op == OP_GLOB ? e->steps * GLOBS_PER_STEP : e->steps / STEPS_PER_ITEM;
    enum pattern_answer answer = t->op == OP_GLOB ? glob_matches(t->text, text, &left) : pattern_matches(t->pattern, text, &left);
    e->steps = t->op == OP_GLOB ? left / GLOBS_PER_STEP : left * STEPS_PER_ITEM;
    return answer;
}

static bool pattern_fits(struct evaluation *e, const struct term *t, const struct value *v)
{
    enum pattern_answer answer = PATTERN_NO;
    if (v->kind != VALUE_TEXT)
        return false;
    if (t->op == OP_GLOB || spend(e, STEPS_PATTERN + (uint32_t)(v->text.length / BYTES_PER_STEP)))
        answer = pattern_answer(e, t, v->text);
    if (answer == PATTERN_TOO_EXPENSIVE)
        e->steps = 0;
    return answer == PATTERN_YES;
}

static bool one_matches(struct evaluation *e, const struct term *t, const struct value *v)
{
    int order;
    if (t->op == OP_ANY)
        return any_fits(e, t, v);
    if (t->op == OP_MATCH || t->op == OP_GLOB)
        return pattern_fits(e, t, v);
    if (!compare(e, v, &e->s->operand[t->first].value, &order))
        return false;
    switch (t->op) {
    case OP_LESS: return order < 0;
    case OP_LESS_EQUAL: return order <= 0;
    case OP_GREATER: return order > 0;
    default: return order >= 0;
    }
}

static bool comparison_matches(struct evaluation *e, const struct term *t)
{
    const struct value *v = value_of(e, t->key);
    struct value item;
    bool matches = false;
    if (!v)
        return false;
    if (!(t->flags & TERM_ITEMS))
        matches = one_matches(e, t, v);
    else if (v->kind == VALUE_LIST)
        for (struct bytes left = v->items; !matches && spend(e, STEPS_ITEM) && value_next(&left, &item);)
            matches = one_matches(e, t, &item);
    return matches != ((t->flags & TERM_NEGATED) != 0);
}

static bool term_matches(struct evaluation *e, uint16_t i)
{
    const struct term *t = &e->s->term[i];
    if (!spend(e, STEPS_TERM))
        return false;
    switch (t->op) {
    case OP_ALL: return true;
    case OP_HAS: return value_of(e, t->key) != NULL;
    case OP_NOT: return !term_matches(e, i + 1);
    case OP_AND:
    case OP_OR:
        for (uint16_t child = i + 1; child < t->end; child = e->s->term[child].end)
            if (term_matches(e, child) != (t->op == OP_AND))
                return t->op == OP_OR;
        return t->op == OP_AND;
    default: return comparison_matches(e, t);
    }
}

enum selector_answer selector_matches(const struct selector *s, const struct query_subject *subject)
{
    struct evaluation e; /* without clearing found[] */
    e.s = s;
    e.subject = subject;
    e.steps = SELECTOR_STEPS_MAX;
    e.looked = e.present = 0;
    bool matches = term_matches(&e, 0);
    return e.steps == 0 ? SELECTOR_TOO_EXPENSIVE : matches ? SELECTOR_YES : SELECTOR_NO;
}
