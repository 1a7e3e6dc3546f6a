/* SPDX-License-Identifier: BSD-3-Clause */
/* remote.c - frames over the fabric, and a witness that says when the pool is gone
 *
 * The way to a shard of the pool is opened when something is to be said to it: a peer, an outbox and keys of its own.
 * What comes is copied into an inbox by whoever moves the fabric on (poll or sleep) and taken out by poll.  A thread of its own
 * watches the witness (watch.h). */
#include "lib/client/remote.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/cache_line.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/setting.h"
#include "lib/client/reach.h"
#include "lib/client/remote_greeting.h"
#include "lib/client/watch.h"
#include "lib/fabric/rings.h"
#include "lib/serve/outbox.h"
#include "lib/serve/rings_door.h"
#include "lib/serve/witness.h"

#define JOIN_TIME (10 * NANOSECONDS_PER_SECOND)
#define OUTBOX_LIMIT ((size_t)256 * 1024 * 1024)
#define LOOK_INTERVAL UINT64_C(5000) /* ns; a look is a system call or two */
#define KEEP_TIME UINT64_C(250000) /* how long a record may wait for others */
#define EASY_LOOK_INTERVAL KEEP_TIME /* of who works, and sleeps when it must have an answer */
#define STREAM_TIME UINT64_C(400000) /* after an answer others are expected to follow */
/* Whether the pool lives is what the witness says; a pool that is paused is waited for. */
#define PATIENCE (60 * NANOSECONDS_PER_SECOND)

struct letter {
    struct letter *next;
    size_t length;
    uint8_t frame[];
};

/* To one shard. */
struct way {
    struct list opened;   /* [token] in remote_link.opened, empty before */
    size_t address_length;
    uint8_t address[MAX_ADDRESS];
    struct peer *peer;
    struct outbox *outbox;
    struct seal *seal;    /* [token] */
};

struct remote_link {
    struct link link;
    int witness;
    struct watch *watch;
    int shown; /* which process we are, to those of the same node who want to read from us; -1: they cannot see it, or the watch has it */
    struct fabric *fabric;
    struct endpoint *control;
    struct reach reach;
    uint8_t serving[FABRIC_ADDRESS_MAX]; /* [token] what was last said of it */
    char local[WITNESS_ADDRESS_MAX]; /* own end of the witness: the address that works between us and others */
    struct session_keys keys; /* those of the shards are made from them */
    struct way *ways;     /* by the number of the shard */
    uint16_t shards;
    struct segment segment; /* rings to the shards that have not been spoken to; none where the pool is on another node */
    struct list opened;   /* [token] the ways that are open */
    uint64_t looked;      /* [token] when the fabric was moved on last */
    uint64_t heard;       /* [token] when an answer came last */
    uint64_t kept_until;  /* [token] when what waits for more must leave; NO_DEADLINE: nothing does */
    struct arena arena;   /* [token] */
    bool told;            /* [token] the receiver knows that the link is lost */
    pthread_mutex_t lock; /* leaf; guards what follows */
    struct letter *first, *last;
    bool rung;            /* a letter has come since somebody slept: whoever sleeps next looks once */
    mstro_status lost;    /* MSTRO_OK while it is not; the first loss counts */
    char reason[256];
};

static struct remote_link *remote_of(struct link *link) { return (struct remote_link *)link; }

static void lose(void *context, mstro_status status, const char *reason)
{
    struct remote_link *l = context;
    pthread_mutex_lock(&l->lock);
    if (l->lost == MSTRO_OK) {
        l->lost = status;
        snprintf(l->reason, sizeof l->reason, "%s", reason);
    }
    pthread_mutex_unlock(&l->lock);
    if (l->fabric)
        fabric_wake(l->fabric);
}

/* ---- from the fabric, on any thread ---- */

static void received(void *context, struct bytes frame)
{
    struct remote_link *l = context;
    struct letter *letter = malloc(sizeof *letter + frame.length);
    if (!letter) {
        lose(l, MSTRO_NOMEM, "not enough memory for what the pool manager sent");
        return;
    }
    letter->next = NULL;
    letter->length = frame.length;
    memcpy(letter->frame, frame.at, frame.length);
    pthread_mutex_lock(&l->lock);
    if (l->last)
        l->last->next = letter;
    else
        l->first = letter;
    l->last = letter;
    l->rung = true;
    pthread_mutex_unlock(&l->lock);
}

