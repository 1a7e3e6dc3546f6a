/* SPDX-License-Identifier: BSD-3-Clause */
/* selector.c - selectors out of bytes, whoever wrote them */
#include "lib/query/selector.h"

#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/query/grammar.h"
#include "lib/schema/little.h"

enum { HEAD_SIZE = 4 };

/* Reads the bytes twice: first to check and count (no selector yet), then to fill. */
struct decoder {
    const unsigned char *at;
    size_t left;
    struct selector *s; /* NULL while counting */
    size_t terms, operands, patterns, keys;
    struct text key[PROGRAM_KEYS_MAX];
};

static mstro_status malformed(const char *what)
{
    return detail_set(MSTRO_SELECTOR, "the bytes of a selector are malformed: %s", what);
}

static bool get(struct decoder *d, size_t length, const unsigned char **out)
{
    if (length > d->left)
        return false;
    *out = d->at;
    d->at += length;
    d->left -= length;
    return true;
}

static bool get_byte(struct decoder *d, unsigned *out)
{
    const unsigned char *at;
    if (!get(d, 1, &at))
        return false;
    *out = *at;
    return true;
}

static bool get_count(struct decoder *d, size_t *out)
{
    const unsigned char *at;
    if (!get(d, 2, &at))
        return false;
    *out = little_get16(at);
    return true;
}

static bool get_text(struct decoder *d, size_t most, struct text *out)
{
    size_t length;
    const unsigned char *at;
    if (!get_count(d, &length) || length > most || !get(d, length, &at))
        return false;
    *out = (struct text){ (const char *)at, length };
    return text_is_clean(*out);
}

static struct term *present_term(struct decoder *d)
{
    return d->s ? &d->s->term[d->terms - 1] : NULL;
}

/* A key that was there before is named by its number. */
static bool get_key_text(struct decoder *d, struct text *key)
{
    size_t number = d->left >= 2 ? little_get16(d->at) : 0;
    if (number >= KEY_AGAIN && number - KEY_AGAIN < d->keys) {
        *key = d->key[number - KEY_AGAIN];
        return get_count(d, &number);
    }
    return get_text(d, PROGRAM_KEY_MAX, key) && key->length > 0;
}

static mstro_status get_key(struct decoder *d)
{
    struct text key;
    size_t i = 0;
    if (!get_key_text(d, &key))
        return malformed("a key");
    while (i < d->keys && !text_equal(d->key[i], key))
        i++;
    if (i == PROGRAM_KEYS_MAX)
        return detail_set(MSTRO_SELECTOR, "a selector with more than %d different keys", PROGRAM_KEYS_MAX);
    if (i == d->keys)
        d->key[d->keys++] = key;
    if (d->s) {
        present_term(d)->key = (uint16_t)i;
        d->s->key[i] = (struct query_key){ key, origin_of(key) };
    }
    return MSTRO_OK;
}

static mstro_status get_operand(struct decoder *d, enum entry_kind kind, struct value *value)
{
    size_t length;
    const unsigned char *at;
    if (!get_count(d, &length) || !get(d, length, &at) || !value_decode(bytes_of(at, length), value) || value->kind == VALUE_LIST ||
        value->kind == VALUE_BLOB)
        return malformed("a value");
    if (d->operands >= 3 * SELECTOR_TERMS_MAX)
        return malformed("too many values");
    if (d->s)
        d->s->operand[d->operands] = (struct operand){ kind, *value };
    d->operands++;
    return MSTRO_OK;
}

static mstro_status get_entry(struct decoder *d)
{
    unsigned kind = 0;
    struct value from, to, by, zero = { .kind = VALUE_INT64 };
    int order;
    if (!get_byte(d, &kind) || kind > ENTRY_STEPS)
        return malformed("the kind of a value");
    mstro_status status = get_operand(d, kind, &from);
    if (status != MSTRO_OK || kind == ENTRY_VALUE)
        return status;
    status = get_operand(d, kind, &to);
    if (status != MSTRO_OK || kind == ENTRY_RANGE)
        return status;
    status = get_operand(d, kind, &by);
    bool stepped = value_is_number(&from) ? value_is_number(&by) : from.kind == VALUE_TIMESTAMP && by.kind == VALUE_UINT64;
    if (status == MSTRO_OK && (!stepped || !value_compare(&by, &zero, &order) || order <= 0))
        return malformed("a step");
    return status;
}

static mstro_status get_flags(struct decoder *d, unsigned allowed)
{
    unsigned flags = 0;
    if (!get_byte(d, &flags) || (flags & ~allowed))
        return malformed("flags");
    if (d->s)
        present_term(d)->flags = (unsigned char)flags;
    return MSTRO_OK;
}

