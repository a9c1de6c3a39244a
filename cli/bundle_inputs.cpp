#include "cli/bundle_inputs.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <filesystem>

#include "cli/bundle_folder.h"

namespace whohungup {

bool can_be_read_once(const std::string& file) {
  std::error_code error;
  return file == "-" ||
         std::filesystem::status(file, error).type() == std::filesystem::file_type::fifo;
}

InputSums::InputSums(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    InputFile& input = files_.emplace_back();
    input.name = file;
    struct stat there {};
    if (can_be_read_once(file)) {
      passing_.want(file);
    } else if (::stat(file.c_str(), &there) == 0 && S_ISREG(there.st_mode)) {
      input.sha256 = sha256_of_file(file);
      input.bytes = static_cast<std::uint64_t>(there.st_size);
    }
  }
}

std::vector<InputFile> InputSums::files() {
  for (InputFile& input : files_) {
    const ReadSum* sum = passing_.find(input.name);
    if (sum == nullptr) continue;
    input.sha256 = sum->sha256();
    input.bytes = sum->bytes();
    input.while_read = true;
    input.whole = sum->whole();
  }
  return files_;
}

std::string taken_from(const InputFile& input) {
  const std::string name = input.name == "-" ? "standard input" : input.name;
  if (input.sha256.empty()) return "Taken from " + name;
  if (!input.while_read) return fmt::format("Taken from {}, SHA-256 {}", name, input.sha256);
  return fmt::format("Taken from {}, SHA-256 {} of its {}{} bytes, as they were read", name,
                     input.sha256, input.whole ? "" : "first ", input.bytes);
}

}  // namespace whohungup