static void send_waiting(struct remote_link *l, enum pace pace)
{
    uint64_t now = pace == PACE_EASY ? clock_now() : NO_DEADLINE;
    bool easy = pace == PACE_EASY && now < l->kept_until, any = false;
    list_each(link, &l->opened) {
        struct outbox *outbox = list_entry(link, struct way, opened)->outbox;
        bool kept = false;
        if ((easy ? outbox_send_some(outbox, now - l->heard < STREAM_TIME, &kept) : outbox_send(outbox)) != MSTRO_OK)
            lose(l, MSTRO_POOL_LOST, "the pool manager cannot be reached any more");
        any |= kept;
    }
    if (!any)
        l->kept_until = NO_DEADLINE;
    else if (l->kept_until == NO_DEADLINE)
        l->kept_until = now + KEEP_TIME;
}

static void peer_lost(void *context, struct peer *peer, const char *why)
{
    (void)peer;
    char reason[256];
    snprintf(reason, sizeof reason, "the pool manager cannot be reached any more: %s", why);
    lose(context, MSTRO_POOL_LOST, reason);
}

/* ---- records ---- */

static mstro_status way_open(struct remote_link *l, uint16_t shard)
{
    struct way *way = &l->ways[shard];
    struct session_keys keys;
    session_keys_of_shard(&l->keys, shard, &keys);
    way->seal = cache_lines_alloc(sizeof *way->seal);
    mstro_status status = way->seal ? outbox_create(&way->outbox, &keys, SEAL_TO_POOL, OUTBOX_LIMIT) : MSTRO_NOMEM;
    if (status == MSTRO_OK) {
        seal_init(way->seal, keys.suite, SEAL_TO_CLIENT, keys.to_client);
        status = peer_add(l->control, bytes_of(way->address, way->address_length), l, &way->peer);
    }
    if (status == MSTRO_OK && l->segment.head) {
        struct ring_pair rings = segment_pair(&l->segment, shard);
        status = peer_use_rings(way->peer, rings);
        if (status != MSTRO_OK)
            ring_pair_close(&rings);
    }
    if (status == MSTRO_OK) {
        outbox_connect(way->outbox, way->peer);
        list_append(&l->opened, &way->opened);
    }
    sodium_memzero(&keys, sizeof keys);
    return status;
}

static void way_close(struct way *way)
{
    outbox_destroy(way->outbox);
    if (way->seal)
        seal_clear(way->seal);
    free(way->seal);
}

/* NULL: it cannot be opened, and the link is lost. */
static struct way *way_to(struct remote_link *l, uint16_t shard)
{
    struct way *way = shard < l->shards ? &l->ways[shard] : NULL;
    if (way && !list_empty(&way->opened))
        return way;
    mstro_status status = !way || way->outbox ? MSTRO_FAIL : way_open(l, shard);
    if (status == MSTRO_OK)
        return way;
    log_error(LOG_CORE, "shard %u of the pool manager cannot be spoken to: %s", shard, mstro_status_description(status));
    lose(l, MSTRO_FAIL, "a shard of the pool manager cannot be spoken to");
    return NULL;
}

static void put(struct remote_link *l, uint16_t shard, const struct record *record)
{
    struct way *way = way_to(l, shard);
    if (way && outbox_put(way->outbox, record) != MSTRO_OK) {
        log_error(LOG_CORE, "%s cannot be sent: %s", record_name(record->kind), mstro_error_detail());
        lose(l, MSTRO_FAIL, "a record could not be sent");
    }
}

static void remote_send(struct link *link, uint16_t shard, const struct record *record)
{
    struct remote_link *l = remote_of(link);
    if (record->kind != KIND_JOIN || record->join.serving.length > 0) {
        put(l, shard, record);
        return;
    }
    uint8_t address[FABRIC_ADDRESS_MAX];
    struct record join = *record;
    join.join.serving = bytes_of(address, reach_serving_address(&l->reach, address));
    if (id_is_zero(join.join.node))
        join.join.node = l->reach.self.id;
    put(l, shard, &join);
}