static mstro_status get_entries(struct decoder *d)
{
    size_t count, first = d->operands;
    mstro_status status = get_flags(d, TERM_NEGATED | TERM_ITEMS);
    if (status == MSTRO_OK)
        status = get_key(d);
    if (status != MSTRO_OK)
        return status;
    if (!get_count(d, &count) || count == 0)
        return malformed("a list of values");
    for (size_t i = 0; status == MSTRO_OK && i < count; i++)
        status = get_entry(d);
    if (d->s) {
        present_term(d)->first = (uint16_t)first;
        present_term(d)->count = (uint16_t)(d->operands - first);
    }
    return status;
}

static mstro_status get_order(struct decoder *d)
{
    struct value value;
    size_t first = d->operands;
    mstro_status status = get_flags(d, TERM_ITEMS);
    if (status == MSTRO_OK)
        status = get_key(d);
    if (status == MSTRO_OK)
        status = get_operand(d, ENTRY_VALUE, &value);
    if (d->s) {
        present_term(d)->first = (uint16_t)first;
        present_term(d)->count = 1;
    }
    return status;
}

static mstro_status get_pattern(struct decoder *d, enum op op)
{
    struct text text;
    mstro_status status = get_flags(d, TERM_ITEMS | (op == OP_MATCH ? TERM_CASELESS : 0));
    if (status == MSTRO_OK)
        status = get_key(d);
    if (status != MSTRO_OK)
        return status;
    if (!get_text(d, PATTERN_MAX, &text))
        return malformed("a pattern");
    struct term *term = present_term(d);
    if (term)
        term->text = text;
    if (op == OP_GLOB)
        return MSTRO_OK;
    if (++d->patterns > PROGRAM_PATTERNS_MAX)
        return malformed("too many regular expressions");
    if (!term)
        return MSTRO_OK;
    char problem[128];
    size_t offset;
    status = pattern_compile(text, term->flags & TERM_CASELESS ? PATTERN_CASELESS : 0, &term->pattern, problem, sizeof problem, &offset);
    return status == MSTRO_INVARG ? malformed(problem) : status;
}

static mstro_status get_term(struct decoder *d, unsigned depth);

static mstro_status get_children(struct decoder *d, unsigned depth)
{
    size_t count;
    if (!get_count(d, &count) || count == 0)
        return malformed("the number of terms");
    mstro_status status = MSTRO_OK;
    for (size_t i = 0; status == MSTRO_OK && i < count; i++)
        status = get_term(d, depth - 1);
    return status;
}

static mstro_status get_body(struct decoder *d, unsigned op, unsigned depth)
{
    switch (op) {
    case OP_ALL: return MSTRO_OK;
    case OP_AND:
    case OP_OR: return get_children(d, depth);
    case OP_NOT: return get_term(d, depth - 1);
    case OP_HAS: return get_key(d);
    case OP_ANY: return get_entries(d);
    case OP_MATCH:
    case OP_GLOB: return get_pattern(d, op);
    default: return get_order(d);
    }
}

static mstro_status get_term(struct decoder *d, unsigned depth)
{
    unsigned op = OP_END;
    size_t index = d->terms;
    if (depth == 0)
        return malformed("nested too deep");
    if (d->terms >= SELECTOR_TERMS_MAX)
        return malformed("too many terms");
    if (!get_byte(d, &op) || op >= OP_END)
        return malformed("an operator");
    d->terms++;
    if (d->s)
        d->s->term[index].op = (unsigned char)op;
    mstro_status status = get_body(d, op, depth);
    if (d->s)
        d->s->term[index].end = (uint16_t)d->terms;
    return status;
}

static mstro_status read_all(struct decoder *d, struct bytes encoded)
{
    size_t claimed;
    const unsigned char *head;
    d->at = encoded.at;
    d->left = encoded.length;
    if (encoded.length > SELECTOR_BYTES_MAX || !get(d, 2, &head) || !get_count(d, &claimed))
        return malformed("their number");
    if (head[0] != PROGRAM_VERSION || head[1] != 0)
        return detail_set(MSTRO_SELECTOR, "a selector of version %u, this library reads %d", head[0], PROGRAM_VERSION);
    mstro_status status = get_term(d, SELECTOR_DEPTH_MAX + 1);
    if (status == MSTRO_OK && (d->left > 0 || claimed != d->terms))
        return malformed("their number");
    return status;
}

