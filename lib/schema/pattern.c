/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "lib/base/utf8.h"
#include "lib/schema/pattern_cost.h"

enum { NEST_MAX = 16, HEAP_KIBIBYTES = 64, BYTES_PER_STEP = 16 };

/* Of a glob: bytes of a set that is looked through, and of the text that is searched for the next byte that can match. */
enum { SET_BYTES_PER_STEP = 2, SEARCHED_PER_STEP = 64 };

struct pattern { pcre2_code *code; struct pattern_cost cost; };

static mstro_status refuse(char *problem, size_t room, const char *what)
{
    strncpy(problem, what, room - 1);
    problem[room - 1] = '\0';
    return MSTRO_INVARG;
}

static mstro_status compile(struct text written, uint32_t options, pcre2_code **out, char *problem, size_t room, size_t *offset)
{
    int error = 0;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        return MSTRO_NOMEM;
    pcre2_set_parens_nest_limit(context, NEST_MAX);
    *out = pcre2_compile((PCRE2_SPTR)written.at, written.length, options, &error, offset, context);
    pcre2_compile_context_free(context);
    if (*out)
        return MSTRO_OK;
    pcre2_get_error_message(error, (PCRE2_UCHAR *)problem, room);
    return MSTRO_INVARG;
}

static size_t code_size(const pcre2_code *code)
{
    size_t size = 0;
    pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);
    return size;
}

/* Takes the code over. */
static mstro_status keep(pcre2_code *code, struct text written, bool caseless, struct pattern **out)
{
    uint32_t behind = 0;
    struct pattern *p = malloc(sizeof *p);
    if (!p) {
        pcre2_code_free(code);
        return MSTRO_NOMEM;
    }
    pcre2_pattern_info(code, PCRE2_INFO_MAXLOOKBEHIND, &behind);
    *p = (struct pattern){ code, pattern_cost_of(written, caseless, code_size(code), behind) };
    *out = p;
    return MSTRO_OK;
}

mstro_status pattern_compile(struct text written, unsigned flags, struct pattern **out, char *problem, size_t room, size_t *offset)
{
    uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE | PCRE2_AUTO_CALLOUT, groups = 0;
    pcre2_code *code = NULL;
    *offset = 0;
    if (written.length > PATTERN_MAX)
        return refuse(problem, room, "longer than 256 bytes");
    if (!text_is_utf8(written))
        return refuse(problem, room, "not UTF-8");
    const char *refusal = pattern_refusal(written, flags & PATTERN_CASELESS, offset);
    if (refusal)
        return refuse(problem, room, refusal);
    if (flags & PATTERN_CASELESS)
        options |= PCRE2_CASELESS;
    if (flags & PATTERN_WHOLE)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    mstro_status status = compile(written, options, &code, problem, room, offset);
    if (status != MSTRO_OK)
        return status;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    const char *why = groups > 0 ? "named groups are not supported, nothing is captured" : code_size(code) > PATTERN_COMPILED_MAX ? "too large when compiled" : NULL;
    if (!why)
        return keep(code, written, flags & PATTERN_CASELESS, out);
    pcre2_code_free(code);
    *offset = 0;
    return refuse(problem, room, why);
}

size_t pattern_memory(const struct pattern *p)
{
    return sizeof *p + code_size(p->code);
}

void pattern_destroy(struct pattern *p)
{
    if (!p)
        return;
    pcre2_code_free(p->code);
    free(p);
}

struct budget {
    uint32_t left;
    uint32_t weight, item; /* of a character; of an item, wherever it is tried */
    size_t at;             /* where in the text it was last called */
};

/* Called before each item. */
static int spend(pcre2_callout_block *now, void *data)
{
    struct budget *b = data;
    size_t far = now->current_position > b->at ? now->current_position - b->at : b->at - now->current_position;
    size_t cost = b->item + far * b->weight / BYTES_PER_STEP;
    b->at = now->current_position;
    if (b->left < cost) {
        b->left = 0;
        return PCRE2_ERROR_CALLOUT;
    }
    b->left -= (uint32_t)cost;
    return 0;
}