static void remote_flush(struct link *link, enum pace pace) { send_waiting(remote_of(link), pace); }

static struct letter *take_letters(struct remote_link *l)
{
    pthread_mutex_lock(&l->lock);
    struct letter *first = l->first;
    l->first = l->last = NULL;
    pthread_mutex_unlock(&l->lock);
    return first;
}

/* The way that a frame came by; NULL: by none of ours. */
static struct way *way_of(struct remote_link *l, const struct letter *letter)
{
    struct frame_header header;
    if (frame_header_read(bytes_of(letter->frame, letter->length), &header) != MSTRO_OK)
        return NULL;
    uint16_t shard = shard_of_frame(header.session);
    return shard < l->shards && !list_empty(&l->ways[shard].opened) ? &l->ways[shard] : NULL;
}

static void read_letter(struct remote_link *l, struct letter *letter, struct link_receiver *receiver)
{
    struct frame_reader f;
    struct record record;
    mstro_status status;
    struct way *way = way_of(l, letter);
    if (!way)
        return; /* anybody may send us anything */
    switch (frame_open(&f, letter->frame, letter->length, way->seal)) {
    case SEAL_OPENED: break;
    case SEAL_GAP: lose(l, MSTRO_POOL_LOST, "frames of the pool manager were lost on the way"); return;
    case SEAL_DUPLICATE:
    case SEAL_FORGED: return;
    }
    while ((status = frame_next(&f, &l->arena, &record)) == MSTRO_OK)
        receiver->record(receiver, &record);
    arena_reset(&l->arena);
    outbox_heard(way->outbox, &f.header);
    if (status != MSTRO_NOMATCH) {
        log_error(LOG_CORE, "the pool manager sent what is no record: %s", mstro_error_detail());
        lose(l, MSTRO_INVMSG, "the pool manager broke the protocol");
    }
}

/* What came before the loss is handed over before it. */
static bool tell_loss(struct remote_link *l, struct link_receiver *receiver)
{
    pthread_mutex_lock(&l->lock);
    bool now = l->lost != MSTRO_OK && !l->told && !l->first;
    pthread_mutex_unlock(&l->lock);
    if (!now)
        return false;
    l->told = true;
    receiver->lost(receiver, l->lost, text_of(l->reason));
    return true;
}

/* Who sleeps is told of what comes; who only starts one operation after another need not look each time. */
static void look(struct remote_link *l, enum pace pace)
{
    if (pace == PACE_SLEEPS)
        return;
    uint64_t now = clock_now(), interval = pace == PACE_EASY ? EASY_LOOK_INTERVAL : LOOK_INTERVAL;
    if (now < l->looked + interval)
        return;
    fabric_progress(l->fabric, 0); /* busy: then whoever is in fills the inbox */
    l->looked = now;
}

static bool remote_poll(struct link *link, struct link_receiver *receiver, enum pace pace)
{
    struct remote_link *l = remote_of(link);
    look(l, pace);
    struct letter *first = take_letters(l);
    if (first)
        l->heard = clock_now();
    for (struct letter *next, *letter = first; letter; letter = next) {
        next = letter->next;
        read_letter(l, letter, receiver);
        free(letter);
    }
    if (first) /* what the pool takes may let go what waited for it, and it may have asked for an answer */
        send_waiting(l, pace);
    return tell_loss(l, receiver) || first != NULL;
}

static uint64_t remote_deadline(struct link *link) { return remote_of(link)->kept_until; }

static bool take_ring(struct remote_link *l)
{
    pthread_mutex_lock(&l->lock);
    bool rung = l->rung;
    l->rung = false;
    pthread_mutex_unlock(&l->lock);
    return rung;
}

/* The sleeper takes a turn afterwards, or leaves what has come to who has the token: for the same letters nobody is woken twice. */
static void remote_sleep(struct link *link, uint64_t until)
{
    struct remote_link *l = remote_of(link);
    if (take_ring(l))
        return;
    fabric_progress(l->fabric, until);
    take_ring(l);
}

static void remote_wake(struct link *link) { fabric_wake(remote_of(link)->fabric); }

/* ---- memory ---- */

static mstro_status remote_expose(struct link *link, const void *at, size_t length, struct exposure *exposure)
{
    return reach_expose(&remote_of(link)->reach, at, length, exposure);
}

