/* SPDX-License-Identifier: BSD-3-Clause */
#include "apps/run/words.h"

#include <string.h>

static const char blanks[] = " \t\r\n";

/* One quoted part; 'from' stands after the opening quote.  What follows the closing one, or NULL when there is none. */
static const char *copy_quoted(const char *from, char quote, char **to)
{
    for (; *from && *from != quote; from++) {
        if (quote == '"' && *from == '\\' && (from[1] == '"' || from[1] == '\\'))
            from++;
        *(*to)++ = *from;
    }
    return *from ? from + 1 : NULL;
}

/* Copy the word at *from to *room and end it by a NUL; both are moved behind it. */
static const char *copy_word(const char **from, char **room)
{
    const char *at = *from;
    char *to = *room;
    while (*at && !strchr(blanks, *at)) {
        if (strchr("|<>&;`", *at))
            return "an unquoted '|', '<', '>', '&', ';' or '`' would need a shell: quote it, or write command: [sh, -c, '...']";
        if (*at == '\'' || *at == '"') {
            at = copy_quoted(at + 1, *at, &to);
            if (!at)
                return "a quote is opened and not closed";
        } else if (*at == '\\') {
            if (!at[1])
                return "a backslash stands at the end";
            *to++ = at[1];
            at += 2;
        } else
            *to++ = *at++;
    }
    *to++ = '\0';
    *room = to;
    *from = at;
    return NULL;
}

const char *words_split(struct plan *p, const char *text, char ***words, uint32_t *count)
{
    char *room = plan_take(p, strlen(text) + 1); /* words and their NULs never need more than the text */
    for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
        char *word = room;
        const char *why = copy_word(&text, &room);
        if (why)
            return why;
        plan_append(p, words, count, word);
    }
    return NULL;
}
