/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads between two processes: every way and size, readers and holders that are killed or stand still. */
#include "config.h"

#include "tests/lib/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/fabric/chaos.h"
#include "lib/transport/mover.h"
#include "lib/transport/serving.h"
#include "lib/transport/words.h"
#include "tests/lib/slowness.h"
#include "tests/proc/partner.h"

#define MIB ((uint64_t)1 << 20)

/* ---- a holder: what both programs use ---- */

struct holder {
    struct fabric *fabric;
    struct serving *serving;
    struct words words;
    uint64_t *word;
    struct region *region, *word_region;
    unsigned char *bytes;
    struct payload_source source;
    uint64_t hash;
};

static bool holder_open(struct holder *h)
{
    memset(h, 0, sizeof *h);
    words_init(&h->words, random_word(random_kernel));
    return !fabric_open(&(struct fabric_options){ .providers = "tcp" }, &h->fabric) && !serving_open(h->fabric, &h->serving);
}

static void holder_withdraw(struct holder *h)
{
    words_give(&h->words, h->word);
    region_close(h->word_region);
    region_close(h->region);
    free(h->bytes);
    h->word = NULL;
    h->region = h->word_region = NULL;
    h->bytes = NULL;
}

/* The old bytes are never 0xEE. */
static bool holder_offer(struct holder *h, uint64_t length)
{
    struct node self;
    holder_withdraw(h);
    h->bytes = malloc(length + 8);
    if (!h->bytes || node_self(&self) || !(h->word = words_take(&h->words)))
        return false;
    for (uint64_t i = 0; i < length; i += 8) {
        uint64_t v = (i * 0x9e3779b97f4a7c15u) & 0x7f7f7f7f7f7f7f7fu;
        memcpy(h->bytes + i, &v, 8);
    }
    h->source = (struct payload_source){ .node = self.id, .process = self.process, .shown = true, .length = length, .valid = *h->word };
    h->source.data.address = (uintptr_t)h->bytes;
    h->source.word.address = (uintptr_t)h->word;
    if (length && region_register(h->fabric, h->bytes, length, &h->region))
        return false;
    if (length) {
        h->source.data.base = region_base(h->region);
        h->source.data.key = region_key(h->region);
    }
    h->source.serving_length = serving_address(h->serving, h->source.serving);
    h->hash = XXH3_64bits(h->bytes, length);
    if (region_register(h->fabric, h->word, sizeof *h->word, &h->word_region))
        return false;
    h->source.word.base = region_base(h->word_region);
    h->source.word.key = region_key(h->word_region);
    return true;
}

static void holder_close(struct holder *h)
{
    holder_withdraw(h);
    words_release(&h->words);
    serving_close(h->serving);
    fabric_close(h->fabric);
}

/* ---- the partner as a holder.  'o' and a length: offer; 'r': cut all readers ---- */

static int run_holder(int socket)
{
    struct holder h;
    char command;
    if (!holder_open(&h))
        return 2;
    while ((command = command_poll(socket)) != 'q') {
        uint64_t length;
        if (command == 'o' && (!block_receive(socket, &length, sizeof length) || !holder_offer(&h, length)))
            return 3;
        if (command == 'r') {
            if (serving_reopen(h.serving))
                return 4;
            h.source.serving_length = serving_address(h.serving, h.source.serving);
        }
        if (command && (!block_send(socket, &h.source, sizeof h.source) || !block_send(socket, &h.hash, sizeof h.hash)))
            return 5;
        fabric_progress(h.fabric, MILLISECONDS(5));
    }
    holder_close(&h);
    return 0;
}

/* ---- the partner as a reader: reads what it is told, says how it went ---- */

struct told { int32_t outcome, status; uint64_t overwritten; };

