/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "lib/base/utf8.h"

enum { NEST_MAX = 16, HEAP_KIBIBYTES = 64 };

/* A pcre2_code is what this type hides; nothing is added to it. */
static pcre2_code *code_of(const struct pattern *p) { return (pcre2_code *)p; }

static mstro_status refuse(char *problem, size_t room, const char *what)
{
    strncpy(problem, what, room - 1);
    problem[room - 1] = '\0';
    return MSTRO_INVARG;
}

mstro_status pattern_compile(struct text written, unsigned flags, struct pattern **out, char *problem, size_t room, size_t *offset)
{
    uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE;
    size_t size = 0;
    int error = 0;
    *offset = 0;
    if (written.length > PATTERN_MAX)
        return refuse(problem, room, "longer than 256 bytes");
    if (!text_is_utf8(written))
        return refuse(problem, room, "not UTF-8");
    if (flags & PATTERN_CASELESS)
        options |= PCRE2_CASELESS;
    if (flags & PATTERN_WHOLE)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        return MSTRO_NOMEM;
    pcre2_set_parens_nest_limit(context, NEST_MAX);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)written.at, written.length, options, &error, offset, context);
    pcre2_compile_context_free(context);
    if (!code) {
        pcre2_get_error_message(error, (PCRE2_UCHAR *)problem, room);
        return MSTRO_INVARG;
    }
    pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);
    if (size > PATTERN_COMPILED_MAX) {
        pcre2_code_free(code);
        return refuse(problem, room, "too large when compiled");
    }
    *out = (struct pattern *)code;
    return MSTRO_OK;
}

void pattern_destroy(struct pattern *p)
{
    pcre2_code_free(code_of(p));
}

enum pattern_answer pattern_matches(const struct pattern *p, struct text t, uint32_t steps)
{
    enum pattern_answer answer = PATTERN_TOO_EXPENSIVE;
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (context && data) {
        pcre2_set_match_limit(context, steps);
        pcre2_set_heap_limit(context, HEAP_KIBIBYTES);
        int found = pcre2_match(code_of(p), (PCRE2_SPTR)(t.at ? t.at : ""), t.length, 0, 0, data, context);
        if (found >= 0)
            answer = PATTERN_YES;
        else if (found != PCRE2_ERROR_MATCHLIMIT && found != PCRE2_ERROR_HEAPLIMIT && found != PCRE2_ERROR_NOMEMORY)
            answer = PATTERN_NO; /* no match, or a text that is not UTF-8 */
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    return answer;
}

/* Does the set that begins at glob[*at] == '[' hold 'byte'?  *at moves behind it.  A '[' without ']' stands for itself. */
static bool set_holds(struct text glob, size_t *at, unsigned char byte)
{
    size_t i = *at + 1;
    bool negated = i < glob.length && (glob.at[i] == '!' || glob.at[i] == '^'), held = false;
    i += negated;
    for (size_t first = i; i < glob.length && (glob.at[i] != ']' || i == first); i++) {
        unsigned char low = (unsigned char)glob.at[i], high = low;
        if (i + 2 < glob.length && glob.at[i + 1] == '-' && glob.at[i + 2] != ']')
            high = (unsigned char)glob.at[i += 2];
        held |= byte >= low && byte <= high;
    }
    if (i >= glob.length) {
        ++*at;
        return byte == '[';
    }
    *at = i + 1;
    return held != negated;
}

/* Does one byte match what stands at glob[*at]?  *at moves behind it. */
static bool one_matches(struct text glob, size_t *at, unsigned char byte)
{
    if (glob.at[*at] == '[')
        return set_holds(glob, at, byte);
    bool any = glob.at[*at] == '?';
    if (glob.at[*at] == '\\' && *at + 1 < glob.length)
        ++*at;
    return (unsigned char)glob.at[(*at)++] == byte || any;
}

enum pattern_answer glob_matches(struct text glob, struct text t, uint32_t *steps)
{
    size_t at = 0, i = 0, star = SIZE_MAX, resume = 0; /* behind the last '*', and where it ends for now */
    while (i < t.length) {
        if (*steps == 0)
            return PATTERN_TOO_EXPENSIVE;
        --*steps;
        if (at < glob.length && glob.at[at] == '*') {
            star = ++at;
            resume = i;
        } else if (at < glob.length && one_matches(glob, &at, (unsigned char)t.at[i]))
            i++;
        else if (star != SIZE_MAX) {
            at = star;
            i = ++resume;
        } else
            return PATTERN_NO;
    }
    while (at < glob.length && glob.at[at] == '*')
        at++;
    return at == glob.length ? PATTERN_YES : PATTERN_NO;
}
