/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/type.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/schema/nearest.h"
#include "lib/schema/pattern.h"
#include "lib/schema/timestamp.h"

enum { CHOICES_MAX = 256, PATTERNS_MAX = 16, STRING_STEPS = 10000, MATCH_STEPS = 8, SHOWN_MAX = 80 };

/* Types without arguments.  int() and uint() are other names of int64() and uint64(). */
static const struct type plain[] = {
    { .kind = VALUE_BOOL, .written = { "bool()", 6 } },           { .kind = VALUE_INT64, .written = { "int()", 5 } },
    { .kind = VALUE_UINT64, .written = { "uint()", 6 } },         { .kind = VALUE_INT32, .written = { "int32()", 7 } },
    { .kind = VALUE_INT64, .written = { "int64()", 7 } },         { .kind = VALUE_UINT32, .written = { "uint32()", 8 } },
    { .kind = VALUE_UINT64, .written = { "uint64()", 8 } },       { .kind = VALUE_FLOAT, .written = { "float()", 7 } },
    { .kind = VALUE_DOUBLE, .written = { "double()", 8 } },       { .kind = VALUE_TEXT, .written = { "str()", 5 } },
    { .kind = VALUE_TIMESTAMP, .written = { "timestamp()", 11 } }, { .kind = VALUE_BLOB, .written = { "blob()", 6 } },
    { .kind = VALUE_POINTER, .written = { "pointer()", 9 } },
};
enum { PLAIN_COUNT = sizeof plain / sizeof plain[0] };

static const struct type any_list = { .kind = VALUE_LIST, .written = { "list(...)", 9 } };

const struct type *type_of_kind(enum value_kind kind)
{
    for (size_t i = 0; i < PLAIN_COUNT; i++)
        if (plain[i].kind == kind)
            return &plain[i];
    return &any_list;
}

/* What is left to read, and the beginning for messages. */
struct source { struct arena *arena; struct text whole, left; unsigned patterns; };

static mstro_status expected(const struct source *s, const char *what)
{
    return detail_set(MSTRO_SCHEMA, "'" TEXT_FORMAT "' is not a type: %s expected at character %zu", TEXT_ARGUMENTS(s->whole), what,
                      s->whole.length - s->left.length + 1);
}

static void skip_blanks(struct source *s)
{
    while (s->left.length && isspace((unsigned char)*s->left.at))
        s->left = (struct text){ s->left.at + 1, s->left.length - 1 };
}

static bool take(struct source *s, char c)
{
    skip_blanks(s);
    if (s->left.length == 0 || *s->left.at != c)
        return false;
    s->left = (struct text){ s->left.at + 1, s->left.length - 1 };
    return true;
}

static struct text take_bytes(struct source *s, size_t length)
{
    struct text taken = { s->left.at, length };
    s->left = (struct text){ s->left.at + length, s->left.length - length };
    return taken;
}

static struct text take_word(struct source *s)
{
    size_t length = 0;
    skip_blanks(s);
    while (length < s->left.length && isalnum((unsigned char)s->left.at[length]))
        length++;
    return take_bytes(s, length);
}

/* 'a b', "a b" or everything up to ',' or ')' without the blanks around it. */
static bool take_choice(struct source *s, struct text *out)
{
    size_t length = 0;
    skip_blanks(s);
    char quote = s->left.length ? *s->left.at : '\0';
    if (quote == '\'' || quote == '"') {
        const char *end = memchr(s->left.at + 1, quote, s->left.length - 1);
        if (!end)
            return false;
        *out = take_bytes(s, (size_t)(end - s->left.at) + 1);
        *out = (struct text){ out->at + 1, out->length - 2 };
        return true;
    }
    while (length < s->left.length && s->left.at[length] != ',' && s->left.at[length] != ')')
        length++;
    *out = take_bytes(s, length);
    while (out->length && isspace((unsigned char)out->at[out->length - 1]))
        out->length--;
    return out->length > 0;
}

