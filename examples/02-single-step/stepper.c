/* SPDX-License-Identifier: BSD-3-Clause */
/* stepper - lets a workflow happen one step at a time, whoever takes part in it
 *
 * It is told of every OFFER and WITHDRAW before it takes effect, and each waits for its own acknowledgement: an empty line on stdin lets
 * the one that was shown happen, the end of stdin all that follow. */
#include <maestro/maestro.h>
#include <stdio.h>

static int fail(void)
{
    fprintf(stderr, "stepper: %s\n", mstro_error_detail());
    return 1;
}

/* What will happen, with the one attribute that was asked for. */
static void show(mstro_pool_event event)
{
    const void *step;
    printf("before %s of %s by %s", mstro_pool_event_description(event->kind), event->offer.cdo_name, event->offer.component_name);
    if (mstro_pool_event_attribute_get(event, ".maestro.ecmwf.step", NULL, &step) == MSTRO_OK)
        printf(", step %d", (int)*(const int64_t *)step);
    printf("\n");
}

static int next_line(void)
{
    int c;
    do
        c = getchar();
    while (c != EOF && c != '\n');
    return c == '\n';
}

/* Operations of several producers may come together: each is a list of its own here, so that it alone is acknowledged. */
static int step_through(mstro_subscription sub, mstro_pool_event events)
{
    int go_on = 1;
    while (events && go_on) {
        mstro_pool_event event = events;
        events = event->next;
        event->next = NULL;
        if (event->kind == MSTRO_POOL_EVENT_OVERFLOW) /* told to everybody, and nothing waits for it */
            printf("%llu operations went on without being shown\n", (unsigned long long)event->overflow.count);
        else {
            show(event);
            go_on = next_line();
            mstro_subscription_ack(sub, event);
        }
        mstro_pool_event_dispose(event);
    }
    mstro_pool_event_dispose(events); /* those that were not shown */
    return go_on;
}

int main(void)
{
    static const char *const attributes[] = { ".maestro.ecmwf.step" };
    const struct mstro_subscription_terms terms = { .attributes = attributes, .attribute_count = 1 };
    mstro_subscription sub;
    mstro_pool_event events;
    int go_on = 1;

    if (mstro_init(NULL, "stepper", 0) != MSTRO_OK)
        return fail();
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (mstro_subscribe_with(NULL, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW,
                             MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE | MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &terms, &sub) != MSTRO_OK)
        return fail();
    printf("ready\n");
    while (go_on && mstro_subscription_wait(sub, &events) == MSTRO_OK)
        go_on = step_through(sub, events);
    mstro_subscription_dispose(sub); /* nothing waits for it any more */
    return mstro_finalize() == MSTRO_OK ? 0 : fail();
}
