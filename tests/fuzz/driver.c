/* SPDX-License-Identifier: BSD-3-Clause */
/* driver.c - runs a fuzz target without libFuzzer: the corpus first, then changed copies of it
 *
 *     TARGET CORPUS-DIRECTORY [SECONDS [SEED]]
 *
 * For 2 s, or MAESTRO_FUZZ_SECONDS; with MAESTRO_LONG in the environment for an hour, and with a seed that nobody has seen.
 *
 * Speaks TAP.  The same target is a libFuzzer one when it is linked with clang -fsanitize=fuzzer instead of this file.  A crash
 * ends the process; the input that was running is then in the file named by MAESTRO_FUZZ_CRASH (default: none is kept). */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 65536, CORPUS_MAX = 1024 };

static struct input { uint8_t *data; size_t size; } corpus[CORPUS_MAX];
static size_t corpus_count;

static void keep(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || corpus_count == CORPUS_MAX)
        abort();
    uint8_t *data = malloc(INPUT_MAX);
    if (!data)
        abort();
    corpus[corpus_count++] = (struct input){ data, fread(data, 1, INPUT_MAX, file) };
    fclose(file);
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static void read_corpus(const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, by_name);
    for (int i = 0; i < count; i++) {
        char path[4096 + 256];
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            keep(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

/* A few small changes of the kinds that decoders fear: bits, numbers at their edges, pieces moved, cut, doubled. */
static size_t change(struct random_source random, uint8_t *data, size_t size)
{
    static const uint64_t edges[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0xffffffff, INT64_MAX, UINT64_MAX };
    for (uint64_t n = 1 + random_below(random, 4); n > 0 && size > 0; n--) {
        size_t at = random_below(random, size), from = random_below(random, size), left = size - at;
        uint64_t edge = edges[random_below(random, sizeof edges / sizeof edges[0])];
        size_t width = (size_t)1 << random_below(random, 4);
        switch (random_below(random, 6)) {
        case 0: data[at] ^= (uint8_t)(1u << random_below(random, 8)); break;
        case 1: data[at] = (uint8_t)random_word(random); break;
        case 2: memcpy(data + at, &edge, width < left ? width : left); break;
        case 3: memmove(data + at, data + from, size - (at > from ? at : from)); break;
        case 4: size = at; break;
        case 5:
            if (size + left <= INPUT_MAX) {
                memmove(data + size, data + at, left);
                size += left;
            }
            break;
        }
    }
    return size;
}

static void run(const uint8_t *data, size_t size)
{
    const char *crash = getenv("MAESTRO_FUZZ_CRASH");
    FILE *file = crash ? fopen(crash, "wb") : NULL;
    if (file) {
        fwrite(data, 1, size, file);
        fclose(file);
    }
    /* exactly as long as it is, so that a sanitizer sees a step beyond */
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        abort();
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

int main(int count, char **arguments)
{
    const char *asked = getenv("MAESTRO_FUZZ_SECONDS"), *source = getenv("srcdir");
    char directory[4096];
    snprintf(directory, sizeof directory, "%s/tests/fuzz/corpus/%s", source ? source : ".", FUZZ_CORPUS);
    read_corpus(count > 1 ? arguments[1] : directory);
    bool thorough = getenv("MAESTRO_LONG") != NULL;
    double seconds = count > 2 ? strtod(arguments[2], NULL) : asked ? strtod(asked, NULL) : thorough ? 3600 : 2;
    uint64_t seed = count > 3 ? strtoull(arguments[3], NULL, 0) : thorough ? random_word(random_kernel) : 1, runs = 0;
    printf("# seed %llu\n", (unsigned long long)seed);
    fflush(stdout); /* a crash would take it along */
    struct random_seed state;
    struct random_source random = random_seeded(&state, seed);
    for (size_t i = 0; i < corpus_count; i++)
        run(corpus[i].data, corpus[i].size);
    static uint8_t input[INPUT_MAX];
    uint64_t end = clock_now() + (uint64_t)(seconds * (double)NANOSECONDS_PER_SECOND);
    for (; corpus_count > 0 && clock_now() < end; runs++) {
        const struct input *begin = &corpus[random_below(random, corpus_count)];
        memcpy(input, begin->data, begin->size);
        run(input, change(random, input, begin->size));
    }
    printf("1..1\n%sok 1 - %zu inputs of the corpus and %llu changed ones (seed %llu) do no harm\n", corpus_count ? "" : "not ", corpus_count,
           (unsigned long long)runs, (unsigned long long)seed);
    for (size_t i = 0; i < corpus_count; i++)
        free(corpus[i].data);
    return corpus_count == 0;
}
