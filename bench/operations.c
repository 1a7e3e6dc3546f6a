/* SPDX-License-Identifier: BSD-3-Clause */
/* operations MODE IN-FLIGHT SECONDS - objects declared and offered a second, and acknowledged operations a second
 *
 * One process, one thread.  Each object has the metadata of a real field: a name of 40 bytes and 12 attributes, and no data.  It
 * is declared, described, offered, withdrawn and disposed of.  MODE: blocking (one call at a time), async (IN-FLIGHT requests),
 * all (calls on IN-FLIGHT handles).  The pool is that of MSTRO_POOL_MANAGER_INFO, else the one inside the process. */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "bench/field.h"
#include "bench/sample.h"

/* Do 'start' on each handle, all of them in flight together. */
static void each_async(size_t count, const mstro_cdo cdo[], mstro_status (*start)(mstro_cdo, mstro_request *), mstro_request req[])
{
    for (size_t i = 0; i < count; i++)
        must(start(cdo[i], &req[i]), "start");
    for (size_t i = 0; i < count; i++)
        must(mstro_request_wait(req[i]), "wait");
}

static void each_blocking(size_t count, const mstro_cdo cdo[], mstro_status (*call)(mstro_cdo))
{
    for (size_t i = 0; i < count; i++)
        must(call(cdo[i]), "call");
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: operations blocking|async|all IN-FLIGHT SECONDS\n");
        return 2;
    }
    bool async = strcmp(argv[1], "async") == 0, all = strcmp(argv[1], "all") == 0;
    size_t count = strtoul(argv[2], NULL, 10);
    double limit = strtod(argv[3], NULL), offering = 0, start, now, began;
    mstro_cdo *cdo = calloc(count, sizeof *cdo);
    mstro_request *req = calloc(count, sizeof *req);
    int64_t objects = 0;
    double used = 0;

    must(mstro_init("bench", "operations", (int64_t)getpid()), "mstro_init");
    pin_to_cpu(0);
    began = seconds_now();
    used = seconds_used();
    do {
        start = seconds_now();
        for (size_t i = 0; i < count; i++) {
            cdo[i] = field_declare(objects + (int64_t)i);
            if (!async && !all)
                must(mstro_cdo_offer(cdo[i]), "offer");
            else if (async)
                must(mstro_cdo_offer_async(cdo[i], &req[i]), "offer_async");
        }
        if (all)
            must(mstro_cdo_offer_all(count, cdo, NULL), "offer_all");
        for (size_t i = 0; async && i < count; i++)
            must(mstro_request_wait(req[i]), "wait");
        offering += seconds_now() - start;
        objects += (int64_t)count;
        if (all) {
            must(mstro_cdo_withdraw_all(count, cdo, NULL), "withdraw_all");
            must(mstro_cdo_dispose_all(count, cdo, NULL), "dispose_all");
        } else if (async) {
            each_async(count, cdo, mstro_cdo_withdraw_async, req);
            each_async(count, cdo, mstro_cdo_dispose_async, req);
        } else {
            each_blocking(count, cdo, mstro_cdo_withdraw);
            each_blocking(count, cdo, mstro_cdo_dispose);
        }
        now = seconds_now();
    } while (now - began < limit);
    used = seconds_used() - used;
    print_figure("offers", (double)objects / offering, "1/s");
    print_figure("operations", 3.0 * (double)objects / (now - began), "1/s");
    print_figure("cpu", used / (3.0 * (double)objects) * 1e6, "us/operation");
    must(mstro_finalize(), "mstro_finalize");
    free(cdo);
    free(req);
    return 0;
}
