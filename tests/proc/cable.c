/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include "tests/proc/cable.h"

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char names[2][64];

static bool run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The command says nothing, and succeeds or not. */
static bool run(const char *format, ...)
{
    char command[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(command, sizeof command - 20, format, arguments);
    va_end(arguments);
    snprintf(command + length, sizeof command - (size_t)length, " >/dev/null 2>&1");
    return system(command) == 0;
}

const char *cable_end(int end) { return names[end]; }

/* An interface that has just been set up is not running at once, and libfabric passes it over. */
static bool wait_until_up(int end)
{
    for (int i = 0; i < 400; i++) {
        if (run("ip -n %s link show dev cable | grep 'state UP'", names[end]))
            return true;
        nanosleep(&(struct timespec){ .tv_nsec = 25000000 }, NULL);
    }
    return false;
}

static bool lay(void)
{
    bool laid = run("ip -n %s link add cable type veth peer name cable netns %s", names[CABLE_A], names[CABLE_B]);
    for (int end = CABLE_A; end <= CABLE_B && laid; end++)
        laid = run("ip -n %s address add 10.55.1.%d/24 dev cable", names[end], end + 1) && run("ip -n %s link set lo up", names[end]) &&
               run("ip -n %s link set cable up", names[end]);
    return laid && wait_until_up(CABLE_A) && wait_until_up(CABLE_B);
}

static const char *try_to_lay(void)
{
    if (geteuid() != 0)
        return "needs root, to make network namespaces";
    if (!run("command -v ip") || !run("command -v iptables"))
        return "needs ip (iproute2) and iptables";
    if (!run("ip netns add %s", names[CABLE_A]) || !run("ip netns add %s", names[CABLE_B]))
        return "network namespaces cannot be made here";
    if (!run("ip netns exec %s true", names[CABLE_A]))
        return "no process can be put into a network namespace here (the root is no mount point: a chroot?)";
    if (!lay())
        return "no cable can be laid between two network namespaces here";
    if (!run("ip netns exec %s iptables -w -A INPUT -i cable -m statistic --mode random --probability 0.5 -j DROP", names[CABLE_B]))
        return "iptables cannot drop packets at random here";
    cable_mend();
    return NULL;
}

const char *cable_lay(void)
{
    for (int end = CABLE_A; end <= CABLE_B; end++)
        snprintf(names[end], sizeof names[end], "maestro-%ld-%c", (long)getpid(), 'a' + end);
    const char *why = try_to_lay();
    if (why)
        cable_remove();
    return why;
}

void cable_remove(void)
{
    for (int end = CABLE_A; end <= CABLE_B; end++)
        run("ip netns del %s", names[end]);
}

static void drop(int end, const char *what, const char *probability)
{
    assert_true(run("ip netns exec %s iptables -w -A %s -m statistic --mode random --probability %s -j DROP", names[end], what, probability));
}

void cable_drop_to_a(const char *probability) { drop(CABLE_A, "INPUT -i cable", probability); }
void cable_drop_to_b(const char *probability) { drop(CABLE_B, "INPUT -i cable", probability); }
void cable_forbid_leaving_b(void) { drop(CABLE_B, "OUTPUT -o cable", "1"); }

void cable_drop_to_a_but_for_port(unsigned port)
{
    char what[100];
    snprintf(what, sizeof what, "INPUT -i cable -p tcp ! --dport %u", port);
    drop(CABLE_A, what, "1");
}

void cable_mend(void)
{
    for (int end = CABLE_A; end <= CABLE_B; end++)
        assert_true(run("ip netns exec %s iptables -w -F", names[end]));
}
