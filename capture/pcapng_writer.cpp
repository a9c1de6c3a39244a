// Each block is put together in memory and written at once, so that its lengths are known.
#include "capture/pcapng_writer.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <limits>

#include "capture/pcapng_format.h"

namespace whohungup {
namespace {

using Body = std::vector<std::uint8_t>;

template <class Number>
void put(Body& body, Number number) {
  const std::size_t at = body.size();
  body.resize(at + sizeof number);
  std::memcpy(body.data() + at, &number, sizeof number);
}

void put_padded(Body& body, Bytes bytes) {
  body.insert(body.end(), bytes.begin(), bytes.end());
  body.resize(pcapng::padded(body.size()));
}

Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The options of one block; the end mark is written only if there were any.
class Options {
 public:
  explicit Options(Body& body) : body_(body) {}
  ~Options() {
    if (any_) put(body_, std::uint32_t{pcapng::kEndOfOptions});
  }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  void add(std::uint16_t code, Bytes value) {
    any_ = true;
    put(body_, code);
    put(body_, static_cast<std::uint16_t>(value.size()));
    put_padded(body_, value);
  }
  void add_text(std::uint16_t code, std::string_view text) {
    if (!text.empty()) add(code, as_bytes(shortened(text)));
  }
  template <class Number>
  void add_number(std::uint16_t code, Number number) {
    std::array<std::uint8_t, sizeof number> bytes;
    std::memcpy(bytes.data(), &number, sizeof number);
    add(code, bytes);
  }
  template <class Number>
  void add_number(std::uint16_t code, const std::optional<Number>& number) {
    if (number) add_number(code, *number);
  }

 private:
  // An option's length has 16 bits. Cuts before a character, not inside one.
  static std::string_view shortened(std::string_view text) {
    std::size_t length = std::min<std::size_t>(text.size(), 0xffff);
    if (length < text.size())
      while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
    return text.substr(0, length);
  }

  Body& body_;
  bool any_{false};
};

/// Nanoseconds since the interface's own zero. Stamps are unsigned: none is before it.
std::uint64_t stamp(Time at, std::int64_t offset_seconds) {
  const Duration since = at.time_since_epoch() - std::chrono::seconds(offset_seconds);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0));
}

void put_stamp(Body& body, std::uint64_t stamp) {
  put(body, static_cast<std::uint32_t>(stamp >> 32));
  put(body, static_cast<std::uint32_t>(stamp));
}

// A stamp inside an option is the same two halves.
std::array<std::uint8_t, 8> halves(std::uint64_t stamp) {
  Body bytes;
  put_stamp(bytes, stamp);
  std::array<std::uint8_t, 8> value{};
  std::copy(bytes.begin(), bytes.end(), value.begin());
  return value;
}

void put_name_record(Body& body, std::uint16_t kind, Bytes address, std::string_view name) {
  put(body, kind);
  put(body, static_cast<std::uint16_t>(address.size() + name.size() + 1));
  body.insert(body.end(), address.begin(), address.end());
  body.insert(body.end(), name.begin(), name.end());
  body.push_back(0);
  body.resize(pcapng::padded(body.size()));
}

void put_name(Body& body, const KnownName& known) {
  constexpr std::size_t kLongestName = 255;  // a DNS name's
  const std::string_view name = std::string_view(known.name).substr(0, kLongestName);
  std::array<std::uint8_t, 16> address{};
  if (::inet_pton(AF_INET, known.address.c_str(), address.data()) == 1)
    put_name_record(body, pcapng::kIpv4Name, Bytes(address).first(4), name);
  else if (::inet_pton(AF_INET6, known.address.c_str(), address.data()) == 1)
    put_name_record(body, pcapng::kIpv6Name, address, name);
}

}  // namespace

PcapngWriter::PcapngWriter(ByteOutput& out, const PcapngSection& section) : out_(out) {
  constexpr std::uint16_t kMajor = 1, kMinor = 0;
  constexpr std::int64_t kLengthUnknown = -1;
  put(body_, pcapng::kByteOrderMagic);
  put(body_, kMajor);
  put(body_, kMinor);
  put(body_, kLengthUnknown);
  {
    Options options(body_);
    options.add_text(pcapng::kComment, section.comment);
    options.add_text(pcapng::kHardware, section.hardware);
    options.add_text(pcapng::kOperatingSystem, section.os);
    options.add_text(pcapng::kUserApplication, section.application);
  }
  write_block(pcapng::kSectionHeader);
}

