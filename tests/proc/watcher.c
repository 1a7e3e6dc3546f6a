/* SPDX-License-Identifier: BSD-3-Clause */
/* watcher.c - a process that offers many objects, or is told of them, as the lines on its stdin say
 *
 * Each line is one call, each answer one line: the status, then what there is to say.  It dies with whoever started it.
 *
 *     init COMPONENT                 finalize
 *     offers COUNT PREFIX            offer and withdraw PREFIX0, PREFIX1 ...; answers the milliseconds of the longest OFFER
 *     again COUNT NAME               the same with one name, as often
 *     offer NAME                     and leave it so
 *     subscribe KINDS OPTIONS WORD...
 *         most=N bytes=N full=hold|end late=end wait=MILLISECONDS name=NAME durable shared from=standing|past|mark|serial:N|CURSOR
 *         answers the milliseconds that it took
 *     mark MILLISECONDS              remember this moment for from=mark, an age, and return when so much time has passed since
 *     take COUNT                     take events until there were so many, OVERFLOW's count included
 *         answers "told=N missing=N again=N first=NAME serial=N gaps=N wrong=N shards=N" of what was taken in this call: the serial of the last; how many
 *         OVERFLOWs; how many events came not behind what had come from their shard, an OVERFLOW's first to last included; from how many
 *     ack                            acknowledge what was taken since the last time
 *     flush                          return when every shard has all that was said before
 *     cursor  dispose  forget */
#include <maestro/maestro.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum { LINE_MAX_LENGTH = 8192, NAME_LENGTH = 64 };

static mstro_subscription subscription;
static mstro_pool_event taken; /* and not acknowledged */
static bool wants_ack;
static mstro_nanosec_t mark;

static void answer(mstro_status status, const char *text)
{
    printf("%s %s\n", mstro_status_name(status), status == MSTRO_OK ? text : mstro_error_detail());
    fflush(stdout);
}

/* ---- offering ---- */

static mstro_status offer_and_withdraw(const char *name, mstro_nanosec_t *longest)
{
    mstro_cdo cdo;
    mstro_status s = mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo);
    mstro_nanosec_t begin = mstro_clock();
    if (s == MSTRO_OK)
        s = mstro_cdo_offer(cdo);
    if (mstro_clock() - begin > *longest)
        *longest = mstro_clock() - begin;
    if (s == MSTRO_OK)
        s = mstro_cdo_withdraw(cdo);
    return s == MSTRO_OK ? mstro_cdo_dispose(cdo) : s;
}

static void offer_many(char *rest, const char *format)
{
    char prefix[NAME_LENGTH], name[NAME_LENGTH + 24], text[32];
    unsigned long count = 0;
    mstro_nanosec_t longest = 0;
    mstro_status s = MSTRO_OK;
    sscanf(rest, "%lu %63s", &count, prefix);
    for (unsigned long i = 0; s == MSTRO_OK && i < count; i++) {
        snprintf(name, sizeof name, format, prefix, i);
        s = offer_and_withdraw(name, &longest);
    }
    snprintf(text, sizeof text, "%lu", (unsigned long)(longest / 1000000));
    answer(s, text);
}

static void do_offers(char *rest) { offer_many(rest, "%s%lu"); }
static void do_again(char *rest) { offer_many(rest, "%s"); }

static void do_offer(char *rest)
{
    mstro_cdo cdo;
    mstro_status s = mstro_cdo_declare(rest, MSTRO_ATTR_DEFAULT, &cdo);
    answer(s == MSTRO_OK ? mstro_cdo_offer(cdo) : s, "");
}

/* ---- being told ---- */

static void read_word(struct mstro_subscription_terms *terms, char *word)
{
    char *value = strchr(word, '=');
    value = value ? value + 1 : word;
    terms->durable = terms->durable || strcmp(word, "durable") == 0;
    terms->shared = terms->shared || strcmp(word, "shared") == 0;
    if (strncmp(word, "most=", 5) == 0)
        terms->max_events = strtoull(value, NULL, 10);
    else if (strncmp(word, "bytes=", 6) == 0)
        terms->max_bytes = strtoull(value, NULL, 10);
    else if (strncmp(word, "wait=", 5) == 0)
        terms->hold_time = strtoull(value, NULL, 10) * 1000000;
    else if (strncmp(word, "full=", 5) == 0)
        terms->when_full = strcmp(value, "hold") == 0 ? MSTRO_SUBSCRIPTION_FULL_HOLD : MSTRO_SUBSCRIPTION_FULL_END;
    else if (strncmp(word, "late=", 5) == 0)
        terms->when_late = MSTRO_SUBSCRIPTION_LATE_END;
    else if (strncmp(word, "name=", 5) == 0)
        terms->name = value;
    else if (strcmp(word, "from=standing") == 0)
        terms->start = MSTRO_SUBSCRIPTION_START_STANDING;
    else if (strcmp(word, "from=past") == 0) {
        terms->start = MSTRO_SUBSCRIPTION_START_AGE;
        terms->age = UINT64_MAX;
    } else if (strcmp(word, "from=mark") == 0) {
        terms->start = MSTRO_SUBSCRIPTION_START_AGE;
        terms->age = mstro_clock() - mark;
    } else if (strncmp(word, "from=serial:", 12) == 0) {
        terms->start = MSTRO_SUBSCRIPTION_START_SERIAL;
        terms->serial = strtoull(word + 12, NULL, 10);
    } else if (strncmp(word, "from=", 5) == 0) {
        terms->start = MSTRO_SUBSCRIPTION_START_CURSOR;
        terms->cursor = value;
    }
}

