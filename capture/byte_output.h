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

/// What to do when the file is there already.
enum class IfExists : std::uint8_t { Replace, Refuse };

/// Creates a file, or writes to standard output for "-". Throws CaptureError if it cannot.
std::unique_ptr<ByteOutput> create_file(const std::string& path, IfExists if_exists);

/// Writes to an open descriptor, which stays open; `name` is for messages.
std::unique_ptr<ByteOutput> write_to_descriptor(int fd, std::string name);

/// Appends to `bytes`, which must outlive the output.
std::unique_ptr<ByteOutput> write_to_memory(std::vector<std::uint8_t>& bytes);

}  // namespace whohungup
