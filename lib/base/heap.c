/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/heap.h"

/* Two trees in one; either may be NULL.  Of two that are due at once the first stays above. */
static struct heap_link *meld(struct heap_link *a, struct heap_link *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->due < a->due) {
        struct heap_link *swapped = a;
        a = b;
        b = swapped;
    }
    b->next = a->child;
    if (b->next)
        b->next->previous = b;
    b->previous = a;
    a->child = b;
    return a;
}

/* Take the first of a row of brothers out of it. */
static struct heap_link *take_first(struct heap_link **row)
{
    struct heap_link *first = *row;
    if (!first)
        return NULL;
    *row = first->next;
    first->next = first->previous = NULL;
    return first;
}

/* Brothers become one tree: in pairs from the left, then these from the right. */
static struct heap_link *meld_row(struct heap_link *row)
{
    struct heap_link *pairs = NULL, *whole = NULL;
    while (row) {
        struct heap_link *one = take_first(&row), *pair = meld(one, take_first(&row));
        pair->next = pairs;
        pairs = pair;
    }
    while (pairs) {
        struct heap_link *pair = pairs;
        pairs = pair->next;
        pair->next = NULL;
        whole = meld(pair, whole);
    }
    return whole;
}

void heap_insert(struct heap *heap, struct heap_link *link, uint64_t due)
{
    *link = (struct heap_link){ .due = due };
    heap->root = meld(heap->root, link);
}

void heap_remove(struct heap *heap, struct heap_link *link)
{
    struct heap_link *children = meld_row(link->child);
    if (heap->root == link)
        heap->root = children;
    else {
        if (link->previous->child == link)
            link->previous->child = link->next;
        else
            link->previous->next = link->next;
        if (link->next)
            link->next->previous = link->previous;
        heap->root = meld(heap->root, children);
    }
    *link = (struct heap_link){ 0 };
}