static mstro_status parse_enum(struct source *s, struct type *t)
{
    struct text choice[CHOICES_MAX];
    do {
        if (t->count == CHOICES_MAX)
            return detail_set(MSTRO_SCHEMA, "an enum of more than %d words", CHOICES_MAX);
        if (!take_choice(s, &choice[t->count]))
            return expected(s, "a word");
        for (uint32_t i = 0; i < t->count; i++)
            if (text_equal(choice[i], choice[t->count]))
                return detail_set(MSTRO_SCHEMA, "'" TEXT_FORMAT "' stands twice in an enum", TEXT_ARGUMENTS(choice[i]));
        t->count++;
    } while (take(s, ','));
    struct text *kept = arena_take(s->arena, t->count * sizeof *kept);
    if (!kept)
        return MSTRO_NOMEM;
    memcpy(kept, choice, t->count * sizeof *kept); /* the words are views of the copy that type_parse made */
    t->choice = kept;
    t->kind = VALUE_TEXT;
    return take(s, ')') ? MSTRO_OK : expected(s, "',' or ')'");
}

/* Without quotes the pattern ends at the ')' that closes regex(. */
static struct text take_pattern(struct source *s)
{
    struct text quoted;
    size_t length = 0;
    skip_blanks(s);
    if (s->left.length && (*s->left.at == '\'' || *s->left.at == '"') && take_choice(s, &quoted))
        return quoted;
    for (unsigned open = 0; length < s->left.length; length++) {
        char c = s->left.at[length];
        if (c == '\\' && length + 1 < s->left.length)
            length++;
        else if (c == '(')
            open++;
        else if (c == ')' && open-- == 0)
            break;
    }
    return take_bytes(s, length);
}

static mstro_status parse_regex(struct source *s, struct type *t)
{
    char problem[128];
    size_t offset;
    struct text written = take_pattern(s);
    if (written.length == 0)
        return expected(s, "a regular expression");
    if (!take(s, ')'))
        return expected(s, "')'");
    if (++s->patterns > PATTERNS_MAX)
        return detail_set(MSTRO_SCHEMA, "more than %d regular expressions in one type", PATTERNS_MAX);
    mstro_status status = pattern_compile(written, PATTERN_WHOLE, &t->pattern, problem, sizeof problem, &offset);
    if (status == MSTRO_INVARG)
        return detail_set(MSTRO_SCHEMA, "regex(" TEXT_FORMAT "): %s (at character %zu)", TEXT_ARGUMENTS(written), problem, offset + 1);
    t->kind = VALUE_TEXT;
    return status;
}

static mstro_status parse_any(struct source *s, unsigned depth, const struct type **out);

