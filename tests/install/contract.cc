/* SPDX-License-Identifier: BSD-3-Clause */
/* contract.cc - the same as C++17, the headers inside extern "C" as users have them */
extern "C" {
#ifdef PLAIN_INCLUDE
#include <maestro.h>
#else
#include <maestro/maestro.h>
#endif
}
#include <sstream>
#include <type_traits>

#include "contract.h"

#define CHECK_TYPE(result, name, arguments) static_assert(std::is_same<decltype(&name), result(*) arguments>::value, "type of " #name);
CONTRACT_FUNCTIONS(CHECK_TYPE)

#define CHECK_VALUE(name, value) static_assert(static_cast<int>(name) == (value), "value of " #name);
CONTRACT_CONSTANTS(CHECK_VALUE)

/* Users define this operator themselves. */
static inline mstro_pool_event_kind operator|(mstro_pool_event_kind a, mstro_pool_event_kind b)
{
    return static_cast<mstro_pool_event_kind>(static_cast<int>(a) | static_cast<int>(b));
}
static inline enum mstro_subscription_opts operator|(mstro_subscription_opts a, mstro_subscription_opts b)
{
    return static_cast<mstro_subscription_opts>(static_cast<int>(a) | static_cast<int>(b));
}

static void (*const functions[])() = {
#define ADDRESS(result, name, arguments) reinterpret_cast<void (*)()>(name),
    CONTRACT_FUNCTIONS(ADDRESS)
};

static const char *name_of(mstro_pool_event event)
{
    return event->payload.offer.cdo_name == event->offer.cdo_name ? event->offer.cdo_name : nullptr;
}

int main()
{
    for (auto function : functions)
        if (!function)
            return 1;
    mstro_pool_event_kind kinds = MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_APP_LEAVE;
    mstro_subscription_opts options = MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK | MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE;
    mstro_timestamp moment = { 1700000000, 500, 0 };
    mstro_pool_event_ event = {};
    event.payload.offer.cdo_name = "t2m";
    std::ostringstream text;
    text << mstro_clock() << event.payload.join.appid << moment.sec;
    return kinds != 0x5008 || options != 3 || text.str().empty() || std::string(name_of(&event)) != "t2m";
}