enum { SHARDS_MAX = 1024 };

static uint64_t newest[SHARDS_MAX]; /* serial that the subscription has been told, or told to be missing, from each shard */

static void do_subscribe(char *rest)
{
    struct mstro_subscription_terms terms = { 0 };
    char text[32];
    mstro_nanosec_t begin = mstro_clock();
    char *kinds = strtok(rest, " "), *options = strtok(NULL, " ");
    for (char *word; (word = strtok(NULL, " "));)
        read_word(&terms, word);
    memset(newest, 0, sizeof newest);
    wants_ack = strtol(options, NULL, 0) & MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK;
    mstro_status s = mstro_subscribe_with(NULL, (mstro_pool_event_kind)strtol(kinds, NULL, 0), (enum mstro_subscription_opts)strtol(options, NULL, 0),
                                          &terms, &subscription);
    snprintf(text, sizeof text, "%lu", (unsigned long)((mstro_clock() - begin) / 1000000));
    answer(s, text);
}

/* Time itself is what an age is about. */
static void do_mark(char *rest)
{
    mark = mstro_clock();
    mstro_nanosec_t end = mark + strtoull(rest, NULL, 10) * 1000000;
    while (mstro_clock() <= end)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    answer(MSTRO_OK, "");
}

struct summary { unsigned long told, missing, again, gaps, wrong, shards; uint64_t serial; char first[NAME_LENGTH]; };

static void check_order(struct summary *all, mstro_pool_event e)
{
    bool gap = e->kind == MSTRO_POOL_EVENT_OVERFLOW;
    uint64_t first = gap ? e->overflow.first_serial : e->serial, last = gap ? e->overflow.last_serial : e->serial;
    uint64_t *behind = &newest[last % SHARDS_MAX];
    bool fits = gap ? last == e->serial && first % SHARDS_MAX == last % SHARDS_MAX && e->overflow.count <= (last - first) / SHARDS_MAX + 1 : true;
    all->gaps += gap;
    all->wrong += !fits || first <= *behind || last < first;
    all->shards += *behind == 0;
    *behind = last;
}

static void count_event(struct summary *all, mstro_pool_event e)
{
    all->serial = e->serial;
    check_order(all, e);
    if (e->kind == MSTRO_POOL_EVENT_OVERFLOW) {
        all->missing += e->overflow.count;
        return;
    }
    if (all->told++ == 0)
        snprintf(all->first, sizeof all->first, "%.60s", e->offer.cdo_name);
    all->again += e->again;
}

static void keep(mstro_pool_event events)
{
    mstro_pool_event *end = &taken;
    while (*end)
        end = &(*end)->next;
    *end = events;
}

static void do_take(char *rest)
{
    unsigned long count = strtoul(rest, NULL, 10);
    struct summary all = { 0 };
    char text[300];
    mstro_status s = MSTRO_OK;
    while (s == MSTRO_OK && all.told + all.missing < count) {
        mstro_pool_event events;
        s = mstro_subscription_wait(subscription, &events);
        for (mstro_pool_event e = events; e; e = e->next)
            count_event(&all, e);
        if (wants_ack)
            keep(events);
        else
            mstro_pool_event_dispose(events);
    }
    snprintf(text, sizeof text, "told=%lu missing=%lu again=%lu first=%s serial=%llu gaps=%lu wrong=%lu shards=%lu", all.told, all.missing, all.again, all.first,
             (unsigned long long)all.serial, all.gaps, all.wrong, all.shards);
    answer(s, text);
}

static void do_ack(char *rest)
{
    (void)rest;
    mstro_status s = mstro_subscription_ack(subscription, taken);
    mstro_pool_event_dispose(taken);
    taken = NULL;
    answer(s, "");
}

static void do_cursor(char *rest)
{
    char *text;
    (void)rest;
    mstro_status s = mstro_subscription_cursor(subscription, &text);
    answer(s, text ? text : "");
    free(text);
}

/* A subscription goes to every shard, behind what went there before. */
static void do_flush(char *rest)
{
    mstro_subscription other;
    (void)rest;
    mstro_status s = mstro_subscribe(NULL, MSTRO_POOL_EVENT_APP_JOIN, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &other);
    answer(s == MSTRO_OK ? mstro_subscription_dispose(other) : s, "");
}

static void do_dispose(char *rest)
{
    (void)rest;
    answer(mstro_subscription_dispose(subscription), "");
}

static void do_forget(char *rest)
{
    (void)rest;
    answer(mstro_subscription_forget(subscription), "");
}

static void do_init(char *rest) { answer(mstro_init(NULL, rest, 0), ""); }

static void do_finalize(char *rest)
{
    (void)rest;
    answer(mstro_finalize(), "");
}

static const struct { const char *verb; void (*call)(char *rest); } calls[] = {
    { "init", do_init },       { "finalize", do_finalize }, { "offers", do_offers }, { "again", do_again },     { "offer", do_offer },   { "subscribe", do_subscribe },
    { "take", do_take },       { "ack", do_ack },           { "cursor", do_cursor }, { "dispose", do_dispose }, { "forget", do_forget }, { "flush", do_flush },
    { "mark", do_mark },
};

int main(void)
{
    char line[LINE_MAX_LENGTH];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = strchr(line, ' ');
        if (rest)
            *rest++ = '\0';
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
            if (strcmp(calls[i].verb, line) == 0)
                calls[i].call(rest ? rest : line + strlen(line));
    }
    return 0;
}
