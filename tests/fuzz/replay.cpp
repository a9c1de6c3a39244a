// Stands in for libFuzzer where it is missing: runs a fuzz target on files and directories, each
// file whole, cut after every byte, and with every byte bent.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

// Beyond this many bytes a file is replayed whole only: it takes the square of its size.
constexpr std::size_t kMostBent = 2048;

std::size_t runs = 0;

// A copy of its exact size, so that a sanitizer sees the first byte read past its end.
void run(const Input& input, std::size_t size) {
  const Input exact(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  ++runs;
}

void replay(Input input) {
  run(input, input.size());
  if (input.size() > kMostBent) return;
  for (std::size_t size = 0; size < input.size(); ++size) run(input, size);
  for (std::uint8_t& byte : input) {
    const std::uint8_t kept = byte;
    for (const int bend : {0x01, 0x80, 0xff}) {
      byte = static_cast<std::uint8_t>(kept ^ bend);
      run(input, input.size());
    }
    byte = kept;
  }
}

void replay_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  replay(Input(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  run({}, 0);
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      replay_file(argv[i]);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(argv[i]))
      if (entry.is_regular_file()) replay_file(entry.path());
  }
  std::printf("%zu inputs\n", runs);
}
