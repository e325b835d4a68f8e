/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log/log.h"

#include <math.h>
#include <stddef.h>

/* Random. An id never changes and is never given to another kind. */
static const char *const ids[EVENT_COUNT] = {
    [EVENT_PIN] = "5633176773640f4d78908d3a6a957a9e",
    [EVENT_PIN_FAILED] = "b884f7ab287d33e1059efc5c3accb98a",
    [EVENT_SUSPECT] = "55e07bb04cb1638f301a760f73d717b2",
    [EVENT_AGREES] = "b50ab20e445daca9421726f831c5eeb9",
    [EVENT_YIELDED] = "c700ed8f1b4b0610cf93214a57ac0455",
    [EVENT_RETURNED] = "4b1e9d0c6a7f4e528c3d915fb06a2e71",
    [EVENT_OPTED_OUT] = "effe0b0783bd887ac54fe698a7360984",
    [EVENT_OPTED_IN] = "ac4b35bcfe56f30152f992c14a0ec802",
    [EVENT_NO_ALLOWED_PCPU] = "33a50460704bff72fca3be647ed8bd9c",
    [EVENT_KEPT] = "5098607d8b886e802ced68d1e32bedf8",
    [EVENT_LEFTOVER] = "02f78fa4e80036823ba3b5272b056471",
    [EVENT_LIBVIRT_DISCONNECTED] = "7e7bb9c37d008ae5d91f1eb9fb819d30",
    [EVENT_LIBVIRT_RECONNECTED] = "e0e4b6b3ea9610155fa696ca7518b2ea",
    [EVENT_STAGE_HANGS] = "256ae79a7abd4b30a4d0de7af7259f9f",
    [EVENT_STAGE_GOES_ON] = "f99c02717ae5eda533c951e988efcc3e",
    [EVENT_RELOADED] = "3833f5d455ca5950097081870f0ec02a",
    [EVENT_RELOAD_REFUSED] = "14bb1e8a557622e49577c2058ef25b03",
    [EVENT_DECISION + REASON_ACT] = "dfea79c5a7bf2e2e6f04657413a4420f",
    [EVENT_DECISION + REASON_PLACE] = "89fb8e9759db296f24c78d2cc05943d0",
    [EVENT_DECISION + REASON_NO_DOMAIN] = "ea9d1c24c50515eb2689e18e6b06a67f",
    [EVENT_DECISION + REASON_BELOW] = "090e77dee7160edb193d8422e8c638f6",
    [EVENT_DECISION + REASON_ALL_ABOVE] = "2855e534c2054416e60f11c1aab9fca2",
    [EVENT_DECISION + REASON_NO_GAIN] = "15f65299176caaec1bc60f2741625509",
    [EVENT_DECISION + REASON_NONE_MOVABLE] = "f9e6da16cc4003ee9f59c5ae18b51745",
    [EVENT_DECISION + REASON_ONE_PCPU] = "eb78d16005a1016b1394c2c7dae13061",
    [EVENT_DECISION + REASON_BALANCED] = "dbf812bfc35704df555a0095c32500c9",
    [EVENT_DECISION + REASON_OBSERVE] = "c87e3610a949399babbd4cf6875ffe00",
    [EVENT_DECISION + REASON_HARM] = "8913f0bda699473fa405270a5a0dbec8",
};

struct log_about log_about(unsigned event)
{
    return (struct log_about){
        .event = event, .vcpu = -1, .from = -1, .to = -1, .gain = (double)NAN};
}

struct log_about log_vcpu(unsigned event, const char *domain, uint32_t vcpu)
{
    struct log_about about = log_about(event);

    about.domain = domain;
    if (vcpu != VCPU_EMULATOR)
        about.vcpu = vcpu;
    return about;
}

const char *log_event_id(unsigned event)
{
    return ids[event];
}
