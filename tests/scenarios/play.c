/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/scenarios/play.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 8192, WORDS = 8, SEED_MAX = 200 };

static const struct { const char *word, *rest; } verbs[] = {
#define PLAY_VERB(name, word, rest) { word, rest },
    PLAY_VERBS(PLAY_VERB)
#undef PLAY_VERB
};

static const char *const statuses[] = {
#define STATUS_NAME(name, sentence) "MSTRO_" #name,
    MSTRO_STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
};
enum { STATUS_COUNT = sizeof statuses / sizeof statuses[0] };

const char *play_verb_word(enum play_verb verb) { return verbs[verb].word; }

static const char *wrong(const struct play *play, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
static const char *wrong(const struct play *play, int line, const char *format, ...)
{
    static char text[600];
    va_list arguments;
    int used = snprintf(text, sizeof text, "%s:%d: ", play->path, line);
    va_start(arguments, format);
    vsnprintf(text + used, sizeof text - (size_t)used, format, arguments);
    va_end(arguments);
    return text;
}

/* ---- names ---- */

/* Its place among the 'count' names of 'width' bytes, added when it is new; -1: too long, or too many. */
static int place_of(char *names, size_t width, int *count, int limit, const char *name)
{
    for (int i = 0; i < *count; i++)
        if (strcmp(names + (size_t)i * width, name) == 0)
            return i;
    if (*count == limit || strlen(name) >= width)
        return -1;
    strcpy(names + (size_t)*count * width, name);
    return (*count)++;
}

static bool is_number(const char *word, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(word, &end, 10);
    return *word >= '0' && *word <= '9' && *end == '\0' && errno == 0;
}

/* ---- one step ---- */

static const char *read_outcome(struct play *play, struct play_step *step, const char *word)
{
    step->waits = strcmp(word, "waits") == 0;
    for (int i = 0; i < STATUS_COUNT && !step->waits; i++)
        if (strcmp(word, statuses[i]) == 0) {
            step->status = (mstro_status)i;
            return NULL;
        }
    return step->waits ? NULL : wrong(play, step->line, "\"%s\" is no status, and not \"waits\"", word);
}

/* What follows the verb, up to the outcome. */
static const char *read_rest(struct play *play, struct play_step *step, char **word, int words)
{
    const char *rest = verbs[step->verb].rest;
    int at = 0;
    int64_t number = 0;
    for (; *rest && at < words; rest++, at++) {
        if (*rest == 'x') {
            step->object = place_of(play->object[0], PLAY_OBJECT_NAME, &play->objects, PLAY_OBJECTS, word[at]);
            if (step->object < 0)
                return wrong(play, step->line, "an object too many, or with too long a name: %s", word[at]);
        } else if (!is_number(word[at], &number) || (strchr("dD", *rest) && number > SEED_MAX))
            return wrong(play, step->line, "\"%s\" is no size, or a seed beyond %d", word[at], SEED_MAX);
        else if (strchr("sS", *rest))
            step->size = number;
        else
            step->seed = (unsigned)number;
    }
    if (at < words)
        return wrong(play, step->line, "what is \"%s\" for %s?", word[at], verbs[step->verb].word);
    if (strchr("xsd", *rest) && *rest)
        return wrong(play, step->line, "%s needs more words", verbs[step->verb].word);
    return NULL;
}

static const char *read_step(struct play *play, struct play_step *step, char **word, int words)
{
    size_t length = strlen(word[0]);
    if (words < 2 || word[0][length - 1] != ':')
        return wrong(play, step->line, "neither \"ROLE: VERB ... OUTCOME\" nor \"needs processes\"");
    word[0][length - 1] = '\0';
    step->role = place_of(play->role[0], PLAY_NAME, &play->roles, PLAY_ROLES, word[0]);
    if (step->role < 0)
        return wrong(play, step->line, "a role too many, or with too long a name: %s", word[0]);
    int verb = 0;
    while (verb < PLAY_VERB_COUNT && strcmp(verbs[verb].word, word[1]) != 0)
        verb++;
    if (verb == PLAY_VERB_COUNT)
        return wrong(play, step->line, "nobody can \"%s\"", word[1]);
    step->verb = (enum play_verb)verb;
    if (verb == PLAY_DIE)
        return words == 2 ? NULL : wrong(play, step->line, "who dies has no outcome");
    if (words < 3)
        return wrong(play, step->line, "how does it end?");
    const char *fault = read_outcome(play, step, word[words - 1]);
    return fault ? fault : read_rest(play, step, word + 2, words - 3);
}

/* ---- the whole ---- */

static bool can_wait(enum play_verb verb)
{
    return verb == PLAY_OFFER || verb == PLAY_REQUIRE || verb == PLAY_DEMAND || verb == PLAY_WITHDRAW || verb == PLAY_RETRACT || verb == PLAY_LEAVE;
}

/* Who waits does nothing else, what waits ends, and who is gone is gone. */
static const char *check_order(struct play *play)
{
    int begun[PLAY_ROLES] = { -1, -1, -1, -1 };
    bool gone[PLAY_ROLES] = { false };
    for (int i = 0; i < play->steps; i++) {
        struct play_step *step = &play->step[i];
        bool ends = step->verb == PLAY_GOES_ON || step->verb == PLAY_CANCEL;
        int *waiting = &begun[step->role];
        bool parts = step->verb == PLAY_DIE || step->verb == PLAY_LEAVE;
        if (gone[step->role])
            return wrong(play, step->line, "%s is gone", play->role[step->role]);
        if (ends != (*waiting >= 0) && step->verb != PLAY_DIE)
            return wrong(play, step->line, ends ? "%s waits for nothing" : "%s waits, and can do nothing else", play->role[step->role]);
        if (step->waits && !can_wait(step->verb))
            return wrong(play, step->line, "nobody has to wait for that");
        if (parts && !play->needs_processes)
            return wrong(play, step->line, "this needs a line \"needs processes\"");
        step->begun = *waiting;
        *waiting = step->waits ? i : -1;
        gone[step->role] = step->verb == PLAY_DIE || (parts && !step->waits) || (ends && play->step[step->begun].verb == PLAY_LEAVE);
    }
    for (int role = 0; role < play->roles; role++)
        if (begun[role] >= 0)
            return wrong(play, play->step[begun[role]].line, "how does that end?");
    return play->steps > 0 ? NULL : wrong(play, 1, "nothing happens");
}

static const char *read_line(struct play *play, int number, char *line)
{
    char *word[WORDS], *rest = NULL;
    int words = 0;
    line[strcspn(line, "#")] = '\0';
    for (char *at = strtok_r(line, " \t\r", &rest); at; at = strtok_r(NULL, " \t\r", &rest)) {
        if (words == WORDS)
            return wrong(play, number, "too many words");
        word[words++] = at;
    }
    if (words == 0)
        return NULL;
    if (words == 2 && strcmp(word[0], "needs") == 0 && strcmp(word[1], "processes") == 0) {
        play->needs_processes = true;
        return NULL;
    }
    if (play->steps == PLAY_STEPS)
        return wrong(play, number, "more than %d steps", PLAY_STEPS);
    struct play_step *step = &play->step[play->steps++];
    *step = (struct play_step){ .line = number, .object = -1, .size = -1, .seed = 1, .begun = -1 };
    return read_step(play, step, word, words);
}

const char *play_parse(struct play *play, const char *path, char *text)
{
    const char *fault = NULL;
    *play = (struct play){ .roles = 0 };
    snprintf(play->path, sizeof play->path, "%s", path);
    for (int number = 1; *text && !fault; number++) {
        size_t length = strcspn(text, "\n");
        char *next = text + length + (text[length] == '\n');
        text[length] = '\0';
        if (number == 1)
            snprintf(play->sentence, sizeof play->sentence, "%s", text);
        else
            fault = read_line(play, number, text);
        text = next;
    }
    return fault ? fault : check_order(play);
}

const char *play_read(struct play *play, const char *path)
{
    char text[FILE_MAX];
    *play = (struct play){ .roles = 0 };
    snprintf(play->path, sizeof play->path, "%s", path);
    FILE *file = fopen(path, "r");
    if (!file)
        return wrong(play, 0, "%s", strerror(errno));
    size_t length = fread(text, 1, sizeof text - 1, file);
    bool whole = feof(file);
    fclose(file);
    text[length] = '\0';
    return whole ? play_parse(play, path, text) : wrong(play, 0, "more than %d bytes", FILE_MAX);
}

bool play_files(int named, char **names, glob_t *files)
{
    char pattern[PLAY_TEXT];
    const char *top = getenv("srcdir");
    bool found = named > 0;
    snprintf(pattern, sizeof pattern, "%s/tests/scenarios/*.play", top ? top : ".");
    *files = (glob_t){ 0 };
    for (int i = 0; i < named; i++)
        found = glob(names[i], GLOB_NOCHECK | (i ? GLOB_APPEND : 0), NULL, files) == 0 && found;
    return named > 0 ? found : glob(pattern, 0, NULL, files) == 0;
}
