// See privileges.h.
#include "capture/privileges.h"

#include <cap-ng.h>
#include <fmt/core.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "capture/source.h"
#include "capture/system_calls.h"

namespace whohungup {
namespace {

constexpr unsigned kNobody = 65534;  // Debian's nobody and nogroup

/// The number in an environment variable that sudo sets, or nobody's.
unsigned from_sudo(const char* name) {
  const char* text = std::getenv(name);
  const unsigned long number = text != nullptr ? std::strtoul(text, nullptr, 10) : 0;
  return number > 0 && number < kNobody ? static_cast<unsigned>(number) : kNobody;
}

/// False where there is nobody else to become: a user namespace that maps root alone.
bool leave_root() {
  const auto plain = user_behind_root();
  if (!plain) return false;
  const unsigned user = plain->user, group = plain->group;
  // CAP_SETUID goes with root itself; the order is groups first.
  return setgroups(0, nullptr) == 0 && setresgid(group, group, group) == 0 &&
         setresuid(user, user, user) == 0;
}

}  // namespace

std::string command_that_grants_capture() {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  return fmt::format("sudo setcap cap_net_raw,cap_net_admin+ep {}",
                     length > 0 ? path.data() : "whohungup");
}

std::optional<PlainUser> user_behind_root() {
  if (geteuid() != 0) return std::nullopt;
  const unsigned user = from_sudo("SUDO_UID");
  return PlainUser{user, from_sudo("SUDO_GID"), user == kNobody};
}

Dropped drop_privileges(const StillNeeded& needed) {
  Dropped dropped;
  capng_get_caps_process();
  dropped.capabilities = capng_have_capabilities(CAPNG_SELECT_CAPS) > CAPNG_NONE;
  // The bounding set can only be emptied by who still has CAP_SETPCAP: before root goes.
  capng_clear(CAPNG_SELECT_BOUNDS);
  static_cast<void>(capng_apply(CAPNG_SELECT_BOUNDS));
  dropped.root = leave_root();
  capng_get_caps_process();
  capng_clear(CAPNG_SELECT_CAPS);
  if (capng_apply(CAPNG_SELECT_CAPS) != 0)
    throw CaptureError("cannot give up the capabilities it was started with");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    throw CaptureError("cannot give up the right to gain privileges");
  capng_get_caps_process();
  if (capng_have_capabilities(CAPNG_SELECT_CAPS) > CAPNG_NONE)
    throw CaptureError("capabilities are left after giving them up");
  dropped.system_calls = permit_only_needed_calls(needed);
  return dropped;
}

}  // namespace whohungup
