/* SPDX-License-Identifier: BSD-3-Clause */
/* Of several threads that say at once why something is over one counts, and all of what it says. */
#include "tests/lib/check.h"

#include <pthread.h>
#include <string.h>

#include "lib/serve/first_reason.h"

enum { THREADS = 4, ROUNDS = 20000 };

static struct first_reason reasons[ROUNDS];
static atomic_uint counted[ROUNDS];
static atomic_int reached[ROUNDS];

static bool is_of_one(const char *text)
{
    return strlen(text) == FIRST_REASON_MAX - 1 && strspn(text, (char[]){ text[0], '\0' }) == FIRST_REASON_MAX - 1;
}

/* All threads are at the same one at the same time. */
static void *give_all(void *letter)
{
    char text[FIRST_REASON_MAX];
    uintptr_t torn = 0;
    memset(text, *(const char *)letter, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < ROUNDS; i++) {
        atomic_fetch_add(&reached[i], 1);
        for (int spins = 0; atomic_load(&reached[i]) < THREADS && spins < 1000; spins++)
            ;
        atomic_fetch_add(&counted[i], first_reason_give(&reasons[i], text));
        const char *given = first_reason(&reasons[i]);
        torn += given && !is_of_one(given);
    }
    return (void *)torn;
}

static void of_many_reasons_at_once_one_counts_and_is_read_whole(void **state)
{
    static char letters[] = "abcd";
    pthread_t thread[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, give_all, &letters[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *torn;
        pthread_join(thread[i], &torn);
        assert_null(torn);
    }
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(counted[i], 1);
        assert_true(is_of_one(first_reason(&reasons[i])));
    }
}

static void a_reason_that_is_too_long_is_cut_and_none_is_null(void **state)
{
    static struct first_reason r;
    char text[2 * FIRST_REASON_MAX] = "";
    (void)state;
    memset(text, 'x', sizeof text - 1);
    assert_null(first_reason(&r));
    assert_true(first_reason_give(&r, text));
    assert_false(first_reason_give(&r, "later"));
    assert_true(is_of_one(first_reason(&r)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_many_reasons_at_once_one_counts_and_is_read_whole),
        cmocka_unit_test(a_reason_that_is_too_long_is_cut_and_none_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
