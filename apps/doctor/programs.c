/* SPDX-License-Identifier: BSD-3-Clause */
/* programs.c - which version this is, what it was built with, and where its pool manager is */
#include "config.h"

#include <stdbool.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <sodium.h>
#include <string.h>
#include <xxhash.h>
#include <yaml.h>

#include "apps/doctor/finding.h"
#include "apps/program_path.h"

static const char section[] = "programs";

static void examine_optional(struct findings *f, const char *name, bool built, const char *gives)
{
    finding_add(f, section, built ? VERDICT_GOOD : VERDICT_NOTE, name, built ? "built with it: %s" : "not found by configure; without it: no %s", gives);
}

static void examine_libraries(struct findings *f)
{
    char pcre2[64] = "";
    pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
    finding_add(f, section, VERDICT_GOOD, "libsodium", "%s", sodium_version_string());
    finding_add(f, section, VERDICT_GOOD, "libyaml", "%s", yaml_get_version_string());
    finding_add(f, section, VERDICT_GOOD, "pcre2", "%s", pcre2);
    finding_add(f, section, VERDICT_GOOD, "xxhash", "%u.%u.%u", XXH_versionNumber() / 10000, XXH_versionNumber() / 100 % 100, XXH_versionNumber() % 100);
}

#ifdef HAVE_JANSSON
#define BUILT_WITH_JANSSON true
#else
#define BUILT_WITH_JANSSON false
#endif
#ifdef HAVE_ECCODES
#define BUILT_WITH_ECCODES true
#else
#define BUILT_WITH_ECCODES false
#endif
#ifdef HAVE_CAIRO
#define BUILT_WITH_CAIRO true
#else
#define BUILT_WITH_CAIRO false
#endif

void examine_programs(struct findings *f)
{
    char path[PATH_MAX];
    finding_add(f, section, VERDICT_GOOD, "maestro", "%s", PACKAGE_VERSION);
    if (program_of_project("maestro-pool-manager", "pool-manager", path) == 0)
        finding_add(f, section, VERDICT_GOOD, "maestro-pool-manager", "%s", path);
    else
        finding_add(f, section, VERDICT_BAD, "maestro-pool-manager", "neither next to this program nor in PATH: maestro run will not find it");
    examine_libraries(f);
    examine_optional(f, "jansson", BUILT_WITH_JANSSON, "--json");
    examine_optional(f, "eccodes", BUILT_WITH_ECCODES, "forecast demo (GRIB)");
    examine_optional(f, "cairo", BUILT_WITH_CAIRO, "map of the forecast demo");
}
