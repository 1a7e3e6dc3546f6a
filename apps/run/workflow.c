/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "apps/run/workflow.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/run/command.h"
#include "apps/run/scope.h"
#include "apps/run/words.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/setting.h"
#include "lib/schema/nearest.h"
#include "lib/schema/yaml.h"
#include "pool-manager/settings.h"

static const char *const workflow_keys[] = { "workflow", "parameters", "env", "pool-manager", "timeout", "grace", "stages", NULL };
static const char *const stage_keys[] = { "name", "command", "instances", "env", "directory", "after", "after-ready", "ready",
                                          "optional", "service", "timeout", NULL };

/* A file that is being read. */
struct reading {
    struct plan *plan;
    struct yaml yaml;
    char *const *given;
    char **bindings;                  /* parameters, "NAME=VALUE" */
    uint32_t binding_count;
    struct scope scope;               /* of 'bindings' */
    const struct yaml_node *variables; /* env of the whole workflow, or NULL */
    const struct yaml_node **stage;   /* node of each stage */
};

/* -- scalars -- */

static mstro_status fault_expansion(const struct reading *r, const struct yaml_node *node, const struct scope_fault *fault)
{
    if (!fault->name.at)
        return yaml_fault(&r->yaml, node, "%s", fault->what);
    struct nearest search = nearest_to(fault->name);
    for (uint32_t i = 0; i < r->binding_count; i++)
        nearest_offer(&search, (struct text){ r->bindings[i], strcspn(r->bindings[i], "=") });
    if (search.best.length)
        return yaml_fault(&r->yaml, node, "'" TEXT_FORMAT "' is %s; did you mean '" TEXT_FORMAT "'?", TEXT_ARGUMENTS(fault->name), fault->what,
                          TEXT_ARGUMENTS(search.best));
    return yaml_fault(&r->yaml, node, "'" TEXT_FORMAT "' is %s", TEXT_ARGUMENTS(fault->name), fault->what);
}

/* The text of a scalar, its ${NAME}s replaced. */
static mstro_status read_text(const struct reading *r, const struct yaml_node *node, const struct scope *scope, const char *what, char **out)
{
    struct scope_fault fault;
    if (node->kind != YAML_SCALAR)
        return yaml_fault(&r->yaml, node, "%s must be a text", what);
    if (strlen(node->text.at) != node->text.length)
        return yaml_fault(&r->yaml, node, "%s holds a NUL", what);
    *out = scope_expand(r->plan, scope, node->text.at, &fault);
    return *out ? MSTRO_OK : fault_expansion(r, node, &fault);
}

static mstro_status read_time(const struct reading *r, const struct yaml_node *node, const char *what, uint64_t *out)
{
    char *text;
    mstro_status status = node ? read_text(r, node, &r->scope, what, &text) : MSTRO_OK;
    if (!node || status != MSTRO_OK)
        return status;
    if (!setting_duration(text_of(text), out) || *out == 0 || *out >= NO_DEADLINE / 4)
        return yaml_fault(&r->yaml, node, "%s: '%s' is no time; it is written 250ms, 30s, 5min, 2h", what, text);
    return MSTRO_OK;
}

static mstro_status read_flag(const struct reading *r, const struct yaml_node *node, const char *what, bool *out)
{
    if (!node || yaml_bool(node, out))
        return MSTRO_OK;
    return yaml_fault(&r->yaml, node, "%s must be true or false", what);
}

static mstro_status read_name(const struct reading *r, const struct yaml_node *parent, const char *key, const char *what, const char **out)
{
    const struct yaml_node *node = yaml_find(&r->yaml, parent, key);
    char *name;
    if (!node)
        return yaml_fault(&r->yaml, parent, "%s has no name: '%s: NAME' is missing", what, key);
    mstro_status status = read_text(r, node, &r->scope, "a name", &name);
    if (status != MSTRO_OK)
        return status;
    if (!plan_name_is_good(name))
        return yaml_fault(&r->yaml, node, "'%.80s' is no name: letters, digits and '_.-', at most %d, beginning with a letter or digit", name,
                          PLAN_NAME_MAX);
    *out = name;
    return MSTRO_OK;
}

/* -- parameters -- */

static const char *value_given(const struct reading *r, const char *name)
{
    size_t length = strlen(name);
    for (char *const *given = r->given; *given; given++)
        if (strncmp(*given, name, length) == 0 && (*given)[length] == '=')
            return *given + length + 1;
    return getenv(name);
}