static int run_reader(int socket)
{
    struct fabric *f;
    struct reader *r;
    struct payload_source source;
    if (fabric_open(&(struct fabric_options){ .providers = "tcp" }, &f) || reader_create(f, &r))
        return 2;
    while (block_receive(socket, &source, sizeof source)) {
        unsigned char *to = calloc(1, source.length);
        struct transfer m = { .source = &source, .to = to, .deadline = MILLISECONDS(30000) };
        bool said = false, ended = false;
        if (mover_start(&m, TRANSPORT_RMA, r))
            return 3;
        while (!ended) {
            ended = mover_step(&m, MILLISECONDS(1));
            if (!said && m.next * 4 > source.length && !block_send(socket, "m", 1)) /* a quarter was asked for */
                return 4;
            said |= m.next * 4 > source.length;
        }
        struct told told = { m.outcome, m.status, 0 };
        for (uint64_t i = 0; i < source.length; i++)
            told.overwritten += to[i] == 0xEE;
        free(to);
        if (!said && !block_send(socket, "m", 1))
            return 4;
        if (!block_send(socket, &told, sizeof told))
            return 4;
    }
    reader_destroy(r);
    return 0;
}

/* ---- this process as a reader ---- */

struct scene {
    struct partner partner;
    struct reader *reader;
    struct payload_source source;
    uint64_t hash;
};

static void scene_open(struct scene *s, const struct chaos_options *chaos)
{
    struct fabric *f;
    memset(s, 0, sizeof *s);
    partner_start(&s->partner, "holder");
    assert_int_equal(fabric_open(&(struct fabric_options){ .providers = "tcp" }, &f), MSTRO_OK);
    if (chaos)
        assert_int_equal(chaos_open(f, chaos, &f), MSTRO_OK);
    assert_int_equal(reader_create(f, &s->reader), MSTRO_OK);
}

static void scene_close(struct scene *s)
{
    reader_destroy(s->reader);
    partner_end(&s->partner);
}

static void hear_source(struct scene *s)
{
    assert_true(block_receive(s->partner.socket, &s->source, sizeof s->source));
    assert_true(block_receive(s->partner.socket, &s->hash, sizeof s->hash));
}

static void ask_offer(struct scene *s, uint64_t length)
{
    assert_true(block_send(s->partner.socket, "o", 1));
    assert_true(block_send(s->partner.socket, &length, sizeof length));
    hear_source(s);
    assert_true(s->source.length == length);
}

static void fetch_all(struct scene *s, enum transport how)
{
    unsigned char *to = malloc(s->source.length + 1);
    struct transfer m = { .source = &s->source, .to = to, .deadline = MILLISECONDS(60000) };
    uint64_t begin = clock_now();
    mover_run(&m, how, s->reader, NULL, NULL);
    if (m.outcome != TRANSFER_DONE)
        fail_msg("%s of %llu bytes: %s", transport_name(how), (unsigned long long)s->source.length, m.why);
    if (s->source.length > MIB)
        print_message("# %s: %llu bytes, %.2f GB/s\n", transport_name(how), (unsigned long long)s->source.length,
                      (double)s->source.length / (double)(clock_now() - begin));
    assert_true(XXH3_64bits(to, s->source.length) == s->hash);
    free(to);
}

static void every_size_up_to_256_mib_arrives_whole(void **state)
{
    (void)state;
    const uint64_t sizes[] = { 0, 1, 4095, 65536, MIB + 1, 4 * MIB, 67 * MIB + 3, 256 * MIB };
    struct scene s;
    struct node self;
    enum transport chosen;
    scene_open(&s, NULL);
    assert_int_equal(node_self(&self), MSTRO_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ask_offer(&s, sizes[i]);
        assert_int_equal(transport_choose(&s.source, &self, NULL, &chosen), MSTRO_OK);
        assert_int_equal(chosen, TRANSPORT_CMA);
        fetch_all(&s, TRANSPORT_CMA);
        fetch_all(&s, TRANSPORT_RMA);
    }
    scene_close(&s);
}

static void transfers_larger_than_the_largest_message_arrive_whole(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, &(struct chaos_options){ .seed = 5, .largest_message = 300000 });
    ask_offer(&s, 64 * MIB + 7);
    fetch_all(&s, TRANSPORT_RMA);
    scene_close(&s);
}

enum { LARGE = 256 << 20 };

