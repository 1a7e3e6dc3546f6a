/* SPDX-License-Identifier: BSD-3-Clause */
/* traces.c - what comes into an engine, and what comes out, as lines of a conversation */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include "lib/pool/fact.h"
#include "lib/pool/pool.h"
#include "lib/pool/seal.h"
#include "lib/query/selector.h"
#include "lib/schema/block.h"
#include "lib/schema/catalogue.h"
#include "maestro/subscription.h"
#include "tests/trace/play.h"

const char *line_end(const char *text) { return text + strcspn(text, "\n"); }

struct talker *talker_named(struct play *play, const char *name)
{
    for (size_t i = play->talkers; i-- > 0;) /* the newest incarnation */
        if (strcmp(play->talker[i].name, name) == 0)
            return &play->talker[i];
    return NULL;
}

struct talker *talker_of(struct play *play, uint64_t session)
{
    for (size_t i = 0; i < play->talkers; i++)
        if (play->talker[i].session == session)
            return &play->talker[i];
    return NULL;
}

static uint64_t number_of(char list[MANY][LABEL], uint32_t *count, const char *label)
{
    for (uint32_t i = 0; i < *count; i++)
        if (strcmp(list[i], label) == 0)
            return i + 1;
    snprintf(list[*count], LABEL, "%s", label);
    return ++*count;
}

uint64_t handle_of(struct talker *talker, const char *label) { return number_of(talker->handle, &talker->handles, label); }

uint64_t next_op(struct talker *talker, const char *verb, const char *what)
{
    snprintf(talker->op[talker->ops % MANY], LABEL, "%.20s%s%.300s", verb, *what ? " " : "", what);
    return ++talker->ops;
}

static const char *op_label(const struct talker *talker, uint64_t op)
{
    return op ? talker->op[(op - 1) % MANY] : "nothing";
}

#define STEP ".maestro.ecmwf.step"

/* Where everybody is read from who says nothing else. */
static const struct bytes endpoint = { "endpoint", 8 };

/* "temp#2" is another handle of temp. */
static struct text name_of(const char *label)
{
    const char *mark = strchr(label, '#');
    return mark ? (struct text){ label, (size_t)(mark - label) } : text_of(label);
}

/* ---- what comes out ---- */

void say(struct play *play, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(play->text, format, arguments);
    va_end(arguments);
}

static void say_bytes(struct play *play, struct bytes bytes)
{
    if (bytes.length)
        fwrite(bytes.at, 1, bytes.length, play->text);
}

static void say_text(struct play *play, struct text text) { say_bytes(play, bytes_of(text.at, text.length)); }

void say_status(struct play *play, uint32_t status, struct text detail)
{
    if (status != MSTRO_OK)
        say(play, ": %s", mstro_status_name((mstro_status)status) + strlen("MSTRO_"));
    if (detail.length) {
        say(play, ": ");
        say_text(play, detail);
    }
    if (!text_is_utf8(detail))
        say(play, "\n    !! not UTF-8");
}

static void say_ticket(struct play *play, const struct talker *talker, const struct record_ticket *ticket)
{
    static const char *const how[] = { "empty", "inline", "direct", "group" };
    say(play, "TICKET %" PRIu64 " for %s to %s: generation %" PRIu64 ", %s, size %" PRId64, ticket->ticket,
        talker->handle[ticket->handle - 1], op_label(talker, ticket->op), ticket->generation, how[ticket->how], ticket->size);
    struct value step;
    if (block_find(ticket->attributes, text_of(STEP), &step))
        say(play, ", step %" PRId64, step.integer);
    if (ticket->how == TICKET_INLINE) {
        say(play, ", bytes ");
        say_bytes(play, ticket->inline_data);
    }
    if (ticket->how == TICKET_GROUP) {
        say(play, ", of");
        say_names(play, ticket->inline_data);
    }
    if (ticket->commit)
        say(play, ", commit %" PRIu64, ticket->commit >> 10);
    if (ticket->how == TICKET_DIRECT)
        say(play, ", from " TEXT_FORMAT " at %" PRIx64 ", word %" PRIu64 " at %" PRIx64, TEXT_ARGUMENTS(ticket->component),
            ticket->data_place.count ? ticket->data_place.at->address : 0, ticket->word,
            ticket->word_place.count ? ticket->word_place.at->address : 0);
    if (ticket->how == TICKET_DIRECT && !bytes_equal(ticket->serving, endpoint)) {
        say(play, ", served at ");
        say_bytes(play, ticket->serving);
    }
}

