// The yardstick: an empty pcap_next_ex loop over a file.
#include <pcap/pcap.h>

#include <cstdint>
#include <cstdio>

int main(int argc, char** argv) {
  char error[PCAP_ERRBUF_SIZE]{};
  pcap_t* capture = argc == 2 ? pcap_open_offline(argv[1], error) : nullptr;
  if (capture == nullptr) {
    std::fprintf(stderr, "pcap_loop: %s\n", argc == 2 ? error : "which file?");
    return 2;
  }
  pcap_pkthdr* header{};
  const unsigned char* bytes{};
  std::uint64_t packets = 0, total = 0;
  while (pcap_next_ex(capture, &header, &bytes) == 1) {
    ++packets;
    total += header->caplen;
  }
  pcap_close(capture);
  std::printf("%llu packets, %llu bytes\n", static_cast<unsigned long long>(packets),
              static_cast<unsigned long long>(total));
  return 0;
}
