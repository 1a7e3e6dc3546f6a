/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/handshake.h"

#include <sodium.h>

#include "lib/base/detail.h"
#include "lib/wire/codec.h"
#include "lib/wire/rows.h"

HANDSHAKE_RECORDS(DEFINE_ENCODE)
HANDSHAKE_RECORDS(DEFINE_DECODE)

_Static_assert(crypto_scalarmult_BYTES == HANDSHAKE_KEY && crypto_scalarmult_SCALARBYTES == HANDSHAKE_KEY, "X25519");

enum { MAC_SIZE = 32 };

/* Each use of the workflow's key has a name of its own, so that no MAC fits another purpose. */
static const char *const for_challenge = "maestro challenge", *const for_proof = "maestro proof", *const for_accepted = "maestro accepted",
                  *const for_keys = "maestro session keys", *const for_shard = "maestro shard keys", *const for_rings = "maestro rings";

/* ---- messages: kind, length, fields; a MAC behind some ---- */

struct message {
    enum handshake_kind kind;
    struct bytes said; /* the record, which a MAC covers */
    struct bytes mac;  /* empty when none follows */
    struct decoder fields;
};

static mstro_status message_take(struct bytes from, struct message *m)
{
    struct reader r = reader_of(from);
    uint16_t kind = reader_u16(&r);
    uint32_t length = reader_u32(&r);
    const uint8_t *at = reader_take(&r, length);
    if (!at || (reader_left(&r) != 0 && reader_left(&r) != MAC_SIZE))
        return detail_set(MSTRO_INVMSG, "%zu bytes came that are no message of a handshake", from.length);
    *m = (struct message){
        .kind = (enum handshake_kind)kind,
        .said = bytes_of(from.at, RECORD_HEADER + length),
        .mac = bytes_of(r.at, reader_left(&r)),
        .fields = { .in = reader_of(bytes_of(at, length)) },
    };
    return MSTRO_OK;
}

static mstro_status fields_end(const struct message *m)
{
    const struct reader *in = &m->fields.in;
    return in->fault ? detail_set(MSTRO_INVMSG, "a message of a handshake: %s %s", in->field ? in->field : "it", in->fault) : MSTRO_OK;
}

/* Begin a record; returns where its length is to be written. */
static uint8_t *record_begin(struct writer *w, enum handshake_kind kind)
{
    writer_u16(w, (uint16_t)kind);
    return writer_take(w, sizeof(uint32_t));
}

/* What has been said with this record, its length filled in. */
static struct bytes record_end(struct writer *w, uint8_t *length_at)
{
    if (w->full)
        return (struct bytes){ 0 };
    uint8_t *begin = length_at - sizeof(uint16_t);
    uint32_t length = htole32((uint32_t)(w->at - begin - RECORD_HEADER));
    memcpy(length_at, &length, sizeof length);
    return bytes_of(begin, (size_t)(w->at - begin));
}

static mstro_status written(const struct writer *w)
{
    return w->full ? detail_set(MSTRO_NOMEM, "a message of a handshake does not fit into its buffer") : MSTRO_OK;
}

/* ---- transcript, MACs and keys ---- */

static void transcript_add(struct handshake *h, struct bytes said)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof h->transcript);
    crypto_generichash_update(&state, h->transcript, sizeof h->transcript);
    crypto_generichash_update(&state, said.at, said.length);
    crypto_generichash_final(&state, h->transcript, sizeof h->transcript);
}

static void mac_make(const struct handshake *h, const char *purpose, uint8_t mac[MAC_SIZE])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, h->self.workflow_key, WORKFLOW_KEY_SIZE, MAC_SIZE);
    crypto_generichash_update(&state, (const unsigned char *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&state, h->transcript, sizeof h->transcript);
    crypto_generichash_final(&state, mac, MAC_SIZE);
}

static bool mac_fits(const struct handshake *h, const char *purpose, struct bytes mac)
{
    uint8_t expected[MAC_SIZE];
    mac_make(h, purpose, expected);
    return mac.length == MAC_SIZE && sodium_memcmp(expected, mac.at, MAC_SIZE) == 0;
}

static void mac_write(const struct handshake *h, const char *purpose, struct writer *w)
{
    uint8_t mac[MAC_SIZE];
    mac_make(h, purpose, mac);
    writer_raw(w, mac, sizeof mac);
}

