/* SPDX-License-Identifier: BSD-3-Clause */
/* shards.c - what the shards of a pool say to each other, as lines of a trace */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trace/play.h"

static const char *name_of_session(struct play *play, uint64_t session)
{
    const struct talker *talker = talker_of(play, session);
    return talker ? talker->name : "?";
}

void say_to_shard(struct play *play, uint16_t shard, const struct record *record)
{
    say(play, "    -> shard %u: %s ", shard, record_name(record->kind));
    switch (record->kind) {
    case KIND_ADMIT:
        say(play, "%s, " TEXT_FORMAT ".%" PRId64 " as app %" PRIu64, name_of_session(play, record->admit.session),
            TEXT_ARGUMENTS(record->admit.component), record->admit.index, record->admit.app);
        break;
    case KIND_DONE:
        say(play, "with %s of %s", record_name(record->done.kind), name_of_session(play, record->done.session));
        say_status(play, record->done.status, (struct text){ 0 });
        break;
    case KIND_PREPARE:
        say(play, "of %s", name_of_session(play, record->prepare.session));
        break;
    case KIND_PREPARED:
        say(play, "of %s, %" PRIu32 " members", name_of_session(play, record->prepared.session), record->prepared.members);
        break;
    case KIND_COMMIT:
        say(play, "of %s, commit %" PRIu64, name_of_session(play, record->commit.session), record->commit.commit >> 10);
        break;
    case KIND_COMMITTED:
        say(play, "of %s, %" PRIu32 " members", name_of_session(play, record->committed.session), record->committed.members);
        break;
    case KIND_DISMISS:
        say(play, "%s", name_of_session(play, record->dismiss.session));
        say_status(play, record->dismiss.status, record->dismiss.reason);
        break;
    case KIND_LATE: {
        const struct talker *talker = talker_of(play, record->late.session);
        say(play, "%s of %s", talker->name, talker->subscription[record->late.subscription - 1]);
        break;
    }
    default:
        break;
    }
    say(play, "\n");
}

/* ---- what other shards say: "shard-1 knows a" ---- */

static bool play_shard_admits(struct play *play, struct line *line, struct record *record)
{
    record->admit = (struct record_admit){ .session = line->talker->session, .app = number(line, "app", 0), .component = text_of(line->talker->name),
                                           .host = text_of("node1"), .pid = 1000 + line->talker->session, .serving = bytes_of("endpoint", 8) };
    (void)play;
    return true;
}

static bool play_shard_knows(struct play *play, struct line *line, struct record *record)
{
    (void)play;
    record->done = (struct record_done){ .session = line->talker->session, .kind = KIND_ADMIT, .status = has(line, "not") ? MSTRO_NOMEM : MSTRO_OK };
    return true;
}

/* "dismisses a PEER_LOST reason ..." */
static bool play_shard_dismisses(struct play *play, struct line *line, struct record *record)
{
    mstro_status status = MSTRO_OK;
    (void)play;
    for (; line->words > 1; status++)
        if (strcmp(mstro_status_name(status) + strlen("MSTRO_"), line->word[1]) == 0)
            break;
    record->dismiss = (struct record_dismiss){ .session = line->talker->session, .status = status, .reason = rest_of(line, 2) };
    return true;
}

/* "asks-about a set op 7" */
static bool play_shard_asks(struct play *play, struct line *line, struct record *record)
{
    (void)play;
    record->prepare = (struct record_prepare){ .session = line->talker->session, .op = number(line, "op", 0), .group = handle_of(line->talker, line->word[1]) };
    return line->words > 1;
}

/* "has-prepared a set members 2 op 7": 7 is that of the group's OFFER. */
static bool play_shard_prepared(struct play *play, struct line *line, struct record *record)
{
    (void)play;
    record->prepared = (struct record_prepared){ .session = line->talker->session, .op = number(line, "op", line->talker->ops),
                                                 .group = handle_of(line->talker, line->word[1]), .members = (uint32_t)number(line, "members", 0) };
    return line->words > 1;
}

/* "commits a set op 7 commit 3" */
static bool play_shard_commits(struct play *play, struct line *line, struct record *record)
{
    (void)play;
    record->commit = (struct record_commit){ .session = line->talker->session, .op = number(line, "op", 0), .group = handle_of(line->talker, line->word[1]),
                                             .commit = number(line, "commit", 0) << 10 };
    return line->words > 1;
}

/* "has-shown a set members 2 op 7": 7 is that of the group's OFFER. */
static bool play_shard_shows(struct play *play, struct line *line, struct record *record)
{
    (void)play;
    record->committed = (struct record_committed){ .session = line->talker->session, .op = number(line, "op", line->talker->ops),
                                                   .group = handle_of(line->talker, line->word[1]), .members = (uint32_t)number(line, "members", 0) };
    return line->words > 1;
}

/* "was-kept-by s of all": an operation has waited for its ack for too long. */
static bool play_shard_waited(struct play *play, struct line *line, struct record *record)
{
    (void)play;
    const struct talker *talker = line->talker;
    const char *label = value(line, "of", "all");
    record->late.session = talker->session;
    for (uint32_t i = 0; i < talker->subscriptions; i++)
        if (strcmp(talker->subscription[i], label) == 0)
            record->late.subscription = i + 1;
    return true;
}

static const struct { const char *verb; enum record_kind kind; bool (*fill)(struct play *, struct line *, struct record *); } shard_verbs[] = {
    { "admits", KIND_ADMIT, play_shard_admits },
    { "knows", KIND_DONE, play_shard_knows },
    { "dismisses", KIND_DISMISS, play_shard_dismisses },
    { "asks-about", KIND_PREPARE, play_shard_asks },
    { "has-prepared", KIND_PREPARED, play_shard_prepared },
    { "commits", KIND_COMMIT, play_shard_commits },
    { "has-shown", KIND_COMMITTED, play_shard_shows },
    { "was-kept-by", KIND_LATE, play_shard_waited },
};

void play_shard(struct play *play, uint16_t shard, const char *verb, struct line *line)
{
    struct record record = { 0 };
    for (size_t i = 0; i < sizeof shard_verbs / sizeof shard_verbs[0]; i++) {
        if (strcmp(shard_verbs[i].verb, verb) != 0)
            continue;
        record.kind = shard_verbs[i].kind;
        line->talker = record.kind == KIND_ADMIT ? talker_join(play, object(line)) : talker_named(play, object(line));
        if (line->talker && shard_verbs[i].fill(play, line, &record)) {
            step(play, &(struct pool_input){ .kind = POOL_SHARD, .shard = shard, .record = &record });
            return;
        }
    }
    play->problem = "a shard says what shards do not say, or of somebody unknown";
}