static mstro_status read_parameter(struct reading *r, const struct yaml_node *node)
{
    const char *name = node->key.at, *value = value_given(r, name);
    char *fallback;
    if (!scope_name_is_good(node->key))
        return yaml_fault_key(&r->yaml, node, "'%.80s' is no name of a parameter: a letter or '_', then letters, digits, '_' and '-'", name);
    if (!value) {
        mstro_status status = read_text(r, node, &r->scope, "a parameter", &fallback);
        if (status != MSTRO_OK)
            return status;
        if (!*fallback && !node->quoted)
            return yaml_fault_key(&r->yaml, node, "parameter '%s' has neither a value nor a default; give it: maestro run %s %s=VALUE", name,
                                  r->plan->file, name);
        value = fallback;
    }
    plan_append(r->plan, &r->bindings, &r->binding_count, plan_text(r->plan, "%s=%s", name, value));
    r->scope.binding = r->bindings;
    return MSTRO_OK;
}

/* What the command line gives must be a parameter of the file. */
static mstro_status check_given(const struct reading *r, const struct yaml_node *parameters)
{
    for (char *const *given = r->given; *given; given++) {
        struct text name = { *given, strcspn(*given, "=") };
        if (!(*given)[name.length] || name.length == 0)
            return detail_set(MSTRO_INVARG, "'%.80s' is not NAME=VALUE; behind the workflow file stand values for its parameters", *given);
        struct nearest search = nearest_to(name);
        const struct yaml_node *node = parameters ? parameters->first : NULL;
        for (; node && !text_equal(node->key, name); node = node->next)
            nearest_offer(&search, node->key);
        if (node)
            continue;
        if (search.best.length)
            return detail_set(MSTRO_INVARG, "%s has no parameter '" TEXT_FORMAT "'; did you mean '" TEXT_FORMAT "'?", r->plan->file,
                              TEXT_ARGUMENTS(name), TEXT_ARGUMENTS(search.best));
        return detail_set(MSTRO_INVARG, "%s has no parameter '" TEXT_FORMAT "'", r->plan->file, TEXT_ARGUMENTS(name));
    }
    return MSTRO_OK;
}

/* Where the file stands is a parameter of every file. */
static void bind_directory(struct reading *r)
{
    char *file = plan_text(r->plan, "%s", r->plan->file);
    char *real = realpath(dirname(file), NULL);
    plan_append(r->plan, &r->bindings, &r->binding_count, plan_text(r->plan, "WORKFLOW_DIRECTORY=%s", real ? real : "."));
    free(real);
    r->scope.binding = r->bindings;
}

static mstro_status read_parameters(struct reading *r)
{
    const struct yaml_node *parameters = yaml_find(&r->yaml, r->yaml.root, "parameters");
    bind_directory(r);
    if (parameters && parameters->kind != YAML_MAPPING)
        return yaml_fault(&r->yaml, parameters, "'parameters' must be a mapping of names to defaults");
    mstro_status status = check_given(r, parameters);
    for (const struct yaml_node *node = parameters ? parameters->first : NULL; node && status == MSTRO_OK; node = node->next)
        status = read_parameter(r, node);
    return status;
}

/* -- the pool manager: KEY: VALUE is --KEY=VALUE -- */

/* What may stand there, ending with NULL. */
static const char *const *manager_keys(struct plan *p)
{
    static const char *const files[] = { OPTION_CONFIG, OPTION_INFO_FILE };
    size_t count = sizeof files / sizeof files[0];
    for (const struct setting *s = settings; s->name; s++)
        count++;
    const char **keys = plan_take(p, (count + 1) * sizeof *keys), **at = keys;
    for (const struct setting *s = settings; s->name; s++)
        *at++ = s->name;
    memcpy(at, files, sizeof files);
    return keys;
}

static mstro_status add_manager_option(struct reading *r, const struct yaml_node *node, uint32_t *count)
{
    const struct setting *setting = setting_find(node->key.at);
    char *value;
    if (setting && plan_decides(setting->environment))
        return yaml_fault_key(&r->yaml, node, "the pool manager's '%s' is set by maestro run", setting->name);
    mstro_status status = read_text(r, node, &r->scope, "a setting of the pool manager", &value);
    if (status == MSTRO_OK && setting && setting_check(setting, value) != MSTRO_OK)
        return yaml_fault(&r->yaml, node, "%s", mstro_error_detail());
    if (status == MSTRO_OK)
        plan_append(r->plan, &r->plan->manager_options, count, plan_text(r->plan, "--%s=%s", node->key.at, value));
    return status;
}

