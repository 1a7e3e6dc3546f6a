/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/base/clock.h"

/* <syslog.h> calls its priorities as we call our levels. */
extern void syslog(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum { SYSLOG_ERROR = 3, SYSLOG_WARNING = 4, SYSLOG_INFO = 6, SYSLOG_DEBUG = 7 };

enum { LINE_SIZE = 2048, COMPONENT_SIZE = 128, DST_SYSLOG = -1, LIMIT_DEFAULT = LOG_WARN + 1 };

static const struct { const char *name; unsigned char limit; } levels[] = {
    { "none", 0 },     { "off", 0 },      { "error", 1 },   { "err", 1 },   { "0", 1 },     { "warn", 2 },
    { "warning", 2 },  { "1", 2 },        { "info", 3 },    { "2", 3 },     { "debug", 4 }, { "3", 4 },
    { "noise", 5 },    { "4", 5 },
};
static const struct { char letter; int syslog; const char *color; } looks[] = {
    [LOG_ERROR] = { 'E', SYSLOG_ERROR, "\033[31m" }, [LOG_WARN] = { 'W', SYSLOG_WARNING, "\033[33m" },
    [LOG_INFO] = { 'I', SYSLOG_INFO, "\033[32m" },   [LOG_DEBUG] = { 'D', SYSLOG_DEBUG, "\033[36m" },
    [LOG_NOISE] = { 'N', SYSLOG_DEBUG, "\033[90m" },
};
static const char *const module_names[LOG_MODULE_COUNT] = {
    [LOG_CORE] = "core",     [LOG_CDO] = "cdo",       [LOG_POOL] = "pool",           [LOG_PM] = "pm",         [LOG_EVENT] = "event",
    [LOG_FABRIC] = "fabric", [LOG_TRANSPORT] = "transport", [LOG_SCHEMA] = "schema", [LOG_STATS] = "stats",
};
static const char *const color_names[] = { "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white" };

atomic_uchar log_limit[LOG_MODULE_COUNT] = {
    [LOG_CORE] = LIMIT_DEFAULT,   [LOG_CDO] = LIMIT_DEFAULT,       [LOG_POOL] = LIMIT_DEFAULT,   [LOG_PM] = LIMIT_DEFAULT,
    [LOG_EVENT] = LIMIT_DEFAULT,  [LOG_FABRIC] = LIMIT_DEFAULT,    [LOG_TRANSPORT] = LIMIT_DEFAULT,
    [LOG_SCHEMA] = LIMIT_DEFAULT, [LOG_STATS] = LIMIT_DEFAULT,
};

/* One per process, as the environment it is read from and the descriptor it writes to. */
static struct {
    pthread_mutex_t lock; /* leaf lock; guards what follows */
    bool configured;
    int destination; /* a descriptor, or DST_SYSLOG */
    bool own;        /* 'destination' is a file opened here */
    bool colored;
    char color[16]; /* of every head, instead of the level's; "" is none */
    char component[COMPONENT_SIZE];
    int64_t index;
    uint64_t app_id;
    char host[64];
} sink = { .lock = PTHREAD_MUTEX_INITIALIZER, .destination = STDERR_FILENO };

static _Thread_local unsigned thread_number;
static atomic_uint threads_seen;

static void complain(const char *variable, const char *value, const char *expected)
{
    dprintf(STDERR_FILENO, "maestro: %s=%.80s is not understood (%s); the default holds\n", variable, value, expected);
}

static unsigned char level_from_environment(void)
{
    const char *value = getenv("MSTRO_LOG_LEVEL");
    if (!value || !*value)
        return LIMIT_DEFAULT;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (strcasecmp(value, levels[i].name) == 0)
            return levels[i].limit;
    complain("MSTRO_LOG_LEVEL", value, "none, error, warn, info, debug, noise or 0 to 4");
    return LIMIT_DEFAULT;
}

static bool name_is(const char *name, const char *word, size_t length)
{
    return strlen(name) == length && strncasecmp(name, word, length) == 0;
}

/* Switch the modules that 'word' ("pm", "all", "^pm") speaks of; false when there is none. */
static bool choose_modules(bool chosen[LOG_MODULE_COUNT], const char *word, size_t length)
{
    bool on = *word != '^', known = false;
    if (!on)
        word++, length--;
    for (int m = 0; m < LOG_MODULE_COUNT; m++)
        if (name_is("all", word, length) || name_is(module_names[m], word, length)) {
            chosen[m] = on;
            known = true;
        }
    return known;
}

static void modules_from_environment(bool chosen[LOG_MODULE_COUNT])
{
    const char *value = getenv("MSTRO_LOG_MODULES");
    /* "^pm" alone means all but pm */
    bool all = !value || !*value || *value == '^', known = true;
    for (int m = 0; m < LOG_MODULE_COUNT; m++)
        chosen[m] = all;
    for (const char *word = value; word && *word; word += strspn(word, ", ")) {
        size_t length = strcspn(word, ", ");
        known = (length == 0 || choose_modules(chosen, word, length)) && known;
        word += length;
    }
    if (!known)
        complain("MSTRO_LOG_MODULES", value, "names are all core cdo pool pm event fabric transport schema stats, ^ excludes");
}

static void close_destination(void)
{
    if (sink.own)
        close(sink.destination);
    sink.own = false;
    sink.destination = STDERR_FILENO;
}

static void destination_from_environment(void)
{
    const char *value = getenv("MSTRO_LOG_DST");
    close_destination();
    if (!value || !*value || strcasecmp(value, "stderr") == 0)
        return;
    if (strcasecmp(value, "stdout") == 0)
        sink.destination = STDOUT_FILENO;
    else if (strcasecmp(value, "syslog") == 0)
        sink.destination = DST_SYSLOG;
    else {
        int file = open(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
        if (file < 0) {
            dprintf(STDERR_FILENO, "maestro: cannot write the log to %.200s: %m; it goes to stderr\n", value);
            return;
        }
        sink.destination = file;
        sink.own = true;
    }
}

/* "red" and "brightred" as an escape sequence; false when it is no colour. */
static bool color_sequence(const char *name, char *sequence, size_t size)
{
    bool bright = strncasecmp(name, "bright", 6) == 0;
    for (int i = 0; i < 8; i++)
        if (strcasecmp(bright ? name + 6 : name, color_names[i]) == 0) {
            snprintf(sequence, size, "\033[%dm", (bright ? 90 : 30) + i);
            return true;
        }
    return false;
}

static void color_from_environment(void)
{
    const char *value = getenv("MSTRO_LOG_COLOR"), *no_color = getenv("NO_COLOR");
    sink.color[0] = '\0';
    sink.colored = sink.destination >= 0 && isatty(sink.destination) && !(no_color && *no_color);
    if (!value || !*value || strcasecmp(value, "auto") == 0)
        return;
    if (strcasecmp(value, "never") == 0 || strcmp(value, "0") == 0)
        sink.colored = false;
    else if (strcasecmp(value, "always") == 0 || strcmp(value, "1") == 0 ||
             color_sequence(value, sink.color, sizeof sink.color))
        sink.colored = sink.destination >= 0;
    else
        complain("MSTRO_LOG_COLOR", value, "never, always, auto or the name of a colour");
}

static void read_environment(void)
{
    bool chosen[LOG_MODULE_COUNT];
    unsigned char limit = level_from_environment();
    modules_from_environment(chosen);
    for (int m = 0; m < LOG_MODULE_COUNT; m++) {
        unsigned char mute = limit > LOG_ERROR ? LOG_ERROR + 1 : 0;
        atomic_store_explicit(&log_limit[m], chosen[m] ? limit : mute, memory_order_relaxed);
    }
    destination_from_environment();
    color_from_environment();
    if (gethostname(sink.host, sizeof sink.host) != 0)
        strcpy(sink.host, "?");
    sink.host[sizeof sink.host - 1] = '\0';
    sink.configured = true;
}

void log_configure(const char *component, int64_t index, uint64_t app_id)
{
    pthread_mutex_lock(&sink.lock);
    snprintf(sink.component, sizeof sink.component, "%s", component ? component : "");
    sink.index = index;
    sink.app_id = app_id;
    read_environment();
    pthread_mutex_unlock(&sink.lock);
}

static unsigned this_thread(void)
{
    if (thread_number == 0)
        thread_number = 1 + atomic_fetch_add_explicit(&threads_seen, 1, memory_order_relaxed);
    return thread_number;
}

/* Names and texts come from anywhere: nothing in them may forge a line or drive the terminal. */
static void defuse(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
}

static size_t clip(int wanted, size_t room)
{
    if (wanted < 0)
        return 0;
    return (size_t)wanted < room ? (size_t)wanted : room - 1;
}

static size_t put_head(char *out, size_t room, enum log_level level, enum log_module module)
{
    int wanted = snprintf(out, room, "[%c:%s] %s:%lld %llu %u (%s %ld) %llu: ", looks[level].letter, module_names[module],
                          sink.component[0] ? sink.component : "-", (long long)sink.index, (unsigned long long)sink.app_id,
                          this_thread(), sink.host, (long)getpid(), (unsigned long long)clock_now());
    size_t length = clip(wanted, room);
    defuse(out, length);
    return length;
}

static void write_line(int to, const char *line, size_t length)
{
    while (length > 0) {
        ssize_t written = write(to, line, length);
        if (written < 0 && errno != EINTR)
            return; /* a log that cannot be written must not stop anybody */
        if (written > 0) {
            line += written;
            length -= (size_t)written;
        }
    }
}

static void deliver(enum log_level level, enum log_module module, const char *text, size_t text_length)
{
    char line[LINE_SIZE + COMPONENT_SIZE + 256];
    size_t at = 0;
    const char *color = sink.color[0] ? sink.color : looks[level].color;
    if (sink.colored)
        at = clip(snprintf(line, sizeof line, "%s", color), sizeof line);
    at += put_head(line + at, COMPONENT_SIZE + 192, level, module);
    if (sink.colored)
        at += clip(snprintf(line + at, 8, "\033[0m"), 8);
    memcpy(line + at, text, text_length);
    at += text_length;
    if (sink.destination == DST_SYSLOG) {
        syslog(looks[level].syslog, "%.*s", (int)at, line);
        return;
    }
    line[at++] = '\n';
    write_line(sink.destination, line, at);
}

void log_line(enum log_level level, enum log_module module, const char *function, const char *file, int line, const char *format, ...)
{
    int saved = errno; /* %m in the text, and the caller's errno afterwards */
    char text[LINE_SIZE];
    size_t length = clip(snprintf(text, sizeof text, "%s(%s:%d) ", function, file, line), sizeof text);
    va_list arguments;
    va_start(arguments, format);
    errno = saved;
    length += clip(vsnprintf(text + length, sizeof text - length, format, arguments), sizeof text - length);
    va_end(arguments);
    defuse(text, length);

    pthread_mutex_lock(&sink.lock);
    if (!sink.configured)
        read_environment();
    if (log_wanted(level, module))
        deliver(level, module, text, length);
    pthread_mutex_unlock(&sink.lock);
    errno = saved;
}
