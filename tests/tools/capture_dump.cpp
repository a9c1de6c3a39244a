// Prints what the readers say of each frame of some captures read as one, tabs between the fields,
// for tests/capture_oracle_test.py to hold against tshark:
//
//   frame seconds captured on-the-wire link-type
#include <fmt/format.h>

#include <string>
#include <vector>

#include "capture/source.h"

int main(int argc, char** argv) {
  using namespace whohungup;
  try {
    const std::vector<std::string> paths(argv + 1, argv + argc);
    const auto source = open_saved(paths);
    Packet packet;
    for (Source::Next next; (next = source->next(packet)) != Source::Next::End;) {
      if (next == Source::Next::Idle) continue;
      const auto second = std::chrono::floor<std::chrono::seconds>(packet.at);
      fmt::print("{}\t{}.{:09}\t{}\t{}\t{}\n", number(packet.no), second.time_since_epoch().count(),
                 (packet.at - second).count(), packet.bytes.size(), packet.wire_len,
                 static_cast<unsigned>(packet.link));
    }
    for (const Damage& damage : source->notes().damage)
      fmt::print(stderr, "{}\n", describe(damage));
  } catch (const CaptureError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 3;
  }
  return 0;
}
