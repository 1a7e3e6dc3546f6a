/* SPDX-License-Identifier: BSD-3-Clause */
/* server.h - lets other processes into a pool: a shard for each of its hosts, the door, and the info that leads to them
 *
 * What maestro-pool-manager and mstro_pm_start have in common.  The hosts go on as they were when the server ends; the sessions of
 * other processes are lost to it. */
#ifndef LIB_SERVE_SERVER_H
#define LIB_SERVE_SERVER_H
#include "lib/serve/admission.h"
#include "lib/serve/host.h"
#include "lib/serve/pool_info.h"
#include "lib/serve/shard.h"

struct server;

struct server_settings {
    struct id pool;       /* that of the host's pool */
    struct text workflow; /* likewise */
    const char *listen;   /* address or interface; NULL: MSTRO_LISTEN, else loopback */
    const char *key_file; /* the info names this file instead of holding the key; the caller writes it.  NULL: it holds the key */
    const char *info_file; /* where the caller writes the info; NULL: nowhere.  It becomes part of it, as advice for people */
    uint64_t join_time;   /* as in admission_settings, as the next two */
    unsigned half_open, connections;
};

/* Open a fabric for each of the 'shards' hosts (1 .. MAX_SHARDS), listen, start a thread for each and one for the door.  Fails with what witness_local_address, fabric_open and the kernel say. */
mstro_status server_start(struct server **out, struct host *const hosts[], unsigned shards, const struct server_settings *settings);

/* The value of MSTRO_POOL_MANAGER_INFO; it holds the workflow's key.  Lives as long as the server. */
const char *server_info(const struct server *s);

/* The workflow's key as text, for a key file. */
const char *server_key_text(const struct server *s);

/* The local address at which it listens, as text. */
const char *server_address(const struct server *s);

/* "net", "tcp;ofi_rxm": what the fabric runs over; where the door is, "HOST:PORT". */
const char *server_provider(const struct server *s);
const char *server_door(const struct server *s);

/* Let nobody else in from now on; who is in stays. */
void server_close_door(struct server *s);

/* Who is in gets MSTRO_POOL_LOST. */
void server_stop(struct server *s);

struct server_count { struct shard_count shard; struct admission_count admission; };
struct server_count server_count(const struct server *s); /* of all shards together */

unsigned server_shards(const struct server *s);
struct shard_count server_shard_count(const struct server *s, unsigned shard);

#endif
