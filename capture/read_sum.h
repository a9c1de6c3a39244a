// Sums of inputs that can be read only once, taken while they are read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "capture/byte_input.h"
#include "capture/sha256.h"

namespace whohungup {

/// What has been read of one input.
class ReadSum {
 public:
  void add(Bytes bytes) {
    sum_.add(bytes);
    bytes_ += bytes.size();
  }
  void end() { whole_ = true; }

  [[nodiscard]] std::string sha256() const { return sum_.hex(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// It was read to its end; else nobody knows what would have come.
  [[nodiscard]] bool whole() const { return whole_; }

 private:
  Sha256 sum_;
  std::uint64_t bytes_{};
  bool whole_{};
};

/// By the inputs' names, as open_saved() is given them.
class ReadSums {
 public:
  void want(const std::string& name) { sums_.try_emplace(name); }
  /// Null where nobody wants it.
  [[nodiscard]] ReadSum* find(const std::string& name) {
    const auto found = sums_.find(name);
    return found == sums_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, ReadSum> sums_;
};

/// The same bytes; `sum`, which must outlive it, sees them pass.
std::unique_ptr<ByteInput> summed(std::unique_ptr<ByteInput> input, ReadSum& sum);

}  // namespace whohungup
