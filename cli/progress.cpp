#include "cli/progress.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace whohungup {
namespace {

// Ten times a second reads as movement; the first one appears only after people began to wait.
constexpr std::chrono::milliseconds kInterval{100};

}  // namespace

void Progress::draw_when_due() {
  const auto now = std::chrono::steady_clock::now();
  const double done = source_.progress();
  if (done < 0 || now - last_drawn_ < kInterval) return;
  constexpr std::size_t kCells = 40;
  const auto filled = static_cast<std::size_t>(std::clamp(done, 0.0, 1.0) * kCells);
  fmt::print(stderr, "\r[{}{}] {:3.0f} %  {} packets", std::string(filled, '#'),
             std::string(kCells - filled, ' '), done * 100, source_.notes().packets);
  last_drawn_ = now;
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
  drawn_ = false;
}

bool worth_a_progress_bar(const std::vector<std::string>& files) {
  constexpr std::uintmax_t kLarge = 100'000'000;
  std::uintmax_t total = 0;
  for (const std::string& file : files) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(file, error);
    if (error) return false;
    total += size;
  }
  return total > kLarge;
}

}  // namespace whohungup
