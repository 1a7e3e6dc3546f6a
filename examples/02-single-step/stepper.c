/* SPDX-License-Identifier: BSD-3-Clause */
/* stepper - lets a workflow happen one step at a time
 *
 * It is told of every OFFER and WITHDRAW before it takes effect, and each waits for its acknowledgement: an empty line on stdin lets the
 * next one happen, the end of stdin all that follow. */
#include <maestro/maestro.h>
#include <stdio.h>

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

int main(void)
{
    static const char *const attributes[] = { ".maestro.ecmwf.step" };
    const struct mstro_subscription_terms terms = { .attributes = attributes, .attribute_count = 1 };
    mstro_subscription sub;
    mstro_pool_event events;

    if (mstro_init(NULL, "stepper", 0) != MSTRO_OK)
        return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (mstro_subscribe_with(NULL, MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_WITHDRAW,
                             MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE | MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, &terms, &sub) != MSTRO_OK)
        return 1;
    printf("ready\n");
    while (mstro_subscription_wait(sub, &events) == MSTRO_OK) {
        int go_on = 1;
        for (mstro_pool_event event = events; event && go_on; event = event->next) {
            if (event->kind == MSTRO_POOL_EVENT_OVERFLOW) { /* told to everybody, and nothing waits for it */
                printf("%llu operations went on without being shown\n", (unsigned long long)event->overflow.count);
                continue;
            }
            show(event);
            go_on = next_line();
        }
        mstro_subscription_ack(sub, events);
        mstro_pool_event_dispose(events);
        if (!go_on)
            break;
    }
    mstro_subscription_dispose(sub); /* nothing waits for it any more */
    return mstro_finalize() == MSTRO_OK ? 0 : 1;
}
