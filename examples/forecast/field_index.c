/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/field_index.h"
#include "examples/forecast/field_label.h"
#include "examples/forecast/grib_fields.h"
#include "examples/forecast/grib_input.h"

#include <err.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static const char heading[] = "forecast-index 1";

void field_index_free(struct field_index *index)
{
    free(index->entry);
    *index = (struct field_index){0};
}

static struct field_entry *new_entry(struct field_index *index)
{
    if (index->count == index->capacity) {
        size_t capacity = index->capacity ? 2 * index->capacity : 64;
        struct field_entry *entry = realloc(index->entry, capacity * sizeof *entry);
        if (!entry)
            return NULL;
        index->entry = entry;
        index->capacity = capacity;
    }
    struct field_entry *entry = &index->entry[index->count++];
    *entry = (struct field_entry){.copy = 1};
    return entry;
}

struct field_entry *field_index_add(struct field_index *index, codes_handle *field, unsigned message, unsigned part)
{
    struct field_entry *entry = new_entry(index);
    if (!entry)
        return NULL;
    entry->message = message;
    entry->part = part;
    field_label_param(field, entry->param, sizeof entry->param);
    field_label_level(field, entry->level, sizeof entry->level);
    field_label_time(field, entry->time, sizeof entry->time);
    field_label_grid(field, entry->grid, sizeof entry->grid);
    snprintf(entry->name, sizeof entry->name, "field/%s/%s/%s", entry->param, entry->level, entry->time);
    return entry;
}

/* One name met so far and how often. */
struct seen {
    char name[256];
    unsigned times;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct seen *)a)->name, ((const struct seen *)b)->name);
}

/* Give 'entry' its running number. */
static int count_name(void **root, struct field_entry *entry)
{
    struct seen *seen = calloc(1, sizeof *seen);
    if (!seen)
        return -1;
    memcpy(seen->name, entry->name, sizeof seen->name);
    struct seen **place = tsearch(seen, root, by_name);
    if (!place || *place != seen)
        free(seen);
    if (!place)
        return -1;
    entry->copy = ++(*place)->times;
    if (entry->copy > 1) {
        size_t used = strlen(entry->name);
        snprintf(entry->name + used, sizeof entry->name - used, "#%u", entry->copy);
    }
    return 0;
}

static int scan_message(struct field_index *index, const struct grib_message *message, void **names)
{
    codes_handle *field[GRIB_FIELDS_MAX];
    int count = grib_fields(message->bytes, message->size, field), result = 0;
    if (count < 0) {
        warnx("%s: message %u at offset %lld cannot be used", message->path, message->number, message->offset);
        return -1;
    }
    for (int i = 0; i < count && result == 0; i++) {
        struct field_entry *entry = field_index_add(index, field[i], message->number, (unsigned)i + 1);
        result = entry ? count_name(names, entry) : -1;
        if (result)
            warnx("out of memory");
    }
    grib_fields_release(field, count);
    return result;
}

int field_index_scan(struct field_index *index, const char *const path[], size_t paths)
{
    struct grib_input in;
    struct grib_message message;
    void *names = NULL;
    int more;

    *index = (struct field_index){0};
    grib_input_open(&in, path, paths);
    while ((more = grib_input_next(&in, &message)) == 1) {
        int result = scan_message(index, &message, &names);
        grib_message_release(&message);
        if (result) {
            more = -1;
            break;
        }
        index->messages = in.messages;
    }
    grib_input_close(&in);
    tdestroy(names, free);
    if (more < 0)
        field_index_free(index);
    return more;
}

char *field_index_print(const struct field_index *index)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    fprintf(out, "%s\tmessages %u\tfields %zu\n", heading, index->messages, index->count);
    for (size_t i = 0; i < index->count; i++) {
        const struct field_entry *e = &index->entry[i];
        fprintf(out, "%s\t%u\t%u\t%u\t%s\t%s\t%s\t%s\n", e->name, e->message, e->part, e->copy, e->param, e->level, e->time,
                e->grid);
    }
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static int parse_line(struct field_index *index, const char *line)
{
    struct field_entry *e = new_entry(index);
    if (!e) {
        warnx("out of memory");
        return -1;
    }
    if (sscanf(line, "%255[^\t]\t%u\t%u\t%u\t%31[^\t]\t%95[^\t]\t%63[^\t]\t%39[^\t\n]", e->name, &e->message, &e->part,
               &e->copy, e->param, e->level, e->time, e->grid) == 8)
        return 0;
    warnx("line %zu of %s is not that of a field: %.60s", index->count + 1, FIELD_INDEX_NAME, line);
    return -1;
}

int field_index_parse(struct field_index *index, const char *text, size_t length)
{
    size_t expected = 0;
    *index = (struct field_index){0};
    char *copy = strndup(text, length), *rest = NULL;
    char *line = copy ? strtok_r(copy, "\n", &rest) : NULL;
    if (!line || sscanf(line, "forecast-index 1\tmessages %u\tfields %zu", &index->messages, &expected) != 2) {
        warnx("%s does not begin with \"%s\": it is not an index of fields", FIELD_INDEX_NAME, heading);
        free(copy);
        return -1;
    }
    int result = 0;
    while (result == 0 && (line = strtok_r(NULL, "\n", &rest)))
        result = parse_line(index, line);
    free(copy);
    if (result == 0 && index->count != expected) {
        warnx("%s announces %zu fields and lists %zu", FIELD_INDEX_NAME, expected, index->count);
        result = -1;
    }
    if (result)
        field_index_free(index);
    return result;
}
