// What the probe may do, and giving all of it up before a byte from the network is looked at.
#pragma once

#include <optional>
#include <string>

namespace whohungup {

/// The command that lets this program capture without being root, once and for all.
std::string command_that_grants_capture();

/// Whom drop_privileges() turns root into: the user who called sudo, else nobody. Nothing for who
/// is not root. A folder to be written later is to be given to them before.
struct PlainUser {
  unsigned user{}, group{};
  bool nobody{};  // nobody who could be told
};
std::optional<PlainUser> user_behind_root();

/// What was given up, in words, for --verbose and the tests.
struct Dropped {
  bool root{};          // was root, is an ordinary user now
  bool capabilities{};  // had some, has none
  bool system_calls{};  // running other programs, opening raw sockets and more is refused
};

/// What is still needed afterwards.
struct StillNeeded {
  bool folder{};  // to make, rename and remove files and folders: a bundle is written
};

/// Drops root (user_behind_root() says to whom), every capability and the right to gain any again,
/// and refuses every system call that is not needed (system_calls.h). Throws CaptureError where
/// capabilities stay: then nothing is parsed.
Dropped drop_privileges(const StillNeeded& = {});

}  // namespace whohungup
