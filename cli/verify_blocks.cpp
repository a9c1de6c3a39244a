// The part of `verify` that looks for what a dissector would show of a bundle's capture beside its
// packets, and what this program never writes.

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "capture/pcapng_format.h"
#include "capture/pcapng_notes.h"
#include "cli/report/escape.h"
#include "cli/verify.h"

namespace whohungup {
namespace {

using namespace pcapng;

/// The blocks of a file in the byte order of this machine, as the program writes them.
class Blocks {
 public:
  explicit Blocks(const std::string& file) : file_(file) {}

  struct Block {
    std::uint32_t type{};
    std::string_view body;
  };
  /// The next one; a type of 0 where no more can be read.
  Block next() {
    if (at_ + kBlockOverhead > file_.size()) return {};
    const auto type = number<std::uint32_t>(file_, at_);
    const auto length = number<std::uint32_t>(file_, at_ + 4);
    if (length < kBlockOverhead || length > file_.size() - at_) return {};
    const Block block{type, std::string_view(file_).substr(at_ + 8, length - kBlockOverhead)};
    at_ += length;
    return block;
  }
  [[nodiscard]] bool at_end() const { return at_ == file_.size(); }

  template <class Number>
  static Number number(std::string_view bytes, std::size_t at) {
    Number value{};
    if (at + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  }

 private:
  const std::string& file_;
  std::size_t at_{};
};

/// Those behind the fixed part of a block.
Options options_of(const Blocks::Block& block, std::size_t fixed) {
  const std::string_view rest = block.body.substr(std::min(fixed, block.body.size()));
  return {{reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size()}, false};
}

/// Whether the options are all among those that are written.
bool has_only(const Blocks::Block& block, std::size_t fixed,
              std::initializer_list<std::uint16_t> known) {
  if (fixed > block.body.size()) return false;
  Options options = options_of(block, fixed);
  while (const auto option = options.next())
    if (std::find(known.begin(), known.end(), option->code) == known.end()) return false;
  return true;
}

constexpr std::size_t kSectionFixed = 16;  // bytes of a section header before its options

std::vector<std::string_view> comments_in(const Blocks::Block& section) {
  std::vector<std::string_view> all;
  Options options = options_of(section, kSectionFixed);
  while (const auto option = options.next())
    if (option->code == kComment)
      all.emplace_back(reinterpret_cast<const char*>(option->value.data()), option->value.size());
  return all;
}

/// The options' part of a block begins behind this; a block that is not written has none.
bool is_as_written(const Blocks::Block& block) {
  switch (block.type) {
    case kSectionHeader:
      return has_only(block, kSectionFixed,
                      {kComment, kHardware, kOperatingSystem, kUserApplication});
    case kInterfaceDescription:
      return has_only(block, 8,
                      {kInterfaceName, kInterfaceDescriptionText, kTimeResolution, kTimeOffset});
    case kEnhancedPacket:
      return has_only(block, 20 + padded(Blocks::number<std::uint32_t>(block.body, 12)),
                      {kComment, kPacketId});
    case kInterfaceStatistics:
      return has_only(block, 12, {kStartTime, kEndTime, kReceived, kDroppedByInterface});
    case kNameResolution:
    case kDecryptionSecrets:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::vector<std::string> foreign_blocks(const std::string& file, std::string_view comment) {
  std::vector<std::string> found;
  Blocks blocks(file);
  bool section = false, packets = false;
  for (Blocks::Block block = blocks.next(); block.type != 0; block = blocks.next()) {
    const bool about_all = block.type == kNameResolution || block.type == kDecryptionSecrets;
    if (!is_as_written(block) || (about_all && packets) ||
        (block.type == kSectionHeader && section))
      found.push_back(fmt::format(
          "flow.pcapng: holds a block of type {:#x}, or options in it, that this program does not "
          "write there",
          block.type));
    if (block.type == kSectionHeader && !comment.empty())
      for (const std::string_view text : comments_in(block))
        if (text != comment)
          found.push_back(fmt::format(
              "flow.pcapng: the comment on the whole file, \"{}\", is not this program's",
              harmless(keep_begin(text, 160))));
    section = true;
    packets = packets || block.type == kEnhancedPacket;
  }
  if (!blocks.at_end()) found.emplace_back("flow.pcapng: cannot be read to its end");
  return found;
}

}  // namespace whohungup
