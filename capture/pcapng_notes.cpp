#include "capture/pcapng_notes.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "capture/byte_order.h"
#include "capture/pcapng_format.h"

namespace whohungup::pcapng {
namespace {

// Names are for reading: nobody reads more, and a crafted file must not fill the memory.
constexpr std::size_t kMostNames = 1000;
// A key log line is about 180 bytes: this is a third of a million of them.
constexpr std::size_t kLongestKeyLog = std::size_t{64} << 20;

std::uint64_t u64(Bytes value, bool swap) {
  return value.size() == 8 ? load<std::uint64_t>(value.data(), swap) : 0;
}

std::string address_text(int family, Bytes address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, address.data(), text.data(), text.size()) != nullptr ? text.data()
                                                                                  : "";
}

// An address and one or more names, each ended by a zero.
void add_names(int family, Bytes record, std::vector<KnownName>& names) {
  const std::size_t size = family == AF_INET ? 4 : 16;
  if (record.size() < size) return;
  const std::string address = address_text(family, record.first(size));
  Bytes rest = record.subspan(size);
  while (!rest.empty() && names.size() < kMostNames) {
    const auto end = std::find(rest.begin(), rest.end(), std::uint8_t{0});
    std::string name(rest.begin(), end);
    const auto taken = name.size() + (end == rest.end() ? 0 : 1);
    if (!name.empty()) names.push_back({address, std::move(name)});
    rest = rest.subspan(taken);
  }
}

}  // namespace

std::optional<Options::One> Options::next() {
  if (rest_.size() < 4) return std::nullopt;
  const auto code = load<std::uint16_t>(rest_.data(), swap_);
  const std::size_t length = load<std::uint16_t>(rest_.data() + 2, swap_);
  if (code == kEndOfOptions || 4 + length > rest_.size()) return std::nullopt;
  const One one{code, rest_.subspan(4, length)};
  rest_ = rest_.subspan(std::min(rest_.size(), 4 + padded(length)));
  return one;
}

std::string_view text(Bytes value) {
  const std::string_view all(reinterpret_cast<const char*>(value.data()), value.size());
  return all.substr(0, all.find('\0'));
}

Clock read_interface(Options options, InterfaceNotes& notes) {
  std::uint8_t resolution = 6;
  std::uint64_t offset = 0;
  while (const auto option = options.next()) {
    if (option->code == kInterfaceName) notes.name = text(option->value);
    if (option->code == kInterfaceDescriptionText) notes.description = text(option->value);
    if (option->code == kTimeResolution && !option->value.empty()) resolution = option->value[0];
    if (option->code == kTimeOffset) offset = u64(option->value, options.swap());
  }
  return Clock(resolution, static_cast<std::int64_t>(offset));
}

void read_statistics(Options options, InterfaceNotes& notes) {
  std::optional<std::uint64_t> dropped;
  while (const auto option = options.next()) {
    if (option->value.size() != 8) continue;
    const std::uint64_t count = u64(option->value, options.swap());
    if (option->code == kReceived) notes.received = count;
    if (option->code == kDroppedByInterface || option->code == kDroppedByOs)
      dropped = dropped.value_or(0) + count;
  }
  if (dropped) notes.dropped = std::max(*dropped, notes.dropped.value_or(0));
}

std::optional<Time> read_end_time(Options options, const Clock& clock) {
  while (const auto option = options.next()) {
    if (option->code != kEndTime || option->value.size() != 8) continue;
    const auto high = load<std::uint32_t>(option->value.data(), options.swap());
    const auto low = load<std::uint32_t>(option->value.data() + 4, options.swap());
    return clock.time((std::uint64_t{high} << 32) | low);
  }
  return std::nullopt;
}

void read_names(Options records, std::vector<KnownName>& names) {
  while (const auto record = records.next()) {
    if (record->code == kIpv4Name) add_names(AF_INET, record->value, names);
    if (record->code == kIpv6Name) add_names(AF_INET6, record->value, names);
  }
}

void read_key_log(Bytes lines, std::string& key_log) {
  if (key_log.size() + lines.size() >= kLongestKeyLog) return;
  key_log.append(text(lines));
  if (!key_log.empty() && key_log.back() != '\n') key_log.push_back('\n');
}

bool wireshark_numbers(std::uint32_t block_type) {
  // Custom blocks, journal entries and the event blocks of Sysdig and Falco.
  constexpr std::array<std::uint32_t, 9> kNumbered{
      kSystemdJournal, kCustom, kCustomNotToCopy, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222};
  return std::find(kNumbered.begin(), kNumbered.end(), block_type) != kNumbered.end();
}

}  // namespace whohungup::pcapng