static const char *event_name(uint32_t kind)
{
    static const char *const names[] = {
        "DECLARE", "SEAL", "SEAL_GROUP", "OFFER", "REQUIRE", "RETRACT", "DEMAND", "WITHDRAW", "DISPOSE", "TRANSPORT_INIT",
        "TRANSPORT_TICKET", "TRANSPORT_COMPLETED", "APP_JOIN", "APP_WELCOME", "APP_LEAVE", "APP_BYE", "SUBSCRIBE", "UNSUBSCRIBE",
        "POOL_CHECKPOINT", "LOST", "OVERFLOW", "GROUP_LOST"
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (kind == 1u << i)
            return names[i];
    return "?";
}

static void say_attributes(struct play *play, struct bytes block)
{
    struct text key;
    struct value value;
    for (size_t i = 0; block_at(block, i, &key, &value); i++) {
        say(play, " " TEXT_FORMAT " ", TEXT_ARGUMENTS(key));
        value_print(play->text, &value);
    }
}

static void say_events(struct play *play, struct talker *talker, const struct record_events *events)
{
    size_t which = events->subscription - 1;
    say(play, "EVENTS of %s:", talker->subscription[which]);
    for (uint32_t i = 0; i < events->events.count; i++) {
        const struct record_event *event = &events->events.at[i];
        talker->told[which][talker->events[which]++ % EVENTS] = event->serial;
        say(play, "%s %s", i ? "," : "", event_name(event->kind));
        if (event->kind == MSTRO_POOL_EVENT_OVERFLOW)
            say(play, " %" PRIu64 " from %" PRIu64 " to %" PRIu64, event->count, event->first_serial >> 10, event->serial >> 10);
        else {
            say(play, " %" PRIu64, event->serial >> 10);
            if (event->name.length)
                say(play, " " TEXT_FORMAT, TEXT_ARGUMENTS(event->name));
            if (event->size >= 0 && event->name.length)
                say(play, " size %" PRId64, event->size);
            say(play, " by " TEXT_FORMAT, TEXT_ARGUMENTS(event->component));
            say_attributes(play, event->attributes);
            if (event->again)
                say(play, " again");
        }
    }
}

static void say_record(struct play *play, struct talker *talker, const struct record *record)
{
    switch (record->kind) {
    case KIND_WELCOME:
        say(play, "WELCOME as app %" PRIu64, record->welcome.app);
        if (record->welcome.unknown_schemas)
            say(play, ", wants schemas %" PRIx64, record->welcome.unknown_schemas);
        for (uint32_t i = 0; i < record->welcome.slot_map.count; i++) {
            const struct record_slots *slots = &record->welcome.slot_map.at[i];
            say(play, "%s %u-%u in shard %u", i ? "," : ", slots", slots->first, slots->first + slots->count - 1, slots->shard);
        }
        break;
    case KIND_OTHER_SCHEMA:
        say(play, "OTHER_SCHEMA " TEXT_FORMAT "=%" PRIu64 ": version " TEXT_FORMAT " in " TEXT_FORMAT ": ", TEXT_ARGUMENTS(record->other_schema.nspace),
            record->other_schema.digest, TEXT_ARGUMENTS(record->other_schema.version), TEXT_ARGUMENTS(record->other_schema.who));
        say_bytes(play, record->other_schema.outline);
        break;
    case KIND_REFUSED:
        say(play, "REFUSED");
        say_status(play, record->refused.status, record->refused.detail);
        break;
    case KIND_ACK:
        say(play, "ACK to %s", op_label(talker, record->ack.op));
        if (strncmp(op_label(talker, record->ack.op), "retain ", strlen("retain ")) == 0) {
            if (record->ack.status == MSTRO_OK)
                say(play, ", commit %" PRIu64, record->ack.generation >> 10);
        } else if (record->ack.generation && record->ack.status == MSTRO_OK)
            say(play, ", generation %" PRIu64, record->ack.generation);
        if (record->ack.flags & ACK_CUT_READERS)
            say(play, ", cut readers");
        say_status(play, record->ack.status, record->ack.detail);
        break;
    case KIND_TICKET:
        say_ticket(play, talker, &record->ticket);
        break;
    case KIND_TICKET_VOID:
        say(play, "TICKET_VOID %" PRIu64 " for %s", record->ticket_void.ticket, talker->handle[record->ticket_void.handle - 1]);
        say_status(play, record->ticket_void.status, record->ticket_void.detail);
        break;
    case KIND_SELECTED:
        say(play, "SELECTED to %s: %" PRIu32 ":", op_label(talker, record->selected.op), record->selected.matched);
        say_names(play, record->selected.names);
        break;
    case KIND_EVENTS:
        say_events(play, talker, &record->events);
        break;
    case KIND_SUBSCRIPTION_END:
        say(play, "END of %s", talker->subscription[record->subscription_end.subscription - 1]);
        say_status(play, record->subscription_end.status, record->subscription_end.detail);
        break;
    case KIND_NOTE:
        say(play, "NOTE on %s: " TEXT_FORMAT, op_label(talker, record->note.op), TEXT_ARGUMENTS(record->note.detail));
        break;
    case KIND_BYE:
        say(play, "BYE to %s", op_label(talker, record->bye.op));
        say_status(play, record->bye.status, record->bye.detail);
        break;
    default:
        say(play, "a record of kind %d", record->kind);
    }
}

void step(struct play *play, const struct pool_input *in)
{
    pool_step(play->pool, in, play->now, &play->out);
    for (size_t i = 0; i < play->out.count; i++) {
        struct talker *talker = talker_of(play, play->out.at[i].session);
        if (play->out.at[i].session == 0) {
            say_to_shard(play, play->out.at[i].shard, &play->out.at[i].record);
            continue;
        }
        if (play->out.at[i].record.kind == KIND_EVENTS && play->out.at[i].record.events.events.count == 0)
            continue; /* where a subscription begins */
        say(play, "    -> %s: ", talker ? talker->name : "?");
        say_record(play, talker, &play->out.at[i].record);
        say(play, "\n");
    }
    pool_outputs_clear(&play->out);
    const char *wrong = pool_check(play->pool);
    if (wrong)
        say(play, "    !! broken: %s\n", wrong);
}

/* ---- what comes in ---- */

bool has(const struct line *line, const char *word)
{
    for (int i = 0; i < line->words; i++)
        if (strcmp(line->word[i], word) == 0)
            return true;
    return false;
}

const char *value(const struct line *line, const char *word, const char *otherwise)
{
    for (int i = 0; i + 1 < line->words; i++)
        if (strcmp(line->word[i], word) == 0)
            return line->word[i + 1];
    return otherwise;
}

uint64_t number(const struct line *line, const char *word, uint64_t otherwise)
{
    const char *text = value(line, word, NULL);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void send(struct play *play, const struct line *line, struct record *record)
{
    step(play, &(struct pool_input){ .kind = POOL_RECORD, .session = line->talker->session, .record = record });
}

const char *object(const struct line *line) { return line->words ? line->word[0] : ""; }

static uint32_t loss_flag(const struct line *line, uint32_t flag)
{
    return strcmp(value(line, "on-loss", "fail"), "wait") == 0 ? flag : 0;
}

/* ".my.=2": digest 2 of the namespace .my. */
static bool schema_of(const char *word, struct record_schema_digest *out)
{
    const char *equal = *word == '.' ? strchr(word, '=') : NULL;
    if (equal)
        *out = (struct record_schema_digest){ .nspace = { word, (size_t)(equal - word) }, .digest = strtoull(equal + 1, NULL, 0) };
    return equal != NULL;
}

static void play_describes(struct play *play, struct line *line)
{
    const char *version = value(line, "version", "");
    struct record_schema_digest named = { 0 };
    if (!schema_of(object(line), &named))
        play->problem = "a schema is not .NAMESPACE.=DIGEST";
    struct record record = { .kind = KIND_SCHEMA, .schema = { .digest = named.digest, .nspace = named.nspace, .keys = 1, .version = text_of(version) } };
    record.schema.outline = bytes_of(value(line, "as", ""), strlen(value(line, "as", "")));
    send(play, line, &record);
}

static void play_joins(struct play *play, struct line *line)
{
    struct record_schema_digest schemas[MANY];
    static char component[LABEL];
    struct talker *talker = line->talker;
    snprintf(component, sizeof component, "%s", value(line, "as", talker->name));
    char *dot = strchr(component, '.');
    struct record record = { .kind = KIND_JOIN };
    record.join.op = next_op(talker, "join", "");
    record.join.index = dot ? atoll(dot + 1) : 0;
    if (dot)
        *dot = '\0';
    record.join.component = text_of(component);
    record.join.workflow = text_of(value(line, "workflow", "trace"));
    record.join.host = text_of(value(line, "host", "node1"));
    record.join.pid = number(line, "pid", 1000 + talker->session);
    record.join.serving = endpoint;
    record.join.schemas.at = schemas;
    for (int i = 0; i < line->words && record.join.schemas.count < MANY; i++)
        record.join.schemas.count += schema_of(line->word[i], &schemas[record.join.schemas.count]);
    send(play, line, &record);
}

static void play_offers(struct play *play, struct line *line)
{
    const char *name = object(line), *data = value(line, "inline", "");
    struct record record = { .kind = KIND_OFFER };
    struct record_place place = { .address = 0x1000 * handle_of(line->talker, name) }, word = { .address = place.address + 0x800 };
    struct record_offer *offer = &record.offer;
    offer->op = next_op(line->talker, "offer", name);
    offer->handle = handle_of(line->talker, name);
    offer->name = name_of(name);
    offer->size = *data ? (int64_t)strlen(data) : (int64_t)number(line, "size", (uint64_t)-1);
    offer->inline_data = bytes_of(data, strlen(data));
    if (has(line, "for"))
        offer->group = handle_of(line->talker, value(line, "for", ""));
    if (has(line, "listing"))
        list_members(line, offer);
    struct block_item step = { .key = text_of(STEP), .value = { .kind = VALUE_INT64, .integer = (int64_t)number(line, "step", 0) } };
    unsigned char sealed[256];
    if (has(line, "step")) {
        block_write(&step, 1, sealed);
        offer->attributes = bytes_of(sealed, block_size(&step, 1));
    }
    offer->flags |= loss_flag(line, OFFER_ON_LOSS_WAIT) | (has(line, "replica") ? OFFER_REPLICA : 0);
    offer->word = 77;
    if (offer->size > 0 && !has(line, "nowhere") && !has(line, "listing")) {
        offer->data_place.count = offer->word_place.count = 1;
        offer->data_place.at = &place;
        offer->word_place.at = &word;
    }
    send(play, line, &record);
}

static void play_requires(struct play *play, struct line *line)
{
    const char *name = object(line);
    struct record record = { .kind = KIND_REQUIRE };
    record.require.op = has(line, "asking") ? next_op(line->talker, "require", name) : 0;
    record.require.handle = handle_of(line->talker, name);
    record.require.name = name_of(value(line, "meaning", name));
    record.require.flags = loss_flag(line, REQUIRE_ON_LOSS_WAIT);
    record.require.commit = number(line, "commit", 0) << 10;
    send(play, line, &record);
}

/* "retains temp for set": so that what set lists is kept for it. */
static void play_retains(struct play *play, struct line *line)
{
    const char *name = object(line);
    struct record record = { .kind = KIND_REQUIRE };
    record.require.op = next_op(line->talker, "retain", name);
    record.require.handle = handle_of(line->talker, name);
    record.require.name = name_of(name);
    record.require.flags = REQUIRE_RETAIN;
    record.require.commit = number(line, "commit", 0) << 10;
    record.require.group = text_of(value(line, "for", ""));
    send(play, line, &record);
}

static void play_demands(struct play *play, struct line *line)
{
    const char *name = object(line);
    struct record record = { .kind = KIND_DEMAND };
    record.demand.op = number(line, "op", 0);
    if (!record.demand.op)
        record.demand.op = next_op(line->talker, "demand", name);
    record.demand.handle = handle_of(line->talker, name);
    record.demand.name = name_of(name);
    record.demand.failed_ticket = number(line, "instead-of", 0);
    record.demand.flags = loss_flag(line, REQUIRE_ON_LOSS_WAIT);
    record.demand.commit = number(line, "commit", 0) << 10;
    send(play, line, &record);
}

static void play_completes(struct play *play, struct line *line)
{
    struct record record = { .kind = KIND_COMPLETED };
    record.completed.handle = handle_of(line->talker, object(line));
    record.completed.ticket = number(line, "ticket", 0);
    record.completed.status = has(line, "failing") ? MSTRO_NOMEM : MSTRO_OK;
    send(play, line, &record);
}

static void play_retracts(struct play *play, struct line *line)
{
    struct record record = { .kind = KIND_RETRACT };
    record.retract.op = next_op(line->talker, "retract", object(line));
    record.retract.handle = handle_of(line->talker, object(line));
    send(play, line, &record);
}

static void play_withdraws(struct play *play, struct line *line)
{
    struct record record = { .kind = KIND_WITHDRAW };
    record.withdraw.op = next_op(line->talker, "withdraw", object(line));
    record.withdraw.handle = handle_of(line->talker, object(line));
    record.withdraw.force = has(line, "now");
    send(play, line, &record);
}

static void play_disposes(struct play *play, struct line *line)
{
    struct record record = { .kind = KIND_DISPOSE };
    record.dispose.op = next_op(line->talker, "dispose", object(line));
    record.dispose.handle = handle_of(line->talker, object(line));
    send(play, line, &record);
}

/* "cancels withdraw temp": the newest operation with that label. */
static void play_cancels(struct play *play, struct line *line)
{
    char label[LABEL];
    struct record record = { .kind = KIND_CANCEL };
    snprintf(label, sizeof label, "%.40s%s%.300s", object(line), line->words > 1 ? " " : "", line->words > 1 ? line->word[1] : "");
    for (uint64_t op = 1; op <= line->talker->ops; op++)
        if (strcmp(op_label(line->talker, op), label) == 0)
            record.cancel.target = op;
    record.cancel.op = next_op(line->talker, "cancel", label);
    send(play, line, &record);
}

/* It is read from somewhere else now. */
static void play_serves(struct play *play, struct line *line)
{
    const char *where = value(line, "at", "");
    send(play, line, &(struct record){ .kind = KIND_SERVING, .serving.serving = bytes_of(where, strlen(where)) });
}

static void play_beats(struct play *play, struct line *line) { send(play, line, &(struct record){ .kind = KIND_HEARTBEAT }); }

static void play_leaves(struct play *play, struct line *line)
{
    struct record record = { .kind = KIND_LEAVE };
    record.leave.op = next_op(line->talker, "leave", "");
    record.leave.force = has(line, "now");
    send(play, line, &record);
}

struct text rest_of(const struct line *line, int first)
{
    static char rest[2048];
    rest[0] = '\0';
    for (int i = first; i < line->words; i++)
        snprintf(rest + strlen(rest), sizeof rest - strlen(rest), "%s%s", i > first ? " " : "", line->word[i]);
    return text_of(rest);
}

static void play_dies(struct play *play, struct line *line)
{
    struct text reason = rest_of(line, 0);
    step(play, &(struct pool_input){ .kind = POOL_LOST, .session = line->talker->session, .reason = reason });
}

static uint32_t kinds_of(const struct line *line)
{
    uint32_t kinds = 0;
    for (int i = 0; i < line->words; i++)
        for (uint32_t kind = 1; kind <= MSTRO_POOL_EVENT_GROUP_LOST; kind <<= 1)
            if (strcmp(line->word[i], event_name(kind)) == 0)
                kinds |= kind;
    return has(line, "everything") ? UINT32_MAX : kinds;
}

/* "where" and what follows, up to the end of the line. */
struct selector *selector_of(struct play *play, const struct line *line)
{
    char query[512] = "";
    struct selector *selector = NULL;
    int word = 0;
    while (word < line->words && strcmp(line->word[word], "where") != 0)
        word++;
    if (word == line->words)
        return NULL;
    while (++word < line->words)
        snprintf(query + strlen(query), sizeof query - strlen(query), "%s ", line->word[word]);
    if (selector_compile(query, NULL, play->schema, NULL, &selector) != MSTRO_OK)
        play->problem = "a selector that is not understood";
    return selector;
}

static void play_subscribes(struct play *play, struct line *line)
{
    const char *label = value(line, "as", "all");
    struct record record = { .kind = KIND_SUBSCRIBE };
    record.subscribe.op = next_op(line->talker, "subscribe", label);
    record.subscribe.subscription = number_of(line->talker->subscription, &line->talker->subscriptions, label);
    record.subscribe.kinds = kinds_of(line);
    record.subscribe.options = (has(line, "with-ack") ? MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK : 0) |
                               (has(line, "before") ? MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE : 0) |
                               (has(line, "not-mine") ? MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS : 0);
    struct selector *selector = selector_of(play, line);
    struct record_key key[WORDS];
    struct record_position position;
    if (selector)
        record.subscribe.selector = selector_bytes(selector);
    line_terms(line, &record.subscribe, key, &position);
    send(play, line, &record);
    selector_destroy(selector);
}

static void play_unsubscribes(struct play *play, struct line *line)
{
    const char *label = value(line, "from", "all");
    struct record record = { .kind = KIND_UNSUBSCRIBE };
    record.unsubscribe.op = next_op(line->talker, "unsubscribe", label);
    record.unsubscribe.subscription = number_of(line->talker->subscription, &line->talker->subscriptions, label);
    record.unsubscribe.forget = has(line, "for-good") ? FORGET_NAME : has(line, "unmade") ? FORGET_MADE : FORGET_NOTHING;
    send(play, line, &record);
}

static void play_acks(struct play *play, struct line *line)
{
    struct record record = { .kind = KIND_ACK_EVENT };
    record.ack_event.subscription = number_of(line->talker->subscription, &line->talker->subscriptions, value(line, "of", "all"));
    record.ack_event.serial = number(line, "event", 0) << 10 | play->settings.shard;
    send(play, line, &record);
}

static void play_sees(struct play *play, struct line *line)
{
    struct record record = { .kind = KIND_SEEN };
    record.seen.subscription = number_of(line->talker->subscription, &line->talker->subscriptions, value(line, "of", "all"));
    record.seen.serial = number(line, "event", 0) << 10 | play->settings.shard;
    size_t which = record.seen.subscription - 1;
    record.seen.count = has(line, "event") ? 0 : line->talker->events[which]; /* all that it was told */
    for (uint32_t i = 0; i < line->talker->events[which] && i < EVENTS; i++)
        if (line->talker->told[which][i] == record.seen.serial)
            record.seen.count = i + 1;
    send(play, line, &record);
}

static void play_welcomes(struct play *play, struct line *line) { send(play, line, &(struct record){ .kind = KIND_WELCOME }); }

/* What only shards say to each other. */
static void play_admits(struct play *play, struct line *line) { send(play, line, &(struct record){ .kind = KIND_ADMIT, .admit.session = 99 }); }
static void play_dismisses(struct play *play, struct line *line)
{
    send(play, line, &(struct record){ .kind = KIND_DISMISS, .dismiss.session = talker_named(play, object(line))->session });
}

static const struct { const char *verb; void (*play)(struct play *, struct line *); } verbs[] = {
    { "joins", play_joins },         { "offers", play_offers },       { "requires", play_requires },
    { "retains", play_retains },
    { "demands", play_demands },     { "completes", play_completes }, { "retracts", play_retracts },
    { "withdraws", play_withdraws }, { "disposes", play_disposes },   { "cancels", play_cancels },
    { "beats", play_beats },         { "leaves", play_leaves },       { "dies", play_dies },
    { "subscribes", play_subscribes }, { "unsubscribes", play_unsubscribes }, { "acks", play_acks },
    { "sees", play_sees },           { "selects", play_selects },     { "welcomes", play_welcomes },
    { "admits", play_admits },       { "dismisses", play_dismisses }, { "describes", play_describes },
    { "serves", play_serves },
};

/* "pool KEY NUMBER": milliseconds, bytes or a count. */
static bool set_pool(struct play *play, const char *key, uint64_t amount)
{
    struct pool_settings *settings = &play->settings;
    if (strcmp(key, "lease") == 0)
        settings->lease = amount * NANOSECONDS_PER_MILLISECOND;
    else if (strcmp(key, "ack-timeout") == 0)
        settings->ack_timeout = amount * NANOSECONDS_PER_MILLISECOND;
    else if (strcmp(key, "inline-budget") == 0)
        settings->inline_budget = amount;
    else if (strcmp(key, "memory-budget") == 0)
        settings->memory_budget = amount;
    else if (strcmp(key, "fact-bytes") == 0)
        settings->fact_bytes = amount;
    else if (strcmp(key, "event-window") == 0)
        settings->event_window = (uint32_t)amount;
    else if (strcmp(key, "event-linger") == 0)
        settings->event_linger = amount * NANOSECONDS_PER_MILLISECOND;
    else if (strcmp(key, "shards") == 0)
        settings->shards = (uint16_t)amount;
    else if (strcmp(key, "shard") == 0)
        settings->shard = (uint16_t)amount;
    else if (strcmp(key, "subscriptions") == 0)
        settings->subscriptions = (uint32_t)amount;
    else
        return false;
    return true;
}

static void say_fact(const struct fact *fact, void *context)
{
    struct play *play = context;
    say(play, "    * %" PRIu64 " %s", fact->serial >> 10, fact_name(fact->kind));
    if (fact->kind == FACT_INTENT)
        say(play, " to %s", fact_name(fact->intended));
    if (fact->sealed) {
        say(play, " ");
        say_text(play, seal_name(fact->sealed));
    }
    if (fact->generation)
        say(play, ", generation %" PRIu32 ", size %" PRId64, fact->generation, fact->size);
    say(play, ", by app %" PRIu64 " at %" PRIu64 "\n", fact->by ? fact->by->app : 0, fact->time / NANOSECONDS_PER_MILLISECOND);
}

/* "time passes" and tells when it wants to be asked again, or "time tells" the facts that are remembered. */
static void play_time(struct play *play, const char *verb)
{
    if (strcmp(verb, "tells") == 0) {
        facts_each(play->pool, 0, say_fact, play);
        return;
    }
    step(play, &(struct pool_input){ .kind = POOL_TICK });
    uint64_t next = pool_next_deadline(play->pool);
    if (next != NO_DEADLINE)
        say(play, "    .. until %" PRIu64 ".%06" PRIu64 "\n", next / NANOSECONDS_PER_MILLISECOND, next % NANOSECONDS_PER_MILLISECOND);
}

struct talker *talker_join(struct play *play, const char *name)
{
    if (play->talkers == MANY)
        return NULL;
    struct talker *talker = &play->talker[play->talkers++];
    snprintf(talker->name, sizeof talker->name, "%s", name);
    talker->session = play->talkers;
    return talker;
}

static void play_words(struct play *play, char **word, int words)
{
    if (words == 3 && strcmp(word[0], "pool") == 0) {
        if (play->pool || !set_pool(play, word[1], strtoull(word[2], NULL, 0)))
            play->problem = "a pool line that is not understood, or comes too late";
        return;
    }
    if (words < 4 || strcmp(word[0], "at") != 0) {
        play->problem = "a line is not 'at MILLISECONDS WHO VERB ...'";
        return;
    }
    if (!play->pool && pool_create(&play->pool, &play->settings) != MSTRO_OK)
        abort();
    play->now = strtoull(word[1], NULL, 10) * NANOSECONDS_PER_MILLISECOND;
    if (strcmp(word[2], "time") == 0) {
        play_time(play, word[3]);
        return;
    }
    if (strncmp(word[2], "shard-", 6) == 0) {
        struct line line = { .words = words - 4 };
        memcpy(line.word, word + 4, sizeof line.word[0] * (size_t)line.words);
        play_shard(play, (uint16_t)atoi(word[2] + 6), word[3], &line);
        return;
    }
    struct line line = { .talker = talker_named(play, word[2]), .words = words - 4 };
    memcpy(line.word, word + 4, sizeof line.word[0] * (size_t)line.words);
    if (strcmp(word[3], "joins") == 0 && !has(&line, "again"))
        line.talker = talker_join(play, word[2]);
    if (!line.talker) {
        play->problem = "somebody speaks who has not joined";
        return;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].verb, word[3]) == 0) {
            verbs[i].play(play, &line);
            return;
        }
    play->problem = "a verb is not known";
}

