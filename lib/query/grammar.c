/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/query/grammar.h"

#include <stdarg.h>
#include <strings.h>

#include "lib/base/detail.h"
#include "lib/base/utf8.h"
#include "lib/query/lexer.h"
#include "lib/schema/little.h"
#include "lib/schema/nearest.h"

enum { DATE_LENGTH = sizeof "2026-11-21" - 1 };

struct compiler {
    struct lexer lexer;
    const char *nspace;
    const struct schema *schema, *also;
    unsigned char *room;
    size_t used;
    unsigned terms, entries, patterns; /* entries: those of lists beyond the first */
    struct text key[PROGRAM_KEYS_MAX]; /* those written so far: the schema's */
    unsigned keys;
    struct arena arena; /* literals, reset after each term */
    uint32_t steps;     /* for the regular expressions of their types */
};

static mstro_status fault(const struct compiler *c, size_t at, const char *format, ...) __attribute__((format(printf, 3, 4)));

static mstro_status fault(const struct compiler *c, size_t at, const char *format, ...)
{
    char what[DETAIL_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return detail_set(MSTRO_SELECTOR, "selector, column %zu: %s", lexer_column(&c->lexer, at), what);
}

/* What stands at 'at', for people. */
static mstro_status expected(struct compiler *c, const char *what)
{
    lexer_peek(&c->lexer);
    size_t at = c->lexer.at, length = 0, rest = c->lexer.source.length - at;
    if (rest == 0)
        return fault(c, at, "%s expected, the query ends here", what);
    while (length < rest && length < 40 && (length == 0 || !strchr(" ()", c->lexer.source.at[at + length])))
        length++;
    return fault(c, at, "%s expected, not '%.*s'", what, (int)length, c->lexer.source.at + at);
}

static mstro_status too_long(const struct compiler *c)
{
    return fault(c, c->lexer.at, "a selector of more than %d bytes", SELECTOR_BYTES_MAX);
}

static mstro_status put(struct compiler *c, const void *bytes, size_t length)
{
    if (length > SELECTOR_BYTES_MAX - c->used)
        return too_long(c);
    memcpy(c->room + c->used, bytes, length);
    c->used += length;
    return MSTRO_OK;
}

static mstro_status put_byte(struct compiler *c, unsigned char byte)
{
    return put(c, &byte, 1);
}

static mstro_status put_text(struct compiler *c, struct text t)
{
    unsigned char length[2];
    little_put16(length, (uint16_t)t.length); /* keys and literals are far below 64 KiB: put() refuses the rest */
    if (t.length > SELECTOR_BYTES_MAX)
        return too_long(c);
    mstro_status status = put(c, length, sizeof length);
    return status == MSTRO_OK ? put(c, t.at, t.length) : status;
}

/* A key that was there before is named by its number. */
static mstro_status put_key(struct compiler *c, struct text key)
{
    unsigned char again[2];
    for (unsigned i = 0; i < c->keys; i++)
        if (text_equal(c->key[i], key)) {
            little_put16(again, (uint16_t)(KEY_AGAIN + i));
            return put(c, again, sizeof again);
        }
    if (c->keys == PROGRAM_KEYS_MAX)
        return fault(c, c->lexer.at, "more than %d different keys", PROGRAM_KEYS_MAX);
    c->key[c->keys++] = key;
    return put_text(c, key);
}

static mstro_status put_item(struct compiler *c, const struct value *v)
{
    size_t size = value_item_size(v);
    if (size > SELECTOR_BYTES_MAX - c->used)
        return too_long(c);
    value_item_encode(v, c->room + c->used);
    c->used += size;
    return MSTRO_OK;
}

static mstro_status count_one(struct compiler *c, unsigned *counter, size_t at)
{
    ++*counter;
    if (c->terms + c->entries > SELECTOR_TERMS_MAX)
        return fault(c, at, "more than %d terms", SELECTOR_TERMS_MAX);
    return MSTRO_OK;
}

/* The full key: the namespace before what does not begin with a dot. */
static mstro_status complete_key(struct compiler *c, struct token word, char full[PROGRAM_KEY_MAX + 1], struct text *key)
{
    struct text space = text_of(word.text.at[0] == '.' ? NULL : c->nspace);
    bool dot = space.length && space.at[space.length - 1] != '.';
    if (space.length + dot + word.text.length > PROGRAM_KEY_MAX)
        return fault(c, word.at, "a key longer than %d bytes", PROGRAM_KEY_MAX);
    if (space.length)
        memcpy(full, space.at, space.length);
    if (dot)
        full[space.length] = '.';
    memcpy(full + space.length + dot, word.text.at, word.text.length);
    *key = (struct text){ full, space.length + dot + word.text.length };
    return MSTRO_OK;
}

static mstro_status unknown_key(const struct compiler *c, size_t at, struct text key)
{
    struct text nearest = c->schema ? schema_nearest(c->schema, key) : (struct text){ 0 };
    if (!nearest.length && c->also)
        nearest = schema_nearest(c->also, key);
    if (nearest.length)
        return fault(c, at, "no schema has '" TEXT_FORMAT "'; did you mean '" TEXT_FORMAT "'?", TEXT_ARGUMENTS(key), TEXT_ARGUMENTS(nearest));
    return fault(c, at, "no schema has '" TEXT_FORMAT "'", TEXT_ARGUMENTS(key));
}

static mstro_status find_entry(const struct compiler *c, struct token word, struct text key, const struct schema_entry **out)
{
    const struct schema_entry *entry = c->schema ? schema_find(c->schema, key) : NULL;
    if (!entry && c->also)
        entry = schema_find(c->also, key);
    if (!entry)
        return unknown_key(c, word.at, key);
    if (entry->local)
        return fault(c, word.at, "'%s' stays on the handle that sets it: it cannot be asked for", entry->key.at);
    *out = entry;
    return MSTRO_OK;
}

static mstro_status take_key(struct compiler *c, struct token word, const struct schema_entry **entry)
{
    char full[PROGRAM_KEY_MAX + 1];
    struct text key = { 0 };
    if (word.text.length == 0)
        return expected(c, "a key");
    mstro_status status = complete_key(c, word, full, &key);
    return status == MSTRO_OK ? find_entry(c, word, key, entry) : status;
}

/* A quoted string without its backslashes before quotes and backslashes; others stay, regular expressions need them. */
static mstro_status literal_text(struct compiler *c, struct token t, struct text *out)
{
    if (!t.quoted) {
        *out = t.text;
        return MSTRO_OK;
    }
    char *plain = arena_take(&c->arena, t.text.length);
    size_t length = 0;
    if (!plain)
        return MSTRO_NOMEM;
    for (size_t i = 0; i < t.text.length; i++) {
        if (t.text.at[i] == '\\' && i + 1 < t.text.length && strchr("\\\"'", t.text.at[i + 1]))
            i++;
        plain[length++] = t.text.at[i];
    }
    *out = (struct text){ plain, length };
    return MSTRO_OK;
}

static mstro_status take_value_token(struct compiler *c, bool list, struct token *out)
{
    lexer_peek(&c->lexer);
    *out = lexer_value(&c->lexer, list);
    if (out->quoted && !out->complete)
        return fault(c, out->at, "a quote that is not closed");
    if (!out->quoted && out->text.length == 0)
        return expected(c, "a value");
    return MSTRO_OK;
}

/* The type of what a comparison is made with: the elements of a list. */
static mstro_status comparable_type(const struct compiler *c, size_t at, const struct schema_entry *entry, const struct type **out)
{
    const struct type *t = entry->type;
    if (t->kind == VALUE_LIST && t->element && !type_is_tuple(t))
        t = type_element(t, 0);
    if (t->kind == VALUE_LIST || t->kind == VALUE_BLOB)
        return fault(c, at, "'%s' is a " TEXT_FORMAT ": it can only be asked for with has", entry->key.at, TEXT_ARGUMENTS(t->written));
    *out = t;
    return MSTRO_OK;
}

/* Dates as MARS writes them, 20261121, with the dashes of RFC 3339. */
static void put_dashes(const struct type *t, struct token token, char dashed[DATE_LENGTH], struct text *text)
{
    const char *d = text->at;
    if (t->kind != VALUE_TIMESTAMP || token.quoted || text->length != DATE_LENGTH - 2 || strspn(d, "0123456789") < text->length)
        return;
    memcpy(dashed, (char[]){ d[0], d[1], d[2], d[3], '-', d[4], d[5], '-', d[6], d[7] }, DATE_LENGTH);
    *text = (struct text){ dashed, DATE_LENGTH };
}

static mstro_status read_literal(struct compiler *c, const struct type *t, struct token token, struct value *out)
{
    struct text text;
    char dashed[DATE_LENGTH];
    mstro_status status = literal_text(c, token, &text);
    if (status == MSTRO_OK)
        put_dashes(t, token, dashed, &text);
    if (status == MSTRO_OK)
        status = type_read(t, text, out, &c->arena, &c->steps);
    if (status != MSTRO_SCHEMA)
        return status;
    return fault(c, token.at, "%s", mstro_error_detail());
}

static bool is_word(struct token t, const char *word)
{
    return !t.quoted && t.text.length == strlen(word) && strncasecmp(t.text.at, word, t.text.length) == 0;
}

/* A range: 'stepped' when it has a step. */
struct range { struct value from, to, by; bool stepped; };

static bool is_whole(const struct type *t)
{
    return t->kind == VALUE_INT32 || t->kind == VALUE_INT64 || t->kind == VALUE_UINT32 || t->kind == VALUE_UINT64;
}

/* One that goes down has the same values as one that goes up from the last of them. */
static void turn_round(struct range *r)
{
    uint64_t step = 0 - (uint64_t)r->by.integer; /* modulo 2^64 differences are right for signed ones too */
    struct value last = r->to;
    last.natural += (r->from.natural - r->to.natural) % step;
    *r = (struct range){ last, r->from, { .kind = VALUE_UINT64, .count = 1, .natural = step }, true };
}

static mstro_status check_range(struct compiler *c, const struct type *t, size_t to_at, size_t by_at, struct range *r)
{
    const struct value zero = { .kind = VALUE_INT64 };
    int order, sign = 1;
    if (!(value_is_number(&r->from) || r->from.kind == VALUE_TIMESTAMP))
        return fault(c, to_at, "a range needs numbers or timestamps");
    if (r->stepped && (!value_compare(&r->by, &zero, &sign) || sign == 0))
        return fault(c, by_at, "a step must not be 0");
    if (!value_compare(&r->from, &r->to, &order) || (order > 0 && sign > 0))
        return fault(c, to_at, "a range whose end is before its beginning; %s", is_whole(t) ? "one that goes down has a step below 0" : "write it the other way round");
    if (sign > 0)
        return MSTRO_OK;
    if (!is_whole(t) || order < 0)
        return fault(c, by_at, "a step below 0 needs whole numbers that go down");
    turn_round(r);
    return MSTRO_OK;
}

/* An unsigned type has no value below 0, its step may be; many steps of a float() would add up what one of them was rounded by; from
 * date to date one goes in days. */
static const struct type *step_type(const struct type *t, struct token token)
{
    bool below = token.text.length && *token.text.at == '-';
    if (t->kind == VALUE_FLOAT)
        return type_of_kind(VALUE_DOUBLE);
    if (t->kind == VALUE_TIMESTAMP)
        return type_of_kind(VALUE_UINT64);
    return below && is_whole(t) ? type_of_kind(VALUE_INT64) : t;
}

static mstro_status take_step(struct compiler *c, const struct type *t, size_t *at, struct value *by)
{
    struct token token = { 0 };
    if (!lexer_take(&c->lexer, '/'))
        return expected(c, "'/' and the step of the range");
    mstro_status status = take_value_token(c, true, &token);
    *at = token.at;
    if (status != MSTRO_OK)
        return status;
    return read_literal(c, step_type(t, token), token, by);
}

/* FROM/to/TO[/by/STEP]: the beginning has been read and put, "to" is the present token; all is put anew at 'begin', where the kind stands. */
static mstro_status take_range(struct compiler *c, const struct type *t, struct value from, size_t begin)
{
    struct token token = { 0 };
    struct range r = { .from = from };
    size_t by_at = 0;
    if (!lexer_take(&c->lexer, '/'))
        return expected(c, "'/' and the end of the range");
    mstro_status status = take_value_token(c, true, &token);
    if (status == MSTRO_OK)
        status = read_literal(c, t, token, &r.to);
    if (status != MSTRO_OK)
        return status;
    struct lexer before = c->lexer;
    r.stepped = lexer_take(&c->lexer, '/') && is_word(lexer_value(&c->lexer, true), "by");
    if (r.stepped)
        status = take_step(c, t, &by_at, &r.by);
    else
        c->lexer = before; /* another entry of the list */
    if (status == MSTRO_OK)
        status = check_range(c, t, token.at, by_at, &r);
    c->used = begin;
    if (status == MSTRO_OK)
        status = put_byte(c, r.stepped ? ENTRY_STEPS : ENTRY_RANGE);
    if (status == MSTRO_OK)
        status = put_item(c, &r.from);
    if (status == MSTRO_OK)
        status = put_item(c, &r.to);
    return status == MSTRO_OK && r.stepped ? put_item(c, &r.by) : status;
}

/* One of VALUE/VALUE/...: a value, or a range where "to" follows. */
static mstro_status take_entry(struct compiler *c, const struct type *t, bool list)
{
    struct token token;
    struct value value;
    size_t kind_at = c->used;
    mstro_status status = put_byte(c, ENTRY_VALUE);
    if (status == MSTRO_OK)
        status = take_value_token(c, list, &token);
    if (status == MSTRO_OK)
        status = read_literal(c, t, token, &value);
    if (status == MSTRO_OK)
        status = put_item(c, &value);
    if (status != MSTRO_OK || !list)
        return status;
    struct lexer before = c->lexer;
    if (lexer_take(&c->lexer, '/') && is_word(lexer_value(&c->lexer, true), "to"))
        return take_range(c, t, value, kind_at);
    c->lexer = before;
    return MSTRO_OK;
}

/* '/' separates values, but not in names of objects, which often hold it. */
static mstro_status take_entries(struct compiler *c, const struct schema_entry *entry, const struct type *t)
{
    bool list = entry->core != CORE_NAME;
    size_t count_at = c->used;
    unsigned count = 0;
    mstro_status status = put(c, "\0\0", 2);
    do {
        if (status == MSTRO_OK && count > 0)
            status = count_one(c, &c->entries, c->lexer.at);
        if (status == MSTRO_OK)
            status = take_entry(c, t, list);
        count++;
    } while (status == MSTRO_OK && list && lexer_take(&c->lexer, '/'));
    if (status == MSTRO_OK)
        little_put16(c->room + count_at, (uint16_t)count);
    return status;
}

static mstro_status take_pattern(struct compiler *c, enum op op, unsigned flags, const struct schema_entry *entry, const struct type *t)
{
    char problem[128];
    size_t offset;
    struct token token;
    struct text text;
    if (t->kind != VALUE_TEXT)
        return fault(c, c->lexer.at, "patterns need a string, '%s' is a " TEXT_FORMAT, entry->key.at, TEXT_ARGUMENTS(t->written));
    mstro_status status = take_value_token(c, false, &token);
    if (status == MSTRO_OK)
        status = literal_text(c, token, &text);
    if (status != MSTRO_OK)
        return status;
    if (text.length > PATTERN_MAX)
        return fault(c, token.at, "a pattern longer than %d bytes", PATTERN_MAX);
    if (op == OP_GLOB)
        return put_text(c, text);
    if (++c->patterns > PROGRAM_PATTERNS_MAX)
        return fault(c, token.at, "more than %d regular expressions", PROGRAM_PATTERNS_MAX);
    struct pattern *pattern;
    status = pattern_compile(text, flags & TERM_CASELESS ? PATTERN_CASELESS : 0, &pattern, problem, sizeof problem, &offset);
    if (status == MSTRO_INVARG)
        return fault(c, token.at + token.quoted + offset, "in the regular expression: %s", problem);
    if (status != MSTRO_OK)
        return status;
    pattern_destroy(pattern);
    return put_text(c, text);
}

static const struct { const char *written; enum op op; unsigned flags; } operators[] = {
    { "=", OP_ANY, 0 },          { "!=", OP_ANY, TERM_NEGATED },      { "<", OP_LESS, 0 },
    { "<=", OP_LESS_EQUAL, 0 },  { ">", OP_GREATER, 0 },              { ">=", OP_GREATER_EQUAL, 0 },
    { "~=", OP_MATCH, 0 },       { "~=i", OP_MATCH, TERM_CASELESS },  { "glob", OP_GLOB, 0 },
};

static mstro_status take_operator(struct compiler *c, enum op *op, unsigned *flags, size_t *at)
{
    lexer_peek(&c->lexer);
    struct lexer before = c->lexer;
    struct token t = lexer_operator(&c->lexer);
    *at = t.at;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (t.text.length && text_equal(t.text, text_of(operators[i].written))) {
            *op = operators[i].op;
            *flags = operators[i].flags;
            return MSTRO_OK;
        }
    c->lexer = before;
    return expected(c, "one of = != < <= > >= ~= ~=i glob");
}

static mstro_status take_order(struct compiler *c, const struct type *t, size_t at)
{
    struct token token;
    struct value value;
    if (t->kind == VALUE_BOOL)
        return fault(c, at, "a bool() has no order: = or != expected");
    mstro_status status = take_value_token(c, false, &token);
    if (status == MSTRO_OK)
        status = read_literal(c, t, token, &value);
    return status == MSTRO_OK ? put_item(c, &value) : status;
}

static mstro_status take_comparison(struct compiler *c, struct token word)
{
    const struct schema_entry *entry;
    const struct type *t = NULL;
    enum op op = OP_ANY;
    unsigned flags = 0;
    size_t at = 0;
    mstro_status status = take_key(c, word, &entry);
    if (status == MSTRO_OK)
        status = take_operator(c, &op, &flags, &at);
    if (status == MSTRO_OK)
        status = comparable_type(c, word.at, entry, &t);
    if (status == MSTRO_OK)
        status = put_byte(c, (unsigned char)op);
    if (status == MSTRO_OK)
        status = put_byte(c, (unsigned char)(flags | (t != entry->type ? TERM_ITEMS : 0)));
    if (status == MSTRO_OK)
        status = put_key(c, entry->key);
    if (status != MSTRO_OK)
        return status;
    if (op == OP_ANY)
        return take_entries(c, entry, t);
    return op == OP_MATCH || op == OP_GLOB ? take_pattern(c, op, flags, entry, t) : take_order(c, t, at);
}

static mstro_status take_has(struct compiler *c)
{
    const struct schema_entry *entry;
    mstro_status status = take_key(c, lexer_word(&c->lexer), &entry);
    if (status == MSTRO_OK)
        status = put_byte(c, OP_HAS);
    return status == MSTRO_OK ? put_key(c, entry->key) : status;
}

static mstro_status take_term(struct compiler *c, unsigned depth);

static mstro_status take_terms(struct compiler *c, enum op op, unsigned depth)
{
    unsigned count = 0;
    mstro_status status = put_byte(c, (unsigned char)op);
    size_t count_at = c->used;
    if (status == MSTRO_OK)
        status = put(c, "\0\0", 2);
    for (; status == MSTRO_OK && (count == 0 || lexer_peek(&c->lexer) == '('); count++)
        status = take_term(c, depth - 1);
    if (status == MSTRO_OK)
        little_put16(c->room + count_at, (uint16_t)count);
    return status;
}

static mstro_status take_not(struct compiler *c, unsigned depth)
{
    mstro_status status = put_byte(c, OP_NOT);
    return status == MSTRO_OK ? take_term(c, depth - 1) : status;
}

static mstro_status take_term(struct compiler *c, unsigned depth)
{
    if (lexer_peek(&c->lexer) != '(')
        return expected(c, "'('");
    mstro_status status = count_one(c, &c->terms, c->lexer.at);
    if (status == MSTRO_OK && depth == 0)
        status = fault(c, c->lexer.at, "nested deeper than %d", SELECTOR_DEPTH_MAX);
    if (status != MSTRO_OK)
        return status;
    lexer_take(&c->lexer, '(');
    lexer_peek(&c->lexer);
    struct token word = lexer_word(&c->lexer);
    if (is_word(word, "and"))
        status = take_terms(c, OP_AND, depth);
    else if (is_word(word, "or"))
        status = take_terms(c, OP_OR, depth);
    else if (is_word(word, "not"))
        status = take_not(c, depth);
    else if (is_word(word, "has"))
        status = take_has(c);
    else
        status = take_comparison(c, word);
    arena_reset(&c->arena);
    if (status == MSTRO_OK && !lexer_take(&c->lexer, ')'))
        status = expected(c, "')'");
    return status;
}

mstro_status grammar_compile(const char *query, const char *nspace, const struct schema *schema, const struct schema *also, unsigned char *room,
                             struct bytes *out)
{
    struct compiler c = { .lexer.source = text_of(query), .nspace = nspace, .schema = schema, .also = also, .room = room, .used = 4, .steps = TYPE_STEPS };
    mstro_status status;
    if (c.lexer.source.length > SELECTOR_TEXT_MAX)
        return detail_set(MSTRO_SELECTOR, "selector, column %d: a query of more than %d bytes", SELECTOR_TEXT_MAX + 1, SELECTOR_TEXT_MAX);
    if (!text_is_clean(c.lexer.source))
        return fault(&c, utf8_prefix(c.lexer.source), "this is not UTF-8");
    if (!query) {
        c.terms = 1;
        status = put_byte(&c, OP_ALL);
    } else {
        status = take_term(&c, SELECTOR_DEPTH_MAX);
        if (status == MSTRO_OK && lexer_peek(&c.lexer))
            status = expected(&c, "the end");
    }
    arena_release(&c.arena);
    room[0] = PROGRAM_VERSION;
    room[1] = 0;
    little_put16(room + 2, (uint16_t)c.terms);
    *out = bytes_of(room, c.used);
    return status;
}