/* A scene in which 256 MiB are being read, by 'ms' from here; a part of them was asked for.  'm->to' is ours. */
static void scene_open_reading(struct scene *s, struct transfer *m, unsigned ms)
{
    scene_open(s, NULL);
    ask_offer(s, LARGE);
    *m = (struct transfer){ .source = &s->source, .to = malloc(LARGE), .deadline = MILLISECONDS(ms) };
    assert_int_equal(mover_start(m, TRANSPORT_RMA, s->reader), MSTRO_OK);
    while (m->next < s->source.length / 8)
        assert_false(mover_step(m, MILLISECONDS(1)));
}

static void scene_close_reading(struct scene *s, struct transfer *m)
{
    scene_close(s);
    free(m->to);
}

/* Go on until the transfer has ended; it has to, and not 20 s after 'due'. */
static void read_to_the_end(struct transfer *m, uint64_t due)
{
    while (!mover_step(m, MILLISECONDS(100)) && clock_now() < due + 20 * NANOSECONDS_PER_SECOND)
        ;
    assert_true(m->ended);
}

static void stop_holder(struct scene *s)
{
    kill(s->partner.process, SIGSTOP);
    assert_true(process_wait_stopped(s->partner.process));
}

static void killed_holder_ends_the_transfer_within_a_tenth_of_a_second(void **state)
{
    (void)state;
    struct scene s;
    struct transfer m;
    scene_open_reading(&s, &m, 60000);
    uint64_t killed = clock_now();
    kill(s.partner.process, SIGKILL);
    read_to_the_end(&m, killed);
    uint64_t ended = clock_now();
    assert_int_equal(m.outcome, TRANSFER_FAILED);
    assert_int_equal(m.status, MSTRO_PEER_LOST);
    waitpid(s.partner.process, NULL, 0);
    uint64_t gone = clock_now();
    print_message("# killed: %s, after %.1f ms (teardown %.1f ms)\n", m.why, (double)(ended - killed) / 1e6, (double)(gone - killed) / 1e6);
    assert_true(ended < gone + SLOWER * 100 * NANOSECONDS_PER_MILLISECOND);
    s.partner.process = 0;
    assert_int_equal(reader_links(s.reader), 0);
    scene_close_reading(&s, &m);
}

