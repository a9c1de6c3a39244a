// A progress bar on standard error, for people who wait for a large file.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "capture/source.h"

namespace whohungup {

/// Draws itself now and then while a source is being read, and takes itself away at the end.
class Progress {
 public:
  /// With `wanted` false it never draws.
  Progress(const Source& source, bool wanted) : source_(source), wanted_(wanted) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// Called for every few packets; looks at the clock every few thousand.
  void step(std::size_t packets) {
    if (!wanted_ || (steps_ += packets) < kStepsPerLook) return;
    steps_ = 0;
    draw_when_due();
  }
  void clear();

 private:
  static constexpr std::size_t kStepsPerLook = 4096;
  void draw_when_due();

  const Source& source_;
  bool wanted_;
  bool drawn_{};
  std::size_t steps_{};
  std::chrono::steady_clock::time_point last_drawn_{std::chrono::steady_clock::now()};
};

/// Whether these files are worth a bar: over 100 MB together, none of them standard input.
bool worth_a_progress_bar(const std::vector<std::string>& files);

}  // namespace whohungup