/* Needs both ephemeral keys and the whole of HELLO and CHALLENGE. */
static mstro_status keys_make(struct handshake *h, struct bytes peer_key)
{
    uint8_t shared[HANDSHAKE_KEY], both[2 * SEAL_KEY_SIZE];
    if (peer_key.length != HANDSHAKE_KEY || crypto_scalarmult(shared, h->secret, peer_key.at) != 0)
        return detail_set(MSTRO_INVMSG, "the key of the other side is none");
    crypto_generichash_state state;
    crypto_generichash_init(&state, h->self.workflow_key, WORKFLOW_KEY_SIZE, sizeof both);
    crypto_generichash_update(&state, (const unsigned char *)for_keys, strlen(for_keys) + 1);
    crypto_generichash_update(&state, shared, sizeof shared);
    crypto_generichash_update(&state, h->transcript, sizeof h->transcript);
    crypto_generichash_final(&state, both, sizeof both);
    memcpy(h->keys.to_pool, both, SEAL_KEY_SIZE);
    memcpy(h->keys.to_client, both + SEAL_KEY_SIZE, SEAL_KEY_SIZE);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(both, sizeof both);
    return MSTRO_OK;
}

static void key_of_shard(const uint8_t session[SEAL_KEY_SIZE], uint16_t shard, uint8_t key[SEAL_KEY_SIZE])
{
    const uint8_t number[] = { (uint8_t)shard, (uint8_t)(shard >> 8) };
    crypto_generichash_state state;
    crypto_generichash_init(&state, session, SEAL_KEY_SIZE, SEAL_KEY_SIZE);
    crypto_generichash_update(&state, (const unsigned char *)for_shard, strlen(for_shard) + 1);
    crypto_generichash_update(&state, number, sizeof number);
    crypto_generichash_final(&state, key, SEAL_KEY_SIZE);
}

void session_keys_of_shard(const struct session_keys *session, uint16_t shard, struct session_keys *keys)
{
    *keys = *session;
    if (shard == 0)
        return;
    keys->session = session->session | (uint64_t)shard << SESSION_BITS;
    key_of_shard(session->to_pool, shard, keys->to_pool);
    key_of_shard(session->to_client, shard, keys->to_client);
}

static void token_make(const uint8_t session[SEAL_KEY_SIZE], uint8_t token[RINGS_TOKEN])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, session, SEAL_KEY_SIZE, RINGS_TOKEN);
    crypto_generichash_update(&state, (const unsigned char *)for_rings, strlen(for_rings) + 1);
    crypto_generichash_final(&state, token, RINGS_TOKEN);
}

void session_rings_tokens(const struct session_keys *session, struct rings_tokens *tokens)
{
    token_make(session->to_pool, tokens->offered);
    token_make(session->to_client, tokens->taken);
}

void handshake_clear(struct handshake *h)
{
    sodium_memzero(h, sizeof *h);
}

/* Keep who we are, and make the public half of the first random bytes. */
static mstro_status begin(struct handshake *h, const struct handshake_self *self, const uint8_t *random, uint8_t public_key[HANDSHAKE_KEY])
{
    *h = (struct handshake){ .self = *self };
    memcpy(h->secret, random, HANDSHAKE_KEY);
    if (!seal_ready() || crypto_scalarmult_base(public_key, h->secret) != 0)
        return detail_set(MSTRO_FAIL, "libsodium does not work");
    return MSTRO_OK;
}

/* ---- client ---- */

mstro_status handshake_hello(struct handshake *h, const struct handshake_self *self, const uint8_t *random, struct bytes address, struct writer *out)
{
    uint8_t public_key[HANDSHAKE_KEY];
    mstro_status status = begin(h, self, random, public_key);
    if (status != MSTRO_OK)
        return status;
    struct record_hello hello = {
        .oldest = self->oldest,
        .newest = self->newest,
        .suites = self->suites,
        .pool = self->pool,
        .key = bytes_of(public_key, sizeof public_key),
        .nonce = bytes_of(random + HANDSHAKE_KEY, HANDSHAKE_NONCE),
        .address = address,
    };
    struct encoder e = { .out = out };
    uint8_t *length_at = record_begin(out, HANDSHAKE_HELLO);
    encode_hello(&e, &hello);
    transcript_add(h, record_end(out, length_at));
    return e.beyond ? detail_set(MSTRO_INVARG, "HELLO: %s is longer than its limit", e.beyond) : written(out);
}