static void release_all(const struct type *const element[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        type_release(element[i]);
}

static mstro_status parse_elements(struct source *s, struct type *t, uint32_t most, unsigned depth)
{
    const struct type *element[CHOICES_MAX];
    mstro_status status = MSTRO_OK;
    do {
        if (t->count == most)
            status = expected(s, "')'");
        else if (depth == 0)
            status = detail_set(MSTRO_SCHEMA, "lists and tuples nested deeper than %d", VALUE_DEPTH_MAX);
        else
            status = parse_any(s, depth - 1, &element[t->count]);
        if (status == MSTRO_OK && element[t->count]->kind == VALUE_POINTER) {
            t->count++;
            status = detail_set(MSTRO_SCHEMA, "a pointer() cannot stand in a list or tuple");
        } else if (status == MSTRO_OK)
            t->count++;
    } while (status == MSTRO_OK && take(s, ','));
    if (status == MSTRO_OK && !take(s, ')'))
        status = expected(s, "')'");
    const struct type **kept = status == MSTRO_OK ? arena_take(s->arena, t->count * sizeof *kept) : NULL;
    if (!kept) {
        release_all(element, t->count);
        return status == MSTRO_OK ? MSTRO_NOMEM : status;
    }
    memcpy(kept, element, t->count * sizeof *kept);
    t->element = kept;
    t->kind = VALUE_LIST;
    return MSTRO_OK;
}

static mstro_status unknown_type(const struct source *s, struct text name)
{
    static const char *const composite[] = { "enum", "regex", "list", "tuple" };
    struct nearest search = nearest_to(name);
    for (size_t i = 0; i < PLAIN_COUNT; i++)
        nearest_offer(&search, (struct text){ plain[i].written.at, plain[i].written.length - 2 });
    for (size_t i = 0; i < sizeof composite / sizeof composite[0]; i++)
        nearest_offer(&search, text_of(composite[i]));
    if (!search.best.length)
        return expected(s, "bool, int, uint, int32, int64, uint32, uint64, float, double, str, timestamp, blob, pointer, enum, regex, list or tuple");
    return detail_set(MSTRO_SCHEMA, "'" TEXT_FORMAT "' is not a type; did you mean '" TEXT_FORMAT "' at character %zu?", TEXT_ARGUMENTS(s->whole),
                      TEXT_ARGUMENTS(search.best), s->whole.length - s->left.length + 1);
}

static mstro_status parse_plain(struct source *s, struct text name, const struct type **out)
{
    for (size_t i = 0; i < PLAIN_COUNT; i++)
        if (name.length + 2 == plain[i].written.length && memcmp(name.at, plain[i].written.at, name.length) == 0) {
            *out = &plain[i];
            return take(s, ')') ? MSTRO_OK : expected(s, "')'");
        }
    s->left = (struct text){ name.at, (size_t)(s->whole.at + s->whole.length - name.at) };
    return unknown_type(s, name);
}

static mstro_status parse_any(struct source *s, unsigned depth, const struct type **out)
{
    struct text name = take_word(s);
    if (name.length == 0)
        return expected(s, "the name of a type");
    if (!take(s, '('))
        return expected(s, "'('");
    struct type *t = arena_take(s->arena, sizeof *t);
    if (!t)
        return MSTRO_NOMEM;
    *t = (struct type){ 0 };
    *out = t;
    mstro_status status;
    if (text_equal(name, text_of("enum")))
        status = parse_enum(s, t);
    else if (text_equal(name, text_of("regex")))
        status = parse_regex(s, t);
    else if (text_equal(name, text_of("list")))
        status = parse_elements(s, t, 1, depth);
    else if (text_equal(name, text_of("tuple")))
        status = parse_elements(s, t, CHOICES_MAX, depth);
    else
        return parse_plain(s, name, out);
    t->written = (struct text){ name.at, (size_t)(s->left.at - name.at) };
    return status;
}

mstro_status type_parse(struct arena *arena, struct text written, const struct type **out)
{
    struct text kept = arena_copy_text(arena, written);
    if (!kept.at)
        return MSTRO_NOMEM;
    struct source s = { .arena = arena, .whole = kept, .left = kept };
    mstro_status status = parse_any(&s, VALUE_DEPTH_MAX, out);
    skip_blanks(&s);
    if (status == MSTRO_OK && s.left.length) {
        type_release(*out);
        status = expected(&s, "the end");
    }
    return status;
}

void type_release(const struct type *t)
{
    pattern_destroy(t->pattern);
    if (t->element)
        release_all(t->element, t->count);
}

unsigned type_patterns(const struct type *t)
{
    unsigned patterns = t->pattern != NULL;
    for (uint32_t i = 0; t->element && i < t->count; i++)
        patterns += type_patterns(t->element[i]);
    return patterns;
}

bool type_is_tuple(const struct type *t)
{
    return t->element && t->written.at[0] == 't';
}

bool type_equal(const struct type *a, const struct type *b)
{
    if (a->kind != b->kind || a->count != b->count || type_is_tuple(a) != type_is_tuple(b) || !a->pattern != !b->pattern)
        return false;
    if (a->pattern && !text_equal(a->written, b->written))
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->kind == VALUE_LIST ? !type_equal(a->element[i], b->element[i]) : !text_equal(a->choice[i], b->choice[i]))
            return false;
    return true;
}

/* A word that was written bare may have both kinds of quotes in it, but not at its beginning; one that was quoted lacks one of them. */
static void print_choice(FILE *to, struct text word)
{
    bool bare = word.length > 0 && !isspace((unsigned char)word.at[0]) && !isspace((unsigned char)word.at[word.length - 1]) &&
                word.at[0] != '\'' && word.at[0] != '"' && !memchr(word.at, ',', word.length) && !memchr(word.at, ')', word.length);
    const char *quote = bare ? "" : memchr(word.at, '"', word.length) ? "'" : "\"";
    fprintf(to, "%s" TEXT_FORMAT "%s", quote, TEXT_ARGUMENTS(word), quote);
}

