// Why a flow is judged, if it is (CONTRACT.md, "Which flows are judged").
#pragma once

#include <cstdint>
#include <span>

#include "dissect/flow_recorder.h"

namespace whohungup {

/// Whether TLS is expected at a port: a usual one, or one of `named`.
bool expects_tls(std::uint16_t port, std::span<const std::uint16_t> named);

/// What the recorded flow is to be judged for; notes the dialogue if that is it.
JudgedFor judged_for(Recording&, std::span<const std::uint16_t> named_ports);

}  // namespace whohungup