/* What this process writes to stderr goes to the file until it is given back. */
static int take_stderr(FILE *file)
{
    int own = dup(STDERR_FILENO);
    assert_true(own >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    return own;
}

static void give_stderr_back(int own, FILE *file, char *said, size_t size)
{
    dup2(own, STDERR_FILENO);
    close(own);
    rewind(file);
    said[fread(said, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void stopped_holder_costs_the_deadline_and_can_be_read_again_later(void **state)
{
    (void)state;
    struct scene s;
    struct transfer m;
    char said[1000];
    FILE *file = tmpfile();
    assert_non_null(file);
    scene_open_reading(&s, &m, 2500 * SLOWER);
    stop_holder(&s);
    int own = take_stderr(file);
    read_to_the_end(&m, m.deadline);
    give_stderr_back(own, file, said, sizeof said);
    assert_non_null(strstr(said, "nothing has come from process")); /* before the deadline */
    assert_null(strstr(strstr(said, "nothing has come") + 1, "nothing has come")); /* once */
    assert_int_equal(m.status, MSTRO_TIMEOUT);
    assert_true(clock_now() < m.deadline + SLOWER * 200 * NANOSECONDS_PER_MILLISECOND);
    unsigned char *to = m.to;
    memset(to, 0x5A, LARGE); /* ours again */
    kill(s.partner.process, SIGCONT);
    fetch_all(&s, TRANSPORT_RMA);
    for (uint64_t i = 0; i < LARGE; i += 257)
        if (to[i] != 0x5A)
            fail_msg("the buffer was written after the transfer had ended");
    scene_close_reading(&s, &m);
}

static void cut_link_ends_the_transfer_from_a_stopped_holder_at_once(void **state)
{
    (void)state;
    struct scene s;
    struct transfer m;
    scene_open_reading(&s, &m, 60000);
    stop_holder(&s);
    uint64_t begin = clock_now();
    reader_cut(s.reader, bytes_of(s.source.serving, s.source.serving_length));
    assert_true(mover_step(&m, MILLISECONDS(10)));
    assert_int_equal(m.status, MSTRO_PEER_LOST);
    assert_true(clock_now() - begin < SLOWER * 100 * NANOSECONDS_PER_MILLISECOND);
    scene_close_reading(&s, &m);
}

static void healthy_reader_that_is_cut_hears_so_soon_and_comes_back_with_the_new_address(void **state)
{
    (void)state;
    struct scene s;
    struct transfer m;
    scene_open_reading(&s, &m, 60000);
    struct payload_source old = s.source;
    m.source = &old;
    uint64_t begin = clock_now();
    assert_true(block_send(s.partner.socket, "r", 1));
    read_to_the_end(&m, begin);
    assert_int_equal(m.outcome, TRANSFER_FAILED);
    assert_int_equal(m.status, MSTRO_PEER_LOST);
    assert_true(clock_now() - begin < SLOWER * 500 * NANOSECONDS_PER_MILLISECOND);
    hear_source(&s);
    assert_memory_not_equal(old.serving, s.source.serving, old.serving_length);
    fetch_all(&s, TRANSPORT_RMA);
    begin = clock_now();
    struct transfer stale = { .source = &old, .to = m.to, .deadline = MILLISECONDS(60000) }; /* nobody is there any more */
    mover_run(&stale, TRANSPORT_RMA, s.reader, NULL, NULL);
    assert_int_equal(stale.outcome, TRANSFER_FAILED);
    assert_true(clock_now() - begin < 1500 * NANOSECONDS_PER_MILLISECOND);
    scene_close_reading(&s, &m);
}

/* ---- this process as a holder whose reader stands still ---- */

static uint64_t dice;

/* A reader is stopped somewhere in its read, the bytes are taken back and written over, the reader goes on. */
static struct told stop_reader_and_overwrite(struct holder *h, struct partner *p, bool cut)
{
    struct told told;
    char middle = 0;
    uint64_t deadline = MILLISECONDS(60000);
    assert_true(holder_offer(h, 96 * MIB));
    assert_true(block_send(p->socket, &h->source, sizeof h->source));
    while ((middle = command_poll(p->socket)) == 0 && clock_now() < deadline)
        fabric_progress(h->fabric, MILLISECONDS(1));
    assert_int_equal(middle, 'm');
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    uint64_t later = clock_now() + (dice >> 33) % (6 * NANOSECONDS_PER_MILLISECOND);
    while (clock_now() < later)
        fabric_progress(h->fabric, later);
    kill(p->process, SIGSTOP);
    assert_true(process_wait_stopped(p->process));
    for (uint64_t until = MILLISECONDS(5); clock_now() < until;) /* what the sockets hold is filled */
        fabric_progress(h->fabric, until);
    words_give(&h->words, h->word);
    h->word = NULL;
    if (cut)
        assert_int_equal(serving_reopen(h->serving), MSTRO_OK);
    memset(h->bytes, 0xEE, 96 * MIB);
    kill(p->process, SIGCONT);
    size_t have = 0;
    while (have < sizeof told && clock_now() < deadline) {
        fabric_progress(h->fabric, MILLISECONDS(1));
        ssize_t count = recv(p->socket, (char *)&told + have, sizeof told - have, MSG_DONTWAIT);
        have += count > 0 ? (size_t)count : 0;
    }
    assert_int_equal(have, sizeof told);
    return told;
}

static void stopped_reader_never_takes_overwritten_bytes_for_valid(bool cut)
{
    struct holder h;
    struct partner p;
    unsigned done = 0, withdrawn = 0, lost = 0, torn = 0;
    partner_start(&p, "reader");
    assert_true(holder_open(&h));
    for (int round = 0; round < 12; round++) {
        struct told told = stop_reader_and_overwrite(&h, &p, cut);
        if (told.outcome == TRANSFER_DONE && told.overwritten)
            fail_msg("round %d: a read ended well with %llu overwritten bytes", round, (unsigned long long)told.overwritten);
        if (cut && told.overwritten)
            fail_msg("round %d: %llu overwritten bytes reached a reader that was cut", round, (unsigned long long)told.overwritten);
        if (told.outcome == TRANSFER_FAILED && told.status != MSTRO_PEER_LOST)
            print_message("# round %d: %s\n", round, mstro_status_name((mstro_status)told.status));
        done += told.outcome == TRANSFER_DONE;
        withdrawn += told.outcome == TRANSFER_WITHDRAWN;
        lost += told.outcome == TRANSFER_FAILED && told.status == MSTRO_PEER_LOST;
        torn += told.overwritten > 0;
    }
    print_message("# 12 reads of a stopped reader: %u done before, %u withdrawn, %u cut, %u with overwritten bytes\n", done, withdrawn, lost, torn);
    assert_int_equal(done + withdrawn + lost, 12);
    assert_true(cut ? lost > 0 : withdrawn > 0 && torn > 0); /* else nothing was shown */
    holder_close(&h);
    partner_end(&p);
}

static void word_alone_tells_a_stopped_reader_that_its_bytes_were_overwritten(void **state)
{
    (void)state;
    stopped_reader_never_takes_overwritten_bytes_for_valid(false);
}

static void reopened_serving_endpoint_keeps_overwritten_bytes_from_a_stopped_reader(void **state)
{
    (void)state;
    stopped_reader_never_takes_overwritten_bytes_for_valid(true);
}

static void killed_reader_leaves_the_holder_able_to_serve(void **state)
{
    (void)state;
    struct holder h;
    struct partner p;
    assert_true(holder_open(&h));
    for (int round = 0; round < 3; round++) {
        char middle = 0;
        uint64_t deadline = MILLISECONDS(30000);
        partner_start(&p, "reader");
        assert_true(holder_offer(&h, 96 * MIB));
        assert_true(block_send(p.socket, &h.source, sizeof h.source));
        while ((middle = command_poll(p.socket)) == 0 && clock_now() < deadline)
            fabric_progress(h.fabric, MILLISECONDS(1));
        assert_int_equal(middle, 'm');
        partner_end(&p);
        fabric_progress(h.fabric, MILLISECONDS(5));
    }
    struct told told;
    size_t have = 0;
    uint64_t deadline = MILLISECONDS(30000);
    partner_start(&p, "reader");
    assert_true(holder_offer(&h, 5 * MIB));
    assert_true(block_send(p.socket, &h.source, sizeof h.source));
    while (command_poll(p.socket) == 0 && clock_now() < deadline)
        fabric_progress(h.fabric, MILLISECONDS(1));
    while (have < sizeof told && clock_now() < deadline) {
        fabric_progress(h.fabric, MILLISECONDS(1));
        ssize_t count = recv(p.socket, (char *)&told + have, sizeof told - have, MSG_DONTWAIT);
        have += count > 0 ? (size_t)count : 0;
    }
    assert_int_equal(told.outcome, TRANSFER_DONE);
    holder_close(&h);
    partner_end(&p);
}

int main(int count, char **arguments)
{
    if (count == 4 && strcmp(arguments[1], "--partner") == 0)
        return strcmp(arguments[3], "holder") == 0 ? run_holder(atoi(arguments[2])) : run_reader(atoi(arguments[2]));
    dice = (uint64_t)getpid();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_up_to_256_mib_arrives_whole),
        cmocka_unit_test(transfers_larger_than_the_largest_message_arrive_whole),
        cmocka_unit_test(killed_holder_ends_the_transfer_within_a_tenth_of_a_second),
        cmocka_unit_test(stopped_holder_costs_the_deadline_and_can_be_read_again_later),
        cmocka_unit_test(cut_link_ends_the_transfer_from_a_stopped_holder_at_once),
        cmocka_unit_test(healthy_reader_that_is_cut_hears_so_soon_and_comes_back_with_the_new_address),
        cmocka_unit_test(word_alone_tells_a_stopped_reader_that_its_bytes_were_overwritten),
        cmocka_unit_test(reopened_serving_endpoint_keeps_overwritten_bytes_from_a_stopped_reader),
        cmocka_unit_test(killed_reader_leaves_the_holder_able_to_serve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