void type_print(FILE *to, const struct type *t)
{
    if (!t->element && !t->choice) {
        const struct type *as = t->pattern ? t : type_of_kind(t->kind);
        fprintf(to, TEXT_FORMAT, TEXT_ARGUMENTS(as->written));
        return;
    }
    fputs(t->choice ? "enum(" : type_is_tuple(t) ? "tuple(" : "list(", to);
    for (uint32_t i = 0; i < t->count; i++) {
        fputs(i ? ", " : "", to);
        if (t->choice)
            print_choice(to, t->choice[i]);
        else
            type_print(to, t->element[i]);
    }
    fputc(')', to);
}

const struct type *type_element(const struct type *t, uint32_t i)
{
    return type_is_tuple(t) ? t->element[i] : t->element[0];
}

static struct text shortened(struct text t)
{
    return (struct text){ t.at, t.length > SHOWN_MAX ? SHOWN_MAX : t.length };
}

static mstro_status refuse(const struct type *t, struct text written)
{
    return detail_set(MSTRO_SCHEMA, "'" TEXT_FORMAT "' is not a " TEXT_FORMAT, TEXT_ARGUMENTS(shortened(written)), TEXT_ARGUMENTS(t->written));
}

static mstro_status check_choice(const struct type *t, struct text text)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (text_equal(t->choice[i], text))
            return MSTRO_OK;
    struct nearest search = nearest_to(text);
    for (uint32_t i = 0; i < t->count; i++)
        nearest_offer(&search, t->choice[i]);
    if (!search.best.length)
        return refuse(t, text);
    return detail_set(MSTRO_SCHEMA, "'" TEXT_FORMAT "' is not a " TEXT_FORMAT "; did you mean '" TEXT_FORMAT "'?", TEXT_ARGUMENTS(text),
                      TEXT_ARGUMENTS(t->written), TEXT_ARGUMENTS(search.best));
}

/* To match an expression with nothing takes its time, too. */
static mstro_status check_pattern(const struct type *t, struct text text, uint32_t *steps)
{
    uint32_t rest = *steps > MATCH_STEPS ? *steps - MATCH_STEPS : 0, left = rest > STRING_STEPS ? STRING_STEPS : rest, given = left;
    enum pattern_answer answer = given ? pattern_matches(t->pattern, text, &left) : PATTERN_TOO_EXPENSIVE;
    *steps = rest - (given - left);
    if (answer == PATTERN_TOO_EXPENSIVE)
        return detail_set(MSTRO_SCHEMA, "whether '" TEXT_FORMAT "' is a " TEXT_FORMAT " is too expensive to find out", TEXT_ARGUMENTS(shortened(text)),
                          TEXT_ARGUMENTS(t->written));
    return answer == PATTERN_YES ? MSTRO_OK : refuse(t, text);
}

static mstro_status check_text(const struct type *t, struct text text, uint32_t *steps)
{
    if (!text_is_clean(text))
        return detail_set(MSTRO_SCHEMA, "a string that is not UTF-8");
    if (t->pattern)
        return check_pattern(t, text, steps);
    return t->choice ? check_choice(t, text) : MSTRO_OK;
}

mstro_status type_check(const struct type *t, const struct value *v, uint32_t *steps)
{
    if (v->kind != t->kind)
        return detail_set(MSTRO_SCHEMA, "a %s is not a " TEXT_FORMAT, value_kind_name(v->kind), TEXT_ARGUMENTS(t->written));
    if (v->kind == VALUE_TEXT)
        return check_text(t, v->text, steps);
    if ((v->kind == VALUE_FLOAT || v->kind == VALUE_DOUBLE) && !isfinite(v->real))
        return detail_set(MSTRO_SCHEMA, "%g is not finite, as a " TEXT_FORMAT " is", v->real, TEXT_ARGUMENTS(t->written));
    if (v->kind == VALUE_TIMESTAMP && !timestamp_is_valid(v->time))
        return detail_set(MSTRO_SCHEMA, "a timestamp whose nanoseconds, offset or year is out of range");
    if (v->kind != VALUE_LIST || !t->element)
        return MSTRO_OK;
    if (type_is_tuple(t) && v->count != t->count)
        return detail_set(MSTRO_SCHEMA, "%u values are not a " TEXT_FORMAT, v->count, TEXT_ARGUMENTS(t->written));
    struct value item;
    struct bytes left = v->items;
    for (uint32_t i = 0; value_next(&left, &item); i++) {
        mstro_status status = type_check(type_element(t, i), &item, steps);
        if (status != MSTRO_OK)
            return status;
    }
    return MSTRO_OK;
}
