/* SPDX-License-Identifier: BSD-3-Clause */
/* lexer.h - the words of a query
 *
 * What ends a word depends on where it stands, so the grammar says what it expects.  Tokens are views into the query. */
#ifndef LIB_QUERY_LEXER_H
#define LIB_QUERY_LEXER_H
#include "lib/base/view.h"

struct lexer { struct text source; size_t at; };

struct token {
    struct text text; /* without quotes; still with backslashes when 'quoted' */
    size_t at;        /* where it begins, in bytes */
    bool quoted, complete; /* complete: the closing quote was there */
};

/* A word without quotes that is longer is cut after one byte more: nothing that takes words takes one so long. */
enum { LEXER_WORD_MAX = 65536 };

/* The next byte that is no blank, '\0' at the end. */
char lexer_peek(struct lexer *l);

/* Take 'c' if it is the next byte. */
bool lexer_take(struct lexer *l, char c);

/* A key or keyword: up to a blank, a parenthesis, a quote or an operator's first byte. */
struct token lexer_word(struct lexer *l);

/* "=" "!=" "<" "<=" ">" ">=" "~=" "~=i" "glob", or what stands in their place (a run of operator bytes, or a word). */
struct token lexer_operator(struct lexer *l);

/* A quoted string, or up to a blank or parenthesis; up to a '/' as well where 'list' is set. */
struct token lexer_value(struct lexer *l, bool list);

/* 1-based column in characters of the byte 'at'. */
size_t lexer_column(const struct lexer *l, size_t at);

#endif