static void play_line(struct play *play, const char *line)
{
    char copy[2048], *word[WORDS + 4];
    int words = 0;
    if (line[0] == ' ') /* what came out when it was written */
        return;
    say(play, "%s\n", line);
    if (line[0] == '#' || line[0] == '\0')
        return;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *next = strtok(copy, " "); next && words < WORDS + 4; next = strtok(NULL, " "))
        word[words++] = next;
    play_words(play, word, words);
    if (play->problem)
        say(play, "    !! %s\n", play->problem);
}

char *play_text(const char *text, bool *problem)
{
    char *result = NULL, line[2048];
    size_t length = 0;
    static struct play play;
    play = (struct play){ .settings = pool_settings_default() };
    play.settings.pool = (struct id){ 1, 2 };
    play.settings.workflow = text_of("trace");
    play.settings.lease = 0; /* a trace that is about leases says so */
    if (catalogue_load_from(NULL, NULL, &play.schema) != MSTRO_OK)
        abort();
    play.text = open_memstream(&result, &length);
    for (const char *end; *text && !play.problem; text = *end ? end + 1 : end) {
        end = line_end(text);
        snprintf(line, sizeof line, "%.*s", (int)(end - text), text);
        play_line(&play, line);
    }
    *problem = play.problem != NULL;
    pool_destroy(play.pool);
    pool_outputs_release(&play.out);
    schema_release(play.schema);
    fclose(play.text);
    return result;
}
