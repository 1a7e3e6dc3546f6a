/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/query/lexer.h"

static const char blanks[] = " \t\r\n", operators[] = "=!<>~";

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static char at_offset(const struct lexer *l, size_t offset)
{
    return l->at + offset < l->source.length ? l->source.at[l->at + offset] : '\0';
}

char lexer_peek(struct lexer *l)
{
    while (is_one_of(at_offset(l, 0), blanks))
        l->at++;
    return at_offset(l, 0);
}

bool lexer_take(struct lexer *l, char c)
{
    if (lexer_peek(l) != c || c == '\0')
        return false;
    l->at++;
    return true;
}

static struct token take(struct lexer *l, size_t length)
{
    struct token t = { .text = { l->source.at + l->at, length }, .at = l->at, .complete = true };
    l->at += length;
    return t;
}

struct token lexer_word(struct lexer *l)
{
    size_t length = 0;
    lexer_peek(l);
    while (length <= LEXER_WORD_MAX && at_offset(l, length) && !is_one_of(at_offset(l, length), " \t\r\n()\"'=!<>~"))
        length++;
    return take(l, length);
}

struct token lexer_operator(struct lexer *l)
{
    size_t length = 0;
    if (!is_one_of(lexer_peek(l), operators))
        return lexer_word(l);
    while (is_one_of(at_offset(l, length), operators))
        length++;
    bool matching = length == 2 && memcmp(l->source.at + l->at, "~=", 2) == 0;
    if (matching && at_offset(l, 2) == 'i' && is_one_of(at_offset(l, 3), " \t\r\n\"'"))
        length = 3;
    return take(l, length);
}

static struct token take_quoted(struct lexer *l, char quote)
{
    size_t begin = l->at++, length = 0;
    while (at_offset(l, length) && at_offset(l, length) != quote)
        length += at_offset(l, length) == '\\' && at_offset(l, length + 1) ? 2 : 1;
    struct token t = take(l, length);
    t.at = begin;
    t.quoted = true;
    t.complete = lexer_take(l, quote);
    return t;
}

struct token lexer_value(struct lexer *l, bool list)
{
    char first = lexer_peek(l);
    size_t length = 0;
    if (first == '"' || first == '\'')
        return take_quoted(l, first);
    while (length <= LEXER_WORD_MAX && at_offset(l, length) && !is_one_of(at_offset(l, length), list ? " \t\r\n()/" : " \t\r\n()"))
        length++;
    return take(l, length);
}

size_t lexer_column(const struct lexer *l, size_t at)
{
    size_t column = 1;
    for (size_t i = 0; i < at && i < l->source.length; i++)
        column += ((unsigned char)l->source.at[i] & 0xc0) != 0x80;
    return column;
}
