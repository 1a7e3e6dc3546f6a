/* SPDX-License-Identifier: BSD-3-Clause */
#include "apps/run/orphans.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct standing { pid_t parent; char state; };

/* "pid (name) state parent group session ...": the name may hold anything, blanks and ')' too. */
static bool read_standing(const char *process, struct orphan *out, struct standing *standing)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%.20s/stat", process);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    char *open = strchr(line, '('), *close = strrchr(line, ')');
    int parent, session;
    if (!open || !close || close < open || sscanf(close + 1, " %c %d %*d %d", &standing->state, &parent, &session) != 3)
        return false;
    standing->parent = parent;
    *out = (struct orphan){ .pid = (pid_t)strtol(process, NULL, 10), .session = session };
    snprintf(out->name, sizeof out->name, "%.*s", (int)(close - open - 1), open + 1);
    for (char *at = out->name; *at; at++)
        if (!isprint((unsigned char)*at))
            *at = '?'; /* a process chooses its name, and this one goes to a terminal */
    return true;
}

size_t orphans_find(struct orphan orphan[], size_t room, bool (*is_known)(void *context, pid_t pid), void *context)
{
    DIR *processes = opendir("/proc");
    if (!processes)
        return 0;
    size_t count = 0;
    pid_t self = getpid();
    for (struct dirent *entry; count < room && (entry = readdir(processes));) {
        struct standing standing;
        if (isdigit((unsigned char)entry->d_name[0]) && read_standing(entry->d_name, &orphan[count], &standing)
            && standing.parent == self && standing.state != 'Z' && !is_known(context, orphan[count].pid))
            count++;
    }
    closedir(processes);
    return count;
}
