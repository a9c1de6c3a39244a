// What a pcapng file says beside its packets: about interfaces, names, losses and TLS secrets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/packet.h"
#include "capture/pcapng_clock.h"
#include "capture/source.h"

namespace whohungup::pcapng {

/// Walks over options, or over the records of a name resolution block, which look the same.
/// A damaged list just ends: the block around it was sound.
class Options {
 public:
  Options(Bytes bytes, bool swap) : rest_(bytes), swap_(swap) {}

  struct One {
    std::uint16_t code{};
    Bytes value;
  };
  /// The next option; nothing at the end of the list.
  std::optional<One> next();

  [[nodiscard]] bool swap() const { return swap_; }

 private:
  Bytes rest_;
  bool swap_;
};

/// A string as the format stores it: UTF-8, sometimes with zeros behind it.
std::string_view text(Bytes value);

/// Reads name and description into `notes`, and returns the interface's clock.
Clock read_interface(Options options, InterfaceNotes& notes);

/// Received and dropped packets; statistics are running totals, the last ones stay.
void read_statistics(Options options, InterfaceNotes& notes);

/// When the capture of the interface ended, which may be long after its last packet; nothing if the
/// block does not say.
std::optional<Time> read_end_time(Options options, const Clock& clock);

void read_names(Options records, std::vector<KnownName>& names);

void read_key_log(Bytes lines, std::string& key_log);

/// Whether Wireshark 4.0 gives a number to blocks of this type though they hold no packet
/// (measured with tshark 4.0.17).
bool wireshark_numbers(std::uint32_t block_type);

}  // namespace whohungup::pcapng
