/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <yaml.h>

#include "lib/base/detail.h"
#include "lib/base/setting.h"
#include "lib/schema/nearest.h"

/* The collections that are open while the events come in. */
struct reader {
    struct yaml *y;
    struct yaml_node *open[YAML_DEPTH_MAX];
    unsigned depth, nodes;
    struct text key; /* a key that waits for its value */
    uint32_t key_line, key_column;
    bool has_key;
};

static mstro_status fault_at(const struct yaml *y, size_t line, size_t column, const char *format, ...) __attribute__((format(printf, 4, 5)));

static mstro_status fault_list(const struct yaml *y, size_t line, size_t column, const char *format, va_list arguments)
{
    char what[DETAIL_MAX + 1];
    vsnprintf(what, sizeof what, format, arguments);
    if (y->about)
        return detail_set(y->failure, "%s:%zu:%zu: '%s': %s", y->file, line, column, y->about, what);
    return detail_set(y->failure, "%s:%zu:%zu: %s", y->file, line, column, what);
}

static mstro_status fault_at(const struct yaml *y, size_t line, size_t column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    mstro_status status = fault_list(y, line, column, format, arguments);
    va_end(arguments);
    return status;
}

mstro_status yaml_fault(const struct yaml *y, const struct yaml_node *at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    mstro_status status = fault_list(y, at->line, at->column, format, arguments);
    va_end(arguments);
    return status;
}

mstro_status yaml_fault_key(const struct yaml *y, const struct yaml_node *at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    mstro_status status = fault_list(y, at->key_line, at->key_column, format, arguments);
    va_end(arguments);
    return status;
}

struct child_name { const struct yaml_node *parent; struct text key; };

static uint64_t child_hash(const struct child_name *name)
{
    return XXH3_64bits_withSeed(name->key.at, name->key.length, (uintptr_t)name->parent);
}

static bool is_child(const struct map_link *link, const void *name)
{
    const struct yaml_node *node = map_entry(link, const struct yaml_node, link);
    const struct child_name *wanted = name;
    return node->parent == wanted->parent && text_equal(node->key, wanted->key);
}

static const struct yaml_node *find_child(const struct yaml *y, const struct child_name *name)
{
    struct map_link *link = map_find(&y->keys, child_hash(name), is_child, name);
    return link ? map_entry(link, struct yaml_node, link) : NULL;
}

const struct yaml_node *yaml_find(const struct yaml *y, const struct yaml_node *mapping, const char *key)
{
    return find_child(y, &(struct child_name){ mapping, text_of(key) });
}

/* Terminated, which arena_copy_text does not promise. */
static bool copy_scalar(struct yaml *y, const yaml_event_t *event, struct text *out)
{
    size_t length = event->data.scalar.length;
    char *copy = arena_take(&y->arena, length + 1);
    if (!copy)
        return false;
    memcpy(copy, event->data.scalar.value, length);
    copy[length] = '\0';
    *out = (struct text){ copy, length };
    return true;
}

static mstro_status check_event(const struct yaml *y, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    size_t line = event->start_mark.line + 1, column = event->start_mark.column + 1;
    switch (event->type) {
    case YAML_ALIAS_EVENT: return fault_at(y, line, column, "aliases (*name) are not accepted: write the value out");
    case YAML_SCALAR_EVENT: anchor = event->data.scalar.anchor, tag = event->data.scalar.tag; break;
    case YAML_SEQUENCE_START_EVENT: anchor = event->data.sequence_start.anchor, tag = event->data.sequence_start.tag; break;
    case YAML_MAPPING_START_EVENT: anchor = event->data.mapping_start.anchor, tag = event->data.mapping_start.tag; break;
    default: break;
    }
    if (event->type == YAML_SCALAR_EVENT && memchr(event->data.scalar.value, '\0', event->data.scalar.length))
        return fault_at(y, line, column, "a zero byte in a word");
    if (anchor)
        return fault_at(y, line, column, "anchors (&name) are not accepted");
    if (tag)
        return fault_at(y, line, column, "tags (!name) are not accepted");
    return MSTRO_OK;
}

