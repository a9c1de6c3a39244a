#include "tests/support/capture_bytes.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "capture/saved.h"

namespace whohungup::test {

Author& Author::bytes(const FileBytes& b) {
  out_.insert(out_.end(), b.begin(), b.end());
  return *this;
}

Author& Author::text(std::string_view t) {
  out_.insert(out_.end(), t.begin(), t.end());
  return *this;
}

Author& Author::number(std::uint64_t v, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t shift = 8 * (order_ == Order::Little ? i : n - 1 - i);
    out_.push_back(static_cast<std::uint8_t>(v >> shift));
  }
  return *this;
}

Author& Author::pad() {
  while (out_.size() % 4 != 0) out_.push_back(0);
  return *this;
}

Author& Author::pcap_header(std::uint32_t magic, std::uint32_t link, std::uint16_t major,
                            std::uint16_t minor) {
  return u32(magic).u16(major).u16(minor).u32(0).u32(0).u32(65535).u32(link);
}

Author& Author::record(std::uint32_t seconds, std::uint32_t fraction, const FileBytes& data) {
  const auto length = static_cast<std::uint32_t>(data.size());
  return u32(seconds).u32(fraction).u32(length).u32(length).bytes(data);
}

Author& Author::block(std::uint32_t type, const Author& body) {
  const Author padded = Author(body).pad();
  const auto length = static_cast<std::uint32_t>(padded.out_.size() + 12);
  return u32(type).u32(length).bytes(padded.out_).u32(length);
}

Author& Author::option(std::uint16_t code, std::string_view value) {
  return u16(code).u16(static_cast<std::uint16_t>(value.size())).text(value).pad();
}

Author& Author::option(std::uint16_t code, const Author& value) {
  return u16(code).u16(static_cast<std::uint16_t>(value.out_.size())).bytes(value.out_).pad();
}

Author& Author::section(std::uint16_t major, std::uint16_t minor) {
  return block(0x0a0d0d0a, same().u32(0x1a2b3c4d).u16(major).u16(minor).u64(0xffffffffffffffff));
}

Author& Author::interface(std::uint16_t link, const Author& options, std::uint32_t snaplen) {
  return block(1, same().u16(link).u16(0).u32(snaplen).bytes(options.out_));
}

Author& Author::enhanced(std::uint32_t interface, std::uint64_t stamp, const FileBytes& data,
                         const Author& options) {
  const auto length = static_cast<std::uint32_t>(data.size());
  Author body = same();
  body.u32(interface)
      .u32(static_cast<std::uint32_t>(stamp >> 32))
      .u32(static_cast<std::uint32_t>(stamp))
      .u32(length)
      .u32(length)
      .bytes(data);
  return block(6, body.pad().bytes(options.out_));
}

Kept drain(Source& source) {
  Kept kept;
  Packet packet;
  while (true) {
    const Source::Next next = source.next(packet);
    if (next == Source::Next::End) break;
    if (next == Source::Next::Idle) continue;
    kept.frames.push_back({number(packet.no),
                           packet.at.time_since_epoch().count(),
                           {packet.bytes.begin(), packet.bytes.end()},
                           packet.wire_len,
                           packet.interface_id,
                           packet.link});
  }
  kept.notes = source.notes();
  return kept;
}

Kept drain_bytes(const FileBytes& bytes, const std::string& name) {
  return drain(*open_saved_bytes(bytes, name));
}

Kept drain_files(const std::vector<std::string>& paths) { return drain(*open_saved(paths)); }

std::string refusal_of(const FileBytes& bytes) {
  try {
    open_saved_bytes(bytes, "test.pcap");
  } catch (const CaptureError& refused) {
    return refused.what();
  }
  return {};
}

FileBytes counting(std::size_t n) {
  FileBytes bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::uint8_t>(i);
  return bytes;
}

ScratchDirectory::ScratchDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "whohungup-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw CaptureError(pattern + ": cannot be made");
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchDirectory::path(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

std::string ScratchDirectory::store(std::string_view name, const FileBytes& bytes) const {
  std::ofstream file(path(name), std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return path(name);
}

std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return {};
  char line[1024];
  for (int i = 0; i < 1000 && std::fgets(line, sizeof line, pipe) != nullptr; ++i) text += line;
  return ::pclose(pipe) == 0 ? text : std::string();
}

bool installed(const std::string& program) { return !output_of("command -v " + program).empty(); }

}  // namespace whohungup::test
