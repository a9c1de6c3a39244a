#include "capture/foreign_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace whohungup {
namespace {

using namespace std::string_view_literals;

struct Look {
  std::string_view start;
  std::string_view what;
  std::string_view advice;  // {} is the path
};

constexpr std::string_view kConvert = "convert it: editcap -F pcapng {0} {0}.pcapng";

constexpr std::array kLooks{
    Look{"snoop\0\0\0"sv, "a Solaris snoop capture", kConvert},
    Look{"GMBU"sv, "a Microsoft Network Monitor capture", kConvert},
    Look{"RTSS"sv, "a Microsoft Network Monitor 1 capture", kConvert},
    Look{"XCP\0"sv, "a NetXRay or Sniffer capture", kConvert},
    Look{"TRSNIFF data"sv, "a Network General Sniffer capture", kConvert},
    Look{"btsnoop\0"sv, "a Bluetooth HCI capture; it holds no TCP"sv, "give it a network capture"},
    Look{"iptrace 1.0"sv, "an AIX iptrace capture", kConvert},
    Look{"iptrace 2.0"sv, "an AIX iptrace capture", kConvert},
    Look{"\xfd\x37zXZ\0"sv, "xz compressed", "unpack it: xz -dc {0} | whohungup read -"},
    Look{"BZh"sv, "bzip2 compressed", "unpack it: bzip2 -dc {0} | whohungup read -"},
    Look{"\x04\x22\x4d\x18"sv, "lz4 compressed", "unpack it: lz4 -dc {0} | whohungup read -"},
    Look{"PK\x03\x04"sv, "a zip archive", "unpack it: unzip -p {0} | whohungup read -"},
    Look{"\x7f"
         "ELF"sv,
         "a program", "give it a capture"},
    Look{"%PDF"sv, "a PDF document", "give it a capture"},
    Look{"\xa1\xb2\x34\xcd"sv, "the pcap variant of F. Mesquita, which no program reads",
         "capture again"},
    Look{"\xcd\x34\xb2\xa1"sv, "the pcap variant of F. Mesquita, which no program reads",
         "capture again"},
    Look{"\xa1\x2b\x3c\x4d"sv, "the pcap variant of Navtel, which no program reads",
         "capture again"},
    Look{"\x4d\x3c\x2b\xa1"sv, "the pcap variant of Navtel, which no program reads",
         "capture again"},
};

bool is_text(std::string_view start) {
  return std::all_of(start.begin(), start.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isprint(byte) != 0 || std::isspace(byte) != 0;
  });
}

std::string hex(std::string_view start) {
  std::string text;
  for (const char c : start.substr(0, 8))
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<unsigned char>(c));
  return text;
}

}  // namespace

std::string foreign_file(Bytes bytes, const std::string& path) {
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min<std::size_t>(bytes.size(), 64));
  for (const Look& look : kLooks)
    if (start.starts_with(look.start))
      return fmt::format("it looks like {}; {}", look.what,
                         fmt::format(fmt::runtime(look.advice), path));
  if (is_text(start))
    return "it looks like text; give it the saved packets (tcpdump -w, dumpcap), not their "
           "printout";
  return fmt::format("it begins with {}; give it pcap or pcapng, plain, gzip or zstd", hex(start));
}

}  // namespace whohungup
