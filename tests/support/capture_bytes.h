// Capture files written byte by byte, of either byte order and as wrong as a test wants them: an
// author of files independent of the program's own writers.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capture/source.h"

namespace whohungup::test {

using FileBytes = std::vector<std::uint8_t>;

enum class Order { Little, Big };

/// Numbers put one after the other in one byte order.
class Author {
 public:
  explicit Author(Order order = Order::Little) : order_(order) {}

  Author& u16(std::uint16_t v) { return number(v, 2); }
  Author& u32(std::uint32_t v) { return number(v, 4); }
  Author& u64(std::uint64_t v) { return number(v, 8); }
  Author& bytes(const FileBytes& b);
  Author& text(std::string_view t);

  // Classic pcap.
  Author& pcap_header(std::uint32_t magic = 0xa1b2c3d4, std::uint32_t link = 1,
                      std::uint16_t major = 2, std::uint16_t minor = 4);
  Author& record(std::uint32_t seconds, std::uint32_t fraction, const FileBytes& data);

  // pcapng. A body and options are padded here.
  Author& block(std::uint32_t type, const Author& body);
  Author& option(std::uint16_t code, std::string_view value);
  Author& option(std::uint16_t code, const Author& value);
  Author& section(std::uint16_t major = 1, std::uint16_t minor = 0);
  Author& interface(std::uint16_t link, const Author& options, std::uint32_t snaplen = 0);
  Author& enhanced(std::uint32_t interface, std::uint64_t stamp, const FileBytes& data,
                   const Author& options);

  [[nodiscard]] Author same() const { return Author(order_); }
  [[nodiscard]] const FileBytes& written() const { return out_; }

 private:
  Author& number(std::uint64_t v, std::size_t n);
  Author& pad();

  Order order_;
  FileBytes out_;
};

/// A frame kept after its source went on.
struct KeptFrame {
  std::uint32_t no{};
  std::int64_t at{};  // nanoseconds since 1970
  FileBytes bytes;
  std::uint32_t wire_len{};
  std::uint32_t interface_id{};
  LinkType link{};
  bool operator==(const KeptFrame&) const = default;
};

/// Everything a source had to say.
struct Kept {
  std::vector<KeptFrame> frames;
  CaptureNotes notes;
};
Kept drain(Source& source);
Kept drain_bytes(const FileBytes& bytes, const std::string& name = "test.pcap");
Kept drain_files(const std::vector<std::string>& paths);

/// The message open_saved() refuses these bytes with; empty if it does not.
std::string refusal_of(const FileBytes& bytes);

/// n bytes 0, 1, 2 …
FileBytes counting(std::size_t n);

/// A directory of its own, gone at the end.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  [[nodiscard]] std::string path(std::string_view name) const;
  [[nodiscard]] std::string store(std::string_view name, const FileBytes& bytes) const;

 private:
  std::string path_;
};

/// The first 1000 lines a command prints, and nothing if it fails or is not installed.
std::string output_of(const std::string& command);
bool installed(const std::string& program);

}  // namespace whohungup::test