/* The pool said no: only what a pool may say no with is passed on. */
static mstro_status denied(const struct handshake *h, struct message *m)
{
    struct record_denied no;
    decode_denied(&m->fields, &no);
    if (fields_end(m) != MSTRO_OK)
        return MSTRO_INVMSG;
    if (no.status == MSTRO_VERSION_MISMATCH)
        return detail_set(MSTRO_VERSION_MISMATCH, "this library speaks versions %u to %u of the protocol, the pool manager %u to %u", h->self.oldest,
                          h->self.newest, no.oldest, no.newest);
    bool known = no.status == MSTRO_POOL_STALE || no.status == MSTRO_QUOTA || no.status == MSTRO_INVMSG;
    return detail_set(known ? (mstro_status)no.status : MSTRO_REFUSED, "the pool manager said: " TEXT_FORMAT, TEXT_ARGUMENTS(no.detail));
}

/* The fields of the expected message are ready to be decoded; anything else is an error. */
static mstro_status expect(const struct handshake *h, struct bytes from, enum handshake_kind kind, struct message *m)
{
    mstro_status status = message_take(from, m);
    if (status != MSTRO_OK)
        return status;
    bool from_pool = kind == HANDSHAKE_CHALLENGE || kind == HANDSHAKE_ACCEPTED;
    if (m->kind == HANDSHAKE_DENIED && from_pool)
        return denied(h, m);
    return m->kind == kind ? MSTRO_OK : detail_set(MSTRO_INVMSG, "a handshake goes on with message %d where %d belongs", (int)m->kind, (int)kind);
}

static mstro_status challenge_check(const struct handshake *h, const struct record_challenge *c, const struct message *m)
{
    if (!id_equal(c->pool, h->self.pool))
        return detail_set(MSTRO_POOL_STALE, "another pool manager answers at this address: get the info of the one that runs now");
    if (!mac_fits(h, for_challenge, m->mac))
        return detail_set(MSTRO_REFUSED, "the pool manager does not know the key of this info: the info was changed, or belongs to another workflow");
    if (c->version < h->self.oldest || c->version > h->self.newest)
        return detail_set(MSTRO_VERSION_MISMATCH, "this library speaks versions %u to %u of the protocol, the pool manager chose %u", h->self.oldest,
                          h->self.newest, c->version);
    if (c->suite == 0 || (c->suite & (c->suite - 1)) != 0 || (c->suite & h->self.suites) == 0)
        return detail_set(MSTRO_INVMSG, "the pool manager chose a way of sealing (%u) that was not offered", c->suite);
    return MSTRO_OK;
}

mstro_status handshake_prove(struct handshake *h, struct bytes message, struct writer *out)
{
    struct message m;
    struct record_challenge c;
    mstro_status status = expect(h, message, HANDSHAKE_CHALLENGE, &m);
    if (status != MSTRO_OK)
        return status;
    decode_challenge(&m.fields, &c);
    if ((status = fields_end(&m)) != MSTRO_OK)
        return status;
    transcript_add(h, m.said);
    if ((status = challenge_check(h, &c, &m)) != MSTRO_OK || (status = keys_make(h, c.key)) != MSTRO_OK)
        return status;
    h->keys.version = c.version;
    h->keys.suite = (enum seal_suite)c.suite;
    uint8_t *length_at = record_begin(out, HANDSHAKE_PROOF);
    encode_proof(&(struct encoder){ .out = out }, &(struct record_proof){ .version = c.version });
    transcript_add(h, record_end(out, length_at));
    mac_write(h, for_proof, out);
    return written(out);
}

mstro_status handshake_finish(struct handshake *h, struct bytes message)
{
    struct message m;
    struct record_accepted accepted;
    mstro_status status = expect(h, message, HANDSHAKE_ACCEPTED, &m);
    if (status != MSTRO_OK)
        return status;
    decode_accepted(&m.fields, &accepted);
    if ((status = fields_end(&m)) != MSTRO_OK)
        return status;
    transcript_add(h, m.said);
    h->keys.session = accepted.session;
    if (!mac_fits(h, for_accepted, m.mac))
        return detail_set(MSTRO_REFUSED, "the end of the handshake does not come from the pool manager it began with");
    return MSTRO_OK;
}

