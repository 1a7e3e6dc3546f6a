/* SPDX-License-Identifier: BSD-3-Clause */
/* little.h - numbers as little-endian bytes at any address */
#ifndef LIB_SCHEMA_LITTLE_H
#define LIB_SCHEMA_LITTLE_H
#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline unsigned char *little_put16(unsigned char *at, uint16_t v) { v = htole16(v); memcpy(at, &v, sizeof v); return at + sizeof v; }
static inline unsigned char *little_put32(unsigned char *at, uint32_t v) { v = htole32(v); memcpy(at, &v, sizeof v); return at + sizeof v; }
static inline unsigned char *little_put64(unsigned char *at, uint64_t v) { v = htole64(v); memcpy(at, &v, sizeof v); return at + sizeof v; }
static inline uint16_t little_get16(const unsigned char *at) { uint16_t v; memcpy(&v, at, sizeof v); return le16toh(v); }
static inline uint32_t little_get32(const unsigned char *at) { uint32_t v; memcpy(&v, at, sizeof v); return le32toh(v); }
static inline uint64_t little_get64(const unsigned char *at) { uint64_t v; memcpy(&v, at, sizeof v); return le64toh(v); }

#endif
