/* SPDX-License-Identifier: BSD-3-Clause */
/* contract.c - the public headers declare exactly what contract.h says; as C11 */
#ifdef PLAIN_INCLUDE
#include <maestro.h>
#else
#include <maestro/maestro.h>
#endif
#include <string.h>

#include "contract.h"

#define CHECK_TYPE(result, name, arguments) _Static_assert(_Generic(&name, result(*) arguments: 1, default: 0), "type of " #name);
CONTRACT_FUNCTIONS(CHECK_TYPE)

#define CHECK_VALUE(name, value) _Static_assert(name == (value), "value of " #name);
CONTRACT_CONSTANTS(CHECK_VALUE)

_Static_assert(_Generic((mstro_nanosec_t)0, uint64_t: 1, default: 0), "nanoseconds");
_Static_assert(_Generic((mstro_app_id)0, uint64_t: 1, default: 0), "application ids");
_Static_assert(_Generic(MSTRO_ATTR_DEFAULT, mstro_cdo_attributes: 1, default: 0), "default attributes");
_Static_assert(_Generic(((mstro_timestamp *)0)->sec, int64_t: 1, default: 0), "seconds");
_Static_assert(_Generic(((mstro_timestamp *)0)->nsec, int32_t: 1, default: 0), "nanoseconds of a second");
_Static_assert(_Generic(((mstro_timestamp *)0)->offset, int16_t: 1, default: 0), "offset");
_Static_assert(_Generic(((mstro_blob *)0)->len, size_t: 1, default: 0), "length of a blob");
_Static_assert(_Generic(((mstro_blob *)0)->data, void *: 1, default: 0), "data of a blob");
_Static_assert(_Generic((mstro_pool_event)0, struct mstro_pool_event_ *: 1, default: 0), "events can be read");
_Static_assert(sizeof(mstro_pool_event_kind) == sizeof(int), "kinds fit an int");

#define SAME_PLACE(member) \
    _Static_assert(offsetof(struct mstro_pool_event_, payload.member) == offsetof(struct mstro_pool_event_, member), #member);
SAME_PLACE(declare.cdo_name)
SAME_PLACE(offer.cdo_name)
SAME_PLACE(offer.size)
SAME_PLACE(offer.appid)
SAME_PLACE(offer.component_name)
SAME_PLACE(require.cdo_name)
SAME_PLACE(retract.cdo_name)
SAME_PLACE(demand.cdo_name)
SAME_PLACE(withdraw.cdo_name)
SAME_PLACE(dispose.cdo_name)
SAME_PLACE(seal.cdo_name)
SAME_PLACE(seal_group.cdo_name)
SAME_PLACE(transport.cdo_name)
SAME_PLACE(lost.cdo_name)
SAME_PLACE(join.appid)
SAME_PLACE(join.component_name)
SAME_PLACE(welcome.appid)
SAME_PLACE(leave.component_name)
SAME_PLACE(bye.appid)
SAME_PLACE(overflow.first_serial)
SAME_PLACE(overflow.last_serial)
SAME_PLACE(overflow.count)

/* Who does not look at the kind of an event reads names, never a number. */
#define SAME_LEAD(kind) SAME_LEAD_MEMBER(kind, appid) SAME_LEAD_MEMBER(kind, cdo_name) SAME_LEAD_MEMBER(kind, component_name)
#define SAME_LEAD_MEMBER(kind, member) \
    _Static_assert(offsetof(struct mstro_pool_event_, kind.member) == offsetof(struct mstro_pool_event_, offer.member), #kind "." #member);
SAME_LEAD(join)
SAME_LEAD(subscribe)
SAME_LEAD(overflow)
SAME_LEAD(checkpoint)

static void (*const functions[])(void) = {
#define ADDRESS(result, name, arguments) (void (*)(void))name,
    CONTRACT_FUNCTIONS(ADDRESS)
};

static const struct { const char *is, *must_be; } texts[] = {
#define TEXT(name, text) { name, text },
    CONTRACT_TEXTS(TEXT)
};

/* How users write it. */
static mstro_timestamp moment = { 1700000000, 500, 0 };
static enum mstro_cdo_attr_value_type type = MSTRO_CDO_ATTR_VALUE_int64;
static mstro_subscription_opts options = MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK | MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE;
static enum mstro_subscription_opts with_the_tag = MSTRO_SUBSCRIPTION_OPTS_DEFAULT;
static mstro_pool_event_kind kinds = MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_APP_JOIN;

int main(void)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (!functions[i])
            return 1;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(texts[i].is, texts[i].must_be) != 0)
            return 2;
    return moment.offset || type != 4 || options != 3 || with_the_tag != 0 || kinds != 0x1008;
}
