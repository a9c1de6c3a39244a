// Standard output, whole lines at a time, with its errors noticed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace whohungup {

/// Writes to standard output through stdio's buffer.
class Output {
 public:
  /// With `live`, every line is handed on at once: somebody is waiting at the other end.
  explicit Output(bool live);

  /// Throws CaptureError if the bytes cannot be written (a full disk; a closed pipe has already
  /// ended the program quietly by SIGPIPE).
  void write(std::string_view);
  void flush();

 private:
  bool live_;
};

/// Holds standard input, output and error where they were closed: otherwise the next file or socket
/// opened would get their numbers, and the report. Writing to a standard output that was closed is
/// an error as before.
void hold_standard_descriptors();

/// Whether the descriptor shows text to a person: 1 is standard output, 2 standard error.
bool is_terminal(int descriptor);

/// Throws UsageError if writing `output` would destroy one of the `inputs`: by whatever name, it is
/// the same file. "-" among the inputs is standard input.
void refuse_to_replace(const std::string& output, const std::vector<std::string>& inputs);

/// How many columns there are for text on standard output: those of a narrow terminal (COLUMNS, or
/// what the terminal says of itself), else 100.
std::size_t columns_wanted();

/// What "auto", "always" or "never" means for standard output: "auto" follows the terminal, and a
/// non-empty NO_COLOR (no-color.org) turns it off.
bool colour_wanted(const std::string& when);

}  // namespace whohungup
