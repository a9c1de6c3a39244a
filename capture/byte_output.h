// Where the bytes of a written file go. Every failure of the machine becomes a CaptureError that
// names the file, so that a full disk is never silent.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/packet.h"

namespace whohungup {

class ByteOutput {
 public:
  ByteOutput() = default;
  ByteOutput(const ByteOutput&) = delete;
  ByteOutput& operator=(const ByteOutput&) = delete;
  virtual ~ByteOutput() = default;

  /// Takes all of `bytes`. Throws CaptureError if they cannot be written.
  virtual void write(Bytes bytes) = 0;
  /// Hands what is buffered to the system. Throws like write(); a destructor could not.
  virtual void flush() = 0;
};

/// Creates a file of mode 0600, emptying one of that name, or writes to standard output for "-".
/// Throws CaptureError if it cannot.
std::unique_ptr<ByteOutput> create_file(const std::string& path);

/// The same, but a file of that name stays what it was until flush(): the bytes go to another file
/// beside it, `path`.part-XXXXXX, which takes its place then and is gone if that never happens. A
/// link keeps pointing where it did. What is no file (a pipe, a terminal) is written to as it is.
std::unique_ptr<ByteOutput> replace_file(const std::string& path);

/// Writes to an open descriptor, which stays open; `name` is for messages.
std::unique_ptr<ByteOutput> write_to_descriptor(int fd, std::string name);

/// Appends to `bytes`, which must outlive the output.
std::unique_ptr<ByteOutput> write_to_memory(std::vector<std::uint8_t>& bytes);

}  // namespace whohungup