/* ---- pool ---- */

static mstro_status hello_check(const struct handshake_self *self, const struct record_hello *hello)
{
    if (hello->newest < self->oldest || hello->oldest > self->newest)
        return detail_set(MSTRO_VERSION_MISMATCH, "the client speaks versions %u to %u of the protocol, this pool manager %u to %u", hello->oldest,
                          hello->newest, self->oldest, self->newest);
    if (!id_equal(hello->pool, self->pool))
        return detail_set(MSTRO_POOL_STALE, "the info names another pool manager than the one that answers here: get the info of the one that runs now");
    if (hello->nonce.length != HANDSHAKE_NONCE)
        return detail_set(MSTRO_INVMSG, "HELLO: nonce has %zu bytes", hello->nonce.length);
    return seal_choose(self->suites, hello->suites) ? MSTRO_OK : detail_set(MSTRO_REFUSED, "there is no way of sealing frames that both sides know");
}

mstro_status handshake_challenge(struct handshake *h, const struct handshake_self *self, const uint8_t *random, struct bytes message,
                                 struct record_hello *hello, struct writer *out)
{
    uint8_t public_key[HANDSHAKE_KEY];
    struct message m;
    mstro_status status = begin(h, self, random, public_key);
    if (status != MSTRO_OK || (status = expect(h, message, HANDSHAKE_HELLO, &m)) != MSTRO_OK)
        return status;
    decode_hello(&m.fields, hello);
    if ((status = fields_end(&m)) != MSTRO_OK || (status = hello_check(self, hello)) != MSTRO_OK)
        return status;
    transcript_add(h, m.said);
    h->keys.version = hello->newest < self->newest ? hello->newest : self->newest;
    h->keys.suite = (enum seal_suite)seal_choose(self->suites, hello->suites);
    struct record_challenge c = {
        .version = h->keys.version,
        .suite = (uint32_t)h->keys.suite,
        .pool = self->pool,
        .key = bytes_of(public_key, sizeof public_key),
        .nonce = bytes_of(random + HANDSHAKE_KEY, HANDSHAKE_NONCE),
    };
    uint8_t *length_at = record_begin(out, HANDSHAKE_CHALLENGE);
    encode_challenge(&(struct encoder){ .out = out }, &c);
    transcript_add(h, record_end(out, length_at));
    mac_write(h, for_challenge, out);
    status = keys_make(h, hello->key);
    return status != MSTRO_OK ? status : written(out);
}

mstro_status handshake_check(struct handshake *h, struct bytes message)
{
    struct message m;
    struct record_proof proof;
    mstro_status status = expect(h, message, HANDSHAKE_PROOF, &m);
    if (status != MSTRO_OK)
        return status;
    decode_proof(&m.fields, &proof);
    if ((status = fields_end(&m)) != MSTRO_OK)
        return status;
    transcript_add(h, m.said);
    if (!mac_fits(h, for_proof, m.mac))
        return detail_set(MSTRO_REFUSED, "the client does not know the key of this workflow");
    return MSTRO_OK;
}

mstro_status handshake_accept(struct handshake *h, uint64_t session, struct writer *out)
{
    h->keys.session = session;
    uint8_t *length_at = record_begin(out, HANDSHAKE_ACCEPTED);
    encode_accepted(&(struct encoder){ .out = out }, &(struct record_accepted){ .session = session });
    transcript_add(h, record_end(out, length_at));
    mac_write(h, for_accepted, out);
    return written(out);
}

void handshake_deny(const struct handshake_self *self, mstro_status status, const char *detail, struct writer *out)
{
    struct record_denied no = { .status = (uint32_t)status, .oldest = self->oldest, .newest = self->newest, .detail = text_of(detail) };
    if (no.detail.length > MAX_DETAIL)
        no.detail.length = MAX_DETAIL;
    uint8_t *length_at = record_begin(out, HANDSHAKE_DENIED);
    encode_denied(&(struct encoder){ .out = out }, &no);
    record_end(out, length_at);
}
