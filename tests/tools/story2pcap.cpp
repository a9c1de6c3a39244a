// Writes the capture a story tells: story2pcap STORY PCAP. Exit status 2 for wrong arguments, 1
// when the story cannot be read or the capture not written.
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/story.h"

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fputs("usage: story2pcap STORY PCAP\n", stderr);
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "story2pcap: cannot read %s\n", argv[1]);
    return 1;
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto bytes = whohungup::story::tell(text).pcap();
  std::ofstream out(argv[2], std::ios::binary);
  for (const std::uint8_t byte : bytes) out.put(static_cast<char>(byte));
  out.close();
  if (!out) {
    std::fprintf(stderr, "story2pcap: cannot write %s\n", argv[2]);
    return 1;
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "story2pcap: %s: %s\n", argc > 1 ? argv[1] : "", error.what());
  return 1;
}
