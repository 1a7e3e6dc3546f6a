/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/conversation.h"

struct client *client;
struct client_outputs out;
uint64_t now;
uint64_t last_op;
char said[4096]; /* what came out of the last step: "SEND OFFER; DONE 3 MSTRO_OK; ..." */

static void tell(void)
{
    size_t used = 0;
    said[0] = '\0';
    for (size_t i = 0; i < out.count; i++) {
        const struct client_output *o = &out.at[i];
        const char *begin = i ? "; " : "";
        char *to = said + used;
        size_t room = sizeof said - used;
        int n = 0;
        switch (o->kind) {
        case CLIENT_SEND:
            n = snprintf(to, room, "%sSEND %s", begin, record_name(o->record.kind));
            if (o->shard)
                n += snprintf(to + n, room - (size_t)n, " to %u", o->shard);
            break;
        case CLIENT_DONE: n = snprintf(to, room, "%sDONE %d %s", begin, (int)o->op, mstro_status_name(o->status) + 6); break;
        case CLIENT_MOVE: n = snprintf(to, room, "%sMOVE for %d", begin, (int)o->op); break;
        case CLIENT_ABORT_MOVE: n = snprintf(to, room, "%sABORT %d", begin, (int)o->handle); break;
        case CLIENT_NAMES: n = snprintf(to, room, "%sNAMES", begin); break;
        case CLIENT_EVENTS: n = snprintf(to, room, "%sEVENTS", begin); break;
        case CLIENT_DIFFERENCE: n = snprintf(to, room, "%sDIFFERENCE " TEXT_FORMAT, begin, TEXT_ARGUMENTS(o->detail)); break;
        case CLIENT_SUBSCRIPTION_ENDED: n = snprintf(to, room, "%sSTOPPED %s", begin, mstro_status_name(o->status) + 6); break;
        case CLIENT_NOTE: n = snprintf(to, room, "%sNOTE", begin); break;
        case CLIENT_ENDED: n = snprintf(to, room, "%sENDED %s", begin, mstro_status_name(o->status) + 6); break;
        }
        used += (size_t)n;
    }
}

void step(const struct client_input *in)
{
    client_outputs_clear(&out);
    client_step(client, in, now, &out);
    tell();
    assert_null(client_check(client));
}

uint64_t start(struct record r)
{
    uint64_t op = ++last_op;
    record_set_op(&r, op);
    struct client_input in = { .kind = CLIENT_START, .record = &r };
    step(&in);
    return op;
}

void hear(struct record r)
{
    struct client_input in = { .kind = CLIENT_RECORD, .record = &r };
    step(&in);
}

void ack(uint64_t op, mstro_status status)
{
    hear((struct record){ .kind = KIND_ACK, .ack = { .op = op, .status = (uint32_t)status } });
}

void ticket(uint64_t handle, uint64_t op, uint64_t number, enum ticket_how how)
{
    hear((struct record){ .kind = KIND_TICKET, .ticket = { .op = op, .handle = handle, .ticket = number, .how = how } });
}

void voided(uint64_t handle, uint64_t number)
{
    hear((struct record){ .kind = KIND_TICKET_VOID, .ticket_void = { .ticket = number, .handle = handle, .status = MSTRO_PEER_LOST } });
}

void moved(uint64_t handle, mstro_status status, bool again)
{
    struct client_input in = { .kind = CLIENT_MOVED, .moved = { .handle = handle, .status = status, .again = again } };
    step(&in);
}

void tick(uint64_t later)
{
    struct client_input in = { .kind = CLIENT_TICK };
    now += later;
    step(&in);
}

uint64_t offer(uint64_t handle) { return start((struct record){ .kind = KIND_OFFER, .offer = { .handle = handle, .name = text_of("x") } }); }
uint64_t require(uint64_t handle) { return start((struct record){ .kind = KIND_REQUIRE, .require = { .handle = handle, .name = text_of("x") } }); }
void required(uint64_t handle) { ack(require(handle), MSTRO_OK); }
uint64_t demand(uint64_t handle) { return start((struct record){ .kind = KIND_DEMAND, .demand = { .handle = handle, .name = text_of("x") } }); }
uint64_t retract(uint64_t handle) { return start((struct record){ .kind = KIND_RETRACT, .retract = { .handle = handle } }); }
uint64_t withdraw(uint64_t handle) { return start((struct record){ .kind = KIND_WITHDRAW, .withdraw = { .handle = handle } }); }
uint64_t dispose(uint64_t handle) { return start((struct record){ .kind = KIND_DISPOSE, .dispose = { .handle = handle } }); }
uint64_t cancel(uint64_t target) { return start((struct record){ .kind = KIND_CANCEL, .cancel = { .target = target } }); }

void cancel_answered(uint64_t op) { ack(op | UINT64_C(1) << 62, MSTRO_OK); }

int join_with_heartbeat(void **state, uint64_t heartbeat)
{
    (void)state;
    now = 1000;
    last_op = 0;
    assert_int_equal(client_create(&client), MSTRO_OK);
    uint64_t op = start((struct record){ .kind = KIND_JOIN });
    hear((struct record){ .kind = KIND_WELCOME, .welcome = { .op = op, .app = 7, .lease = 2000 * MS, .heartbeat = heartbeat } });
    SAID("DONE 1 OK");
    return 0;
}

int join(void **state) { return join_with_heartbeat(state, 0); }

int part(void **state)
{
    (void)state;
    client_destroy(client);
    client_outputs_release(&out);
    return 0;
}