static void remote_conceal(struct link *link, struct exposure *exposure)
{
    (void)link;
    reach_conceal(exposure);
}

static struct bytes remote_cut_readers(struct link *link)
{
    struct remote_link *l = remote_of(link);
    reach_cut_readers(&l->reach);
    return bytes_of(l->serving, reach_serving_address(&l->reach, l->serving));
}

static void remote_fetch(struct link *link, const struct fetch *fetch, struct client_moved *moved)
{
    reach_fetch(&remote_of(link)->reach, fetch, moved);
}

/* ---- begin and end ---- */

static void free_letters(struct remote_link *l)
{
    for (struct letter *next, *letter = take_letters(l); letter; letter = next) {
        next = letter->next;
        free(letter);
    }
}

static void remote_close(struct link *link)
{
    struct remote_link *l = remote_of(link);
    watch_stop(l->watch);
    list_each(way, &l->opened)
        outbox_connect(list_entry(way, struct way, opened)->outbox, NULL);
    if (l->control)
        endpoint_close(l->control);
    reach_release(&l->reach); /* last: whoever read from it may have broken off, and net 1.17 may crash over that in the next look */
    if (l->fabric)
        fabric_close(l->fabric);
    for (uint16_t shard = 0; shard < l->shards; shard++)
        way_close(&l->ways[shard]);
    free(l->ways);
    segment_close(&l->segment);
    free_letters(l);
    arena_release(&l->arena);
    sodium_memzero(&l->keys, sizeof l->keys);
    if (l->witness >= 0)
        close(l->witness);
    if (l->shown >= 0)
        close(l->shown);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static const struct link_operations remote_operations = {
    .send = remote_send,
    .flush = remote_flush,
    .poll = remote_poll,
    .deadline = remote_deadline,
    .sleep = remote_sleep,
    .wake = remote_wake,
    .expose = remote_expose,
    .conceal = remote_conceal,
    .cut_readers = remote_cut_readers,
    .fetch = remote_fetch,
    .close = remote_close,
};

/* The pool reaches us where our end of the witness is: that address works between the two. */
static mstro_status open_fabric(struct remote_link *l)
{
    struct fabric_options options = fabric_options_from_environment();
    options.address = l->local;
    options.lease = PATIENCE;
    const struct endpoint_events events = { .context = l, .received = received, .peer_lost = peer_lost };
    mstro_status status = rings_open(&options, &l->fabric);
    if (status == MSTRO_OK)
        status = endpoint_open(l->fabric, ENDPOINT_CONTROL, &events, &l->control);
    if (status == MSTRO_OK)
        status = reach_open(&l->reach, l->fabric, l->local);
    if (status == MSTRO_OK)
        l->link.provider = fabric_limits(l->fabric)->provider;
    return status;
}

static uint16_t shards_of(const struct record_pool_info *info)
{
    uint16_t shards = 1;
    for (uint32_t i = 0; i < info->shards.count; i++)
        if (info->shards.at[i].shard >= shards && info->shards.at[i].shard < MAX_SHARDS)
            shards = info->shards.at[i].shard + 1;
    return shards;
}

/* Where the shards are, over the provider that we have opened. */
static mstro_status find_shards(struct remote_link *l, const struct record_pool_info *info)
{
    const char *provider = fabric_limits(l->fabric)->provider;
    uint16_t shards = shards_of(info), found = 0;
    l->ways = calloc(shards, sizeof *l->ways);
    if (!l->ways)
        return MSTRO_NOMEM;
    l->shards = shards;
    for (uint16_t shard = 0; shard < shards; shard++)
        list_init(&l->ways[shard].opened);
    for (uint32_t i = 0; i < info->shards.count; i++) {
        const struct record_shard_address *at = &info->shards.at[i];
        struct way *way = at->shard < shards ? &l->ways[at->shard] : NULL;
        if (!way || way->address_length || !text_equal(at->provider, text_of(provider)) || at->address.length > sizeof way->address)
            continue;
        way->address_length = at->address.length;
        memcpy(way->address, at->address.at, at->address.length);
        found++;
    }
    if (found == shards)
        return MSTRO_OK;
    return detail_set(MSTRO_OFI_FAIL, "the pool manager listens over \"" TEXT_FORMAT "\", this process has opened \"%s\": set MSTRO_OFI_PROVIDER alike for both",
                      TEXT_ARGUMENTS(info->shards.at[0].provider), provider);
}

/* Where it fails others read from us over the fabric. */
static void show_process(struct remote_link *l, struct id pool)
{
    holders_know_self(&l->reach.holders, pool, l->keys.session);
    if (credential_show(pool, l->keys.session, &l->shown) != MSTRO_OK)
        log_warn(LOG_TRANSPORT, "%s", mstro_error_detail());
}

/* Whatever could keep us from using it must show before the pool takes it. */
static mstro_status offer_memory(struct remote_link *l, const struct record_pool_info *info)
{
    int given;
    mstro_status status = segment_create(&l->segment, l->shards, &given);
    if (status != MSTRO_OK)
        return status;
    for (uint16_t shard = 0; shard < l->shards && status == MSTRO_OK; shard++)
        status = fabric_expect_rings(l->fabric, &l->segment.pair[shard]);
    if (status == MSTRO_OK)
        status = rings_offer(info->pool, &l->keys, &l->segment, given);
    close(given);
    if (status != MSTRO_OK)
        segment_close(&l->segment);
    return status;
}

/* Before the first frame.  Where it fails all go over the network, which is no more than slower. */
static void share_memory(struct remote_link *l, const struct record_pool_info *info)
{
    bool wanted;
    mstro_status status = rings_wanted(&wanted);
    if (status == MSTRO_OK && !wanted)
        status = detail_set(MSTRO_REFUSED, "MSTRO_RINGS says so");
    else if (status == MSTRO_OK && !witness_same_host(info->witness, l->local))
        status = detail_set(MSTRO_REFUSED, "it is on another node");
    else if (status == MSTRO_OK && !fabric_takes_rings(l->fabric))
        status = detail_set(MSTRO_UNIMPL, "the network of this process does not sleep where a bell would be heard");
    else if (status == MSTRO_OK)
        status = offer_memory(l, info);
    log_info(LOG_FABRIC, "messages to the pool manager go %s%s", status == MSTRO_OK ? "through shared memory" : "over the network: ",
             status == MSTRO_OK ? "" : mstro_error_detail());
}

static mstro_status connect_to(struct remote_link *l, const struct record_pool_info *info, uint64_t deadline)
{
    mstro_status status = witness_connect(info->witness, deadline, &l->witness, l->local);
    if (status == MSTRO_OK)
        status = open_fabric(l);
    if (status == MSTRO_OK)
        status = find_shards(l, info);
    if (status == MSTRO_OK)
        status = remote_greet(&l->witness, l->local, info, endpoint_address(l->control), deadline, &l->keys);
    if (status == MSTRO_OK) {
        show_process(l, info->pool);
        share_memory(l, info);
        status = way_open(l, 0);
    }
    char there[WITNESS_ADDRESS_MAX];
    snprintf(there, sizeof there, TEXT_FORMAT, TEXT_ARGUMENTS(info->witness));
    if (status == MSTRO_OK)
        status = watch_start(&l->watch, l->witness, there, l->shown, lose, l);
    if (status == MSTRO_OK)
        l->shown = -1;
    return status;
}

mstro_status link_remote(struct link **out, const char *info, uint64_t deadline)
{
    struct remote_link *l = calloc(1, sizeof *l);
    struct record_pool_info pool;
    struct arena arena = { 0 };
    if (!l)
        return MSTRO_NOMEM;
    l->link = (struct link){ .operations = &remote_operations, .background = true };
    l->witness = l->shown = -1;
    l->kept_until = NO_DEADLINE;
    pthread_mutex_init(&l->lock, NULL);
    reach_init(&l->reach);
    list_init(&l->opened);
    mstro_status status = seal_ready() ? pool_info_decode(info, &arena, &pool) : detail_set(MSTRO_FAIL, "libsodium does not work");
    if (status == MSTRO_OK)
        status = connect_to(l, &pool, deadline == NO_DEADLINE ? clock_now() + JOIN_TIME : deadline);
    arena_release(&arena);
    if (status == MSTRO_OK)
        *out = &l->link;
    else
        remote_close(&l->link);
    return status;
}