static mstro_status take_key(struct reader *r, const yaml_event_t *event)
{
    size_t line = event->start_mark.line + 1, column = event->start_mark.column + 1;
    struct child_name name = { .parent = r->open[r->depth - 1] };
    if (event->type != YAML_SCALAR_EVENT)
        return fault_at(r->y, line, column, "a key must be a plain word");
    if (!copy_scalar(r->y, event, &name.key))
        return MSTRO_NOMEM;
    const struct yaml_node *first = find_child(r->y, &name);
    if (first)
        return fault_at(r->y, line, column, "duplicate key '%s', first in line %u", name.key.at, first->key_line);
    r->key = name.key;
    r->key_line = (uint32_t)line;
    r->key_column = (uint32_t)column;
    r->has_key = true;
    return MSTRO_OK;
}

static void adopt_node(struct reader *r, struct yaml_node *node)
{
    if (r->depth == 0) {
        r->y->root = node;
        return;
    }
    struct yaml_node *parent = r->open[r->depth - 1];
    node->parent = parent;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    parent->count++;
    if (parent->kind != YAML_MAPPING)
        return;
    struct child_name name = { parent, r->key };
    node->key = r->key;
    node->key_line = r->key_line;
    node->key_column = r->key_column;
    map_insert(&r->y->keys, &node->link, child_hash(&name));
    r->has_key = false;
}

static mstro_status take_node(struct reader *r, const yaml_event_t *event)
{
    size_t line = event->start_mark.line + 1, column = event->start_mark.column + 1;
    if (r->depth > 0 && r->open[r->depth - 1]->kind == YAML_MAPPING && !r->has_key)
        return take_key(r, event);
    if (++r->nodes > YAML_NODES_MAX)
        return fault_at(r->y, line, column, "more than %d values", YAML_NODES_MAX);
    struct yaml_node *node = arena_take(&r->y->arena, sizeof *node);
    if (!node)
        return MSTRO_NOMEM;
    *node = (struct yaml_node){ .line = (uint32_t)line, .column = (uint32_t)column };
    adopt_node(r, node);
    if (event->type == YAML_SCALAR_EVENT) {
        node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return copy_scalar(r->y, event, &node->text) ? MSTRO_OK : MSTRO_NOMEM;
    }
    node->kind = event->type == YAML_SEQUENCE_START_EVENT ? YAML_SEQUENCE : YAML_MAPPING;
    if (r->depth == YAML_DEPTH_MAX)
        return fault_at(r->y, line, column, "nested deeper than %d", YAML_DEPTH_MAX);
    r->open[r->depth++] = node;
    return MSTRO_OK;
}

static mstro_status take_event(struct reader *r, const yaml_event_t *event)
{
    mstro_status status = check_event(r->y, event);
    if (status != MSTRO_OK)
        return status;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (r->y->root)
            return fault_at(r->y, event->start_mark.line + 1, 1, "a second document; only one is accepted");
        return MSTRO_OK;
    case YAML_SCALAR_EVENT:
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT: return take_node(r, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: r->depth--; return MSTRO_OK;
    default: return MSTRO_OK;
    }
}

/* Of what cannot be read as characters libyaml knows the offset only. */
static mstro_status fault_in_bytes(const struct yaml *y, struct text text, const yaml_parser_t *parser)
{
    size_t line = 1, column = 1, offset = parser->problem_offset < text.length ? parser->problem_offset : text.length;
    for (size_t i = 0; i < offset; i++) {
        bool begins_character = ((unsigned char)text.at[i] & 0xc0) != 0x80;
        column = text.at[i] == '\n' ? 1 : column + begins_character;
        line += text.at[i] == '\n';
    }
    return fault_at(y, line, column, "%s", parser->problem);
}

static mstro_status take_all(struct reader *r, yaml_parser_t *parser, struct text text)
{
    for (bool end = false; !end;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            if (parser->error == YAML_MEMORY_ERROR)
                return MSTRO_NOMEM;
            if (parser->error == YAML_READER_ERROR)
                return fault_in_bytes(r->y, text, parser);
            return fault_at(r->y, parser->problem_mark.line + 1, parser->problem_mark.column + 1, "%s",
                            parser->problem ? parser->problem : "not YAML");
        }
        end = event.type == YAML_STREAM_END_EVENT;
        mstro_status status = take_event(r, &event);
        yaml_event_delete(&event);
        if (status != MSTRO_OK)
            return status;
    }
    return r->y->root ? MSTRO_OK : fault_at(r->y, 1, 1, "nothing in it");
}

