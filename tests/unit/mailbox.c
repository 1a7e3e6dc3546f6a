/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/loop/mailbox.h"

struct note { struct letter letter; unsigned sender, number; };

static struct mailbox box;

static void letters_come_in_the_order_in_which_they_were_put(void **state)
{
    struct note notes[3];
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        mailbox_put(&box, &notes[i].letter);
    struct letter *letter = mailbox_take_all(&box);
    for (unsigned i = 0; i < 3; i++, letter = letter->next)
        assert_ptr_equal(letter, &notes[i].letter);
    assert_null(letter);
}

static void only_the_first_letter_says_that_the_owner_may_be_asleep(void **state)
{
    struct note notes[3];
    (void)state;
    assert_true(mailbox_empty(&box));
    assert_true(mailbox_put(&box, &notes[0].letter));
    assert_false(mailbox_put(&box, &notes[1].letter));
    assert_false(mailbox_empty(&box));
    mailbox_take_all(&box);
    assert_true(mailbox_empty(&box));
    assert_true(mailbox_put(&box, &notes[2].letter));
    mailbox_take_all(&box);
}

enum { SENDERS = 4, LETTERS = 20000 };

static void *send_many(void *context)
{
    for (unsigned i = 0; i < LETTERS; i++) {
        struct note *note = malloc(sizeof *note);
        if (!note)
            abort();
        *note = (struct note){ .sender = *(unsigned *)context, .number = i };
        mailbox_put(&box, &note->letter);
    }
    return NULL;
}

static void letters_of_each_sender_stay_in_order_and_none_is_lost(void **state)
{
    pthread_t thread[SENDERS];
    unsigned number[SENDERS], next[SENDERS] = { 0 }, taken = 0;
    (void)state;
    for (unsigned i = 0; i < SENDERS; i++) {
        number[i] = i;
        assert_int_equal(pthread_create(&thread[i], NULL, send_many, &number[i]), 0);
    }
    while (taken < SENDERS * LETTERS)
        for (struct letter *after, *letter = mailbox_take_all(&box); letter; letter = after) {
            struct note *note = (struct note *)letter;
            after = letter->next;
            assert_int_equal(note->number, next[note->sender]++);
            free(note);
            taken++;
        }
    for (unsigned i = 0; i < SENDERS; i++)
        pthread_join(thread[i], NULL);
    assert_true(mailbox_empty(&box));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_come_in_the_order_in_which_they_were_put),
        cmocka_unit_test(only_the_first_letter_says_that_the_owner_may_be_asleep),
        cmocka_unit_test(letters_of_each_sender_stay_in_order_and_none_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