std::uint32_t PcapngWriter::add_interface(const PcapngInterface& interface) {
  constexpr std::uint8_t kNanoseconds = 9;
  put(body_, static_cast<std::uint16_t>(interface.link));
  put(body_, std::uint16_t{0});
  put(body_, interface.snaplen);
  {
    Options options(body_);
    options.add_text(pcapng::kInterfaceName, interface.name);
    options.add_text(pcapng::kInterfaceDescriptionText, interface.description);
    options.add_number(pcapng::kTimeResolution, kNanoseconds);
    if (!interface.filter.empty())  // 0: text, not BPF code
      options.add_text(pcapng::kFilter, std::string(1, '\0') + interface.filter);
    options.add_text(pcapng::kInterfaceOs, interface.os);
    if (interface.time_offset != 0) options.add_number(pcapng::kTimeOffset, interface.time_offset);
  }
  write_block(pcapng::kInterfaceDescription);
  offsets_.push_back(interface.time_offset);
  return static_cast<std::uint32_t>(offsets_.size() - 1);
}

void PcapngWriter::add_key_log(std::string_view lines) {
  if (lines.empty()) return;
  put(body_, pcapng::kTlsKeyLog);
  put(body_, static_cast<std::uint32_t>(lines.size()));
  put_padded(body_, as_bytes(lines));
  write_block(pcapng::kDecryptionSecrets);
}

void PcapngWriter::add_names(std::span<const KnownName> names) {
  for (const KnownName& known : names) put_name(body_, known);
  if (body_.empty()) return;
  put(body_, std::uint32_t{pcapng::kEndOfNames});
  write_block(pcapng::kNameResolution);
}

void PcapngWriter::add_packet(const Packet& packet, std::uint32_t interface,
                              const PcapngPacketNotes& notes) {
  assert(interface < offsets_.size());
  put(body_, interface);
  put_stamp(body_, stamp(packet.at, offsets_[interface]));
  put(body_, static_cast<std::uint32_t>(packet.bytes.size()));
  put(body_, packet.wire_len);
  put_padded(body_, packet.bytes);
  {
    Options options(body_);
    for (const std::string& comment : notes.comments) options.add_text(pcapng::kComment, comment);
    options.add_number(pcapng::kFlags, notes.flags);
    options.add_number(pcapng::kDropCount, notes.drop_count);
    options.add_number(pcapng::kPacketId, notes.packet_id);
  }
  write_block(pcapng::kEnhancedPacket);
}

void PcapngWriter::add_statistics(std::uint32_t interface, const PcapngStatistics& statistics) {
  assert(interface < offsets_.size());
  const std::int64_t offset = offsets_[interface];
  put(body_, interface);
  put_stamp(body_, stamp(statistics.at, offset));
  {
    Options options(body_);
    if (statistics.begin) options.add(pcapng::kStartTime, halves(stamp(*statistics.begin, offset)));
    if (statistics.end) options.add(pcapng::kEndTime, halves(stamp(*statistics.end, offset)));
    options.add_number(pcapng::kReceived, statistics.received);
    options.add_number(pcapng::kDroppedByInterface, statistics.dropped);
    options.add_number(pcapng::kAcceptedByFilter, statistics.accepted_by_filter);
    options.add_number(pcapng::kDroppedByOs, statistics.dropped_by_os);
  }
  write_block(pcapng::kInterfaceStatistics);
}

void PcapngWriter::write_block(std::uint32_t type) {
  const auto length = static_cast<std::uint32_t>(body_.size() + pcapng::kBlockOverhead);
  std::array<std::uint8_t, 8> head;
  std::memcpy(head.data(), &type, 4);
  std::memcpy(head.data() + 4, &length, 4);
  put(body_, length);
  out_.write(head);
  out_.write(body_);
  body_.clear();
}

}  // namespace whohungup
