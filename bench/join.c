/* SPDX-License-Identifier: BSD-3-Clause */
/* join - how long mstro_init takes: in a fresh process, of that libfabric's own start, and once more */
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

int main(int argc, char **argv)
{
    const char *provider = "";
    bool bare = false;
    const struct bench_option options[] = {
        { "provider", OPTION_TEXT, &provider, "of libfabric, to start it before" },
        { "bare-first", OPTION_FLAG, &bare, "start libfabric before mstro_init, and time it" },
        { 0 }
    };
    options_read(argc, argv, options, "how long mstro_init takes");
    if (bare)
        print_figure("fi_getinfo", start_libfabric(provider) * 1e3, "ms");
    double used = seconds_used();
    print_figure("init", init() * 1e3, "ms");
    print_figure("cpu", (seconds_used() - used) * 1e3, "ms/init");
    print_figure("finalize", finalize() * 1e3, "ms");
    print_figure("init-again", init() * 1e3, "ms");
    finalize();
    return 0;
}
