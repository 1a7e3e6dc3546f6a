/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/nearest.h"

enum { WORD_MAX = 128, PAIRS_MAX = 1 << 20 };

struct nearest nearest_to(struct text word)
{
    unsigned farthest = word.length < 6 ? 2 : (unsigned)(word.length / 3);
    return (struct nearest){ .word = word, .distance = word.length > WORD_MAX ? 0 : farthest + 1, .left = PAIRS_MAX };
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

/* Edits (insert, delete, replace, swap of neighbours) from a to b, or 'limit' when there are that many. */
static unsigned distance_below(struct text a, struct text b, unsigned limit, unsigned *left)
{
    unsigned char rows[3][WORD_MAX + 1];
    unsigned char *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.length; j++)
        last[j] = (unsigned char)j;
    for (size_t i = 1; i <= a.length; i++) {
        unsigned closest = row[0] = (unsigned char)i;
        for (size_t j = 1; j <= b.length; j++) {
            unsigned d = least(last[j] + 1u, row[j - 1] + 1u, last[j - 1] + (a.at[i - 1] != b.at[j - 1]));
            if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1] && before[j - 2] + 1u < d)
                d = before[j - 2] + 1u;
            row[j] = (unsigned char)d;
            if (d < closest)
                closest = d;
        }
        *left -= b.length < *left ? (unsigned)b.length : *left;
        if (closest >= limit || *left == 0)
            return limit;
        unsigned char *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b.length] < limit ? last[b.length] : limit;
}

/* Without what both begin with: most keys of a schema begin alike. */
static void skip_shared(struct text *a, struct text *b)
{
    size_t shared = 0;
    while (shared < a->length && shared < b->length && a->at[shared] == b->at[shared])
        shared++;
    *a = (struct text){ a->at + shared, a->length - shared };
    *b = (struct text){ b->at + shared, b->length - shared };
}

void nearest_offer(struct nearest *n, struct text known)
{
    size_t longer = known.length > n->word.length ? known.length : n->word.length;
    size_t shorter = known.length > n->word.length ? n->word.length : known.length;
    if (n->distance == 0 || n->left == 0 || known.length > WORD_MAX || longer - shorter >= n->distance)
        return;
    struct text word = n->word, other = known;
    skip_shared(&word, &other);
    unsigned d = distance_below(word, other, n->distance, &n->left);
    if (d < n->distance) {
        n->distance = d;
        n->best = known;
    }
}
