/* SPDX-License-Identifier: BSD-3-Clause */
/* join - how long mstro_init takes: in a fresh process, of that libfabric's own start, and once more; and what an idle session costs */
#define _GNU_SOURCE
#include <string.h>

#include <rdma/fabric.h>

#include "bench/field.h"
#include "bench/options.h"
#include "bench/sample.h"

/* What any program with libfabric pays once. */
static double start_libfabric(const char *provider)
{
    struct fi_info *hints = fi_allocinfo(), *info = NULL;
    double since = seconds_now();
    hints->ep_attr->type = FI_EP_RDM;
    hints->fabric_attr->prov_name = *provider ? strdup(provider) : NULL;
    fi_getinfo(FI_VERSION(1, 14), NULL, NULL, 0, hints, &info);
    since = seconds_now() - since;
    fi_freeinfo(hints);
    fi_freeinfo(info);
    return since;
}

static double init(void)
{
    double since = seconds_now();
    must(mstro_init("bench", "join", getpid()), "mstro_init");
    return seconds_now() - since;
}

static double finalize(void)
{
    double since = seconds_now();
    must(mstro_finalize(), "mstro_finalize");
    return seconds_now() - since;
}

/* Some traffic, then none: the share of a core that this process and the pool manager use meanwhile. */
static void be_idle(double seconds)
{
    struct timespec pause = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };
    for (int64_t i = 0; i < 1000; i++) {
        mstro_cdo cdo = field_declare(i);
        must(mstro_cdo_offer(cdo), "mstro_cdo_offer");
        must(mstro_cdo_withdraw(cdo), "mstro_cdo_withdraw");
        must(mstro_cdo_dispose(cdo), "mstro_cdo_dispose");
    }
    double used = seconds_used(), manager = manager_seconds_used(), since = seconds_now();
    nanosleep(&pause, NULL);
    since = seconds_now() - since;
    print_figure("idle", (seconds_used() - used) / since * 100, "%");
    if (manager_pid())
        print_figure("manager-idle", (manager_seconds_used() - manager) / since * 100, "%");
}

int main(int argc, char **argv)
{
    const char *provider = "";
    double idle = 0;
    bool bare = false;
    const struct bench_option options[] = {
        { "provider", OPTION_TEXT, &provider, "of libfabric, to start it before" },
        { "bare-first", OPTION_FLAG, &bare, "start libfabric before mstro_init, and time it" },
        { "idle", OPTION_REAL, &idle, "seconds to be idle after some traffic" },
        { 0 }
    };
    options_read(argc, argv, options, "how long mstro_init takes");
    if (bare)
        print_figure("fi_getinfo", start_libfabric(provider) * 1e3, "ms");
    double used = seconds_used();
    print_figure("init", init() * 1e3, "ms");
    print_figure("cpu", (seconds_used() - used) * 1e3, "ms/init");
    if (idle > 0)
        be_idle(idle);
    print_figure("finalize", finalize() * 1e3, "ms");
    print_figure("init-again", init() * 1e3, "ms");
    finalize();
    return 0;
}
