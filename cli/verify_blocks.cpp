// The part of `verify` that looks for what a dissector would show of a bundle's capture beside its
// packets, and what this program never writes.

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "capture/pcapng_format.h"
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

/// Calls `each` with code and value of every option.
template <class Each>
void for_options(std::string_view options, Each&& each) {
  for (std::size_t at = 0; at + 4 <= options.size();) {
    const auto code = Blocks::number<std::uint16_t>(options, at);
    const auto length = Blocks::number<std::uint16_t>(options, at + 2);
    if (code == kEndOfOptions || at + 4 + length > options.size()) return;
    each(code, options.substr(at + 4, length));
    at += 4 + padded(length);
  }
}

/// Whether the options behind the fixed part of a block are all among those that are written.
bool has_only(const Blocks::Block& block, std::size_t fixed,
              std::initializer_list<std::uint16_t> known) {
  bool only = true;
  if (fixed > block.body.size()) return false;
  for_options(block.body.substr(fixed), [&](std::uint16_t code, std::string_view) {
    only = only && std::find(known.begin(), known.end(), code) != known.end();
  });
  return only;
}

/// The options' part of a block begins behind this; a block that is not written has none.
bool is_as_written(const Blocks::Block& block) {
  switch (block.type) {
    case kSectionHeader:
      return has_only(block, 16, {kComment, kHardware, kOperatingSystem, kUserApplication});
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
      for_options(block.body.substr(std::min<std::size_t>(16, block.body.size())),
                  [&](std::uint16_t code, std::string_view text) {
                    if (code == kComment && text != comment)
                      found.push_back(
                          fmt::format("flow.pcapng: the comment on the whole file, \"{}\", "
                                      "is not this program's",
                                      harmless(keep_begin(text, 160))));
                  });
    section = true;
    packets = packets || block.type == kEnhancedPacket;
  }
  if (!blocks.at_end()) found.emplace_back("flow.pcapng: cannot be read to its end");
  return found;
}

}  // namespace whohungup
