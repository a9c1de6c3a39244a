// What the probe may do, and giving all of it up before a byte from the network is looked at.
#pragma once

#include <string>

namespace whohungup {

/// The command that lets this program capture without being root, once and for all.
std::string command_that_grants_capture();

/// What was given up, in words, for --verbose and the tests.
struct Dropped {
  bool root{};          // was root, is an ordinary user now
  bool capabilities{};  // had some, has none
  bool system_calls{};  // running other programs, opening raw sockets and more is refused
};

/// Drops root (to the user who called sudo, else to nobody), every capability and the right to
/// gain any again, and refuses the system calls an intruder would want. Throws CaptureError where
/// capabilities stay: then nothing is parsed.
Dropped drop_privileges();

}  // namespace whohungup