static mstro_status read_manager(struct reading *r)
{
    const struct yaml_node *options = yaml_find(&r->yaml, r->yaml.root, "pool-manager");
    uint32_t count = 0;
    mstro_status status = options ? yaml_expect_keys(&r->yaml, options, "'pool-manager'", manager_keys(r->plan)) : MSTRO_OK;
    for (const struct yaml_node *node = options ? options->first : NULL; node && status == MSTRO_OK; node = node->next)
        status = add_manager_option(r, node, &count);
    return status;
}

/* -- one instance -- */

static mstro_status read_variables(const struct reading *r, const struct yaml_node *variables, const struct scope *scope, struct task *t)
{
    uint32_t count = 0;
    while (t->variables[count])
        count++;
    if (variables && variables->kind != YAML_MAPPING)
        return yaml_fault(&r->yaml, variables, "'env' must be a mapping of variables to values");
    for (const struct yaml_node *node = variables ? variables->first : NULL; node; node = node->next) {
        char *value;
        if (plan_decides(node->key.at))
            return yaml_fault_key(&r->yaml, node, "%s is set by maestro run", node->key.at);
        if (node->key.length == 0 || strchr(node->key.at, '='))
            return yaml_fault_key(&r->yaml, node, "'%.80s' is no name of a variable", node->key.at);
        mstro_status status = read_text(r, node, scope, "the value of a variable", &value);
        if (status != MSTRO_OK)
            return status;
        plan_append(r->plan, &t->variables, &count, plan_text(r->plan, "%s=%s", node->key.at, value));
    }
    return MSTRO_OK;
}

/* A list of words, or one text that is cut into words before its ${NAME}s are replaced: a value stays one word. */
static mstro_status read_command(const struct reading *r, const struct yaml_node *node, const struct scope *scope, struct task *t)
{
    char **words = NULL;
    uint32_t count = 0, written = 0;
    mstro_status status = MSTRO_OK;
    if (node->kind == YAML_SCALAR) {
        const char *why = words_split(r->plan, node->text.at, &words, &written);
        if (why)
            return yaml_fault(&r->yaml, node, "%s", why);
        for (uint32_t i = 0; i < written && status == MSTRO_OK; i++) {
            struct yaml_node word = *node;
            word.text = text_of(words[i]);
            status = read_text(r, &word, scope, "a word of the command", &words[i]);
        }
        count = written;
    } else
        for (const struct yaml_node *item = node->first; item && status == MSTRO_OK; item = item->next) {
            char *word;
            status = read_text(r, item, scope, "a word of the command", &word);
            if (status == MSTRO_OK)
                plan_append(r->plan, &words, &count, word);
        }
    if (status == MSTRO_OK && (count == 0 || !words[0][0]))
        return yaml_fault(&r->yaml, node, "the command is empty");
    t->command = words;
    return status;
}

static mstro_status read_task(const struct reading *r, const struct yaml_node *node, const struct stage *s, uint32_t index)
{
    struct task *t = plan_add_task(r->plan, s, index);
    char *named[] = { plan_text(r->plan, "MSTRO_WORKFLOW_NAME=%s", r->plan->workflow), NULL };
    struct scope workflow = { named, &r->scope }, scope = { t->variables, &workflow };
    const struct yaml_node *directory = yaml_find(&r->yaml, node, "directory");
    mstro_status status = read_command(r, yaml_find(&r->yaml, node, "command"), &scope, t);
    if (status == MSTRO_OK && directory)
        status = read_text(r, directory, &scope, "'directory'", (char **)&t->directory);
    if (status == MSTRO_OK)
        status = read_variables(r, r->variables, &scope, t);
    if (status == MSTRO_OK)
        status = read_variables(r, yaml_find(&r->yaml, node, "env"), &scope, t);
    return status;
}

/* -- stages -- */

static mstro_status read_instances(const struct reading *r, const struct yaml_node *node, uint32_t *out)
{
    char *text;
    int64_t number;
    *out = 1;
    if (!node)
        return MSTRO_OK;
    mstro_status status = read_text(r, node, &r->scope, "'instances'", &text);
    if (status != MSTRO_OK)
        return status;
    if (!setting_integer(text_of(text), &number) || number < 1 || number > PLAN_INSTANCES_MAX)
        return yaml_fault(&r->yaml, node, "'instances' must be a number between 1 and %d, and is '%.80s'", PLAN_INSTANCES_MAX, text);
    *out = (uint32_t)number;
    return MSTRO_OK;
}

