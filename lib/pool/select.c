/* SPDX-License-Identifier: BSD-3-Clause */
/* select.c - which objects are offered now */
#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/query/selector.h"
#include "lib/wire/names.h"

struct search {
    const struct selector *selector; /* NULL: all */
    struct names_writer names;
    uint32_t matched;
    bool too_expensive, full;
};

static enum selector_answer matches(const struct search *search, const struct generation *generation)
{
    struct query_subject subject = { .name = seal_name(generation->sealed), .component = seal_name(generation->component),
                                     .size = generation->size, .block = seal_rest(generation->sealed) };
    return search->selector ? selector_matches(search->selector, &subject) : SELECTOR_YES;
}

static void consider(struct map_link *link, void *context)
{
    struct search *search = context;
    const struct generation *newest = map_entry(link, struct cdo, by_id)->newest;
    if (!newest || newest->state != GENERATION_OFFERED)
        return;
    enum selector_answer answer = matches(search, newest);
    search->too_expensive = search->too_expensive || answer == SELECTOR_TOO_EXPENSIVE;
    if (answer != SELECTOR_YES)
        return;
    search->matched++;
    search->full = search->full || !names_put(&search->names, seal_name(newest->sealed), NAME_COMMIT, newest->commit);
}

static void answer_with(struct pool *pool, struct session *session, uint64_t op, const struct search *search)
{
    if (search->too_expensive) {
        answer_refused(pool, session, op, MSTRO_TOO_EXPENSIVE, "SELECT: the selector takes too many steps on an object");
        return;
    }
    struct bytes names = arena_copy(&pool->out->arena, names_written(&search->names));
    if (!names.at) {
        answer_refused(pool, session, op, MSTRO_NOMEM, "the pool has no memory for the names of what it has selected");
        return;
    }
    struct record *record = answer_add(pool, session, KIND_SELECTED);
    if (record)
        record->selected = (struct record_selected){ .op = op, .matched = search->matched, .names = names };
}

void serve_select(struct pool *pool, struct session *session, const struct record *record)
{
    const struct record_select *asked = &record->select;
    struct selector *selector = NULL;
    if (asked->op == 0)
        return; /* nobody wants to know */
    mstro_status status = asked->selector.length ? selector_decode(asked->selector, &selector) : MSTRO_OK;
    if (status != MSTRO_OK) {
        answer_refused(pool, session, asked->op, status, "the pool does not understand the selector: %s", mstro_error_detail());
        return;
    }
    uint8_t *memory = memory_take(pool, MAX_INLINE);
    struct search *search = memory ? memory_take(pool, sizeof *search) : NULL;
    if (search) {
        search->selector = selector;
        names_begin(&search->names, memory, MAX_INLINE);
        map_each(&pool->cdos, consider, search);
        answer_with(pool, session, asked->op, search);
    } else
        answer_refused(pool, session, asked->op, MSTRO_NOMEM, "the pool has no memory to select");
    memory_give(pool, search, sizeof *search);
    memory_give(pool, memory, MAX_INLINE);
    selector_destroy(selector);
}
