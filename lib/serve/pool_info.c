/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/pool_info.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/detail.h"
#include "lib/wire/rows.h"

DEFINE_NESTED_ENCODE(SHARD_ADDRESS, shard_address)
DEFINE_ENCODE(POOL_INFO, pool_info)
DEFINE_NESTED_DECODE(SHARD_ADDRESS, shard_address)
DEFINE_DECODE(POOL_INFO, pool_info)

static const char prefix[] = "maestro1:";

enum { PREFIX = sizeof prefix - 1, CHECKSUM = 16, VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING, BINARY_MAX = POOL_INFO_MAX / 4 * 3 };

mstro_status pool_info_encode(const struct record_pool_info *info, char **text)
{
    uint8_t binary[BINARY_MAX];
    struct writer w = writer_of(binary, sizeof binary - CHECKSUM);
    struct encoder e = { .out = &w };
    encode_pool_info(&e, info);
    if (e.beyond || w.full)
        return detail_set(MSTRO_INVARG, "the pool's info is too long: %s", e.beyond ? e.beyond : "all of it");
    size_t length = writer_length(&w);
    crypto_generichash(binary + length, CHECKSUM, binary, length, NULL, 0);
    size_t room = sodium_base64_ENCODED_LEN(length + CHECKSUM, VARIANT);
    *text = malloc(PREFIX + room);
    if (!*text)
        return MSTRO_NOMEM;
    memcpy(*text, prefix, PREFIX);
    sodium_bin2base64(*text + PREFIX, room, binary, length + CHECKSUM, VARIANT);
    sodium_memzero(binary, sizeof binary);
    return MSTRO_OK;
}

/* What somebody may have pasted by mistake deserves better than "invalid". */
static mstro_status refuse(const char *text, const char *why)
{
    if (*text == '\0')
        return detail_set(MSTRO_INVARG, "the pool-manager info is empty");
    return detail_set(MSTRO_INVARG, "this is no pool-manager info (%s): \"%.24s%s\"; it is the part between the two ';' of the line that "
                                    "maestro-pool-manager prints", why, text, strlen(text) > 24 ? "..." : "");
}

static bool key_of_text(const char *text, size_t length, uint8_t key[WORKFLOW_KEY_SIZE])
{
    size_t got = 0;
    return length >= KEY_TEXT_SIZE - 1 && sodium_hex2bin(key, WORKFLOW_KEY_SIZE, text, KEY_TEXT_SIZE - 1, NULL, &got, NULL) == 0 && got == WORKFLOW_KEY_SIZE;
}

/* O_NONBLOCK: a FIFO in its place must not hold us up. */
static mstro_status read_key_file(struct arena *arena, struct record_pool_info *info)
{
    char path[MAX_KEY_FILE + 1], text[KEY_TEXT_SIZE];
    struct stat is;
    uint8_t *key = arena_take(arena, WORKFLOW_KEY_SIZE);
    snprintf(path, sizeof path, TEXT_FORMAT, TEXT_ARGUMENTS(info->key_file));
    int fd = key ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    if (fd < 0)
        return key ? detail_set(MSTRO_REFUSED, "cannot read the workflow's key from %.500s: %s", path, strerror(errno)) : MSTRO_NOMEM;
    bool ours = fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && is.st_uid == geteuid() && (is.st_mode & 077) == 0;
    ssize_t length = ours ? read(fd, text, sizeof text) : -1;
    close(fd);
    if (!ours)
        return detail_set(MSTRO_REFUSED, "the key file %.500s must be a file that belongs to you and that nobody else can read", path);
    if (length < 0 || !key_of_text(text, (size_t)length, key))
        return detail_set(MSTRO_INVARG, "the key file %.500s does not hold a key", path);
    sodium_memzero(text, sizeof text);
    info->key = bytes_of(key, WORKFLOW_KEY_SIZE);
    return MSTRO_OK;
}

mstro_status pool_info_decode(const char *text, struct arena *arena, struct record_pool_info *info)
{
    size_t length = 0, text_length = strlen(text);
    if (strncmp(text, prefix, PREFIX) != 0)
        return refuse(text, "it does not begin with \"maestro1:\"");
    if (text_length > POOL_INFO_MAX)
        return refuse(text, "it is too long");
    uint8_t *binary = arena_take(arena, text_length), checksum[CHECKSUM];
    if (!binary)
        return MSTRO_NOMEM;
    if (sodium_base642bin(binary, text_length, text + PREFIX, text_length - PREFIX, NULL, &length, NULL, VARIANT) != 0 || length < CHECKSUM)
        return refuse(text, "it was cut or changed");
    length -= CHECKSUM;
    crypto_generichash(checksum, CHECKSUM, binary, length, NULL, 0);
    if (sodium_memcmp(checksum, binary + length, CHECKSUM) != 0)
        return refuse(text, "it was cut or changed");
    struct decoder d = { .in = reader_of(bytes_of(binary, length)), .arena = arena };
    decode_pool_info(&d, info);
    bool in_file = info->key_file.length > 0;
    if (d.in.fault || (!in_file && info->key.length != WORKFLOW_KEY_SIZE) || info->shards.count == 0)
        return refuse(text, "a field is wrong");
    return in_file ? read_key_file(arena, info) : MSTRO_OK;
}
