/* SPDX-License-Identifier: BSD-3-Clause */
/* program.cc - a ready-signal between two threads, as a user would write it (C++17) */
extern "C" {
#ifdef PLAIN_INCLUDE
#include <maestro.h>
#else
#include <maestro/maestro.h>
#endif
}
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

static void must(mstro_status status, const std::string &what)
{
    if (status != MSTRO_OK)
        throw std::runtime_error(what + ": " + mstro_status_description(status) + " (" + mstro_error_detail() + ")");
}

static void wait_for_signal(std::string *seen)
{
    mstro_cdo signal = nullptr;
    must(mstro_cdo_declare("step 6 is ready", MSTRO_ATTR_DEFAULT, &signal), "declare");
    must(mstro_cdo_require(signal), "require");
    must(mstro_cdo_demand(signal), "demand");
    *seen = mstro_cdo_name(signal);
    must(mstro_cdo_dispose(signal), "dispose");
}

int main()
{
    std::string seen;
    must(mstro_init("install-test", "signals", 0), "init");
    std::thread waiting(wait_for_signal, &seen);
    mstro_cdo signal = nullptr;
    int64_t nothing = 0;
    must(mstro_cdo_declare("step 6 is ready", MSTRO_ATTR_DEFAULT, &signal), "declare");
    must(mstro_cdo_attribute_set(signal, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &nothing, true, false), "local-size");
    must(mstro_cdo_offer(signal), "offer");
    waiting.join();
    must(mstro_cdo_withdraw(signal), "withdraw");
    must(mstro_cdo_dispose(signal), "dispose");
    must(mstro_finalize(), "finalize");
    std::cout << seen << " at " << mstro_clock() << '\n';
    return seen != "step 6 is ready";
}