/* One run of memory: the selector, keys, terms, operands, bytes. */
static struct selector *allocate(const struct decoder *counted, struct bytes encoded)
{
    size_t keys = counted->keys * sizeof(struct query_key), terms = counted->terms * sizeof(struct term);
    size_t operands = counted->operands * sizeof(struct operand);
    unsigned char *at = calloc(1, sizeof(struct selector) + keys + terms + operands + encoded.length);
    if (!at)
        return NULL;
    struct selector *s = (struct selector *)at;
    s->key = (struct query_key *)(at += sizeof *s);
    s->term = (struct term *)(at += keys);
    s->operand = (struct operand *)(at += terms);
    at += operands;
    memcpy(at, encoded.at, encoded.length);
    s->bytes = bytes_of(at, encoded.length);
    s->keys = (uint16_t)counted->keys;
    s->terms = (uint16_t)counted->terms;
    s->operands = (uint16_t)counted->operands;
    s->patterns = (uint16_t)counted->patterns;
    return s;
}

mstro_status selector_decode(struct bytes encoded, struct selector **out)
{
    struct decoder counting = { 0 };
    mstro_status status = read_all(&counting, encoded);
    if (status != MSTRO_OK)
        return status;
    struct selector *s = allocate(&counting, encoded);
    if (!s)
        return MSTRO_NOMEM;
    struct decoder filling = { .s = s };
    status = read_all(&filling, s->bytes);
    if (status == MSTRO_OK)
        *out = s;
    else
        selector_destroy(s);
    return status;
}

mstro_status selector_compile(const char *query, const char *nspace, const struct schema *schema, const struct schema *also,
                              struct selector **out)
{
    struct bytes encoded;
    unsigned char *room = malloc(SELECTOR_BYTES_MAX);
    if (!room)
        return MSTRO_NOMEM;
    mstro_status status = grammar_compile(query, nspace, schema, also, room, &encoded);
    if (status == MSTRO_OK)
        status = selector_decode(encoded, out);
    free(room);
    return status;
}

void selector_destroy(struct selector *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->terms; i++)
        pattern_destroy(s->term[i].pattern);
    free(s);
}

struct bytes selector_bytes(const struct selector *s)
{
    return s->bytes;
}

size_t selector_keys(const struct selector *s) { return s->keys; }
struct text selector_key(const struct selector *s, size_t i) { return s->key[i].text; }

size_t selector_memory(const struct selector *s)
{
    if (!s)
        return 0;
    size_t size = sizeof *s + s->keys * sizeof *s->key + s->terms * sizeof *s->term + s->operands * sizeof *s->operand + s->bytes.length;
    for (size_t i = 0; i < s->terms; i++)
        size += s->term[i].pattern ? pattern_memory(s->term[i].pattern) : 0;
    return size;
}

bool selector_is_all(const struct selector *s)
{
    return s->term[0].op == OP_ALL;
}

static bool has_value(const struct selector_equality *equality, const struct value *value)
{
    int order;
    for (size_t i = 0; i < equality->count; i++)
        if (value_compare(&equality->value[i], value, &order) && order == 0)
            return true;
    return false;
}

/* False: there are too many, or a range, or they are of another attribute than those before. */
static bool add_values(const struct selector *s, const struct term *t, struct selector_equality *out)
{
    struct text key = s->key[t->key].text;
    if (t->flags != 0 || (out->count > 0 && !text_equal(out->key, key)))
        return false;
    out->key = key;
    for (size_t i = t->first; i < (size_t)t->first + t->count; i++) {
        if (s->operand[i].kind != ENTRY_VALUE)
            return false;
        if (has_value(out, &s->operand[i].value))
            continue;
        if (out->count == SELECTOR_VALUES_MAX)
            return false;
        out->value[out->count++] = s->operand[i].value;
    }
    return true;
}

/* A list of values, or an OR of such. */
static bool is_equality(const struct selector *s, size_t at, struct selector_equality *out)
{
    size_t end = s->term[at].end;
    out->count = 0;
    for (; at < end; at++) {
        const struct term *t = &s->term[at];
        if (t->op != OP_OR && (t->op != OP_ANY || !add_values(s, t, out)))
            return false;
    }
    return true;
}

/* Those at the top, or in an AND that is. */
bool selector_equality(const struct selector *s, size_t *at, struct selector_equality *out)
{
    while (*at < s->terms) {
        size_t i = *at;
        *at = s->term[i].op == OP_AND ? i + 1 : s->term[i].end; /* into an AND, over everything else */
        if (is_equality(s, i, out))
            return true;
    }
    return false;
}
