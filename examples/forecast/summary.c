/* SPDX-License-Identifier: BSD-3-Clause */
/* summary OUTPUT - a few lines on what a forecast workflow did, from OUTPUT/statistics */
#include <dirent.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: summary OUTPUT\n"
    "Sum up what the stages of a forecast workflow wrote to OUTPUT/statistics.\n";

/* One stage's file, or, added up, that of many. */
struct record {
    uint64_t messages, fields, products, jobs, offered, offered_bytes, demanded, demanded_bytes, nanoseconds;
};

/* One way in which data came. */
struct carrier {
    char name[80];
    uint64_t objects, bytes;
};

enum { CARRIERS_MAX = 16 };

struct total {
    struct record forecast, consumers;
    uint64_t demand_nanoseconds; /* the longest of the consumers */
    uint64_t *latency;
    size_t latencies, capacity;
    struct carrier carrier[CARRIERS_MAX];
    size_t carriers;
    char notes[2048];
    char verified[8];
};

static void add_latency(struct total *t, uint64_t latency)
{
    if (t->latencies == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 1024;
        t->latency = realloc(t->latency, t->capacity * sizeof *t->latency);
        if (!t->latency)
            errx(70, "out of memory");
    }
    t->latency[t->latencies++] = latency;
}

static void add_carrier(struct total *t, const struct carrier *more)
{
    size_t at = 0;
    while (at < t->carriers && strcmp(t->carrier[at].name, more->name) != 0)
        at++;
    if (at == CARRIERS_MAX)
        return;
    if (at == t->carriers)
        t->carrier[t->carriers++] = (struct carrier){0};
    struct carrier *carrier = &t->carrier[at];
    memcpy(carrier->name, more->name, sizeof carrier->name);
    carrier->objects += more->objects;
    carrier->bytes += more->bytes;
}

static void append(char *text, size_t size, const char *line)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s", line);
}

static void read_line(struct total *t, struct record *r, const char *line)
{
    char name[32];
    uint64_t value;
    struct carrier carrier = {0};
    if (sscanf(line, "carrier %79s %" SCNu64 " %" SCNu64, carrier.name, &carrier.objects, &carrier.bytes) == 3) {
        add_carrier(t, &carrier);
        return;
    }
    if (strncmp(line, "note ", 5) == 0) {
        append(t->notes, sizeof t->notes, line + 5);
        return;
    }
    if (sscanf(line, "verified %7s", t->verified) == 1 || sscanf(line, "%31s %" SCNu64, name, &value) != 2)
        return;
    const struct {
        const char *name;
        uint64_t *place;
    } row[] = {
        {"messages", &r->messages}, {"fields", &r->fields}, {"products", &r->products}, {"jobs", &r->jobs}, {"offered", &r->offered},
        {"offered-bytes", &r->offered_bytes}, {"demanded", &r->demanded}, {"demanded-bytes", &r->demanded_bytes},
        {"nanoseconds", &r->nanoseconds},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (strcmp(name, row[i].name) == 0)
            *row[i].place += value;
    if (strcmp(name, "latency") == 0)
        add_latency(t, value);
}

static void read_file(struct total *t, const char *folder, const char *name)
{
    char path[4400], line[512];
    struct record r = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file)
        err(1, "cannot open %s", path);
    while (fgets(line, sizeof line, file))
        read_line(t, &r, line);
    fclose(file);
    if (strncmp(name, "forecast.", 9) == 0) {
        t->forecast = r;
        return;
    }
    t->consumers.products += r.products;
    t->consumers.jobs += r.jobs;
    t->consumers.demanded += r.demanded;
    t->consumers.demanded_bytes += r.demanded_bytes;
    if (r.nanoseconds > t->demand_nanoseconds)
        t->demand_nanoseconds = r.nanoseconds;
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The latency, in us, that 'percent' of the demands do not exceed. */
static double percentile(const struct total *t, unsigned percent)
{
    if (!t->latencies)
        return 0;
    size_t at = (t->latencies * percent + 99) / 100;
    return (double)t->latency[at ? at - 1 : 0] / 1000;
}

static double per_second(uint64_t count, uint64_t nanoseconds)
{
    return nanoseconds ? (double)count * 1e9 / (double)nanoseconds : 0;
}

/* "cma:net" is the transport and the provider of libfabric that the process has opened. */
static void print_carriers(const struct total *t)
{
    for (size_t i = 0; i < t->carriers; i++) {
        const struct carrier *c = &t->carrier[i];
        const char *provider = strchr(c->name, ':');
        printf("%s  %.*s: %" PRIu64 " objects, %.1f MB%s%s\n", i ? "          " : "transports", (int)strcspn(c->name, ":"), c->name,
               c->objects, (double)c->bytes / 1e6, provider ? "; provider " : "", provider ? provider + 1 : "");
    }
}

static void print(const struct total *t)
{
    const struct record *f = &t->forecast, *c = &t->consumers;
    printf("messages    %" PRIu64 "\n", f->messages);
    printf("fields      %" PRIu64 "\n", f->fields);
    printf("products    %" PRIu64 "\n", c->products);
    printf("jobs        %" PRIu64 ", each when its level set was whole\n", c->jobs);
    printf("offered     %" PRIu64 " objects, %.1f MB, %.0f objects/s\n", f->offered, (double)f->offered_bytes / 1e6,
           per_second(f->offered, f->nanoseconds));
    printf("demanded    %" PRIu64 " objects, %.1f MB, %.0f objects/s\n", c->demanded, (double)c->demanded_bytes / 1e6,
           per_second(c->demanded, t->demand_nanoseconds));
    printf("latency     p50 %.0f us, p99 %.0f us from demand to data\n", percentile(t, 50), percentile(t, 99));
    print_carriers(t);
    for (const char *line = t->notes; *line; line = strchr(line, '\n') + 1)
        printf("not made    %.*s\n", (int)strcspn(line, "\n"), line);
    printf("verified    %s\n", *t->verified ? t->verified : "no (the verifier has not run)");
}

int main(int argc, char *argv[])
{
    struct total total = {0};
    char folder[4096];
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc != 2) {
        fputs(usage, stderr);
        return 2;
    }
    snprintf(folder, sizeof folder, "%s/statistics", argv[1]);
    struct dirent **name = NULL;
    int count = scandir(folder, &name, NULL, alphasort);
    if (count < 0)
        err(1, "cannot read %s", folder);
    for (int i = 0; i < count; i++) {
        if (name[i]->d_name[0] != '.')
            read_file(&total, folder, name[i]->d_name);
        free(name[i]);
    }
    free(name);
    if (total.latencies)
        qsort(total.latency, total.latencies, sizeof *total.latency, ascending);
    print(&total);
    free(total.latency);
    return 0;
}