static mstro_status read_ready(const struct reading *r, const struct yaml_node *node, const char **out)
{
    char *text = NULL;
    mstro_status status = node ? read_text(r, node, &r->scope, "'ready'", &text) : MSTRO_OK;
    if (status == MSTRO_OK && text && !*text)
        return yaml_fault(&r->yaml, node, "'ready' is empty: it is a part of the line that says that the stage is ready");
    *out = text;
    return status;
}

static mstro_status check_unique(const struct reading *r, const struct yaml_node *node, uint32_t present)
{
    for (uint32_t i = 0; i < present; i++)
        if (strcmp(r->plan->stage[i].name, r->plan->stage[present].name) == 0)
            return yaml_fault(&r->yaml, node, "there is already a stage '%s', in line %u", r->plan->stage[i].name, r->plan->stage[i].line);
    return MSTRO_OK;
}

/* Everything of a stage but whom it comes after. */
static mstro_status read_stage(struct reading *r, const struct yaml_node *node)
{
    struct stage *s = &r->plan->stage[r->plan->stages];
    const struct yaml *y = &r->yaml;
    s->line = node->line;
    mstro_status status = yaml_expect_keys(y, node, "a stage", stage_keys);
    if (status == MSTRO_OK)
        status = read_name(r, node, "name", "a stage", &s->name);
    if (status == MSTRO_OK)
        status = check_unique(r, node, r->plan->stages);
    if (status == MSTRO_OK && !yaml_find(y, node, "command"))
        return yaml_fault(y, node, "stage '%s' has no command", s->name);
    if (status == MSTRO_OK)
        status = read_instances(r, yaml_find(y, node, "instances"), &s->instances);
    if (status == MSTRO_OK)
        status = read_ready(r, yaml_find(y, node, "ready"), &s->ready);
    if (status == MSTRO_OK)
        status = read_flag(r, yaml_find(y, node, "optional"), "'optional'", &s->optional);
    if (status == MSTRO_OK)
        status = read_flag(r, yaml_find(y, node, "service"), "'service'", &s->service);
    if (status == MSTRO_OK)
        status = read_time(r, yaml_find(y, node, "timeout"), "'timeout'", &s->timeout);
    return status;
}

static mstro_status find_stage(const struct reading *r, const struct yaml_node *node, uint32_t *out)
{
    char *name;
    mstro_status status = read_text(r, node, &r->scope, "the name of a stage", &name);
    if (status != MSTRO_OK)
        return status;
    struct nearest search = nearest_to(text_of(name));
    for (*out = 0; *out < r->plan->stages; ++*out) {
        if (strcmp(r->plan->stage[*out].name, name) == 0)
            return MSTRO_OK;
        nearest_offer(&search, text_of(r->plan->stage[*out].name));
    }
    if (search.best.length)
        return yaml_fault(&r->yaml, node, "there is no stage '%.80s'; did you mean '" TEXT_FORMAT "'?", name, TEXT_ARGUMENTS(search.best));
    return yaml_fault(&r->yaml, node, "there is no stage '%.80s'", name);
}

/* 'key' of a stage: the name of another one, or a list of names. */
static mstro_status read_order(struct reading *r, const struct yaml_node *stage, const char *key, const uint32_t **out, uint32_t *out_count)
{
    const struct yaml_node *node = yaml_find(&r->yaml, stage, key);
    if (!node)
        return MSTRO_OK;
    uint32_t count = node->kind == YAML_SCALAR ? 1 : node->count;
    uint32_t *list = plan_take(r->plan, sizeof *list * (count + 1));
    const struct yaml_node *item = node->kind == YAML_SCALAR ? node : node->first;
    for (uint32_t i = 0; i < count; i++, item = item->next) {
        mstro_status status = find_stage(r, item, &list[i]);
        if (status != MSTRO_OK)
            return status;
        if (strcmp(key, "after") == 0 && r->plan->stage[list[i]].service)
            return yaml_fault(&r->yaml, item, "'%s' is a service: it ends when all others have ended; 'after-ready' waits for its start",
                              r->plan->stage[list[i]].name);
    }
    *out = list;
    *out_count = count;
    return MSTRO_OK;
}

