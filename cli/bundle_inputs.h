// What a bundle says of the captures its packets were taken from: names, sizes, and sums taken
// before they were read or, where they can be read only once, while.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/read_sum.h"

namespace whohungup {

struct InputFile {
  std::string name;    // as given
  std::string sha256;  // empty: not known
  std::uint64_t bytes{};
  bool while_read{};  // the sum was taken while it was read, of as much as was read
  bool whole{true};   // that was all of it
};

/// Standard input, and a pipe that the shell gave a name.
bool can_be_read_once(const std::string& file);

/// Sums what can be read twice at once; the rest as open_saved() reads it.
class InputSums {
 public:
  InputSums() = default;
  /// Throws CaptureError if a file cannot be read.
  explicit InputSums(const std::vector<std::string>& files);

  /// For open_saved().
  [[nodiscard]] ReadSums* while_reading() { return &passing_; }
  /// As far as they are known by now.
  [[nodiscard]] std::vector<InputFile> files();

 private:
  std::vector<InputFile> files_;
  ReadSums passing_;
};

/// Where a page says its packets are from: "Taken from NAME, SHA-256 …".
std::string taken_from(const InputFile&);

}  // namespace whohungup
