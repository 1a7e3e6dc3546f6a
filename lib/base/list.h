/* SPDX-License-Identifier: BSD-3-Clause */
/* list.h - doubly linked list whose links stand in the members
 *
 * A head and a detached link point to themselves, so that list_remove is harmless when repeated. */
#ifndef LIB_BASE_LIST_H
#define LIB_BASE_LIST_H
#include <stdbool.h>
#include <stddef.h>

struct list { struct list *next, *previous; };

static inline void list_init(struct list *l) { l->next = l->previous = l; }
static inline bool list_empty(const struct list *head) { return head->next == head; }

static inline void list_append(struct list *head, struct list *link)
{
    link->previous = head->previous;
    link->next = head;
    head->previous->next = link;
    head->previous = link;
}

static inline void list_remove(struct list *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    list_init(link);
}

/* The struct of 'type' whose member 'member' is 'link'. */
#define list_entry(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

/* Walk the list; the present member may be removed (and freed), no other may. */
#define list_each(link, head) \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head); link = link##_next, link##_next = link->next)

#endif