/* Can stages be started in an order that keeps every 'after' and 'after-ready'?  Take away what waits for nothing until nothing is left. */
static mstro_status check_order(const struct reading *r)
{
    struct plan *p = r->plan;
    bool *placed = plan_take(p, p->stages);
    for (bool progress = true; progress;) {
        progress = false;
        for (uint32_t i = 0; i < p->stages; i++) {
            const struct stage *s = &p->stage[i];
            bool free_to_go = !placed[i];
            for (uint32_t a = 0; a < s->after_count; a++)
                free_to_go = free_to_go && placed[s->after[a]];
            for (uint32_t a = 0; a < s->after_ready_count; a++)
                free_to_go = free_to_go && placed[s->after_ready[a]];
            progress = progress || free_to_go;
            placed[i] = placed[i] || free_to_go;
        }
    }
    for (uint32_t i = 0; i < p->stages; i++)
        if (!placed[i])
            return yaml_fault(&r->yaml, r->stage[i], "stage '%s' waits for itself, by way of 'after' or 'after-ready'", p->stage[i].name);
    return MSTRO_OK;
}

static mstro_status read_tasks(struct reading *r)
{
    struct plan *p = r->plan;
    uint32_t tasks = 0;
    for (uint32_t i = 0; i < p->stages; i++)
        tasks += p->stage[i].instances;
    if (tasks > PLAN_TASKS_MAX)
        return yaml_fault(&r->yaml, r->yaml.root, "%u instances are more than the %d that one run can have", tasks, PLAN_TASKS_MAX);
    p->task = plan_take(p, sizeof *p->task * (tasks + 1));
    mstro_status status = MSTRO_OK;
    for (uint32_t i = 0; i < p->stages && status == MSTRO_OK; i++)
        for (uint32_t index = 0; index < p->stage[i].instances && status == MSTRO_OK; index++)
            status = read_task(r, r->stage[i], &p->stage[i], index);
    return status;
}

static mstro_status read_stages(struct reading *r)
{
    const struct yaml_node *stages = yaml_find(&r->yaml, r->yaml.root, "stages");
    struct plan *p = r->plan;
    if (!stages || stages->kind != YAML_SEQUENCE || stages->count == 0)
        return yaml_fault(&r->yaml, stages ? stages : r->yaml.root, "'stages', a list of what is to be started, is missing");
    if (stages->count > PLAN_STAGES_MAX)
        return yaml_fault(&r->yaml, stages, "%u stages are more than the %d that one run can have", stages->count, PLAN_STAGES_MAX);
    p->stage = plan_take(p, sizeof *p->stage * stages->count);
    r->stage = plan_take(p, sizeof *r->stage * stages->count);
    mstro_status status = MSTRO_OK;
    for (const struct yaml_node *node = stages->first; node && status == MSTRO_OK; node = node->next) {
        r->stage[p->stages] = node;
        status = read_stage(r, node);
        p->stages += status == MSTRO_OK;
    }
    for (uint32_t i = 0; i < p->stages && status == MSTRO_OK; i++) {
        status = read_order(r, r->stage[i], "after", &p->stage[i].after, &p->stage[i].after_count);
        if (status == MSTRO_OK)
            status = read_order(r, r->stage[i], "after-ready", &p->stage[i].after_ready, &p->stage[i].after_ready_count);
    }
    if (status == MSTRO_OK)
        status = check_order(r);
    return status == MSTRO_OK ? read_tasks(r) : status;
}

/* -- the file -- */

static mstro_status read_root(struct reading *r)
{
    const struct yaml *y = &r->yaml;
    mstro_status status = yaml_expect_keys(y, y->root, "a workflow", workflow_keys);
    if (status == MSTRO_OK)
        status = read_parameters(r);
    if (status == MSTRO_OK)
        status = read_name(r, y->root, "workflow", "the workflow", &r->plan->workflow);
    if (status == MSTRO_OK)
        status = read_manager(r);
    if (status == MSTRO_OK)
        status = read_time(r, yaml_find(y, y->root, "timeout"), "'timeout'", &r->plan->timeout);
    if (status == MSTRO_OK)
        status = read_time(r, yaml_find(y, y->root, "grace"), "'grace'", &r->plan->grace);
    r->variables = yaml_find(y, y->root, "env");
    return status == MSTRO_OK ? read_stages(r) : status;
}

mstro_status workflow_read(struct plan *p, const char *file, char *const *given)
{
    struct reading r = { .plan = p, .given = given };
    p->file = file;
    mstro_status status = yaml_read_file(&r.yaml, file, MSTRO_INVARG);
    if (status != MSTRO_OK)
        return status;
    status = read_root(&r);
    yaml_release(&r.yaml);
    return status;
}