static enum pattern_answer match(const struct pattern *p, struct text t, struct budget *budget)
{
    enum pattern_answer answer = PATTERN_TOO_EXPENSIVE;
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (context && data) {
        pcre2_set_callout(context, spend, budget);
        pcre2_set_heap_limit(context, HEAP_KIBIBYTES);
        int found = pcre2_match(p->code, (PCRE2_SPTR)(t.at ? t.at : ""), t.length, 0, PCRE2_NO_UTF_CHECK, data, context);
        if (found >= 0)
            answer = PATTERN_YES;
        else if (found == PCRE2_ERROR_NOMATCH)
            answer = PATTERN_NO;
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    return answer;
}

static bool is_ascii(struct text t)
{
    for (size_t i = 0; i < t.length; i++)
        if ((unsigned char)t.at[i] >= 0x80)
            return false;
    return true;
}

enum pattern_answer pattern_matches(const struct pattern *p, struct text t, uint32_t *steps)
{
    uint32_t weight = p->cost.weight == p->cost.wide || is_ascii(t) ? p->cost.weight : p->cost.wide;
    size_t run = t.length * weight / BYTES_PER_STEP, reach = p->cost.reach < t.length ? p->cost.reach : t.length;
    if (t.length > PATTERN_TEXT_MAX || run > *steps)
        return PATTERN_TOO_EXPENSIVE;
    struct budget budget = { .left = *steps - (uint32_t)run, .weight = weight, .item = 1 + (uint32_t)(reach * weight / BYTES_PER_STEP) };
    enum pattern_answer answer = text_is_utf8(t) ? match(p, t, &budget) : PATTERN_NO;
    *steps = budget.left;
    return answer;
}

static void charge(uint32_t *steps, size_t cost)
{
    *steps -= (uint32_t)(cost < *steps ? cost : *steps);
}

/* Does the set that begins at glob[*at] == '[' hold 'byte'?  *at moves behind it.  A '[' without ']' stands for itself. */
static bool set_holds(struct text glob, size_t *at, unsigned char byte, uint32_t *steps)
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
    charge(steps, (i - *at) / SET_BYTES_PER_STEP);
    if (i >= glob.length) {
        ++*at;
        return byte == '[';
    }
    *at = i + 1;
    return held != negated;
}

/* Does one byte match what stands at glob[*at]?  *at moves behind it. */
static bool one_matches(struct text glob, size_t *at, unsigned char byte, uint32_t *steps)
{
    if (glob.at[*at] == '[')
        return set_holds(glob, at, byte, steps);
    bool any = glob.at[*at] == '?';
    if (glob.at[*at] == '\\' && *at + 1 < glob.length)
        ++*at;
    return (unsigned char)glob.at[(*at)++] == byte || any;
}

/* Where a match behind a '*' can begin: at the next byte that is what stands there, when that is a byte like others.  No farther than the
 * steps that are left carry. */
static size_t next_start(struct text glob, size_t at, struct text t, size_t i, uint32_t *steps)
{
    if (at == glob.length || strchr("*?[\\", glob.at[at]) || i >= t.length)
        return i;
    size_t rest = t.length - i, reach = (size_t)*steps * SEARCHED_PER_STEP, far = rest < reach ? rest : reach;
    const char *found = memchr(t.at + i, glob.at[at], far);
    size_t passed = found ? (size_t)(found - t.at) - i : far;
    charge(steps, passed / SEARCHED_PER_STEP);
    return i + passed;
}

enum pattern_answer glob_matches(struct text glob, struct text t, uint32_t *steps)
{
    size_t at = 0, i = 0, star = SIZE_MAX, resume = 0; /* behind the last '*', and where it ends for now */
    while (i < t.length) {
        if (*steps == 0)
            return PATTERN_TOO_EXPENSIVE;
        charge(steps, 1);
        if (at < glob.length && glob.at[at] == '*') {
            star = ++at;
            i = resume = next_start(glob, at, t, i, steps);
        } else if (at < glob.length && one_matches(glob, &at, (unsigned char)t.at[i], steps))
            i++;
        else if (star != SIZE_MAX) {
            at = star;
            i = resume = next_start(glob, at, t, resume + 1, steps);
        } else
            return PATTERN_NO;
    }
    for (; at < glob.length && glob.at[at] == '*'; at++)
        charge(steps, 1);
    return at == glob.length ? PATTERN_YES : PATTERN_NO;
}
