/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/transport/words.h"

#include <stddef.h>
#include <stdlib.h>

enum { WORDS_PER_PAGE = 511, PAGE_ALIGNMENT = 4096 };

struct word_page {
    struct word_page *older;
    uint64_t word[WORDS_PER_PAGE];
};

/* A free word holds the address of the next one, shifted so that it is odd: no value of a taken word is. */
static uint64_t link_to(const uint64_t *next) { return (uint64_t)(uintptr_t)next | 1; }
static uint64_t *next_of(const uint64_t *word) { return (uint64_t *)(uintptr_t)(*word & ~UINT64_C(1)); }

void words_init(struct words *w, uint64_t seed)
{
    *w = (struct words){ .last = seed & ~UINT64_C(1) };
}

void words_release(struct words *w)
{
    for (struct word_page *page = w->pages, *older; page; page = older) {
        older = page->older;
        free(page);
    }
    *w = (struct words){ 0 };
}

static void put_free(struct words *w, uint64_t *word)
{
    __atomic_exchange_n(word, link_to(w->free), __ATOMIC_SEQ_CST); /* nothing the user writes later comes before it */
    w->free = word;
}

uint64_t *words_take(struct words *w)
{
    if (!w->free) {
        struct word_page *page = aligned_alloc(PAGE_ALIGNMENT, sizeof *page);
        if (!page)
            return NULL;
        page->older = w->pages;
        w->pages = page;
        for (size_t i = 0; i < WORDS_PER_PAGE; i++)
            put_free(w, &page->word[i]);
    }
    uint64_t *word = w->free;
    w->free = next_of(word);
    w->last += 2;
    if (w->last == 0)
        w->last = 2;
    __atomic_store_n(word, w->last, __ATOMIC_RELEASE);
    return word;
}

void words_give(struct words *w, uint64_t *word)
{
    if (word)
        put_free(w, word);
}

void words_clear(struct words *w)
{
    for (struct word_page *page = w->pages; page; page = page->older)
        for (size_t i = 0; i < WORDS_PER_PAGE; i++)
            __atomic_exchange_n(&page->word[i], 0, __ATOMIC_SEQ_CST);
    w->free = NULL;
}