/* Libyaml does it only when it is to find out the encoding, which may then be another one than UTF-8. */
static struct text without_byte_order_mark(struct text text)
{
    static const char mark[] = "\xef\xbb\xbf";
    enum { MARK = sizeof mark - 1 };
    return text.length >= MARK && memcmp(text.at, mark, MARK) == 0 ? (struct text){ text.at + MARK, text.length - MARK } : text;
}

mstro_status yaml_read_text(struct yaml *out, struct text text, const char *file, mstro_status failure)
{
    yaml_parser_t parser;
    *out = (struct yaml){ .file = file, .failure = failure };
    text = without_byte_order_mark(text);
    if (text.length > YAML_SIZE_MAX)
        return fault_at(out, 1, 1, "longer than %d bytes", YAML_SIZE_MAX);
    if (!map_init(&out->keys))
        return MSTRO_NOMEM;
    if (!yaml_parser_initialize(&parser)) {
        yaml_release(out);
        return MSTRO_NOMEM;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.at, text.length);
    struct reader reader = { .y = out };
    mstro_status status = take_all(&reader, &parser, text);
    yaml_parser_delete(&parser);
    if (status != MSTRO_OK)
        yaml_release(out);
    return status;
}

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
static mstro_status open_regular(const char *path, int *out)
{
    struct stat about;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (file < 0)
        return detail_set(errno == ENOENT ? MSTRO_NOENT : MSTRO_IO, "cannot open '%s': %m", path);
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
        close(file);
        return detail_set(MSTRO_IO, "'%s' is not a regular file", path);
    }
    *out = file;
    return MSTRO_OK;
}

static mstro_status read_whole(const char *path, char *buffer, size_t room, size_t *length)
{
    int file = -1;
    mstro_status status = open_regular(path, &file);
    if (status != MSTRO_OK)
        return status;
    ssize_t got = 1;
    for (*length = 0; *length < room && got > 0;) {
        got = read(file, buffer + *length, room - *length);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            *length += (size_t)got;
    }
    if (got < 0)
        status = detail_set(MSTRO_IO, "cannot read '%s': %m", path);
    close(file);
    return status;
}

mstro_status yaml_read_file(struct yaml *out, const char *path, mstro_status failure)
{
    size_t length = 0;
    char *buffer = malloc(YAML_SIZE_MAX + 1);
    if (!buffer)
        return MSTRO_NOMEM;
    mstro_status status = read_whole(path, buffer, YAML_SIZE_MAX + 1, &length);
    if (status == MSTRO_OK)
        status = yaml_read_text(out, (struct text){ buffer, length }, path, failure);
    free(buffer);
    return status;
}

void yaml_release(struct yaml *y)
{
    map_release(&y->keys);
    arena_release(&y->arena);
    y->root = NULL;
}

mstro_status yaml_expect_keys(const struct yaml *y, const struct yaml_node *node, const char *what, const char *const known[])
{
    if (node->kind != YAML_MAPPING)
        return yaml_fault(y, node, "%s must be a mapping of keys to values", what);
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        struct nearest search = nearest_to(child->key);
        size_t i = 0;
        for (; known[i] && strcmp(known[i], child->key.at) != 0; i++)
            nearest_offer(&search, text_of(known[i]));
        if (known[i])
            continue;
        if (search.best.length)
            return yaml_fault_key(y, child, "%s has no key '%s'; did you mean '" TEXT_FORMAT "'?", what, child->key.at, TEXT_ARGUMENTS(search.best));
        return yaml_fault_key(y, child, "%s has no key '%s'", what, child->key.at);
    }
    return MSTRO_OK;
}

bool yaml_bool(const struct yaml_node *node, bool *out)
{
    return node->kind == YAML_SCALAR && !node->quoted && setting_bool(node->text, out);
}

bool yaml_int(const struct yaml_node *node, int64_t *out)
{
    return node->kind == YAML_SCALAR && !node->quoted && setting_integer(node->text, out);
}
